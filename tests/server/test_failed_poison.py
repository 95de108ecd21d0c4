"""Poison over a real socket: the server answers, its neighbours are taken, and the operator sees why."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from poison import POISON

BATCH = "/v1/batch"
Fields = dict[str, Any]
Viewed = Callable[..., Fields]


def body(messages: list[object]) -> bytes:
    # Python writes NaN, half of a surrogate pair and numbers without end, as its clients do.
    return json.dumps({"batch": messages}).encode()


SENDABLE = {
    name: told
    for name, (told, _) in POISON.items()
    if name not in ("deeper than a stack", "number of ten thousand digits")
}


@pytest.mark.parametrize("name", SENDABLE)
def test_a_batch_with_poison_is_answered_and_its_neighbours_are_taken(
    client: httpx.Client, viewed: Viewed, name: str
) -> None:
    before, after = viewed("p1", "poison-ann"), viewed("p1", "poison-ann")
    answer = client.post(BATCH, params={"source": "shop"}, content=body([before, SENDABLE[name], after]))

    if answer.status_code == 200:
        first, verdict, last = answer.json()["events"]
        assert (first["status"], last["status"]) == ("accepted", "accepted")
        assert verdict["status"] == "accepted" or verdict["reason"] == POISON[name][1]
    else:
        # The body as a whole is above its limit.
        assert (answer.status_code, name) == (413, "ten million characters")
    again = client.post(BATCH, params={"source": "shop"}, content=body([viewed("p1", "poison-ann")]))
    assert [verdict["status"] for verdict in again.json()["events"]] == ["accepted"]


@pytest.mark.parametrize(
    ("name", "content", "status"),
    [
        ("cut off", b'{"batch": [{"type": "track"', 400),
        ("no json", b"batch=1", 400),
        ("wrong bytes", b'{"batch": ["\xff\xfe"]}', 400),
        ("deeper than a stack", b'{"batch": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}", 400),
        ("gzip bomb", gzip.compress(b" " * 200_000_000), 413),
        ("broken gzip", gzip.compress(b"{}", mtime=0)[:-6], 400),
        ("no list", b'{"batch": {"length": 1e9}}', 400),
        ("ten thousand digits", b'{"batch": [' + b"9" * 10_000 + b"]}", 200),
        ("one key twice", b'{"batch": [], "batch": [7]}', 200),
    ],
)
def test_a_body_that_is_poison_is_answered_and_the_server_goes_on(
    client: httpx.Client, viewed: Viewed, name: str, content: bytes, status: int
) -> None:
    answer = client.post(BATCH, params={"source": "shop"}, content=content)

    assert answer.status_code == status, (name, answer.text)
    assert client.post("/v1/track", params={"source": "shop"}, json=viewed("p1", "poison-bob")).status_code == 200


def test_the_operator_sees_each_that_failed(client: httpx.Client, viewed: Viewed) -> None:
    messages = [
        {**told, "messageId": f"seen-{at}"} for at, told in enumerate(SENDABLE.values()) if isinstance(told, dict)
    ]
    small = [told for told in messages if len(json.dumps(told)) < 1_000_000]
    answer = client.post(BATCH, params={"source": "shop"}, content=body(list(small)))
    failed = {verdict["message_id"]: verdict for verdict in answer.json()["events"] if verdict["status"] == "failed"}

    rows = client.get("/v1/failed", params={"limit": 1000}).json()["failed"]

    listed = {row["message_id"]: row for row in rows if str(row.get("message_id")).startswith("seen-")}
    assert {name: row["reason"] for name, row in listed.items()} == {
        name: verdict["reason"] for name, verdict in failed.items()
    }
    assert len(failed) > 20
