"""Statistics that grow beside the requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from threading import Event as Flag

import numpy as np
import pyarrow as pa
import pytest

from penchant.clock import DAY
from penchant.engine import Engine
from penchant.errors import StorageError
from penchant.events import Consent, Event, Role
from penchant.features import HOUR, Statistics
from penchant.packs import content, product
from penchant.serving.logged import logged
from penchant.serving.statistics import Counted, LiveStatistics, read
from penchant.slate import Slate, SlateItem
from penchant.storage import SlateRow, SQLiteStore

Make = Callable[..., Event]
NOW = 20_778 * DAY + 12.5 * HOUR
ALLOWED = {"analytics": True, "personalization": True}
CODES = {"boot": 0, "runner": 1, "novelty": 2}


def row(item: str) -> int:
    return CODES.get(item, -1)


def counts(statistics: Statistics, role: Role, at: float = NOW) -> list[int]:
    found = statistics.at(np.arange(3, dtype=np.int32), np.full(3, at))
    return [int(n) for n in found.of(role, np.inf)]


def begun(seq: int | None = 0, slates: int | None = None, release: str = "r1") -> Counted:
    """A release that knows of two items, and of one view of the boot."""
    return Counted(release, Statistics.of([0], [NOW - 2 * DAY], [int(Role.WEAK)], 2), seq, slates)


@pytest.fixture
def live(store: SQLiteStore) -> LiveStatistics:
    return LiveStatistics("shop", product.PACK.signals, store, ALLOWED)


def grown(live: LiveStatistics, from_: Counted, now: float = NOW) -> Counted:
    """The counts once what was begun beside the requests is done."""
    live.at(from_, row, now)
    live.wait(20)
    return live.at(from_, row, now)


def test_the_counts_of_the_release_grow_by_what_the_log_has_since(
    live: LiveStatistics, store: SQLiteStore, event: Make
) -> None:
    store.append([event("Product Viewed", "boot", at=NOW - DAY)])
    seq = store.last_seq()
    store.append(
        [
            event("Product Viewed", "runner", at=NOW - HOUR),
            event("Product Viewed", "novelty", at=NOW - HOUR),
            event("Product Viewed", "runner", at=NOW - HOUR, domain="channel"),
            event("Product Viewed", "ghost", at=NOW - HOUR),
            event("Order Completed", "boot", at=NOW - HOUR, order="o1"),
            event("Something Else", "boot", at=NOW - HOUR),
        ]
    )
    found = grown(live, begun(seq))

    # What the release had counted is not counted again, and items that came later have counts too.
    assert counts(found.statistics, Role.WEAK) == [1, 1, 1]
    assert counts(found.statistics, Role.GOAL) == [1, 0, 0]
    assert (found.seq, found.note) == (store.last_seq(), "")


def test_what_happens_in_the_begun_hour_is_not_read_yet(live: LiveStatistics, store: SQLiteStore, event: Make) -> None:
    store.append([event("Product Viewed", "runner", at=NOW - 60)])
    found = grown(live, begun())

    assert counts(found.statistics, Role.WEAK, NOW) == [1, 0, 0]
    assert counts(found.statistics, Role.WEAK, NOW + HOUR) == [1, 1, 0]


def test_nobody_waits_for_the_counts(store: SQLiteStore, event: Make) -> None:
    class Slow(SQLiteStore):
        go = Flag()

        def scan(self, after: int, batch: int) -> Iterator[pa.RecordBatch]:
            assert self.go.wait(20)
            return super().scan(after, batch)

    store.append([event("Product Viewed", "runner", at=NOW - HOUR)])
    slow = Slow(store.path)
    live = LiveStatistics("shop", product.PACK.signals, slow, ALLOWED)
    try:
        first = begun()
        assert live.at(first, row, NOW).statistics is first.statistics
        assert live.at(first, row, NOW).statistics is first.statistics
        slow.go.set()
        live.wait(20)
        assert counts(live.at(first, row, NOW).statistics, Role.WEAK) == [1, 1, 0]
    finally:
        slow.go.set()
        live.wait(20)
        slow.close()


def test_the_log_is_read_once_an_hour_and_from_where_the_counts_end(
    store: SQLiteStore, event: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = LiveStatistics("shop", product.PACK.signals, store, ALLOWED)
    asked: list[int] = []
    scan = store.scan
    monkeypatch.setattr(store, "scan", lambda after, batch: asked.append(after) or scan(after, batch))
    store.append([event("Product Viewed", "runner", at=NOW - HOUR)])
    first = begun()
    for now in (NOW, NOW + 60, NOW + 120):
        grown(live, first, now)
    store.append([event("Product Viewed", "runner", at=NOW - HOUR)])
    assert counts(grown(live, first, NOW + 180).statistics, Role.WEAK) == [1, 1, 0]

    found = grown(live, first, NOW + HOUR)
    assert counts(found.statistics, Role.WEAK) == [1, 2, 0]
    assert asked == [0, 1]


def test_counts_of_a_new_hour_are_made_ready_before_they_serve(
    live: LiveStatistics, store: SQLiteStore, event: Make
) -> None:
    store.append([event("Product Viewed", "runner", at=NOW - HOUR)])
    served: list[Statistics] = []
    ready: list[Counted] = []

    def before(counted: Counted) -> None:
        served.append(live.at(first, row, NOW).statistics)
        ready.append(counted)

    first = begun()
    live.before = before
    found = grown(live, first)

    assert served == [first.statistics]
    assert [counted.statistics for counted in ready] == [found.statistics]
    assert found.statistics.hourly(np.array([NOW])) is not None
    assert counts(found.statistics, Role.WEAK) == [1, 1, 0]


def test_another_release_begins_with_its_own_counts(live: LiveStatistics, store: SQLiteStore, event: Make) -> None:
    store.append([event("Product Viewed", "runner", at=NOW - HOUR)])
    assert counts(grown(live, begun()).statistics, Role.WEAK) == [1, 1, 0]

    assert counts(grown(live, begun(store.last_seq(), release="r2")).statistics, Role.WEAK) == [1, 0, 0]


def test_a_request_that_still_looks_at_the_release_of_before_leaves_the_counts_of_the_next_alone(
    live: LiveStatistics, store: SQLiteStore, event: Make
) -> None:
    store.append([event("Product Viewed", "boot", at=NOW - HOUR)])
    live.only = "r2"
    ready = grown(live, begun(release="r2"))
    earlier = begun(release="r1")

    assert live.at(earlier, row, NOW) is earlier
    assert live.at(begun(release="r2"), row, NOW) is ready


def test_counts_whose_end_nobody_knows_stay_as_they_are(live: LiveStatistics, store: SQLiteStore, event: Make) -> None:
    store.append([event("Product Viewed", "runner", at=NOW - HOUR)])

    assert counts(grown(live, begun(None)).statistics, Role.WEAK) == [1, 0, 0]


def test_a_store_that_fails_leaves_the_counts_of_before_and_is_named(
    live: LiveStatistics, store: SQLiteStore, event: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> int:
        raise StorageError("sqlite", "gone")

    store.append([event("Product Viewed", "runner", at=NOW - HOUR)])
    monkeypatch.setattr(store, "last_seq", fails)
    found = grown(live, begun())
    assert counts(found.statistics, Role.WEAK) == [1, 0, 0]
    assert found.note == "statistics: not brought up to date: StorageError"

    monkeypatch.undo()
    found = grown(live, begun(), NOW + HOUR)
    assert (counts(found.statistics, Role.WEAK), found.note) == ([1, 1, 0], "")


def test_who_does_not_allow_it_is_not_counted(live: LiveStatistics, store: SQLiteStore, event: Make) -> None:
    store.append(
        [event("Product Viewed", "runner", at=NOW - HOUR, user=user) for user in ("ann", "bob")],
        consents=[Consent("user:bob", "personalization", False, 1, "test")],
    )

    assert counts(grown(live, begun()).statistics, Role.WEAK) == [1, 1, 0]


def shown(actor: str | None, at: float, *items: str) -> SlateRow:
    slate = Slate(
        slate_id=f"{actor} {at}",
        placement="home",
        domain="shop",
        release=None,
        items=tuple(SlateItem(id=one, position=n, value=0.0, source=()) for n, one in enumerate(items, 1)),
    )
    return SlateRow(slate.slate_id, "shop", actor, int(at * 1000), logged(slate))


def test_what_was_shown_is_counted_from_slates_where_the_release_counted_them(
    live: LiveStatistics, store: SQLiteStore, event: Make
) -> None:
    store.log_slates(
        [
            shown("user:ann", NOW - 3 * HOUR, "boot"),
            shown("user:ann", NOW - HOUR, "boot", "runner", "ghost"),
            shown("user:bob", NOW - HOUR, "boot"),
            shown(None, NOW - HOUR, "boot"),
            shown("user:ann", NOW - 1, "boot"),  # others of this moment may still be on their way
        ]
    )
    # A page that tells of a slate says what is known; one that tells of none says something new.
    store.append(
        [
            event("Recommendation Viewed", "boot", at=NOW - HOUR, slate="s1"),
            event("Recommendation Viewed", "runner", at=NOW - HOUR),
        ]
    )
    since = int((NOW - 2 * HOUR) * 1000)

    found = grown(live, begun(slates=since))
    assert counts(found.statistics, Role.IMPRESSION, NOW + HOUR) == [2, 2, 0]
    found = grown(live, begun(slates=since), NOW + HOUR)
    assert counts(found.statistics, Role.IMPRESSION, NOW + HOUR) == [3, 2, 0]
    assert counts(grown(live, begun(release="r2")).statistics, Role.IMPRESSION) == [1, 1, 0]


# Reading the log


def tables(store: SQLiteStore, domain: str) -> pa.Table:
    table = pa.Table.from_batches(store.scan(0, 10_000_000))
    return table.filter(pa.compute.and_(pa.compute.equal(table["domain"], domain), table["item"].is_valid()))


@pytest.mark.parametrize(("domain", "pack"), [("shop", product.PACK), ("channel", content.PACK)])
def test_the_log_is_read_as_training_reads_it(engine: Engine, domain: str, pack: Sequence[object]) -> None:
    data = engine.dataset(domain)
    events = tables(engine.store, domain)  # type: ignore[arg-type]
    codes = {name: code for code, name in enumerate(data.items.ids)}

    items, times, roles = read(events, engine.domains[domain].pack.signals, codes)

    for role in (Role.STRONG, Role.WEAK, Role.NEGATIVE, Role.GOAL):
        mine, theirs = roles == role, data.interactions.role == role
        assert np.bincount(items[mine], minlength=len(codes)).tolist() == (
            np.bincount(data.interactions.item[theirs], minlength=len(codes)).tolist()
        ), role
        assert sorted(times[mine]) == sorted(data.interactions.time[theirs].tolist())
    assert len(items) > 1_000


def test_a_viewing_that_says_the_same_twice_counts_once(store: SQLiteStore, event: Make) -> None:
    store.append(
        [
            event(
                "Video Content Playing", "hips", at=at, domain="channel", playhead=float(at), length=100.0, session="s"
            )
            for at in range(0, 101, 10)
        ]
    )
    _, times, roles = read(tables(store, "channel"), content.PACK.signals, {"hips": 0})

    # Half of it is interest, and nearly all of it the goal: each once.
    assert sorted(zip(times.tolist(), roles.tolist(), strict=True)) == [(50.0, Role.WEAK), (90.0, Role.GOAL)]
