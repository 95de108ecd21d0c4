"""What every store must hold of served slates."""

from __future__ import annotations

from penchant.storage import SlateRow, Store


class SlateChecks:
    """The part of the contract of `Store` that is about slates."""

    def test_a_slate_is_kept_once(self, store: Store) -> None:
        """And found by its id, and by whose it was."""
        row = SlateRow("s1", "shop", "user:ann", 2, b"{}")
        store.log_slates([row, row])
        store.log_slates([SlateRow("s3", "shop", "anon:1", 1, b"[]"), SlateRow("s4", "shop", None, 1, b"[]")])
        store.log_slates([])

        assert store.slate("s1") == b"{}"
        assert store.slate("s2") is None
        assert (store.slate_row("s1"), store.slate_row("s2")) == (row, None)
        assert store.count()["slates"] == 3
        assert [slate.slate_id for slate in store.slates_of(["user:ann", "anon:1", "user:bob"])] == ["s3", "s1"]

    def test_slates_of_a_domain_are_read_by_time_whatever_the_batch(self, store: Store) -> None:
        """From a moment up to another, several of one moment by id; what is logged or erased meanwhile is no matter."""
        rows = [
            SlateRow(f"s{n}", "shop", "user:ann" if n % 2 else None, at, b"{}")
            for n, at in enumerate([30, 10, 20, 20, 20, 40])
        ]
        store.log_slates([*rows, SlateRow("t1", "channel", "user:ann", 20, b"{}")])
        for size in (1, 2, 100):
            found = [row for page in store.slates("shop", after=20, until=40, batch=size) for row in page]

            assert found == [rows[2], rows[3], rows[4], rows[0]]
        assert list(store.slates("shop", until=10)) == list(store.slates("tv", until=99)) == []
        store.erase(["user:ann"], 1, "r", b"{}")
        assert [row.slate_id for page in store.slates("shop", until=99) for row in page] == ["s2", "s4", "s0"]
