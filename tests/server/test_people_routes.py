"""`/v1/people` over a real socket, with every kind of key."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from penchant.engine import Engine

Fields = dict[str, Any]
Check = Callable[[httpx.Response, int, str], Fields]


@pytest.fixture
def ann(client: httpx.Client, request: pytest.FixtureRequest) -> str:
    """A known id of the test's own, with an event, a phone, a trait, and a message that failed."""
    name = request.node.name.partition("[")[0]
    batch = [
        {"type": "track", "event": "Product Viewed", "userId": name, "properties": {"product_id": "p1"}},
        {"type": "identify", "userId": name, "anonymousId": f"{name}-phone", "traits": {"city": "Graz"}},
        {"type": "track", "event": "Product Viewed", "userId": name, "properties": {"product_id": "p1", "price": -1}},
    ]
    numbered = [{**message, "messageId": f"{name}-{at}"} for at, message in enumerate(batch)]
    answer = client.post("/v1/batch", params={"source": "shop"}, json={"batch": numbered})
    assert [event["status"] for event in answer.json()["events"]] == ["accepted", "accepted", "failed"], answer.text
    return name


def test_a_person_is_shown_under_any_id(client: httpx.Client, ann: str) -> None:
    shown = client.get(f"/v1/people/anon:{ann}-phone").json()

    assert (shown["person"], shown["ids"]) == (f"user:{ann}", [f"anon:{ann}-phone", f"user:{ann}"])
    assert shown["traits"]["city"]["value"] == "Graz"
    assert shown["consent"]["email"] == {"granted": False, "at": None, "source": None}
    assert (shown["held"]["events"], shown["held"]["failed"], shown["erased"]) == (2, 1, False)


def test_consent_and_traits_hold_from_then_on(client: httpx.Client, ann: str) -> None:
    consent = client.put(f"/v1/people/user:{ann}/consent", json={"ads": True, "analytics": False}).json()["consent"]
    traits = client.patch(f"/v1/people/user:{ann}/traits", json={"city": None, "plan": "pro"}).json()["traits"]

    assert (consent["ads"]["granted"], consent["ads"]["source"]) == (True, "api")
    assert not consent["analytics"]["granted"]
    assert {name: fact["value"] for name, fact in traits.items()} == {"plan": "pro"}


def test_ids_are_parted_and_joined_again(client: httpx.Client, ann: str) -> None:
    phone = f"anon:{ann}-phone"

    assert client.delete(f"/v1/people/user:{ann}/links/{phone}").json() == {"parted": True}
    assert client.get(f"/v1/people/user:{ann}").json()["ids"] == [f"user:{ann}"]
    assert client.post(f"/v1/people/user:{ann}/links", json={"other": phone}).json() == {"joined": True}
    history = client.get(f"/v1/people/{phone}/links").json()["links"]
    assert [(link["how"], link["undone"] is None) for link in history] == [("identify", False), ("api", True)]


def test_a_link_that_is_not_there_is_not_found(client: httpx.Client, ann: str, problem: Check) -> None:
    body = problem(client.delete(f"/v1/people/user:{ann}/links/user:nobody"), 404, "not_found")

    assert body["have"] == [f"user:{ann} to anon:{ann}-phone"]


def test_all_that_is_held_is_downloaded_a_line_at_a_time(client: httpx.Client, ann: str) -> None:
    answer = client.get(f"/v1/people/user:{ann}/export")
    lines = [json.loads(line) for line in answer.text.splitlines()]

    assert answer.headers["content-type"] == "application/x-ndjson"
    assert "attachment" in answer.headers["content-disposition"]
    assert ann not in answer.headers["content-disposition"]
    records = [line["record"] for line in lines]
    assert {"person", "link", "trait", "event", "failed", "release", "end"} == set(records)
    assert lines[-1] == {"record": "end", "lines": len(lines) - 1}
    assert [line["message_id"] for line in lines if line["record"] == "event"] == [f"{ann}-0", f"{ann}-1"]


def test_an_erased_person_is_gone_refused_and_let_in_again(client: httpx.Client, ann: str, problem: Check) -> None:
    view = {"type": "track", "event": "Product Viewed", "userId": ann, "properties": {"product_id": "p1"}}

    receipt = client.delete(f"/v1/people/user:{ann}").json()

    assert (receipt["state"], receipt["removed"]["events"], receipt["removed"]["failed"]) == ("done", 2, 1)
    assert ann not in json.dumps(receipt)
    assert receipt in client.get("/v1/erasures").json()["erasures"]
    shown = client.get(f"/v1/people/user:{ann}").json()
    assert (shown["erased"], set(shown["held"].values()), shown["traits"]) == (True, {0}, {})
    client.post("/v1/batch", params={"source": "shop"}, json={"batch": [{**view, "messageId": f"{ann}-late"}]})
    assert client.get(f"/v1/people/user:{ann}").json()["held"]["events"] == 0
    problem(client.put(f"/v1/people/user:{ann}/consent", json={"ads": True}), 400, "invalid_request")

    assert client.post(f"/v1/people/user:{ann}/readmit").json() == {"readmitted": True}
    client.post("/v1/batch", params={"source": "shop"}, json={"batch": [{**view, "messageId": f"{ann}-back"}]})
    assert client.get(f"/v1/people/user:{ann}").json()["held"]["events"] == 1


READING = [
    ("GET", "/v1/people/user:x", None),
    ("GET", "/v1/people/user:x/links", None),
    ("PUT", "/v1/people/user:x/consent", {"ads": True}),
    ("PATCH", "/v1/people/user:x/traits", {"a": 1}),
    ("POST", "/v1/people/user:x/links", {"other": "anon:y"}),
    ("DELETE", "/v1/people/user:x/links/anon:y", None),
]
ERASING = [
    ("GET", "/v1/people/user:x/export", None),
    ("DELETE", "/v1/people/user:x", None),
    ("POST", "/v1/people/user:x/readmit", None),
    ("GET", "/v1/erasures", None),
]


@pytest.mark.parametrize(
    ("method", "path", "body"), [*READING, *ERASING], ids=lambda x: x if isinstance(x, str) else ""
)
@pytest.mark.parametrize("kind", ["browser", "shop_browser", "shop_server"])
def test_browsers_and_keys_of_one_domain_see_nothing_of_people(
    client: httpx.Client, keys: Any, problem: Check, kind: str, method: str, path: str, body: Fields | None
) -> None:
    """People belong to all domains: a key of one would tell what somebody did in another."""
    answer = client.request(method, path, json=body, auth=(getattr(keys, kind), ""))

    assert problem(answer, 403, "not_allowed")["scope"] in ("people", "erase")


@pytest.mark.parametrize(("method", "path", "body"), ERASING, ids=lambda x: x if isinstance(x, str) else "")
def test_only_operators_export_and_erase(
    client: httpx.Client, keys: Any, problem: Check, method: str, path: str, body: Fields | None
) -> None:
    assert (
        problem(client.request(method, path, json=body, auth=(keys.server, "")), 403, "not_allowed")["scope"] == "erase"
    )


def test_a_server_key_of_all_domains_sees_and_corrects_people(client: httpx.Client, keys: Any, ann: str) -> None:
    auth = (keys.server, "")

    assert client.get(f"/v1/people/user:{ann}", auth=auth).status_code == 200
    assert client.put(f"/v1/people/user:{ann}/consent", json={"ads": True}, auth=auth).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/people/ann", None),
        ("GET", "/v1/people/user:", None),
        ("GET", "/v1/people/user:a%00b", None),
        ("DELETE", "/v1/people/user:" + "x" * 201, None),
        ("GET", "/v1/people/ann/export", None),
        ("PUT", "/v1/people/user:x/consent", {}),
        ("PUT", "/v1/people/user:x/consent", {"adds": True}),
        ("PATCH", "/v1/people/user:x/traits", {}),
        ("PATCH", "/v1/people/user:x/traits", {"": 1}),
        ("PATCH", "/v1/people/user:x/traits", [1]),
        ("POST", "/v1/people/user:x/links", {"other": "user:x"}),
        ("POST", "/v1/people/user:x/links", {"other": 7}),
    ],
)
def test_what_is_wrong_is_said(client: httpx.Client, problem: Check, method: str, path: str, body: Any) -> None:
    problem(client.request(method, path, json=body), 400, "invalid_request")


def test_what_is_said_through_the_api_is_in_the_log(client: httpx.Client, shared_engine: Engine, ann: str) -> None:
    client.put(f"/v1/people/user:{ann}/consent", json={"ads": True})

    events = [event for _, event in shared_engine.store.events_of([f"user:{ann}"])]
    assert [(event.name, event.source) for event in events][-1] == ("Consent Changed", "api")
