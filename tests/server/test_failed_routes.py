"""`/v1/failed` over a real socket."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from penchant.engine import Engine
from penchant.keys import Kind

PATH = "/v1/failed"

Fields = dict[str, Any]
Problem = Callable[[httpx.Response, int, str], Fields]


@pytest.fixture
def fail(client: httpx.Client, request: pytest.FixtureRequest) -> Callable[..., str]:
    """Sends a view of a person of the test's own that fails; its id among the failed."""
    person = request.node.name.partition("[")[0]

    def send(number: int = 0, *, source: str = "shop", **properties: Any) -> str:
        message = {
            "type": "track", "event": "Product Viewed", "messageId": f"{person}-{number}", "userId": person,
            "properties": properties or {"price": "free"},
        }  # fmt: skip
        answer = client.post("/v1/track", params={"source": source}, json=message).json()
        assert answer["events"][0]["status"] == "failed", answer
        rows = client.get(PATH, params={"limit": 1000}).json()["failed"]
        return str(next(row["id"] for row in rows if row.get("message_id") == f"{person}-{number}"))

    return send


def test_what_failed_is_listed_shown_mended_and_taken_once(
    client: httpx.Client, shared_engine: Engine, fail: Callable[..., str]
) -> None:
    name = fail()

    shown = client.get(f"{PATH}/{name}").json()
    again = client.post(f"{PATH}/{name}/replay").json()
    mended = {**shown["body"], "properties": {"product_id": "p1", "price": 9.5}}
    taken = client.post(f"{PATH}/{name}/replay", json={"message": mended}).json()
    twice = client.post(f"{PATH}/{name}/replay", json={"message": mended}).json()

    assert (shown["kind"], shown["times"], "text" in shown) == ("schema", 1, False)
    assert shown["body"]["properties"] == {"price": "free"}
    assert again["verdict"]["status"] == "failed"
    assert taken == {"id": name, "verdict": {"message_id": shown["message_id"], "status": "accepted"}}
    assert twice["verdict"]["reason"] == "settled"
    assert [event.price for event in shared_engine.store.find("shop", [shown["message_id"]])] == [9.5]
    assert name not in client.get(PATH, params={"limit": 1000}).text
    settled = client.get(PATH, params={"settled": True, "limit": 1000}).json()["failed"]
    assert [row["settled"] for row in settled if row["id"] == name] == [shown["at"]]


def test_the_list_is_paged_by_what_next_says(client: httpx.Client, fail: Callable[..., str]) -> None:
    names = {fail(number) for number in range(3)}

    seen: list[str] = []
    before = None
    while True:
        page = client.get(PATH, params={"limit": 2, **({"before": before} if before else {})}).json()
        seen += [row["id"] for row in page["failed"]]
        if (before := page["next"]) is None:
            break

    assert names <= set(seen)
    assert len(seen) == len(set(seen))


def test_several_are_replayed_by_id_and_a_kind_as_a_whole(
    client: httpx.Client, fail: Callable[..., str], keys: Any
) -> None:
    names = [fail(number) for number in range(2)]
    forged = {"type": "track", "event": "Product Viewed", "userId": "nobody", "properties": {"product_id": "p1"}}
    client.post("/v1/track", json={**forged, "messageId": "forged-1"}, auth=(keys.shop_browser, ""))

    by_id = client.post(f"{PATH}/replay", json={"ids": names}).json()
    by_kind = client.post(f"{PATH}/replay", json={"kind": "key_scope"}).json()

    assert (by_id["taken"], [one["id"] for one in by_id["replayed"]]) == (0, names)
    assert by_kind["taken"] >= 1
    assert "forged-1" in {one["verdict"]["message_id"] for one in by_kind["replayed"]}


def test_what_is_dropped_waits_no_more(client: httpx.Client, fail: Callable[..., str]) -> None:
    name = fail()

    assert client.delete(f"{PATH}/{name}").json() == {"dropped": True}
    assert client.delete(f"{PATH}/{name}").json() == {"dropped": False}
    assert "settled" in client.get(f"{PATH}/{name}").json()


def test_a_body_that_is_no_json_is_shown_as_text(client: httpx.Client, shared_engine: Engine) -> None:
    broken = b'{"writeKey": "not-to-be-seen", "batch": [\xff'
    assert client.post("/v1/batch", params={"source": "shop"}, content=broken).status_code == 400
    shared_engine.flush()

    rows = client.get(PATH, params={"kind": "parse", "limit": 1000}).json()["failed"]
    shown = [client.get(f"{PATH}/{row['id']}").json() for row in rows]

    assert '{"writeKey": "", "batch": [\ufffd' in [one.get("text") for one in shown]
    assert "not-to-be-seen" not in json.dumps(shown)


def test_a_key_of_one_domain_sees_that_domain_alone(
    client: httpx.Client, shared_engine: Engine, fail: Callable[..., str], problem: Problem
) -> None:
    theirs, ours = fail(0, source="channel"), fail(1, source="shop")
    shop = (shared_engine.create_key(Kind.ADMIN, domain="shop")[0], "")

    rows = client.get(PATH, params={"limit": 1000}, auth=shop).json()["failed"]

    assert ours in {row["id"] for row in rows}
    assert {row["domain"] for row in rows} == {"shop"}
    problem(client.get(PATH, params={"domain": "channel"}, auth=shop), 404, "not_found")
    problem(client.get(f"{PATH}/{theirs}", auth=shop), 404, "not_found")
    problem(client.post(f"{PATH}/{theirs}/replay", auth=shop), 404, "not_found")
    problem(client.post(f"{PATH}/replay", json={"ids": [ours, theirs]}, auth=shop), 404, "not_found")
    problem(client.delete(f"{PATH}/{theirs}", auth=shop), 404, "not_found")


@pytest.mark.parametrize("kind", ["server", "browser", "shop_server"])
def test_only_operators_may(client: httpx.Client, keys: Any, problem: Problem, kind: str) -> None:
    auth = (getattr(keys, kind), "")

    problem(client.get(PATH, auth=auth), 403, "not_allowed")
    problem(client.post(f"{PATH}/replay", json={"kind": "schema"}, auth=auth), 403, "not_allowed")


@pytest.mark.parametrize(
    ("query", "field"),
    [({"kind": "odd"}, "kind"), ({"limit": 0}, "limit"), ({"limit": 1001}, "limit"), ({"before": "x"}, "before")],
)
def test_a_wrong_question_is_named(client: httpx.Client, problem: Problem, query: Fields, field: str) -> None:
    assert problem(client.get(PATH, params=query), 400, "invalid_request")["field"] == field


@pytest.mark.parametrize("body", [{}, {"ids": [], "kind": "schema"}, {"all": True}, [], {"ids": "x"}])
def test_a_wrong_wish_is_refused(client: httpx.Client, problem: Problem, body: object) -> None:
    problem(client.post(f"{PATH}/replay", json=body), 400, "invalid_request")


def test_what_is_unknown_is_not_found(client: httpx.Client, problem: Problem) -> None:
    problem(client.get(f"{PATH}/nothing"), 404, "not_found")
    problem(client.get(PATH, params={"domain": "nowhere"}), 404, "not_found")
