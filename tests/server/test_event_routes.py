"""`POST /v1/track` and `POST /v1/batch` over a real socket."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from demo_workspace import Demo
from penchant.engine import Engine

TRACK, BATCH, ASK = "/v1/track", "/v1/batch", "/v1/recommendations"

Fields = dict[str, Any]
Problem = Callable[[httpx.Response, int, str], Fields]
Viewed = Callable[..., Fields]


def statuses(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    assert response.json()["success"] is True
    return [verdict["status"] for verdict in response.json()["events"]]


def test_an_acknowledged_event_is_in_the_very_next_answer(client: httpx.Client, demo: Demo, viewed: Viewed) -> None:
    asked = {"placement": "home", "user_id": "rya"}
    shoe = demo.items["shop"][demo.played.opened[0]]
    before = client.post(ASK, json=asked).json()["items"]

    assert statuses(client.post(TRACK, json=viewed(shoe["id"], "rya"), auth=("shop", ""))) == ["accepted"]
    after = client.post(ASK, json=asked).json()["items"]

    def alike(items: list[Fields]) -> int:
        return sum(demo.items["shop"][item["id"]]["group"] == shoe["group"] for item in items)

    assert alike(before) == 0
    assert alike(after) > 0


def test_what_was_bought_a_moment_ago_is_not_offered_again(client: httpx.Client, demo: Demo, viewed: Viewed) -> None:
    asked = {"placement": "home", "user_id": "boris", "n": 50}
    shoe = demo.played.opened[0]
    client.post(TRACK, json=viewed(shoe, "boris"), auth=("shop", ""))
    assert shoe in {item["id"] for item in client.post(ASK, json=asked).json()["items"]}

    bought = viewed(
        shoe, "boris", event="Order Completed", properties={"order_id": "o1", "products": [{"product_id": shoe}]}
    )
    assert statuses(client.post(TRACK, json=bought, auth=("shop", ""))) == ["accepted"]

    assert shoe not in {item["id"] for item in client.post(ASK, json=asked).json()["items"]}


def test_an_anonymous_visitor_who_signs_in_keeps_the_history(client: httpx.Client, demo: Demo, viewed: Viewed) -> None:
    shoe = demo.items["shop"][demo.played.opened[0]]
    seen = viewed(shoe["id"], "unused", userId=None, anonymousId="cookie-77")
    who = {"type": "identify", "messageId": "who-77", "userId": "tom", "anonymousId": "cookie-77"}

    assert statuses(client.post(BATCH, json={"batch": [seen, who]}, auth=("shop", ""))) == ["accepted", "accepted"]

    slate = client.post(ASK, json={"placement": "home", "user_id": "tom"}).json()
    assert shoe["group"] in {demo.items["shop"][item["id"]]["group"] for item in slate["items"]}


def test_a_message_that_comes_twice_is_kept_once(client: httpx.Client, shared_engine: Engine, viewed: Viewed) -> None:
    message = viewed("run-001", "twice")

    assert statuses(client.post(TRACK, json=message, auth=("shop", ""))) == ["accepted"]
    kept = shared_engine.store.count()["events"]
    assert statuses(client.post(TRACK, json=message, auth=("shop", ""))) == ["duplicate"]
    assert shared_engine.store.count()["events"] == kept


def test_every_message_of_a_batch_has_a_verdict_of_its_own(client: httpx.Client, viewed: Viewed) -> None:
    good, nameless, typeless = viewed("run-001", "eve"), viewed("run-001", "eve"), viewed("run-001", "eve")
    del nameless["event"]
    typeless["type"] = "trakc"
    batch = [good, good, nameless, typeless, viewed("", "eve"), 7]

    response = client.post(BATCH, json={"batch": batch, "writeKey": "shop"})

    assert statuses(response) == ["accepted", "duplicate", "failed", "failed", "failed", "failed"]
    verdicts = response.json()["events"]
    assert [v["message_id"] for v in verdicts] == [m["messageId"] if isinstance(m, dict) else None for m in batch]
    assert [(v["reason"], v["field"]) for v in verdicts[2:4]] == [("missing", "event"), ("unknown_type", "type")]
    assert verdicts[4]["reason"] == "no_item"
    assert verdicts[5]["reason"] == "bad_type"
    assert all(v["message"] for v in verdicts[2:])


def test_an_empty_batch_is_no_error(client: httpx.Client) -> None:
    assert statuses(client.post(BATCH, json={"batch": [], "writeKey": "shop"})) == []


@pytest.mark.parametrize("way", ["basic", "body", "query"])
def test_the_write_key_may_come_in_three_ways(
    client: httpx.Client, shared_engine: Engine, viewed: Viewed, way: str
) -> None:
    message, batch = viewed("run-001", f"by-{way}"), viewed("run-001", f"by-{way}")
    auth = httpx.BasicAuth("shop", "") if way == "basic" else httpx.USE_CLIENT_DEFAULT
    params = {"writeKey": "shop"} if way == "query" else {}
    body = {"writeKey": "shop"} if way == "body" else {}

    assert statuses(client.post(TRACK, json={**message, **body}, auth=auth, params=params)) == ["accepted"]
    assert statuses(client.post(BATCH, json={"batch": [batch], **body}, auth=auth, params=params)) == ["accepted"]

    history = shared_engine.store.history("shop", [f"user:by-{way}"], until=2**60, limit=9)
    assert len(history) == 2


def test_browsers_may_send_json_as_text(client: httpx.Client, viewed: Viewed) -> None:
    body = json.dumps({**viewed("run-001", "browser"), "writeKey": "shop"})

    response = client.post(TRACK, content=body, headers={"content-type": "text/plain;charset=UTF-8"})

    assert statuses(response) == ["accepted"]


@pytest.mark.parametrize("path", [TRACK, BATCH])
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff", b'{"batch": {}, "writeKey": "shop", "type": 1'])
def test_a_body_that_is_no_json_object_is_refused(
    client: httpx.Client, problem: Problem, path: str, body: bytes
) -> None:
    assert problem(client.post(path, content=body), 400, "invalid_request")["field"] == "body"


@pytest.mark.parametrize("batch", [None, {}, "x"])
def test_a_batch_that_is_no_list_is_refused(client: httpx.Client, problem: Problem, batch: object) -> None:
    response = client.post(BATCH, json={"batch": batch, "writeKey": "shop"})

    assert problem(response, 400, "invalid_request")["field"] == "batch"


@pytest.mark.parametrize("path", [TRACK, BATCH])
def test_events_without_a_write_key_or_with_a_wrong_one_are_refused(
    client: httpx.Client, problem: Problem, viewed: Viewed, path: str
) -> None:
    message = viewed("run-001", "keyless")
    body = message if path == TRACK else {"batch": [message]}

    missing = problem(client.post(path, json=body), 400, "invalid_request")
    wrong = problem(client.post(path, json=body, auth=("nobody", "")), 400, "invalid_request")
    garbled = problem(client.post(path, json=body, headers={"authorization": "Basic !"}), 400, "invalid_request")

    assert [missing["field"], wrong["field"], garbled["field"]] == ["writeKey", "writeKey", "Authorization"]
    assert "nobody" in wrong["message"]


def test_a_batch_of_more_than_2500_messages_is_refused_as_a_whole(
    client: httpx.Client, problem: Problem, shared_engine: Engine, viewed: Viewed
) -> None:
    batch = [viewed("run-001", "many") for _ in range(2_501)]
    kept = shared_engine.store.count()["events"]

    body = problem(client.post(BATCH, json={"batch": batch, "writeKey": "shop"}), 400, "invalid_request")

    assert "2500" in body["message"]
    assert shared_engine.store.count()["events"] == kept
    assert set(statuses(client.post(BATCH, json={"batch": batch[1:], "writeKey": "shop"}))) == {"accepted"}


@pytest.mark.parametrize("path", [TRACK, BATCH, ASK])
def test_a_body_above_the_limit_is_refused(client: httpx.Client, problem: Problem, path: str) -> None:
    body = b'{"writeKey": "' + b"x" * (4 * 1024 * 1024) + b'"}'

    at_once = problem(client.post(path, content=body), 413, "too_large")
    in_parts = problem(
        client.post(path, content=(body[i : i + 2**18] for i in range(0, len(body), 2**18))), 413, "too_large"
    )

    assert "4 MB" in at_once["message"]
    assert at_once["message"] == in_parts["message"]


def test_events_of_one_domain_stay_out_of_the_others(
    client: httpx.Client, demo: Demo, viewed: Viewed, shared_engine: Engine
) -> None:
    video = demo.played.finished[0]
    done = viewed(video, "ines", event="Content Completed", properties={"content_id": video})

    assert statuses(client.post(TRACK, json=done, auth=("channel", ""))) == ["accepted"]

    assert shared_engine.store.history("shop", ["user:ines"], until=2**60, limit=9) == []
    assert len(shared_engine.store.history("channel", ["user:ines"], until=2**60, limit=9)) == 1
