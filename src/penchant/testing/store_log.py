"""What every store must hold of the log."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from penchant.errors import StorageError
from penchant.events import Consent, Event, Link, Trait
from penchant.storage import EVENT_SCHEMA, Fate, Past, Store
from penchant.testing.store_failed import failure

STORED, KNOWN = Fate.STORED, Fate.KNOWN


def viewed(
    number: int,
    *,
    actor: str | None = "ann",
    anonymous: str | None = None,
    at: int = 0,
    domain: str = "shop",
    source: str = "web",
) -> Event:
    """A view of item `i<number>`, message `m<number>`, at `at` milliseconds."""
    return Event(domain, source, f"m{number}", 0, "Product Viewed", actor, anonymous, at, at, f"i{number}")


def ids(events: Sequence[Event]) -> list[str]:
    """Message ids."""
    return [event.message_id for event in events]


class LogChecks:
    """The part of the contract of `Store` that is about the log."""

    def test_an_event_comes_back_as_it_went_in(self, store: Store) -> None:
        """Every field survives."""
        event = Event(
            domain="shop",
            source="web",
            message_id="m1",
            line=2,
            name="Order Completed",
            user_id="ann",
            anonymous_id="a1",
            time=1234,
            received=5678,
            item="shoe",
            quantity=2.0,
            price=9.5,
            currency="EUR",
            order="o1",
            progress=0.5,
            slate="s1",
            position=3,
            dwell=12.5,
            playhead=60.0,
            length=120.25,
            session="v1",
            told=999,
            clock="skewed",
            properties={"coupon": "X", "deep": {"a": [1, None]}},
            context={"page": {"url": "https://shop.example/ü?a=%20"}},
        )
        store.append([event])

        assert store.history("shop", ["user:ann"], until=10_000, limit=10) == [event]
        assert store.past("shop", ["user:ann"], until=10_000, limit=10) == [
            Past("Order Completed", 1234, "shoe", 2.0, "o1", 0.5, 60.0, 120.25, "v1")
        ]
        assert store.find("web", ["m1"]) == [event]
        assert store.events_of(["user:ann"]) == [(1, event)]

    def test_the_same_message_is_kept_once(self, store: Store) -> None:
        """In one call and in two."""
        assert store.append([viewed(1), viewed(1), viewed(2)]) == [STORED, KNOWN, STORED]
        assert store.append([viewed(2), viewed(3)]) == [KNOWN, STORED]
        assert store.append([]) == []
        assert store.count()["events"] == 3

    def test_lines_and_sources_tell_messages_apart(self, store: Store) -> None:
        """The key is (source, message id, line)."""
        other_line = Event("shop", "web", "m1", 1, "Product Viewed", "ann", None, 0, 0, "i1")

        assert store.append([viewed(1), viewed(1, source="app"), other_line]) == [STORED, STORED, STORED]
        assert [(e.source, e.line) for e in store.find("web", ["m1", "m2"])] == [("web", 0), ("web", 1)]

    def test_messages_are_found_however_many_are_asked_for(self, store: Store) -> None:
        """By message id, and only of the source."""
        store.append([viewed(n) for n in range(1_200)])

        found = store.find("web", [f"m{n}" for n in range(2_000)])

        assert ids(found) == sorted(f"m{n}" for n in range(1_200))
        assert store.find("app", ["m1"]) == store.find("web", []) == []

    def test_history_is_the_latest_events_oldest_first(self, store: Store) -> None:
        """Whatever order they came in."""
        store.append([viewed(n, at=n * 10) for n in (3, 1, 4, 2)])

        assert ids(store.history("shop", ["user:ann"], until=10**9, limit=3)) == ["m2", "m3", "m4"]

    def test_history_ends_at_until(self, store: Store) -> None:
        """Later events are not seen."""
        store.append([viewed(n, at=n * 10) for n in (1, 2, 3)])

        assert ids(store.history("shop", ["user:ann"], until=20, limit=9)) == ["m1", "m2"]

    def test_history_joins_the_ids_of_a_person_and_nobody_else(self, store: Store) -> None:
        """One domain, several actors."""
        store.append([viewed(1, at=1), viewed(2, actor="bob", at=2), viewed(3, actor="eve", at=3)])
        store.append([viewed(4, domain="channel", at=4)])

        assert ids(store.history("shop", ["user:ann", "user:eve"], until=99, limit=9)) == ["m1", "m3"]
        assert store.history("shop", [], until=99, limit=9) == []

    def test_past_is_the_history_as_a_request_reads_it(self, store: Store) -> None:
        """The same events in the same order, also those of one moment: they stand as they were stored."""
        store.append([viewed(3, at=3), viewed(1, at=1), viewed(5, anonymous="a1", at=3), viewed(7, at=9)])
        store.append([viewed(2, actor=None, anonymous="a1", at=3), viewed(4, actor="bob", at=2)])
        store.append([viewed(6, domain="channel", at=2)])

        for actors, items in ((["user:ann"], ["i1", "i3", "i5"]), (["anon:a1", "user:ann"], ["i3", "i5", "i2"])):
            past = store.past("shop", actors, until=8, limit=3)
            assert [(one.item, one.time) for one in past] == [
                (event.item, event.time) for event in store.history("shop", actors, until=8, limit=3)
            ]
            assert [one.item for one in past] == items
        assert store.past("shop", [], until=9, limit=9) == []
        store.erase(["user:ann"], 1, "r", b"{}")
        assert store.past("shop", ["user:ann"], until=9, limit=9) == []

    def test_a_person_of_many_ids_has_one_history(self, store: Store) -> None:
        """More ids than fit into one statement."""
        store.append([viewed(n, actor=None, anonymous=f"a{n}", at=n) for n in range(1_100)])
        actors = [f"anon:a{n}" for n in range(1_100)]

        assert ids(store.history("shop", actors, until=1_050, limit=3)) == ["m1048", "m1049", "m1050"]
        assert [one.item for one in store.past("shop", actors, until=9, limit=3)] == ["i7", "i8", "i9"]
        assert len(store.reached("shop", actors, ["Product Viewed"], until=1_050)) == 1_051
        assert [seq for seq, _ in store.events_of(actors, after=2, limit=600)] == list(range(3, 603))

    def test_what_a_person_reached_is_known_however_long_ago(self, store: Store) -> None:
        """By event name, for all ids of the person, each item once."""
        store.append([viewed(1, at=1), viewed(2, actor="bob", at=2), viewed(3, actor="eve", at=3), viewed(1, at=50)])
        store.append([viewed(1, at=4, source="app"), viewed(5, domain="channel", at=5), viewed(6, at=100)])
        both = ["user:ann", "user:eve"]

        assert store.reached("shop", both, ["Product Viewed", "Order Completed"], until=99) == ["i1", "i3"]
        assert store.reached("shop", both, ["Order Completed"], until=99) == []
        assert store.reached("shop", [], ["Product Viewed"], until=99) == []
        assert store.reached("shop", both, [], until=99) == []

    def test_all_events_of_a_person_can_be_read_in_pages(self, store: Store) -> None:
        """Of every domain, in the order they were stored, also those that name an id beside a known one."""
        store.append([viewed(1, at=9), viewed(2, actor="bob", anonymous="a1", at=5), viewed(3, domain="channel")])
        store.append([viewed(4, actor=None, anonymous="a1", at=1), viewed(5, actor="bob", anonymous="a2")])

        first = store.events_of(["user:ann", "anon:a1"], limit=3)
        rest = store.events_of(["user:ann", "anon:a1"], after=first[-1][0], limit=3)

        assert [event.message_id for _, event in first + rest] == ["m1", "m2", "m3", "m4"]

    def test_scan_gives_the_whole_log_in_order_whatever_the_batch(self, store: Store) -> None:
        """Sequence numbers rise, and none is missing."""
        store.append([viewed(n, at=n) for n in range(7)])
        for size in (1, 3, 100):
            batches = list(store.scan(0, size))

            assert all(b.schema.equals(EVENT_SCHEMA) for b in batches)
            assert [i for b in batches for i in b["item"].to_pylist()] == [f"i{n}" for n in range(7)]

    def test_scan_goes_on_where_it_stopped(self, store: Store) -> None:
        """After the last sequence number, only what is new."""
        store.append([viewed(1), viewed(2)])
        last = store.last_seq()
        store.append([viewed(3)])

        assert [i for b in store.scan(last, 10) for i in b["item"].to_pylist()] == ["i3"]
        assert list(store.scan(store.last_seq(), 10)) == []

    def test_a_call_that_fails_stores_nothing(self, store: Store) -> None:
        """All or none, of every kind."""
        broken = Event("shop", "web", "m2", 0, "Product Viewed", "ann", None, "not a number", 0)  # type: ignore[arg-type]
        wrong = Trait("user:ann", "name", b"1", "not a number", "web")  # type: ignore[arg-type]
        link, said = Link("user:ann", "anon:1", 1, "web", "event"), Consent("user:ann", "ads", True, 1, "web")
        with pytest.raises(StorageError):
            store.append([viewed(1), broken], links=[link], consents=[said], failed=[failure(1)])
        with pytest.raises(StorageError):
            store.append([viewed(1)], links=[link], traits=[wrong], consents=[said], failed=[failure(1)])

        assert not any(store.count().values())
        assert store.actors("user:ann") == ["user:ann"]
        assert store.append([viewed(1)]) == [STORED]

    @pytest.mark.parametrize("text", ["a\0b", "a\ud800b"], ids=["nul", "surrogate"])
    def test_text_that_cannot_be_kept_as_it_is_is_refused_not_cut(self, store: Store, text: str) -> None:
        """Kept whole, or not at all."""
        for number, event in enumerate((viewed(1, actor=text), viewed(1, source=text))):
            try:
                store.append([event, viewed(2, at=number)])
            except StorageError:
                assert store.count()["events"] == 0
            else:
                assert next(e for _, e in store.events_of([event.actor])) == event
                assert store.count()["events"] > 0
                break

    def test_two_stores_on_one_database_see_each_other_at_once(self, store: Store, second: Store) -> None:
        """As several servers do."""
        store.append([viewed(1)], links=[Link("user:ann", "anon:1", 1, "web", "event")])

        assert second.append([viewed(1), viewed(2)]) == [KNOWN, STORED]
        assert second.actors("anon:1") == ["anon:1", "user:ann"]
        assert second.meta() == store.meta()
        assert store.last_seq() == second.last_seq()
        second.unlink("anon:1", "user:ann", 2)
        assert store.actors("anon:1") == ["anon:1"]

    def test_who_reads_along_while_others_append_misses_nothing(self, store: Store, second: Store) -> None:
        """Sequence numbers become visible in order, so that reading on after the last one seen is enough."""
        done = threading.Event()

        def work(into: Store, start: int) -> None:
            for n in range(start, start + 120, 4):
                into.append([viewed(k) for k in range(n, n + 4)])

        threads = [threading.Thread(target=work, args=(s, n * 1_000)) for n, s in enumerate((store, second, store))]
        seen: list[int] = []

        def read() -> None:
            over = False
            while not over:
                over = done.is_set()
                for batch in second.scan(seen[-1] if seen else 0, 50):
                    seen.extend(batch["seq"].to_pylist())

        reader = threading.Thread(target=read)
        for thread in (reader, *threads):
            thread.start()
        for thread in threads:
            thread.join()
        done.set()
        reader.join()

        assert seen == sorted(set(seen)) == [s for b in store.scan(0, 1_000) for s in b["seq"].to_pylist()]
        assert len(seen) == store.count()["events"] == 360

    def test_threads_append_without_losing_or_doubling(self, store: Store) -> None:
        """The same messages from several threads are kept once."""
        fates: list[Fate] = []

        def work(start: int) -> None:
            for n in range(start, start + 30):
                fates.extend(store.append([viewed(n), viewed(n + 10)]))

        threads = [threading.Thread(target=work, args=(s,)) for s in (0, 10, 20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert store.count()["events"] == fates.count(STORED) == 60
