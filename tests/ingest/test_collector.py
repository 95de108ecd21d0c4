"""Messages one by one: verdicts, trust, the catalog."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from penchant.errors import StorageError
from penchant.events import translate_statement
from penchant.ingest import Collector, Sender
from penchant.storage import SQLiteStore

View = Callable[..., dict[str, Any]]
SenderOf = Callable[..., Sender]
IDENTIFY = {"type": "identify", "messageId": "i1", "userId": "ann", "anonymousId": "f3", "traits": {"plan": "gold"}}


def test_each_message_gets_its_own_verdict_and_all_of_them_one_transaction(
    collector: Collector, faulty: Any, store: SQLiteStore, sender: SenderOf, view: View
) -> None:
    order = {
        "type": "track", "event": "Order Completed", "messageId": "m3", "anonymousId": "f3",
        "properties": {"products": [{"sku": "a"}, {"sku": "b"}]},
    }  # fmt: skip

    verdicts = collector.collect([view("m1"), view("m2", item=None), "nonsense", order, view("m1")], sender())

    assert [(v.message_id, v.status, v.reason, v.field) for v in verdicts] == [
        ("m1", "accepted", None, None),
        ("m2", "failed", "no_item", "properties.product_id"),
        (None, "failed", "bad_type", "message"),
        ("m3", "accepted", None, None),
        ("m1", "duplicate", None, None),
    ]
    assert [event.item for event in store.find("web", ["m1", "m3"])] == ["shoe", "a", "b"]
    assert {row.message_id: row.kind for row in store.failed()} == {"m2": "schema", None: "schema"}
    assert faulty.appends == 1


def test_a_verdict_says_only_what_there_is_to_say(collector: Collector, sender: SenderOf, view: View) -> None:
    (verdict,) = collector.collect([view("m1")], sender())

    assert json.loads(msgspec.json.encode(verdict)) == {"message_id": "m1", "status": "accepted"}


def test_what_comes_again_is_a_duplicate_and_says_nothing_again(
    collector: Collector, store: SQLiteStore, sender: SenderOf, clock: Any
) -> None:
    again = [{**IDENTIFY, "messageId": "i2", "traits": {"plan": "silver"}}, IDENTIFY]

    first = collector.collect([IDENTIFY, IDENTIFY], sender())
    clock.advance(60)
    later = collector.collect(again, sender())

    assert [v.status for v in [*first, *later]] == ["accepted", "duplicate", "accepted", "duplicate"]
    # The first message came again after the second, without a time of its own; silver still holds.
    assert [(t.name, t.value) for t in store.traits(["user:ann"])] == [("plan", b'"gold"'), ("plan", b'"silver"')]


def test_a_message_without_an_id_is_told_the_one_it_got(collector: Collector, sender: SenderOf, view: View) -> None:
    message = {**view("", at="2026-11-20T10:00:00Z")}
    del message["messageId"]

    first, again = collector.collect([message, message], sender())

    assert first.message_id == again.message_id is not None
    assert (first.status, again.status) == ("accepted", "duplicate")


def test_statements_of_xapi_are_read_by_their_own_translation(
    collector: Collector, store: SQLiteStore, sender: SenderOf
) -> None:
    statement = {
        "id": "6690E6C9-3EF0-4ED3-8B37-7F3964730BEE",
        "actor": {"mbox": "mailto:ann@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {"id": "https://example.org/course/1"},
    }

    verdicts = collector.collect([statement, {**statement, "verb": 1}], sender(), translate=translate_statement)

    assert [v.status for v in verdicts] == ["accepted", "failed"]
    assert verdicts[1].message_id == "6690e6c9-3ef0-4ed3-8b37-7f3964730bee"
    assert store.failed()[0].user_id == "ann@example.org"


# who may speak for whom


def test_a_browser_speaks_for_its_anonymous_id_alone(
    collector: Collector, store: SQLiteStore, sender: SenderOf, view: View
) -> None:
    messages = [view("m1", userId="ann", anonymousId="f3"), IDENTIFY]

    verdicts = collector.collect(messages, sender(trusted=False))

    assert [(v.status, v.note) for v in verdicts] == [("accepted", "unverified user id")] * 2
    assert [event.actor for event in store.find("web", ["m1", "i1"])] == ["anon:f3", "anon:f3"]
    assert (store.links(), store.traits(["user:ann", "anon:f3"])) == ([], [])
    assert "gold" not in str(store.find("web", ["i1"]))


def test_a_browser_that_names_only_a_known_person_is_refused(
    collector: Collector, store: SQLiteStore, sender: SenderOf, view: View
) -> None:
    alias = {"type": "alias", "messageId": "a1", "userId": "ann", "previousId": "bob", "anonymousId": "f3"}

    verdicts = collector.collect([view("m1"), alias], sender(trusted=False))

    assert [(v.status, v.reason, v.field) for v in verdicts] == [("failed", "key_scope", "userId")] * 2
    assert [row.kind for row in store.failed()] == ["key_scope"] * 2
    assert (store.find("web", ["m1", "a1"]), store.links()) == ([], [])


def test_an_identity_token_proves_one_person(
    collector: Collector, store: SQLiteStore, sender: SenderOf, view: View
) -> None:
    ann = sender(trusted=False, user="ann")

    verdicts = collector.collect(
        [view("m1"), IDENTIFY, view("m2", userId="bob", anonymousId="f3"), view("m3", userId="bob")], ann
    )

    assert [(v.status, v.note) for v in verdicts] == [
        ("accepted", None), ("accepted", None), ("accepted", "unverified user id"), ("failed", None),
    ]  # fmt: skip
    assert store.links() == [("anon:f3", "user:ann")]
    assert [t.value for t in store.traits(["user:ann"])] == [b'"gold"']
    assert {e.message_id: e.actor for e in store.find("web", ["m1", "m2", "m3"])} == {"m1": "user:ann", "m2": "anon:f3"}


def test_a_token_joins_anonymous_ids_and_no_other_person(
    collector: Collector, store: SQLiteStore, sender: SenderOf
) -> None:
    alias = {"type": "alias", "messageId": "a1", "userId": "ann", "previousId": "bob"}

    assert collector.collect([alias], sender(trusted=False, user="ann"))[0].status == "accepted"
    assert store.links() == [("anon:bob", "user:ann")]

    assert collector.collect([{**alias, "messageId": "a2"}], sender())[0].status == "accepted"
    assert ("user:ann", "user:bob") in store.links()


def test_a_token_binds_a_trusted_sender_too(collector: Collector, sender: SenderOf, view: View) -> None:
    verdicts = collector.collect([view("m1"), view("m2", userId="bob")], sender(user="ann"))

    assert [v.reason for v in verdicts] == [None, "key_scope"]


# the catalog, and the erased


def test_items_the_catalog_does_not_have_may_fail(
    open_collector: Callable[..., Collector], store: SQLiteStore, sender: SenderOf, view: View
) -> None:
    collector = open_collector(items=("shoe",))
    order = {"type": "track", "event": "Order Completed", "userId": "ann", "messageId": "o1"}
    lines = {"properties": {"products": [{"sku": "shoe"}, {"sku": "boot"}]}}
    messages = [view("m1"), view("m2", item="boot"), {**order, **lines}]

    strict = collector.collect(messages, sender(unknown_items="fail"))

    assert [v.reason for v in strict] == [None, "unknown_item", "unknown_item"]
    assert {row.kind for row in store.failed()} == {"unknown_item"}
    assert [v.status for v in collector.collect(messages, sender())] == ["duplicate", "accepted", "accepted"]


def test_who_was_erased_is_refused_and_leaves_no_trace(
    collector: Collector, store: SQLiteStore, sender: SenderOf, view: View
) -> None:
    store.erase(["user:ann"], 1, "receipt", b"{}")

    verdicts = collector.collect([view("m1"), view("m2", userId="bob"), IDENTIFY, view("m3", item=None)], sender())

    assert [(v.status, v.reason) for v in verdicts] == [
        ("failed", "erased"), ("accepted", None), ("failed", "erased"), ("failed", "no_item"),
    ]  # fmt: skip
    assert store.count() | {"events": 1} == store.count()
    assert (store.failed(), store.traits(["user:ann"]), store.links()) == ([], [], [])


# what nobody foresaw


def test_a_fault_in_reading_fails_one_message_and_logs_nothing_of_it(
    collector: Collector, store: SQLiteStore, sender: SenderOf, view: View, caplog: pytest.LogCaptureFixture
) -> None:
    def translate(message: Any, *_: object, **__: object) -> Any:
        raise KeyError(message["userId"])

    with caplog.at_level(logging.DEBUG):
        (verdict,) = collector.collect([view("m1", userId="secret-ann")], sender(), translate=translate)

    assert (verdict.status, verdict.reason) == ("failed", "internal")
    assert store.failed()[0].kind == "internal"
    assert "KeyError" in caplog.text
    assert "secret-ann" not in caplog.text


def test_a_catalog_that_cannot_be_read_is_the_senders_to_know_and_takes_no_room(
    open_collector: Callable[..., Collector], sender: SenderOf, view: View
) -> None:
    class Broken(tuple[str, ...]):
        def __contains__(self, _: object) -> bool:
            raise StorageError("sqlite:///x", "broken")

    collector = open_collector(items=Broken())

    with pytest.raises(StorageError, match="broken"):
        collector.collect([view("m1")], sender(unknown_items="fail"))
    assert collector.waiting == 0


# bodies that are none


def test_a_body_that_is_no_json_is_kept_without_the_key_in_it(
    collector: Collector, store: SQLiteStore, sender: SenderOf
) -> None:
    answers: list[Any] = []

    collector.fail_bytes(b'{"writeKey": "sk_very\\"secret", "batch": [', sender(), answers.append)
    collector.fail_bytes(b"\x1f\x8b", sender(), reason="bad_gzip", message="is no gzip")
    collector.flush()

    assert [(v.status, v.reason, v.field) for v in answers[0]] == [("failed", "bad_json", "body")]
    rows = {row.reason: row for row in store.failed()}
    assert rows["bad_json"].body == b'{"writeKey": "", "batch": ['
    assert (rows["bad_gzip"].kind, rows["bad_gzip"].body) == ("parse", b"\x1f\x8b")


def test_a_long_body_is_cut_and_says_so(
    open_collector: Callable[..., Collector], store: SQLiteStore, sender: SenderOf
) -> None:
    collector = open_collector(message_kb=1)

    collector.fail_bytes(b"x" * 5_000, sender(), kind="size", reason="too_large")
    collector.collect([{"type": "track", "x": "y" * 5_000}], sender())

    assert [(row.kind, len(row.body or b"")) for row in store.failed()] == [("size", 1024), ("size", 1024)]
    assert all("only its first 1 KB are kept" in row.message for row in store.failed())


def test_keys_tokens_and_network_addresses_are_not_kept(
    collector: Collector, store: SQLiteStore, sender: SenderOf
) -> None:
    context = {"identityToken": "ey", "ip": "::1", "locale": "de"}
    collector.collect([{"type": "track", "writeKey": "pk_1", "context": context, "userId": "ann"}], sender())
    collector.fail_bytes(b'{"writeKey": "pk_1", "context": {"ip": "::1"}', sender())
    collector.flush()

    bodies = [row.body or b"" for row in store.failed()]
    kept = next(body for body in bodies if b"track" in body)
    assert json.loads(kept) == {"type": "track", "context": {"locale": "de"}, "userId": "ann"}
    assert not [body for body in bodies if b"::1" in body or b"pk_1" in body]


# failed messages are bounded


def test_the_same_failed_message_is_counted_not_kept_twice(
    collector: Collector, store: SQLiteStore, sender: SenderOf, view: View
) -> None:
    for sent in ("2026-11-21T10:00:00Z", "2026-11-21T10:00:09Z"):
        collector.collect([view("m1", item=None, sentAt=sent)], sender())

    assert [(row.message_id, row.times) for row in store.failed()] == [("m1", 2)]


def test_failed_messages_are_forgotten_by_number_and_by_age(
    open_collector: Callable[..., Collector], store: SQLiteStore, sender: SenderOf, clock: Any, view: View
) -> None:
    collector = open_collector(failed=100, failed_days=1.0)
    for batch in range(30):
        collector.collect([view(f"m{batch}-{at}", item=None) for at in range(10)], sender())
        clock.advance(1)
    collector.flush()
    assert store.count()["failed"] <= 110
    assert "m29-9" in {row.message_id for row in store.failed()}

    clock.advance(90_000)
    collector.collect([view("new")], sender())
    collector.flush()

    assert store.count()["failed"] == 0
