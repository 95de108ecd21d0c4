"""No answer to a browser's key holds what is private of an item, or anybody else's name, in any placement."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from demo_workspace import Demo
from live_server import serving
from penchant.engine import Engine, installed_packs
from penchant.keys import Kind
from penchant.placements import Texts, reasons_of

Fields = dict[str, Any]

SECRET = "s3cr3t"
NUMBER = 0.4242421
"""Neither stands anywhere but in private fields."""
NAMES = [
    (domain, placement.name)
    for domain, pack in (("shop", "product"), ("channel", "content"), ("academy", "learning"))
    for placement in installed_packs()[pack].placements
]
PACK_OF = {"shop": "product", "channel": "content", "academy": "learning"}


@dataclass(frozen=True)
class Site:
    """A server whose catalog's private fields are known, and what its pages may ask with."""

    client: httpx.Client
    key: str
    server_key: str
    people: dict[str, list[str]]
    items: dict[str, list[str]]


def told(number: int) -> Fields:
    """Private fields of a product."""
    return {
        "cost": NUMBER,
        "margin": 0.9 if number % 2 else NUMBER,
        "return_rate": NUMBER,
        "labels": [f"{SECRET}-{number}"],
        "attributes": {"buyer": SECRET},
    }


@pytest.fixture(scope="module")
def site(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with demo.open(tmp_path_factory.mktemp("secrets") / "workspace") as engine:
        for domain, items in demo.items.items():
            own = told if domain == "shop" else lambda number: {"attributes": {"buyer": SECRET}}
            engine.put_items(domain, [{**item, **own(number)} for number, item in enumerate(items.values())])
        people = {domain: known(engine, domain, demo) for domain in demo.items}
        with serving(engine) as client:
            keys = [engine.create_key(kind)[0] for kind in (Kind.PUBLIC, Kind.SERVER)]
            yield Site(client, *keys, people, {domain: [*items] for domain, items in demo.items.items()})


def known(engine: Engine, domain: str, demo: Demo) -> list[str]:
    """Anonymous ids that did something."""
    events = demo.worlds[domain].events["anonymous_id"].drop_null().unique().to_pylist()
    return [str(name) for name in events]


def values(answer: Any) -> Iterator[Any]:
    if isinstance(answer, dict):
        for key, value in answer.items():
            yield key
            yield from values(value)
    elif isinstance(answer, list):
        for value in answer:
            yield from values(value)
    else:
        yield answer


@pytest.mark.parametrize(("domain", "placement"), NAMES, ids=lambda name: str(name))
def test_no_answer_holds_what_is_private_or_somebody_elses(site: Site, domain: str, placement: str) -> None:
    pack = installed_packs()[PACK_OF[domain]]
    everybody, texts = set(site.people[domain]), Texts.of(pack, {})
    sentences = {*((one.code, one.text) for one in reasons_of(pack)), *texts.table("de").items()}
    for turn in range(4):
        person = site.people[domain][turn * 7]
        body = {
            "placement": placement,
            "domain": domain,
            "anonymous_id": person,
            "items": [site.items[domain][turn * 3]],
            "fields": ["*"],
            "language": "de" if turn % 2 else "en",
            "n": 20,
        }
        response = site.client.post("/v1/recommendations", json=body, auth=(site.key, ""))
        assert response.status_code == 200, response.text
        answer = response.json()
        found = [*values(answer)]
        assert SECRET not in response.text
        assert NUMBER not in [one for one in found if isinstance(one, float)]
        words = {word for one in found if isinstance(one, str) for word in re.split(r"[^\w.-]", one)}
        assert not words & (everybody - {person})
        assert not {"value", "propensity"} & set(found)
        reasons = [(r["code"], r["text"]) for item in answer["items"] for r in item["reasons"]]
        assert set(reasons) <= sentences


def test_the_sites_own_servers_are_told(site: Site) -> None:
    """So that the test above could fail."""
    body = {"placement": "popular", "domain": "shop", "fields": ["*"], "n": 20}

    response = site.client.post("/v1/recommendations", json=body, auth=(site.server_key, ""))

    assert SECRET in response.text
    assert NUMBER in [*values(response.json())]
