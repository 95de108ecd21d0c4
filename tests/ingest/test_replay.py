"""Failed messages once more, as they are or mended."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from penchant.clock import parse_time
from penchant.errors import NotFound, StorageError
from penchant.events import translate_statement
from penchant.ingest import Collector, Sender
from penchant.storage import FailedRow, SQLiteStore

View = Callable[..., dict[str, Any]]
SenderOf = Callable[..., Sender]


@pytest.fixture
def replay(collector: Collector, sender: SenderOf) -> Callable[..., list[tuple[str | None, str, str | None]]]:
    """Replays by message id: `replay("m1", edits={"m1": {...}})`; message id, status and reason of each."""

    def run(*names: str, edits: dict[str, Any] | None = None, as_sender: Sender | None = None) -> Any:
        rows = {row.message_id or row.reason: row.id for row in collector._store.failed()}
        results = collector.replay(
            [rows.get(name, name) for name in names],
            lambda row: as_sender or sender(row.source),
            {rows[name]: message for name, message in (edits or {}).items()},
        )
        return [(verdict.message_id, verdict.status, verdict.reason) for _, verdict in results]

    return run


def waiting(store: SQLiteStore) -> list[tuple[str | None, str]]:
    return [(row.message_id, row.reason) for row in store.failed()]


def test_a_mended_message_counts_at_the_time_it_came_under_its_own_id(
    collector: Collector, store: SQLiteStore, sender: SenderOf, view: View, clock: Any, replay: Any
) -> None:
    came = int(clock.now() * 1000)
    wrong = view("m1", item=None, timestamp="2026-11-21T19:00:00Z", sentAt="2026-11-21T19:30:00Z")
    collector.collect([wrong], sender())
    clock.advance(86_400)
    mended = {**wrong, "properties": {"product_id": "shoe"}, "messageId": "other"}

    assert replay("m1", edits={"m1": mended}) == [("m1", "accepted", None)]

    (event,) = store.find("web", ["m1", "other"])
    assert (event.item, event.received) == ("shoe", came)
    # It was sent half an hour after it happened, and came at eight.
    assert event.time == int(parse_time("2026-11-21T19:30:00Z") * 1000)
    assert waiting(store) == []
    assert [row.message_id for row in store.failed(settled=True)] == ["m1"]


def test_a_message_that_fails_again_waits_with_its_new_reason(
    open_collector: Callable[..., Collector], store: SQLiteStore, sender: SenderOf, view: View
) -> None:
    collector = open_collector(items=("boot",))
    collector.collect([view("m1", item=None)], sender())
    (row,) = store.failed()

    def again(edit: dict[str, Any] | None) -> str | None:
        edits = {} if edit is None else {row.id: edit}
        return collector.replay([row.id], lambda _: sender(unknown_items="fail"), edits)[0][1].reason

    assert again(view("m1")) == "unknown_item"
    assert waiting(store) == [("m1", "no_item")]  # of a mended message only the verdict tells
    assert again(None) == "no_item"
    assert again(view("m1", item="boot")) is None
    assert waiting(store) == []


def test_the_reason_follows_what_is_wrong_now(
    open_collector: Callable[..., Collector], store: SQLiteStore, sender: SenderOf, view: View
) -> None:
    collector = open_collector(items=())
    collector.collect([view("m1")], sender(unknown_items="fail", trusted=True))
    (row,) = store.failed()
    browser = sender(trusted=False)

    collector.replay([row.id], lambda _: browser)

    assert [(one.kind, one.reason, one.field) for one in store.failed()] == [("key_scope", "key_scope", "userId")]


def test_a_replay_of_what_was_replayed_does_nothing(
    collector: Collector, store: SQLiteStore, sender: SenderOf, view: View, replay: Any
) -> None:
    collector.collect([view("m1", item=None)], sender())
    (row,) = store.failed()
    replay("m1", edits={"m1": view("m1")})

    results = dict(collector.replay([row.id, row.id, "nothing"], lambda found: sender(found.source)))

    assert {name: verdict.reason for name, verdict in results.items()} == {row.id: "settled", "nothing": "not_found"}
    assert store.count()["events"] == 1


def test_a_message_that_came_well_in_the_meantime_is_settled_as_a_duplicate(
    collector: Collector, store: SQLiteStore, sender: SenderOf, view: View, replay: Any
) -> None:
    collector.collect([view("m1", item=None)], sender())
    collector.collect([view("m1")], sender())

    assert replay("m1", edits={"m1": view("m1")}) == [("m1", "duplicate", None)]
    assert waiting(store) == []


def test_a_browsers_unproven_claim_does_not_come_true_by_a_replay(
    collector: Collector, store: SQLiteStore, sender: SenderOf, replay: Any
) -> None:
    forged = {
        "type": "identify", "messageId": "i1", "userId": "ann", "anonymousId": "f3", "timestamp": "soon",
        "traits": {"plan": "gold"}, "context": {"traits": {"plan": "gold"}, "locale": "de"},
    }  # fmt: skip
    collector.collect([forged], sender(trusted=False))
    (row,) = store.failed()
    kept = json.loads(row.body or b"")
    assert kept == {
        "type": "identify", "messageId": "i1", "anonymousId": "f3", "timestamp": "soon", "context": {"locale": "de"},
    }  # fmt: skip

    assert replay("i1", edits={"i1": {**kept, "timestamp": None}}) == [("i1", "accepted", None)]
    assert (store.links(), store.traits(["user:ann", "anon:f3"])) == ([], [])


def test_who_replays_a_claim_of_a_key_vouches_for_it(
    collector: Collector, store: SQLiteStore, sender: SenderOf, view: View, replay: Any
) -> None:
    collector.collect([view("m1")], sender(trusted=False))

    assert replay("m1") == [("m1", "accepted", None)]
    assert store.find("web", ["m1"])[0].user_id == "ann"


def test_what_was_not_kept_cannot_be_replayed(
    collector: Collector, store: SQLiteStore, sender: SenderOf, view: View, replay: Any
) -> None:
    collector.collect([view("m1", context={"consent": {"analytics": False}})], sender())

    assert replay("consent") == [(None, "failed", "not_kept")]


def test_consent_is_asked_for_again(
    collector: Collector, store: SQLiteStore, sender: SenderOf, view: View, replay: Any
) -> None:
    collector.collect([view("m1", item=None)], sender())
    collector.collect(
        [{"type": "track", "event": "Consent Changed", "userId": "ann", "properties": {"analytics": False}}], sender()
    )

    assert replay("m1", edits={"m1": view("m1")}) == [("m1", "failed", "consent")]
    assert waiting(store) == [("m1", "no_item")]
    assert store.find("web", ["m1"]) == []


def test_a_body_that_was_none_is_replayed_as_the_batch_it_was_meant_to_be(
    collector: Collector, store: SQLiteStore, sender: SenderOf, view: View, replay: Any
) -> None:
    collector.fail_bytes(b'{"batch": [', sender())
    collector.flush()
    batch = {"sentAt": "2026-11-21T20:00:00Z", "batch": [view("m1"), view("m2", item=None), view("m3")]}

    assert replay("bad_json") == [(None, "failed", "bad_json")]
    assert replay("bad_json", edits={"bad_json": {"batch": []}}) == [(None, "failed", "missing")]
    assert replay("bad_json", edits={"bad_json": batch}) == [(None, "failed", "no_item")]

    assert sorted({event.message_id for event in store.find("web", ["m1", "m2", "m3"])}) == ["m1", "m3"]
    assert waiting(store) == [("m2", "no_item")]


def test_a_statement_is_replayed_as_a_statement(
    collector: Collector, store: SQLiteStore, sender: SenderOf, replay: Any
) -> None:
    name = "6690e6c9-3ef0-4ed3-8b37-7f3964730bee"
    statement = {
        "id": name,
        "actor": {"mbox": "mailto:ann@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {"id": "https://example.org/course/1"},
    }
    collector.collect([{**statement, "verb": {"id": "odd"}}], sender(), translate=translate_statement)

    assert replay(name, edits={name: {**statement, "id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bff"}}) == [
        (name, "accepted", None)
    ]


def test_a_source_that_is_gone_is_told_and_stops_nobody_else(
    collector: Collector, store: SQLiteStore, sender: SenderOf, view: View
) -> None:
    collector.collect([view("m1")], sender("old", trusted=False))
    collector.collect([view("m2")], sender("web", trusted=False))

    def sender_of(row: FailedRow) -> Sender:
        if row.source == "old":
            raise NotFound("source", "old", ["web"])
        return sender(row.source)

    results = collector.replay([row.id for row in store.failed()], sender_of)

    assert {v.message_id: (v.status, v.reason) for _, v in results} == {
        "m1": ("failed", "not_found"), "m2": ("accepted", None),
    }  # fmt: skip
    assert waiting(store) == [("m1", "key_scope")]


def test_thousands_are_replayed_whatever_the_queue_holds(
    open_collector: Callable[..., Collector], store: SQLiteStore, sender: SenderOf, view: View
) -> None:
    collector = open_collector(queue=100)
    collector.collect([view(f"m{at}") for at in range(1_000)], sender(trusted=False))
    ids = [row.id for row in store.failed(limit=2_000)]
    told: list[int] = []

    results = collector.replay(ids, lambda row: sender(row.source), progress=told.append)

    assert {verdict.status for _, verdict in results} == {"accepted"}
    assert [name for name, _ in results] == ids
    assert told == [200, 400, 600, 800, 1_000]
    assert store.failed() == []


def test_a_store_that_fails_leaves_what_was_not_replayed_to_the_next_try(
    collector: Collector, faulty: Any, store: SQLiteStore, sender: SenderOf, view: View
) -> None:
    collector.collect([view("m1")], sender(trusted=False))
    (row,) = store.failed()
    faulty.faults = {2: StorageError("sqlite:///x", "database or disk is full")}

    with pytest.raises(StorageError):
        collector.replay([row.id], lambda found: sender(found.source))
    assert waiting(store) == [("m1", "key_scope")]

    assert collector.replay([row.id], lambda found: sender(found.source))[0][1].status == "accepted"


def test_what_is_dropped_waits_no_more(
    collector: Collector, store: SQLiteStore, sender: SenderOf, view: View, clock: Any
) -> None:
    collector.collect([view("m1", item=None), view("m2", item=None)], sender())
    first, second = store.failed()

    assert collector.drop([first.id, "nothing", first.id]) == [first.id]
    assert collector.drop([first.id]) == []

    assert [row.id for row in store.failed()] == [second.id]
    assert store.failed(settled=True)[0].settled == int(clock.now() * 1000)
