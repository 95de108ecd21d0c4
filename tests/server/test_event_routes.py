"""Events in Segment's form over a real socket."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from demo_workspace import NOW, Demo
from live_server import serving
from penchant.engine import Engine
from penchant.errors import StorageError
from penchant.keys import Kind, sign
from penchant.server.events import MOST_TOKENS

TRACK, BATCH, ASK = "/v1/track", "/v1/batch", "/v1/recommendations"

Fields = dict[str, Any]
Keys = Any
Problem = Callable[[httpx.Response, int, str], Fields]
Viewed = Callable[..., Fields]


@pytest.fixture
def send(client: httpx.Client, keys: Keys) -> Callable[..., httpx.Response]:
    """Sends a body as the shop's server would, or with another key."""

    def call(path: str, body: object, key: str | None = None, **more: Any) -> httpx.Response:
        return client.post(path, json=body, auth=(key or keys.shop_server, ""), **more)

    return call


Send = Callable[..., httpx.Response]


def verdicts(response: httpx.Response) -> list[Fields]:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    body: Fields = response.json()
    assert body["success"] is True
    found: list[Fields] = body["events"]
    return found


def statuses(response: httpx.Response) -> list[str]:
    return [verdict["status"] for verdict in verdicts(response)]


def history(engine: Engine, *actors: str, domain: str = "shop") -> list[Any]:
    return engine.store.history(domain, actors, until=2**60, limit=99)


# what is taken


def test_an_acknowledged_event_is_in_the_very_next_answer(
    client: httpx.Client, send: Send, demo: Demo, viewed: Viewed
) -> None:
    asked = {"placement": "home", "user_id": "rya"}
    shoe = demo.items["shop"][demo.played.opened[0]]
    before = client.post(ASK, json=asked).json()["items"]

    assert statuses(send(TRACK, viewed(shoe["id"], "rya"))) == ["accepted"]
    after = client.post(ASK, json=asked).json()["items"]

    def alike(items: list[Fields]) -> int:
        return sum(demo.items["shop"][item["id"]]["group"] == shoe["group"] for item in items)

    assert alike(before) == 0
    assert alike(after) > 0


def test_what_was_bought_a_moment_ago_is_not_offered_again(
    client: httpx.Client, send: Send, demo: Demo, viewed: Viewed
) -> None:
    asked = {"placement": "home", "user_id": "boris", "n": 50}
    shoe = demo.played.opened[0]
    send(TRACK, viewed(shoe, "boris"))
    assert shoe in {item["id"] for item in client.post(ASK, json=asked).json()["items"]}

    bought = viewed(
        shoe, "boris", event="Order Completed", properties={"order_id": "o1", "products": [{"product_id": shoe}]}
    )
    assert statuses(send(TRACK, bought)) == ["accepted"]

    assert shoe not in {item["id"] for item in client.post(ASK, json=asked).json()["items"]}


def test_an_anonymous_visitor_who_signs_in_keeps_the_history(
    client: httpx.Client, send: Send, demo: Demo, viewed: Viewed
) -> None:
    shoe = demo.items["shop"][demo.played.opened[0]]
    seen = viewed(shoe["id"], "unused", userId=None, anonymousId="cookie-77")
    who = {"type": "identify", "messageId": "who-77", "userId": "tom", "anonymousId": "cookie-77"}

    assert statuses(send(BATCH, {"batch": [seen, who]})) == ["accepted", "accepted"]

    slate = client.post(ASK, json={"placement": "home", "user_id": "tom"}).json()
    assert shoe["group"] in {demo.items["shop"][item["id"]]["group"] for item in slate["items"]}


def test_a_message_that_comes_twice_is_kept_once(send: Send, shared_engine: Engine, viewed: Viewed) -> None:
    message = viewed("run-001", "twice")

    assert statuses(send(TRACK, message)) == ["accepted"]
    assert statuses(send("/v1/t", message)) == ["duplicate"]
    assert statuses(send(BATCH, {"batch": [message, message]})) == ["duplicate", "duplicate"]
    assert len(history(shared_engine, "user:twice")) == 1


KINDS = [
    ("track", "t", {"event": "Product Viewed", "properties": {"product_id": "run-001"}}, "Product Viewed"),
    ("identify", "i", {"traits": {"plan": "gold"}}, "Person Identified"),
    ("page", "p", {"name": "Home"}, "Page Viewed"),
    ("screen", "s", {"name": "Start"}, "Screen Viewed"),
    ("group", "g", {"groupId": "club"}, "Group Joined"),
    ("alias", "a", {"previousId": "kim-before"}, "Person Aliased"),
]


@pytest.mark.parametrize(("kind", "short", "fields", "name"), KINDS, ids=lambda value: str(value)[:8])
def test_each_kind_has_a_path_and_a_short_one_that_say_what_a_message_is(
    send: Send, shared_engine: Engine, kind: str, short: str, fields: Fields, name: str
) -> None:
    for path in (kind, short):
        message = {"userId": "kim", "messageId": f"kim-{path}-{kind}", **fields}
        assert statuses(send(f"/v1/{path}", message)) == ["accepted"]

    kept = shared_engine.store.find("shop", [f"kim-{path}-{kind}" for path in (kind, short)])
    assert [event.name for event in kept] == [name, name]


@pytest.mark.parametrize("path", [BATCH, "/v1/b", "/v1/import", "/beacon/v1/batch"])
def test_batches_have_several_paths(send: Send, viewed: Viewed, path: str) -> None:
    assert statuses(send(path, {"batch": [viewed("run-001", "paths")]})) == ["accepted"]


def test_a_beacon_brings_its_key_in_the_address(
    client: httpx.Client, keys: Keys, shared_engine: Engine, viewed: Viewed
) -> None:
    message = viewed("run-001", "unused", userId=None, anonymousId="beaconed")
    body = json.dumps({"batch": [message]})

    response = httpx.post(
        f"{client.base_url}/beacon/v1/batch",
        params={"writeKey": keys.shop_browser},
        content=body,
        headers={"content-type": "text/plain;charset=UTF-8"},
        trust_env=False,
    )

    assert statuses(response) == ["accepted"]
    assert len(history(shared_engine, "anon:beaconed")) == 1


def test_a_tracker_may_count_its_own_calls_and_nobody_keeps_that(client: httpx.Client, shared_engine: Engine) -> None:
    before = shared_engine.store.count()

    response = httpx.post(f"{client.base_url}/v1/m", content=b'{"series": []}', trust_env=False)

    assert (response.status_code, response.json()) == (200, {"success": True})
    assert shared_engine.store.count() == before


def test_every_message_of_a_batch_has_a_verdict_of_its_own(send: Send, viewed: Viewed) -> None:
    good, nameless, typeless = viewed("run-001", "eve"), viewed("run-001", "eve"), viewed("run-001", "eve")
    del nameless["event"]
    typeless["type"] = "trakc"
    batch = [good, good, nameless, typeless, viewed("", "eve"), 7]

    found = verdicts(send(BATCH, {"batch": batch}))

    assert [v["status"] for v in found] == ["accepted", "duplicate", "failed", "failed", "failed", "failed"]
    assert [v.get("message_id") for v in found[:5]] == [m["messageId"] for m in batch[:5]]  # type: ignore[index]
    assert [(v["reason"], v["field"]) for v in found[2:4]] == [("missing", "event"), ("unknown_type", "type")]
    assert [v["reason"] for v in found[4:]] == ["no_item", "bad_type"]
    assert all(v["message"] for v in found[2:])


def test_an_empty_batch_is_no_error(send: Send) -> None:
    assert statuses(send(BATCH, {"batch": []})) == []


def test_a_batch_says_once_what_holds_for_all_its_messages(send: Send, shared_engine: Engine, viewed: Viewed) -> None:
    plain = viewed("run-001", "shared")
    own = viewed("run-001", "shared", context={"locale": "da-DK"})
    context = {"locale": "en-GB", "timezone": "Europe/London"}

    assert statuses(send(BATCH, {"batch": [plain, own], "context": context})) == ["accepted"] * 2

    kept = [event.context for event in history(shared_engine, "user:shared")]
    assert [(c["locale"], c["timezone"]) for c in kept] == [("en-GB", "Europe/London"), ("da-DK", "Europe/London")]


def test_events_of_one_domain_stay_out_of_the_others(
    client: httpx.Client, demo: Demo, viewed: Viewed, shared_engine: Engine, keys: Keys
) -> None:
    video = demo.played.finished[0]
    done = viewed(video, "ines", event="Content Completed", properties={"content_id": video})

    assert statuses(client.post(TRACK, json=done, params={"source": "channel"}, auth=(keys.server, ""))) == ["accepted"]

    assert history(shared_engine, "user:ines") == []
    assert len(history(shared_engine, "user:ines", domain="channel")) == 1


def test_many_messages_at_once_keep_their_order(send: Send, shared_engine: Engine, viewed: Viewed) -> None:
    # More than are read on the event loop.
    batch = [viewed("run-001", "long", properties={"product_id": "run-001", "n": n}) for n in range(450)]
    batch[200] = {**batch[200], "event": "Nonsense"}

    found = verdicts(send(BATCH, {"batch": batch}))

    assert [v["message_id"] for v in found] == [m["messageId"] for m in batch]
    assert [at for at, v in enumerate(found) if v["status"] != "accepted"] == [200]
    kept = shared_engine.store.find("shop", [m["messageId"] for m in batch])
    assert sorted(event.properties["n"] for event in kept) == [n for n in range(450) if n != 200]


def test_many_may_send_at_once_and_each_has_its_own_answer(client: httpx.Client, keys: Keys, viewed: Viewed) -> None:
    told: dict[str, str] = {}

    def work(number: int) -> None:
        with httpx.Client(base_url=client.base_url, auth=(keys.shop_server, ""), trust_env=False) as own:
            for _ in range(20):
                message = viewed("run-001", f"crowd-{number}")
                (verdict,) = verdicts(own.post(TRACK, json=message))
                told[message["messageId"]] = verdict["message_id"]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(told) == 160
    assert all(sent == answered for sent, answered in told.items())


# how it may come


@pytest.mark.parametrize("way", ["basic", "bearer", "body"])
def test_the_key_may_come_in_several_ways(
    client: httpx.Client, keys: Keys, shared_engine: Engine, viewed: Viewed, way: str
) -> None:
    key, user = keys.shop_server, f"by-{way}"
    headers = {"Authorization": f"Bearer {key}"} if way == "bearer" else {}
    auth = httpx.BasicAuth(key, "") if way == "basic" else None
    body = {"writeKey": key} if way == "body" else {}
    with httpx.Client(base_url=client.base_url, auth=auth, headers=headers, trust_env=False) as own:
        assert statuses(own.post(TRACK, json={**viewed("run-001", user), **body})) == ["accepted"]
        assert statuses(own.post(BATCH, json={"batch": [viewed("run-001", user)], **body})) == ["accepted"]

    assert len(history(shared_engine, f"user:{user}")) == 2


@pytest.mark.parametrize("called", ["text/plain;charset=UTF-8", "application/x-www-form-urlencoded", None])
@pytest.mark.parametrize("packed", [False, True])
def test_a_body_is_json_whatever_it_is_called(
    send: Send, client: httpx.Client, keys: Keys, viewed: Viewed, called: str | None, packed: bool
) -> None:
    body = json.dumps(viewed("run-001", "browser")).encode()
    headers = {"content-type": called} if called else {}

    response = client.post(
        TRACK,
        content=gzip.compress(body) if packed else body,
        headers={**headers, **({"content-encoding": "gzip"} if packed else {})},
        auth=(keys.shop_server, ""),
    )

    assert statuses(response) == ["accepted"]


# what is refused


@pytest.mark.parametrize("path", [TRACK, BATCH])
@pytest.mark.parametrize("body", [b"{", b'"x', b"\xff", b'{"batch": [}', b"undefined"])
def test_a_body_that_is_no_json_is_refused_and_kept(
    client: httpx.Client, keys: Keys, problem: Problem, shared_engine: Engine, path: str, body: bytes
) -> None:
    response = client.post(path, content=body, auth=(keys.shop_server, ""))

    assert problem(response, 400, "invalid_request")["field"] == "body"
    shared_engine.flush()
    assert body in {row.body for row in shared_engine.store.failed(kind="parse")}


@pytest.mark.parametrize(("path", "body", "field"), [(TRACK, b"[]", "body"), (BATCH, b'{"batch": {}}', "batch")])
def test_json_that_holds_no_message_is_refused_and_kept(
    client: httpx.Client, keys: Keys, problem: Problem, shared_engine: Engine, path: str, body: bytes, field: str
) -> None:
    assert (
        problem(client.post(path, content=body, auth=(keys.shop_server, "")), 400, "invalid_request")["field"] == field
    )

    shared_engine.flush()
    assert body in {row.body for row in shared_engine.store.failed(kind="schema")}


def test_an_empty_body_is_refused_and_nothing_is_kept_of_it(
    client: httpx.Client, keys: Keys, problem: Problem, shared_engine: Engine
) -> None:
    before = shared_engine.store.count()["failed"]

    problem(client.post(TRACK, content=b"", auth=(keys.shop_server, "")), 400, "invalid_request")

    shared_engine.flush()
    assert shared_engine.store.count()["failed"] == before


@pytest.mark.parametrize("path", [TRACK, BATCH])
def test_events_without_a_key_or_with_a_wrong_one_are_refused(
    client: httpx.Client, problem: Problem, viewed: Viewed, shared_engine: Engine, path: str
) -> None:
    message = viewed("run-001", "keyless")
    body = message if path == TRACK else {"batch": [message]}
    with httpx.Client(base_url=client.base_url, trust_env=False) as own:
        problem(own.post(path, json=body), 401, "key_rejected")
        problem(own.post(path, json=body, auth=("nobody", "")), 401, "key_rejected")
        problem(own.post(path, json={**body, "writeKey": "nobody"}), 401, "key_rejected")
        problem(own.post(path, json=body, headers={"authorization": "Basic !"}), 401, "key_rejected")

    assert history(shared_engine, "user:keyless") == []


def test_a_key_for_several_domains_must_be_told_which(
    client: httpx.Client, keys: Keys, problem: Problem, viewed: Viewed
) -> None:
    response = client.post(TRACK, json=viewed("run-001", "which"), auth=(keys.server, ""))

    assert problem(response, 400, "invalid_request")["field"] == "source"


def test_a_batch_with_too_many_messages_is_refused_as_a_whole(
    send: Send, problem: Problem, shared_engine: Engine, viewed: Viewed
) -> None:
    batch = [viewed("run-001", "many") for _ in range(2_501)]

    body = problem(send(BATCH, {"batch": batch}), 413, "too_large")

    assert body["field"] == "batch"
    assert "2,500" in body["message"]
    assert history(shared_engine, "user:many") == []
    assert set(statuses(send(BATCH, {"batch": batch[1:]}))) == {"accepted"}


def test_what_the_store_cannot_keep_is_not_acknowledged(
    open_demo: Callable[[str], Engine], problem: Problem, viewed: Viewed, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_demo("full")
    key, _ = engine.create_key(Kind.SERVER, domain="shop")

    def full(*_: object, **__: object) -> list[Any]:
        raise StorageError("sqlite:///x", "the disk is full")

    with serving(engine, key=key) as client:
        with monkeypatch.context() as broken:
            broken.setattr(engine.store, "append", full)
            refused = client.post(TRACK, json=viewed("run-001", "full", messageId="full-1"))
        again = client.post(TRACK, json=viewed("run-001", "full", messageId="full-1"))

    assert problem(refused, 503, "storage_error")["message"]
    assert int(refused.headers["retry-after"]) >= 1
    assert statuses(again) == ["accepted"]


# for whom a browser speaks


def test_a_browser_speaks_for_its_anonymous_id_alone(
    send: Send, keys: Keys, shared_engine: Engine, viewed: Viewed
) -> None:
    message = viewed("run-001", "somebody", anonymousId="device-1")

    (verdict,) = verdicts(send(TRACK, message, keys.shop_browser))
    (refused,) = verdicts(send(TRACK, viewed("run-001", "somebody"), keys.shop_browser))

    assert (verdict["status"], verdict["note"]) == ("accepted", "unverified user id")
    assert (refused["status"], refused["reason"]) == ("failed", "key_scope")
    assert history(shared_engine, "user:somebody") == []
    assert len(history(shared_engine, "anon:device-1")) == 1


@pytest.mark.parametrize("how", ["header", "body", "context"])
@pytest.mark.parametrize("path", [TRACK, BATCH])
def test_with_an_identity_token_a_browser_speaks_for_a_person(
    send: Send, keys: Keys, shared_engine: Engine, viewed: Viewed, how: str, path: str
) -> None:
    person, device = f"proved-{how}-{path[4:]}", f"device-{how}-{path[4:]}"
    token = sign(person, keys.shop_server, NOW + 60)
    message = viewed("run-001", person, anonymousId=device, context={"locale": "da-DK"})
    headers = {"X-Identity-Token": token} if how == "header" else {}
    if how == "context":
        message["context"]["identityToken"] = token
    body: Fields = message if path == TRACK else {"batch": [message]}
    if how == "body":
        body["identity_token"] = token

    (verdict,) = verdicts(send(path, body, keys.shop_browser, headers=headers))

    assert verdict["status"] == "accepted"
    assert "note" not in verdict
    (event,) = history(shared_engine, f"user:{person}")
    assert event.context == {"locale": "da-DK"}


def test_each_message_of_a_batch_may_bring_a_token_of_its_own(
    send: Send, keys: Keys, shared_engine: Engine, viewed: Viewed
) -> None:
    def of(person: str, speaks: str | None) -> Fields:
        context = {"identityToken": sign(speaks, keys.shop_server, NOW + 60)} if speaks else {}
        return viewed("run-001", person, anonymousId=f"shared-of-{person}", context=context)

    batch = [of("nora", "nora"), of("otto", "otto"), of("paul", None), of("quin", "nora"), of("nora", "nora")]
    found = verdicts(send(BATCH, {"batch": batch}, keys.shop_browser))

    assert [v["message_id"] for v in found] == [m["messageId"] for m in batch]
    assert [v.get("note") for v in found] == [None, None, "unverified user id", "unverified user id", None]
    kept = [len(history(shared_engine, f"user:{person}")) for person in ("nora", "otto", "paul", "quin")]
    assert kept == [2, 1, 0, 0]


def test_so_many_tokens_are_looked_at_and_no_more(send: Send, keys: Keys, viewed: Viewed) -> None:
    batch = []
    for number in range(MOST_TOKENS + 4):
        token = sign(f"throng-{number}", keys.shop_server, NOW + 60)
        context = {"identityToken": token}
        batch.append(viewed("run-001", f"throng-{number}", anonymousId=f"t-{number}", context=context))

    notes = [v.get("note") for v in verdicts(send(BATCH, {"batch": batch}, keys.shop_browser))]

    assert notes == [None] * MOST_TOKENS + ["unverified user id"] * 4


def test_keys_and_tokens_are_not_kept_with_a_message_that_failed(
    client: httpx.Client, keys: Keys, shared_engine: Engine
) -> None:
    token = sign("leaky", keys.shop_server, NOW + 60)
    message = {"event": "Nonsense", "messageId": "leaky-1", "anonymousId": "leaky", "context": {"identityToken": token}}

    with httpx.Client(base_url=client.base_url, trust_env=False) as own:
        (verdict,) = verdicts(own.post(TRACK, json={**message, "writeKey": keys.shop_browser}))

    assert (verdict["status"], verdict["reason"]) == ("failed", "unknown_event")
    (row,) = (row for row in shared_engine.store.failed() if row.message_id == "leaky-1")
    assert row.body is not None
    assert token.encode() not in row.body
    assert keys.shop_browser.encode() not in row.body


# what the document says


def test_the_document_says_what_a_message_and_a_batch_hold(client: httpx.Client) -> None:
    document = client.get("/schema").json()

    for path, name in (("/v1/track", "Message"), ("/v1/a", "Message"), ("/v1/import", "Batch")):
        content = document["paths"][path]["post"]["requestBody"]["content"]
        assert content["application/json"]["schema"]["$ref"].endswith(f"/{name}")
    message = document["components"]["schemas"]["Message"]["properties"]
    assert {"messageId", "anonymousId", "userId", "properties", "sentAt"} <= message.keys()
    assert "batch" in document["components"]["schemas"]["Batch"]["properties"]


def test_a_number_that_is_none_costs_its_message_and_not_the_batch(
    client: httpx.Client, keys: Keys, shared_engine: Engine, viewed: Viewed
) -> None:
    good, bad = viewed("run-001", "nan"), viewed("run-001", "nan", properties={"product_id": "run-001", "price": 1})
    # As a Python client writes it that sends its key in the body alone.
    body = json.dumps({"batch": [good, bad], "writeKey": keys.shop_server}).replace('"price": 1', '"price": NaN')

    with httpx.Client(base_url=client.base_url, trust_env=False) as own:
        found = verdicts(own.post(BATCH, content=body))

    assert [verdict["status"] for verdict in found] == ["accepted", "failed"]
    assert len(history(shared_engine, "user:nan")) == 1
