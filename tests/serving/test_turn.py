"""Answers take turns, and whoever waits long lets others go on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from penchant.clock import SystemClock
from penchant.serving.patience import Patience
from penchant.serving.turn import Turn

LONG_S = 10.0


def held(turn: Turn) -> tuple[threading.Thread, threading.Event]:
    """Somebody who has the turn until the event is set."""
    has, ends = threading.Event(), threading.Event()

    def work() -> None:
        has.set()
        assert ends.wait(LONG_S)

    thread = threading.Thread(target=turn.run, args=(work,))
    thread.start()
    assert has.wait(LONG_S)
    return thread, ends


def begins(turn: Turn, do: Callable[[], object] = lambda: None) -> threading.Event:
    """Somebody else who wants it; set when they have it."""
    begun = threading.Event()

    def work() -> None:
        begun.set()
        do()

    threading.Thread(target=turn.run, args=(work,), daemon=True).start()
    return begun


def test_the_next_one_begins_when_the_one_before_has_ended() -> None:
    turn = Turn()
    thread, ends = held(turn)
    other = begins(turn)
    assert not other.wait(0.02)

    ends.set()

    assert other.wait(LONG_S)
    thread.join(LONG_S)


def test_those_who_wait_have_it_in_the_order_in_which_they_came() -> None:
    turn = Turn()
    thread, ends = held(turn)
    came: list[int] = []
    waiting = []
    for number in range(6):
        waiting.append(threading.Thread(target=turn.run, args=(came.append, number)))
        waiting[-1].start()
        while len(turn._waiting) <= number:
            time.sleep(0.001)

    ends.set()

    for one in (*waiting, thread):
        one.join(LONG_S)
    assert came == [0, 1, 2, 3, 4, 5]


def test_what_is_done_is_given_back_and_an_error_gives_the_turn_on() -> None:
    turn = Turn()
    assert turn.run(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        turn.run(divmod, 7, 0)
    assert turn.run(lambda: "again") == "again"


def test_who_leaves_it_lets_the_next_one_begin_and_does_not_take_it_from_them() -> None:
    turn = Turn()
    with turn:
        other = begins(turn)
        turn.leave()
        assert other.wait(LONG_S)
        thread, ends = held(turn)
        turn.leave()
    third = begins(turn)
    assert not third.wait(0.02)
    ends.set()
    assert third.wait(LONG_S)
    thread.join(LONG_S)


def test_a_read_that_is_late_leaves_the_turn_and_a_quick_one_keeps_it() -> None:
    turn = Turn()
    patience = Patience("store", SystemClock(), wait_s=LONG_S, turn=turn)
    opened = threading.Event()

    with turn:
        assert patience.ask(lambda: 7) == 7
        other = begins(turn)
        assert not other.wait(0.02)
    assert other.wait(LONG_S)

    with turn, ThreadPoolExecutor(1) as pool:
        other = begins(turn)
        # It can only go on once the other one has had the turn.
        pool.submit(lambda: (other.wait(LONG_S), opened.set()))
        assert patience.ask(lambda: opened.wait(LONG_S))


def test_a_thread_without_the_turn_leaves_nothing() -> None:
    turn = Turn()
    thread, ends = held(turn)
    turn.leave()
    assert not begins(turn).wait(0.02)
    ends.set()
    thread.join(LONG_S)
