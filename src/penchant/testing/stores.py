"""What every store must hold: subclass `StoreChecks`, give it a `store` fixture, and run pytest."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from penchant.errors import StorageError
from penchant.events import Event
from penchant.storage import EVENT_SCHEMA, SlateRow, Store


def viewed(number: int, *, actor: str = "ann", at: int = 0, domain: str = "shop", source: str = "web") -> Event:
    """A view of item `i<number>`, message `m<number>`, at `at` milliseconds."""
    return Event(domain, source, f"m{number}", 0, "Product Viewed", actor, None, at, at, f"i{number}")


def ids(events: Sequence[Event]) -> list[str]:
    """Message ids."""
    return [event.message_id for event in events]


class StoreChecks:
    """The contract of `Store`, as tests."""

    def test_an_event_comes_back_as_it_went_in(self, store: Store) -> None:
        """Every field survives."""
        event = Event(
            "shop",
            "web",
            "m1",
            2,
            "Order Completed",
            "ann",
            "a1",
            1234,
            5678,
            "shoe",
            2.0,
            9.5,
            "EUR",
            "o1",
            0.5,
            "s1",
            3,
            {"coupon": "X", "deep": {"a": [1, None]}},
        )
        store.append([event])

        assert store.history("shop", ["user:ann"], until=10_000, limit=10) == [event]

    def test_the_same_message_is_kept_once(self, store: Store) -> None:
        """In one call and in two."""
        assert store.append([viewed(1), viewed(1), viewed(2)]) == [True, False, True]
        assert store.append([viewed(2), viewed(3)]) == [False, True]
        assert store.count()["events"] == 3

    def test_lines_and_sources_tell_messages_apart(self, store: Store) -> None:
        """The key is (source, message id, line)."""
        other_line = Event("shop", "web", "m1", 1, "Product Viewed", "ann", None, 0, 0, "i1")

        assert store.append([viewed(1), viewed(1, source="app"), other_line]) == [True, True, True]

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

    def test_what_a_person_reached_is_known_however_long_ago(self, store: Store) -> None:
        """By event name, for all ids of the person, each item once."""
        store.append([viewed(1, at=1), viewed(2, actor="bob", at=2), viewed(3, actor="eve", at=3), viewed(1, at=50)])
        store.append([viewed(1, at=4, source="app"), viewed(5, domain="channel", at=5), viewed(6, at=100)])
        both = ["user:ann", "user:eve"]

        assert store.reached("shop", both, ["Product Viewed", "Order Completed"], until=99) == ["i1", "i3"]
        assert store.reached("shop", both, ["Order Completed"], until=99) == []

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

    def test_items_are_replaced_by_id_and_the_version_grows(self, store: Store) -> None:
        """A change can be asked for by the version seen before."""
        assert store.catalog_version("shop") == 0
        store.put_items("shop", [("a", b"1"), ("b", b"2")])
        seen = store.catalog_version("shop")
        store.put_items("shop", [("b", b"3")])

        assert store.catalog_version("shop") > seen
        assert [(name, body) for name, body, _ in store.items("shop")] == [("a", b"1"), ("b", b"3")]
        assert [name for name, _, _ in store.items("shop", after=seen)] == ["b"]
        assert store.items("channel") == []

    def test_links_join_actors_over_any_number_of_steps(self, store: Store) -> None:
        """Both ways, and only those that are linked."""
        store.link([("anon:1", "user:ann"), ("anon:2", "user:ann"), ("anon:3", "user:bob")])
        store.link([("user:ann", "anon:1")])

        assert store.actors("anon:1") == ["anon:1", "anon:2", "user:ann"]
        assert store.actors("user:nobody") == ["user:nobody"]
        assert len(store.links()) == 3

    def test_a_slate_is_kept_once(self, store: Store) -> None:
        """And found by its id."""
        row = SlateRow("s1", "shop", "user:ann", 1, b"{}")
        store.log_slates([row, row])

        assert store.slate("s1") == b"{}"
        assert store.slate("s2") is None
        assert store.count()["slates"] == 1

    def test_a_call_that_fails_stores_nothing(self, store: Store) -> None:
        """All or none."""
        broken = Event("shop", "web", "m2", 0, "Product Viewed", "ann", None, "not a number", 0)  # type: ignore[arg-type]
        with pytest.raises(StorageError):
            store.append([viewed(1), broken])

        assert store.count()["events"] == 0
        assert store.append([viewed(1)]) == [True]
