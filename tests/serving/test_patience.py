from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.clock import FixedClock
from penchant.errors import StorageError, StorageLate
from penchant.serving.patience import TRIES, Patience

SHORT_S, LONG_S = 0.02, 20.0


class Gate:
    """A read that waits until it is let go."""

    def __init__(self) -> None:
        self.open, self.begun = threading.Event(), threading.Semaphore(0)

    def read(self) -> str:
        self.begun.release()
        self.open.wait(LONG_S)
        return "read"

    def reads(self, number: int) -> bool:
        """Whether so many reads have begun since it was asked last, and no more."""
        return all(self.begun.acquire(timeout=LONG_S) for _ in range(number)) and not self.begun.acquire(timeout=0.01)


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.open.set()


def patience(clock: FixedClock, wait_s: float = SHORT_S, most: int = 64) -> Patience:
    return Patience("store", clock, wait_s=wait_s, retry_s=1.0, most=most)


def late(asked: Patience, do: Callable[[], object], times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(StorageLate):
            asked.ask(do)


@contextmanager
def left_alone(asked: Patience, gate: Gate) -> Iterator[None]:
    late(asked, gate.read, TRIES)
    assert asked.open
    yield


def test_what_comes_in_time_is_given_back() -> None:
    assert patience(FixedClock(0.0), LONG_S).ask(lambda: 7) == 7


def test_what_the_read_raises_is_raised() -> None:
    def broken() -> None:
        raise StorageError("store", "down")

    asked = patience(FixedClock(0.0), LONG_S)
    for _ in range(TRIES + 1):
        with pytest.raises(StorageError, match="down") as caught:
            asked.ask(broken)
        assert not isinstance(caught.value, StorageLate)
    assert not asked.open


def test_what_does_not_come_in_time_is_late_and_said_in_one_word(gate: Gate) -> None:
    with pytest.raises(StorageLate) as caught:
        patience(FixedClock(0.0)).ask(gate.read)

    assert caught.value.public == "late"


def test_after_some_late_reads_nobody_asks_any_more(gate: Gate) -> None:
    asked = patience(FixedClock(0.0))
    with left_alone(asked, gate):
        late(asked, gate.read, 5)

    assert gate.reads(TRIES)


def test_one_late_read_among_good_ones_changes_nothing(gate: Gate) -> None:
    asked = patience(FixedClock(0.0), LONG_S)
    for _ in range(TRIES):
        with pytest.raises(StorageLate):
            asked.ask(gate.read, 0.0)
        assert asked.ask(lambda: 1) == 1

    assert not asked.open


def test_a_store_that_is_left_alone_is_tried_once_a_second_and_nobody_waits_for_it(gate: Gate) -> None:
    clock = FixedClock(0.0)
    asked = patience(clock)
    with left_alone(asked, gate):
        clock.advance(1.0)
        late(asked, gate.read, 3)

    assert gate.reads(TRIES + 1)


def test_a_try_that_comes_back_in_time_lets_requests_wait_again(gate: Gate) -> None:
    clock, tried = FixedClock(0.0), threading.Event()
    asked = patience(clock)
    with left_alone(asked, gate):
        clock.advance(1.0)
        late(asked, tried.set)
        assert tried.wait(LONG_S)

    # The thread that tried says so right after; until then it may be late once more.
    for _ in range(1_000):
        if not asked.open:
            break
        threading.Event().wait(0.001)
    assert asked.ask(lambda: "well", LONG_S) == "well"


def test_when_all_threads_are_stuck_a_read_is_late_before_it_begins(gate: Gate) -> None:
    asked = patience(FixedClock(0.0), most=2)
    late(asked, gate.read, 2)
    late(asked, lambda: 1)

    assert asked.open


@given(st.lists(st.integers(), max_size=30))
def test_every_read_gets_its_own_answer(numbers: list[int]) -> None:
    asked = patience(FixedClock(0.0), LONG_S)

    assert [asked.ask(lambda number=number: number) for number in numbers] == numbers


def test_readers_at_once_get_their_own_answers() -> None:
    asked, wrong = patience(FixedClock(0.0), LONG_S), []

    def read(start: int) -> None:
        wrong.extend(n for n in range(start, start + 200) if asked.ask(lambda n=n: n) != n)

    threads = [threading.Thread(target=read, args=(start * 1_000,)) for start in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG_S)

    assert wrong == []
