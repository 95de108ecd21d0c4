"""What every store must hold of failed messages."""

from __future__ import annotations

from penchant.storage import FailedRow, Store


def failure(number: int, *, at: int = 0, user: str | None = "ann", anonymous: str | None = None) -> FailedRow:
    """A message `f<number>` that could not be taken; every third is no JSON."""
    row = FailedRow(
        f"f{number}", at, "shop", "web", f"m{number}", user, anonymous, "schema", "bad", "price", "no number", b"{}"
    )
    return row._replace(kind="parse", body=b"{") if number % 3 == 0 else row


class FailedChecks:
    """The part of the contract of `Store` that is about failed messages."""

    def test_a_failed_message_comes_back_as_it_went_in(self, store: Store) -> None:
        """Also without a body."""
        rows = [failure(1, at=5), failure(2, at=4, user=None)._replace(body=None, message_id=None, kind="size")]
        store.append([], failed=rows)

        assert store.failed() == rows
        assert store.failed_message("f2") == rows[1]
        assert store.failed_message("f9") is None

    def test_a_failed_message_that_comes_again_is_counted(self, store: Store) -> None:
        """Its first moment stays, and so does what was done with it."""
        store.append([], failed=[failure(1, at=5), failure(1, at=6)])
        store.settle(["f1"], 7)
        store.append([], failed=[failure(1, at=8)])
        store.settle(["f1", "f2"], 9)

        assert store.failed_message("f1") == failure(1, at=5)._replace(times=3, settled=7)
        assert store.failed() == []
        assert [row.id for row in store.failed(settled=True)] == ["f1"]

    def test_failed_messages_are_listed_in_pages_the_latest_first(self, store: Store) -> None:
        """Also several of one moment."""
        store.append([], failed=[failure(n, at=n // 3) for n in range(8)])
        pages: list[str] = []
        before: tuple[int, str] | None = None
        while page := store.failed(before=before, limit=3):
            pages += [row.id for row in page]
            before = (page[-1].at, page[-1].id)

        assert pages == ["f7", "f6", "f5", "f4", "f3", "f2", "f1", "f0"]

    def test_failed_messages_can_be_asked_for_by_kind_domain_and_person(self, store: Store) -> None:
        """And are counted by kind while they wait."""
        rows = [failure(1), failure(2, user=None, anonymous="a1", at=1), failure(3, user="bob"), failure(4, user="bob")]
        store.append([], failed=[*rows, failure(6)._replace(domain="channel")])
        store.settle(["f4"], 1)

        assert [row.id for row in store.failed(kind="parse")] == ["f6", "f3"]
        assert [row.id for row in store.failed(domain="channel")] == ["f6"]
        assert [row.id for row in store.failed_of(["user:ann", "anon:a1", "anon:ann"])] == ["f1", "f6", "f2"]
        assert [row.id for row in store.failed_of(["user:bob"])] == ["f3", "f4"]
        assert store.failed_counts() == {"parse": 2, "schema": 2}

    def test_old_failed_messages_are_forgotten_and_so_are_too_many(self, store: Store) -> None:
        """By age first, then the oldest ones."""
        store.append([], failed=[failure(n, at=n) for n in range(10)])

        assert store.forget_failed(before=3, keep=100) == 3
        assert store.forget_failed(before=0, keep=4) == 3
        assert store.forget_failed(before=0, keep=4) == 0
        assert [row.id for row in store.failed()] == ["f9", "f8", "f7", "f6"]
