from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from penchant.errors import StorageError
from penchant.serving import SlateLog
from penchant.storage import SlateRow, SQLiteStore


def row(number: int) -> SlateRow:
    return SlateRow(f"s{number}", "shop", "user:ann", number, b"{}")


class Held(SQLiteStore):
    """A store that takes slates only when it is let go, and may refuse them."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.reached, self.go = threading.Event(), threading.Event()
        self.refuses = False
        self.groups: list[int] = []

    def log_slates(self, slates: Sequence[SlateRow]) -> None:
        self.reached.set()
        assert self.go.wait(10)
        self.groups.append(len(slates))
        if self.refuses:
            raise StorageError(self.url, "the disk is full")
        super().log_slates(slates)


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Held]:
    made = Held(tmp_path / "held.db")
    yield made
    made.go.set()
    made.close()


def test_what_is_added_is_in_the_store_after_a_flush(store: SQLiteStore) -> None:
    log = SlateLog(store)
    for number in range(300):
        log.add(row(number))
    log.flush()

    assert store.count()["slates"] == 300
    assert log.dropped == 0
    log.close()


def test_closing_writes_what_is_left_and_may_be_done_twice(store: SQLiteStore) -> None:
    log = SlateLog(store)
    log.add(row(1))
    log.close()
    log.close()

    assert store.slate("s1") == b"{}"


def test_slates_that_come_while_the_store_writes_go_in_one_group(held: Held) -> None:
    log = SlateLog(held)
    log.add(row(0))
    assert held.reached.wait(10)
    for number in range(1, 6):
        log.add(row(number))
    held.go.set()
    log.close()

    assert held.groups == [1, 5]


def test_an_answer_never_waits_for_the_log(held: Held) -> None:
    log = SlateLog(held, size=2)
    log.add(row(0))
    assert held.reached.wait(10)
    for number in range(1, 6):
        log.add(row(number))

    assert log.dropped == 3
    held.go.set()
    log.close()
    assert held.count()["slates"] == 3


def test_a_store_that_refuses_is_counted_and_asked_again(held: Held) -> None:
    log = SlateLog(held)
    held.go.set()
    held.refuses = True
    log.add(row(0))
    log.flush()
    held.refuses = False
    log.add(row(1))
    log.flush()

    assert log.dropped == 1
    assert held.slate("s0") is None and held.slate("s1") == b"{}"
    log.close()
