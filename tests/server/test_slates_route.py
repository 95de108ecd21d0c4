"""`POST /v1/slates`, and fields, boosts and pages of `POST /v1/recommendations`, over a real socket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from demo_workspace import NOW
from penchant.engine import Engine
from penchant.keys import sign

ONE, SEVERAL = "/v1/recommendations", "/v1/slates"

Fields = dict[str, Any]
Keys = Any
Problem = Callable[[httpx.Response, int, str], Fields]


def ask(
    client: httpx.Client, key: str, *placements: Any, headers: Fields | None = None, **fields: Any
) -> httpx.Response:
    return client.post(SEVERAL, json={"placements": placements, **fields}, auth=(key, ""), headers=headers)


def ids(slate: Fields) -> list[str]:
    return [item["id"] for item in slate["items"]]


def test_a_page_is_filled_in_one_call(client: httpx.Client, keys: Keys, shared_engine: Engine) -> None:
    response = ask(client, keys.shop_server, "home", {"placement": "bestsellers", "n": 4}, "popular", user_id="ann")

    slates = response.json()["slates"]
    assert (response.status_code, set(response.json())) == (200, {"slates"})
    assert [slate["placement"] for slate in slates] == ["home", "bestsellers", "popular"]
    assert [len(slate["items"]) for slate in slates] == [10, 4, 10]
    shown = [name for slate in slates for name in ids(slate)]
    assert len(shown) == len(set(shown))
    assert "value" in slates[0]["items"][0]
    shared_engine.flush()
    assert all(shared_engine.store.slate(slate["slate_id"]) for slate in slates)


def test_pages_of_several_domains_stand_together(client: httpx.Client, keys: Keys) -> None:
    slates = ask(client, keys.browser, "buy-again", "feed", "next-step", anonymous_id="f3").json()["slates"]

    assert [slate["domain"] for slate in slates] == ["shop", "channel", "academy"]


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({}, "body", "placements"),
        ({"placements": []}, "placements", "at least 1"),
        ({"placements": ["home"] * 21}, "placements", "20"),
        ({"placements": ["home", {"n": 3}]}, "placements", 'needs the field "placement"'),
        ({"placements": ["home", 3]}, "placements", "text"),
        ({"placements": [{"placement": "home", "n": 0}]}, "placements", "at least 1"),
        ({"placements": [{"placement": "home", "size": 3}]}, "placements", "size"),
        ({"placements": ["home"], "boost": [{"by": 2, "items": ["x"]}] * 11}, "boost", "10"),
        ({"placements": ["home"], "boost": [{"by": -1, "items": ["x"]}]}, "boost", "at least 0"),
        ({"placements": ["home"], "fields": ["titel"]}, "fields[0]", 'did you mean "title"?'),
        ({"placements": ["home", "also-like"]}, "items", "at least one item"),
    ],
)
def test_what_is_wrong_is_said(
    client: httpx.Client, keys: Keys, problem: Problem, body: Fields, field: str, words: str
) -> None:
    said = problem(client.post(SEVERAL, json=body, auth=(keys.shop_server, "")), 400, "invalid_request")

    assert field in said["field"]
    assert words in said["message"]


def test_a_key_of_one_domain_fills_no_placement_of_another(client: httpx.Client, keys: Keys, problem: Problem) -> None:
    for key in (keys.shop_browser, keys.shop_server):
        problem(ask(client, key, "home", {"placement": "feed", "domain": "channel"}), 404, "not_found")
        problem(ask(client, key, "home", "feed"), 404, "not_found")


# browsers


def test_a_browser_is_not_told_what_items_are_worth(client: httpx.Client, keys: Keys) -> None:
    slates = ask(client, keys.shop_browser, "home", "popular", anonymous_id="f3").json()["slates"]

    assert all(set(item) == {"id", "position", "source", "reasons"} for slate in slates for item in slate["items"])


def test_a_browser_asks_for_a_known_person_with_their_token_alone(
    client: httpx.Client, keys: Keys, problem: Problem
) -> None:
    problem(ask(client, keys.shop_browser, "home", user_id="ann"), 403, "not_allowed")
    token = {"X-Identity-Token": sign("ann", keys.shop_server, NOW + 60)}

    assert ask(client, keys.shop_browser, "home", headers=token).status_code == 200
    problem(ask(client, keys.shop_browser, "home", headers=token, user_id="ben"), 403, "not_allowed")


def test_a_token_of_one_domain_proves_nobody_in_another(client: httpx.Client, keys: Keys, problem: Problem) -> None:
    token = {"X-Identity-Token": sign("ann", keys.shop_server, NOW + 60)}
    feed = {"placement": "feed", "domain": "channel"}

    problem(ask(client, keys.browser, "home", feed, headers=token, domain="shop"), 401, "key_rejected")
    assert ask(client, keys.browser, "home", headers=token, domain="shop").status_code == 200


PRIVATE = ["margin", "cost", "labels", "priority", "return_rate", "attributes"]


@pytest.mark.parametrize("name", PRIVATE)
def test_a_browser_is_told_no_private_field(client: httpx.Client, keys: Keys, problem: Problem, name: str) -> None:
    one = client.post(ONE, json={"placement": "home", "fields": ["title", name]}, auth=(keys.shop_browser, ""))

    body = problem(one, 403, "not_allowed")
    assert f"fields[1]: a browser key (pk_) is not told {name}" in body["message"]
    problem(ask(client, keys.shop_browser, "home", fields=[name]), 403, "not_allowed")


def test_a_star_tells_a_browser_what_everybody_may_see(client: httpx.Client, keys: Keys) -> None:
    told = {"placement": "home", "fields": ["*"], "n": 50}
    public = client.post(ONE, json=told, auth=(keys.shop_browser, "")).json()["items"]
    whole = client.post(ONE, json=told, auth=(keys.shop_server, "")).json()["items"]

    assert all(item["fields"]["title"] and item["fields"]["price"] for item in public)
    assert not any(item["fields"].keys() & set(PRIVATE) for item in public)
    assert any("margin" in item["fields"] for item in whole)


@pytest.mark.parametrize(
    "filter_",
    [
        {"field": "margin", "range": [20, None]},
        {"not": {"all": [{"field": "brand", "exists": True}, {"field": "cost", "exists": False}]}},
        {"field": "price", "near": {"seed": "margin"}, "within": 0.1},
    ],
)
def test_a_browser_learns_nothing_private_by_filters(
    client: httpx.Client, keys: Keys, problem: Problem, filter_: Fields
) -> None:
    for response in (
        client.post(ONE, json={"placement": "home", "filter": filter_}, auth=(keys.shop_browser, "")),
        client.post(ONE, json={"placement": "home", "domain": "shop", "filter": filter_}, auth=(keys.browser, "")),
        ask(client, keys.shop_browser, {"placement": "home", "filter": filter_}),
        ask(client, keys.browser, "home", filter=filter_),
    ):
        assert "pk_" in problem(response, 403, "not_allowed")["message"]
    assert ask(client, keys.shop_server, "home", filter=filter_).status_code == 200


def test_a_browser_may_not_boost(client: httpx.Client, keys: Keys, problem: Problem) -> None:
    boost = [{"by": 2, "filter": {"field": "brand", "exists": True}}]

    for response in (
        client.post(ONE, json={"placement": "home", "boost": boost}, auth=(keys.shop_browser, "")),
        ask(client, keys.shop_browser, "home", boost=boost),
        ask(client, keys.shop_browser, {"placement": "home", "boost": boost}),
    ):
        assert problem(response, 403, "not_allowed")["message"].startswith("boost: ")


def test_a_browser_is_told_no_explanation_of_several(client: httpx.Client, keys: Keys, problem: Problem) -> None:
    problem(ask(client, keys.shop_browser, "home", explain=True), 403, "not_allowed")


# one placement


def test_fields_are_told_beside_the_ids(client: httpx.Client, keys: Keys) -> None:
    slate = ask(client, keys.shop_browser, "home", fields=["title", "price"]).json()["slates"][0]

    assert all(set(item["fields"]) == {"title", "price"} for item in slate["items"])
    plain = client.post(ONE, json={"placement": "home", "n": 2}, auth=(keys.shop_browser, "")).json()
    assert all("fields" not in item for item in plain["items"])


def test_a_boost_shows_in_the_explanation(client: httpx.Client, keys: Keys) -> None:
    asked = {"placement": "home", "user_id": "ann", "n": 5, "explain": True}
    last = ids(client.post(ONE, json=asked, auth=(keys.shop_server, "")).json())[-1]
    boost = [{"by": 1000, "items": [last]}]

    told = client.post(ONE, json={**asked, "boost": boost}, auth=(keys.shop_server, "")).json()

    assert ids(told)[0] == last
    assert [rule["id"] for rule in told["explanation"]["rules"]] == ["request:1"]
    assert [rule["items"] for rule in told["explanation"]["rules"]] == [[last]]


def test_a_person_scrolls_through_the_catalog_without_repeats(client: httpx.Client, keys: Keys) -> None:
    """As a page does it: it sends what it got, and stops at an empty page."""
    asked: Fields = {"placement": "category-page", "anonymous_id": "scrolls", "n": 25}
    asked["filter"] = {"field": "category", "eq": "Socks"}
    shown: list[str] = []
    pages = 0
    while pages < 20:
        slate = client.post(ONE, json=asked, auth=(keys.shop_browser, "")).json()
        pages += 1
        assert slate["degraded"] == []
        if not slate["items"]:
            break
        assert [item["position"] for item in slate["items"]] == [
            *range(len(shown) + 1, len(shown) + 1 + len(slate["items"]))
        ]
        shown += ids(slate)
        asked["after"] = slate["slate_id"]

    assert 1 < pages < 20
    assert len(shown) == len(set(shown)) > 0
