"""Consent at collection: what somebody does not allow is not collected, whoever said it first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from penchant.ingest import Collector, Sender, Verdict
from penchant.storage import SQLiteStore

View = Callable[..., dict[str, Any]]
SenderOf = Callable[..., Sender]


def says(message_id: str, allowed: bool, **fields: Any) -> dict[str, Any]:
    person = {} if {"userId", "anonymousId"} & fields.keys() else {"userId": "ann"}
    told = {"type": "track", "event": "Consent Changed", "messageId": message_id, **person}
    return {**told, "properties": {"analytics": allowed}, **fields}


def taken(verdicts: list[Verdict]) -> list[str]:
    assert {v.reason for v in verdicts if v.status == "failed"} <= {"consent"}
    return [v.message_id or "" for v in verdicts if v.status == "accepted"]


def test_who_forbids_analytics_is_not_collected_until_they_allow_it(
    collector: Collector, store: SQLiteStore, sender: SenderOf, view: View, clock: Any
) -> None:
    collector.collect([says("c1", False)], sender())
    clock.advance(1)
    refused = collector.collect([view("m1"), view("m2", userId="bob")], sender())
    clock.advance(1)
    allowed = collector.collect([says("c2", True), view("m3")], sender())

    assert taken(refused) == ["m2"]
    assert taken(allowed) == ["c2", "m3"]
    assert store.find("web", ["m1"]) == []


def test_of_a_refused_message_nothing_is_kept_but_that_it_came(
    collector: Collector, store: SQLiteStore, sender: SenderOf, view: View
) -> None:
    collector.collect([says("c1", False, userId="ann-canary")], sender())

    for _ in range(2):
        collector.collect([view("m-canary", item="canary", userId="ann-canary", anonymousId="f-canary")], sender())

    (row,) = store.failed()
    assert (row.kind, row.reason, row.times) == ("consent", "consent", 2)
    assert (row.body, row.user_id, row.anonymous_id, row.message_id) == (None, None, None, None)
    assert "canary" not in str(row)
    assert store.links() == []


def test_a_message_that_forbids_itself_is_refused(collector: Collector, sender: SenderOf, view: View) -> None:
    denied = {"context": {"consent": {"analytics": False}}}

    assert taken(collector.collect([view("m1", **denied), view("m2")], sender())) == ["m2"]


def test_within_one_request_consent_counts_from_its_moment_on(
    collector: Collector, sender: SenderOf, view: View
) -> None:
    messages = [
        view("late", at="2026-11-21T12:00:00Z"),
        says("off", False, timestamp="2026-11-21T10:00:00Z"),
        view("early", at="2026-11-21T09:00:00Z"),
        view("between", at="2026-11-21T10:30:00Z"),
        says("on", True, timestamp="2026-11-21T11:00:00Z"),
    ]

    assert taken(collector.collect(messages, sender())) == ["late", "off", "early", "on"]


def test_what_was_said_before_counts_as_a_whole(collector: Collector, sender: SenderOf, view: View) -> None:
    collector.collect([says("off", False, timestamp="2026-11-21T10:00:00Z")], sender())

    assert taken(collector.collect([view("older", at="2026-11-21T09:00:00Z")], sender())) == []


def test_a_statement_is_always_taken_and_says_nothing_else(
    collector: Collector, store: SQLiteStore, sender: SenderOf
) -> None:
    identify = {
        "type": "identify", "messageId": "i1", "userId": "ann", "anonymousId": "f3",
        "traits": {"plan": "gold"}, "context": {"consent": {"analytics": False}, "locale": "de"},
    }  # fmt: skip

    assert taken(collector.collect([identify], sender())) == ["i1"]

    (event,) = store.find("web", ["i1"])
    assert (event.properties, event.context, store.traits(["user:ann"])) == ({}, {}, [])
    assert [(c.purpose, c.granted) for c in store.every_consent()] == [("analytics", False)]
    # Who is who stays, so that what ann forbids holds for her device as well.
    assert store.links() == [("anon:f3", "user:ann")]


def test_consent_holds_for_all_ids_of_a_person(collector: Collector, sender: SenderOf, view: View) -> None:
    collector.collect([{"type": "identify", "messageId": "i", "userId": "ann", "anonymousId": "f3"}], sender())
    collector.collect([says("c", False, userId="ann")], sender())

    assert taken(collector.collect([view("m1", anonymousId="f3"), view("m2", anonymousId="f4")], sender())) == ["m2"]


def test_an_id_that_joins_a_person_in_the_same_group_is_bound_by_their_word(
    collector: Collector, sender: SenderOf, view: View
) -> None:
    collector.collect([says("c", False, userId="ann")], sender())
    group = [view("m1", userId="ann", anonymousId="f3"), view("m2", anonymousId="f3")]

    assert taken(collector.collect(group, sender())) == []


def test_what_one_person_forbids_on_a_shared_device_does_not_bind_the_next(
    collector: Collector, sender: SenderOf, view: View
) -> None:
    collector.collect([{"type": "identify", "messageId": "i", "userId": "ann", "anonymousId": "f3"}], sender())
    collector.collect([says("c", False, userId="ann")], sender())

    verdicts = collector.collect([view("m1", userId="bob", anonymousId="f3")], sender())

    assert taken(verdicts) == ["m1"]


def test_what_a_device_itself_forbade_binds_whoever_uses_it(collector: Collector, sender: SenderOf, view: View) -> None:
    collector.collect([says("c", False, anonymousId="f3")], sender())

    assert taken(collector.collect([view("m1", userId="bob", anonymousId="f3")], sender())) == []


def test_where_nothing_is_allowed_by_default_only_those_who_allow_it_are_collected(
    open_collector: Callable[..., Collector], sender: SenderOf, view: View
) -> None:
    collector = open_collector(consent={"analytics": False})

    verdicts = collector.collect([view("m1"), says("c", True, userId="bob"), view("m2", userId="bob")], sender())

    assert taken(verdicts) == ["c", "m2"]


def test_an_unverified_person_cannot_forbid_for_the_real_one(
    collector: Collector, store: SQLiteStore, sender: SenderOf, view: View
) -> None:
    collector.collect([says("c", False, userId="ann", anonymousId="f3")], sender(trusted=False))

    assert [c.actor for c in store.every_consent()] == ["anon:f3"]
    assert taken(collector.collect([view("m1", userId="ann")], sender())) == ["m1"]
