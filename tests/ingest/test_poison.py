"""Poison: each ends good or failed with a reason, its neighbours are unharmed, and what is mended is taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penchant.clock import FixedClock, parse_time
from penchant.config.settings import Limits
from penchant.events import Reading
from penchant.ingest import Collector, Sender
from penchant.storage import SQLiteStore
from penchant.storage.open import open_store
from poison import POISON, message

NOW = parse_time("2026-11-21T20:00:00Z")
View = Callable[..., dict[str, Any]]
SenderOf = Callable[..., Sender]


@pytest.mark.parametrize("name", POISON)
def test_it_ends_good_or_failed_and_its_neighbours_are_unharmed(
    collector: Collector, store: SQLiteStore, sender: SenderOf, view: View, name: str
) -> None:
    poison, reason = POISON[name]
    if isinstance(poison, dict):
        poison = {**poison, "messageId": "poison"}

    before, verdict, after = collector.collect([view("m1"), poison, view("m2")], sender())

    assert (before.status, after.status) == ("accepted", "accepted")
    assert collector.collect([view("m3")], sender())[0].status == "accepted"
    if verdict.status == "failed":
        assert (verdict.reason, verdict.message != "") == (reason, True)
        (row,) = store.failed()
        assert (row.reason, row.kind == "internal") == (reason, False)
        assert len(row.body or b"") <= 64 * 1024
    else:
        assert (reason, store.failed()) == (None, [])


def test_every_failed_one_is_taken_once_it_is_mended(
    collector: Collector, store: SQLiteStore, sender: SenderOf
) -> None:
    poison = [
        {**told, "messageId": f"p{at}"} if isinstance(told, dict) else told
        for at, (told, _) in enumerate(POISON.values())
    ]
    failed = sum(verdict.status == "failed" for verdict in collector.collect(poison, sender()))
    rows = store.failed(limit=1_000)
    assert len(rows) == failed

    edits = {row.id: message(messageId=f"mended-{at}") for at, row in enumerate(rows)}
    results = collector.replay(list(edits), lambda row: sender(row.source), edits)

    assert {verdict.status for _, verdict in results} == {"accepted"}
    assert store.failed() == []


def test_a_failed_one_as_it_is_fails_for_the_same_reason_again(
    collector: Collector, store: SQLiteStore, sender: SenderOf
) -> None:
    poison = [
        {**told, "messageId": f"p{at}"} if isinstance(told, dict) else told
        for at, (told, _) in enumerate(POISON.values())
    ]
    collector.collect(poison, sender())
    rows = {row.id: row for row in store.failed(limit=1_000)}

    results = dict(collector.replay(list(rows), lambda row: sender(row.source)))

    # Of a message that was too large only a part is kept, and what no JSON can say is kept in words.
    inexact = {"too_large", "too_deep", "bad_type", "too_long", "bad_json"}
    for name, verdict in results.items():
        assert verdict.status == "failed", rows[name]
        assert verdict.reason == rows[name].reason or {verdict.reason, rows[name].reason} <= inexact


def test_postgres_takes_and_keeps_the_same(
    postgres_url: str, store: SQLiteStore, collector: Collector, sender: SenderOf, tmp_path: Path
) -> None:
    poison = [
        {**told, "messageId": f"p{at}"} if isinstance(told, dict) else told
        for at, (told, _) in enumerate(POISON.values())
    ]
    other = open_store(postgres_url, tmp_path)
    beside = Collector(other, FixedClock(NOW), limits=Limits(), consent={"analytics": True}, items=lambda _: ())
    try:
        assert beside.collect(poison, sender()) == collector.collect(poison, sender())
        assert other.failed(limit=1_000) == store.failed(limit=1_000)
        assert {row.kind for row in other.failed(limit=1_000)} == {"size", "parse", "schema", "clock"}
    finally:
        beside.close()
        other.close()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
fields = st.sampled_from(
    ["type", "event", "userId", "anonymousId", "messageId", "properties", "timestamp", "sentAt", "context", "traits"]
)


@pytest.fixture(scope="module")
def any_collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Collector, SQLiteStore]]:
    store = SQLiteStore(Path(tmp_path_factory.mktemp("poison")) / "penchant.db")
    collector = Collector(
        store, FixedClock(1_795_000_000.0), limits=Limits(), consent={"analytics": True}, items=lambda _: ()
    )
    yield collector, store
    collector.close()
    store.close()


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(json_values | st.dictionaries(fields, json_values), min_size=1, max_size=4), st.booleans())
def test_whatever_comes_gets_a_verdict_and_no_fault_of_ours(
    any_collector: tuple[Collector, SQLiteStore], messages: list[Any], trusted: bool
) -> None:
    collector, store = any_collector
    told = [
        {"type": "track", "event": "Product Viewed", "userId": "ann", "properties": {"product_id": "x"}, **one}
        if isinstance(one, dict)
        else one
        for one in messages
    ]

    verdicts = collector.collect(told, Sender("web", "shop", Reading("shop", "web"), trusted=trusted))

    assert len(verdicts) == len(messages)
    assert all(verdict.reason != "internal" for verdict in verdicts), verdicts
    assert store.failed(kind="internal") == []
