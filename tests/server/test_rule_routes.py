"""`/v1/rules` over a real socket: kept, changed, taken out, and obeyed by the next request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from demo_workspace import Demo
from live_server import serving
from penchant.engine import Engine
from penchant.keys import Kind

Fields = dict[str, Any]
Problem = Callable[[httpx.Response, int, str], Fields]

SHOP = "/v1/rules/shop"
BOOST = {"action": "boost", "filter": {"field": "brand", "eq": "Alvik"}, "factor": 1.5}


@pytest.fixture
def mine(client: httpx.Client, request: pytest.FixtureRequest) -> Iterator[str]:
    """An id for a rule of the test's own, which is taken out in the end."""
    name = request.node.name.partition("[")[0].replace("_", "-")[:90]
    yield name
    client.delete(f"{SHOP}/{name}")


@pytest.fixture
def slate(client: httpx.Client) -> Callable[..., list[str]]:
    """Ids of what a placement shows now."""

    def ask(to: httpx.Client = client, placement: str = "bestsellers", **fields: Any) -> list[str]:
        body = {"placement": placement, "domain": "shop", **fields}
        answer = to.post("/v1/recommendations", json=body)
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    return ask


def test_a_rule_is_kept_shown_listed_changed_and_taken_out(client: httpx.Client, shared_engine: Engine) -> None:
    made = client.post(SHOP, json={**BOOST, "name": "Alvik weeks"})
    told = made.json()
    name = told["id"]

    assert made.status_code == 200
    assert made.headers["etag"] == '"1"'
    assert (told["revision"], told["state"]) == (1, "running")
    assert told["rule"] == {**BOOST, "name": "Alvik weeks"}
    kept = shared_engine.store.keys()
    assert told["by"] in {key.id for key in kept}
    shown = client.get(f"{SHOP}/{name}")
    assert (shown.json(), shown.headers["etag"]) == (told, '"1"')
    assert told in client.get(SHOP).json()["rules"]

    changed = client.put(f"{SHOP}/{name}", json={**BOOST, "factor": 2}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    gone = client.delete(f"{SHOP}/{name}", headers={"If-Match": '"2"'})
    assert (gone.status_code, gone.json()["state"]) == (200, "removed")
    assert name not in client.get(SHOP).text
    assert client.get(f"{SHOP}/{name}").status_code == 404

    revisions = client.get(f"{SHOP}/{name}/history").json()["revisions"]
    assert [(one["revision"], one.get("rule", {}).get("factor")) for one in revisions] == [
        (3, None),
        (2, 2.0),
        (1, 1.5),
    ]
    assert len(client.get(f"{SHOP}/{name}/history", params={"limit": 1}).json()["revisions"]) == 1


def test_the_next_request_obeys(client: httpx.Client, slate: Callable[..., list[str]], mine: str) -> None:
    before = slate()
    client.put(f"{SHOP}/{mine}", json={"action": "exclude", "items": before[:2]})
    assert not set(before[:2]) & set(slate())

    last = before[-1]
    client.put(f"{SHOP}/{mine}", json={"action": "pin", "items": [last], "placements": ["bestsellers"]})
    assert slate()[0] == last

    client.delete(f"{SHOP}/{mine}")
    assert slate() == before


def test_so_does_a_second_server_on_the_same_store(
    demo: Demo, client: httpx.Client, shared_engine: Engine, keys: Any, slate: Callable[..., list[str]], mine: str
) -> None:
    with (
        Engine.open(shared_engine.workspace.root, shared_engine.clock, {}) as second,
        serving(second, key=keys.admin) as other,
    ):
        before = slate(other)
        client.put(f"{SHOP}/{mine}", json={"action": "exclude", "items": before[:1]})

        assert before[0] not in slate(other)
        assert mine in other.get(SHOP).text


def test_an_answer_says_why_and_nothing_of_the_rule_itself(client: httpx.Client, mine: str) -> None:
    shown = client.post("/v1/recommendations", json={"placement": "bestsellers", "domain": "shop"}).json()["items"]
    last = shown[-1]["id"]
    client.put(f"{SHOP}/{mine}", json={"action": "pin", "items": [last], "name": "Quarter four", "note": "clear stock"})
    answer = client.post("/v1/recommendations", json={"placement": "bestsellers", "domain": "shop"})

    first = answer.json()["items"][0]
    assert first["id"] == last and "rule" in first["source"]
    assert first["reasons"][0] == {"code": "chosen", "text": "chosen by the editors"}
    assert "Quarter four" not in answer.text and "clear stock" not in answer.text and mine not in answer.text
    assert "without" not in answer.text


def test_of_two_changes_of_one_revision_the_second_is_refused(
    client: httpx.Client, mine: str, problem: Problem
) -> None:
    path = f"{SHOP}/{mine}"
    client.put(path, json=BOOST)
    client.put(path, json={**BOOST, "factor": 2}, headers={"If-Match": '"1"'})

    late = client.put(path, json={**BOOST, "factor": 3}, headers={"If-Match": '"1"'})
    told = problem(late, 409, "conflict")
    assert told["field"] == "revision" and "at revision 2 by now" in told["message"]
    problem(client.delete(path, headers={"If-Match": '"1"'}), 409, "conflict")
    assert client.get(path).json()["rule"]["factor"] == 2.0
    assert client.put(path, json=BOOST, headers={"If-Match": "*"}).status_code == 200
    assert (
        problem(client.put(path, json=BOOST, headers={"If-Match": "x"}), 400, "invalid_request")["field"] == "If-Match"
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**BOOST, "factor": 0.5}, "factor"),
        ({**BOOST, "factor": 5000}, "factor"),
        ({**BOOST, "position": 1}, "position"),
        ({**BOOST, "filter": {"field": "brnd", "eq": "x"}}, "filter.field"),
        ({**BOOST, "filter": {"field": "price", "eq": "x"}}, "filter.eq"),
        ({**BOOST, "placements": ["hme"]}, "placements[0]"),
        ({**BOOST, "colour": 1}, "body"),
        ({"action": "dance", "items": ["a"]}, "action"),
        ({"action": "list", "items": []}, "items"),
        ({"action": "list", "items": ["a"], "starts": "2026-12-24T00:00:00Z", "ends": "2026-12-01T00:00:00Z"}, "ends"),
        ({"action": "list", "items": ["a"], "starts": "soon"}, "starts"),
        ([], "body"),
    ],
)
@pytest.mark.parametrize("path", [SHOP, f"{SHOP}/check", f"{SHOP}/never"])
def test_what_is_wrong_is_named_and_not_kept(
    client: httpx.Client, problem: Problem, path: str, body: object, field: str
) -> None:
    send = client.put if path.endswith("never") else client.post
    told = problem(send(path, json=body), 400, "invalid_request")

    assert told["field"] == field, told
    assert client.get(f"{SHOP}/never").status_code == 404


def test_a_rule_can_be_checked_without_being_kept(client: httpx.Client, demo: Demo) -> None:
    before = client.get(SHOP).json()
    brand = next(item["brand"] for item in demo.items["shop"].values() if item.get("brand"))
    having = sum(item.get("brand") == brand for item in demo.items["shop"].values())

    told = client.post(f"{SHOP}/check", json={**BOOST, "filter": {"field": "brand", "eq": brand}}).json()
    named = client.post(f"{SHOP}/check", json={"action": "list", "items": ["ghost"]}).json()
    relative = {**BOOST, "filter": {"field": "brand", "eq": {"seed": "brand"}}}

    assert (told["items"], told["unknown"]) == (having, [])
    assert named == {"items": 0, "active": 0, "unknown": ["ghost"]}
    assert client.post(f"{SHOP}/check", json=relative).json()["items"] is None
    assert client.get(SHOP).json() == before


def test_rules_that_are_not_obeyed_now_can_be_left_out(client: httpx.Client, mine: str) -> None:
    client.put(f"{SHOP}/{mine}", json={**BOOST, "ends": "2020-01-01T00:00:00Z"})

    assert client.get(f"{SHOP}/{mine}").json()["state"] == "ended"
    assert mine in client.get(SHOP).text
    assert mine not in client.get(SHOP, params={"running": True}).text


@pytest.mark.parametrize("kind", ["server", "browser", "shop_server"])
def test_only_operators_may(client: httpx.Client, keys: Any, problem: Problem, kind: str) -> None:
    auth = (getattr(keys, kind), "")

    problem(client.get(SHOP, auth=auth), 403, "not_allowed")
    problem(client.post(SHOP, json=BOOST, auth=auth), 403, "not_allowed")
    problem(client.delete(f"{SHOP}/any", auth=auth), 403, "not_allowed")


def test_a_key_of_one_domain_has_that_domain_alone(
    client: httpx.Client, shared_engine: Engine, problem: Problem, mine: str
) -> None:
    shop = (shared_engine.create_key(Kind.ADMIN, domain="shop")[0], "")
    client.put(f"{SHOP}/{mine}", json=BOOST)

    assert client.get(f"{SHOP}/{mine}", auth=shop).status_code == 200
    for answer in (
        client.get("/v1/rules/channel", auth=shop),
        client.post("/v1/rules/channel", json=BOOST, auth=shop),
        client.post("/v1/rules/channel/check", json=BOOST, auth=shop),
        client.get(f"/v1/rules/channel/{mine}/history", auth=shop),
    ):
        problem(answer, 404, "not_found")


def test_what_is_unknown_is_not_found(client: httpx.Client, problem: Problem) -> None:
    assert problem(client.get("/v1/rules/shp"), 404, "not_found")["nearest"] == "shop"
    problem(client.post("/v1/rules/shp", json=BOOST), 404, "not_found")
    problem(client.post("/v1/rules/shp/check", json=BOOST), 404, "not_found")
    problem(client.get(f"{SHOP}/nothing"), 404, "not_found")
    problem(client.delete(f"{SHOP}/nothing"), 404, "not_found")
    problem(client.get(f"{SHOP}/nothing/history"), 404, "not_found")
    assert problem(client.put(f"{SHOP}/a b", json=BOOST), 400, "invalid_request")["field"] == "id"
