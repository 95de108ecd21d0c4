"""Each key may ask so often, and no more."""

from __future__ import annotations

import pytest

from penchant.clock import FixedClock
from penchant.errors import TooMany
from penchant.server.rates import MOST_BUCKETS, Rates


def taken(rates: Rates, name: str, rate: int, times: int) -> int:
    """How many of so many requests pass."""
    passed = 0
    for _ in range(times):
        try:
            rates.take(name, rate)
        except TooMany:
            continue
        passed += 1
    return passed


def test_one_second_s_requests_may_come_at_once_and_then_they_come_back_evenly() -> None:
    clock = FixedClock(0.0)
    rates = Rates(clock)

    assert taken(rates, "a", 8, 20) == 8
    clock.advance(0.5)
    assert taken(rates, "a", 8, 20) == 4
    clock.advance(100.0)
    assert taken(rates, "a", 8, 20) == 8


def test_keys_do_not_share() -> None:
    rates = Rates(FixedClock(0.0))

    assert taken(rates, "a", 2, 5) == 2
    assert taken(rates, "b", 3, 5) == 3


def test_whoever_asks_too_often_is_told_when_to_come_again_and_may() -> None:
    clock = FixedClock(0.0)
    rates = Rates(clock)
    taken(rates, "a", 1, 1)

    with pytest.raises(TooMany) as caught:
        rates.take("a", 1)
    assert caught.value.retry_after == 1
    assert "1 times a second" in caught.value.message

    clock.advance(caught.value.retry_after)
    rates.take("a", 1)


def test_refused_requests_cost_nothing_more() -> None:
    clock = FixedClock(0.0)
    rates = Rates(clock)
    taken(rates, "a", 4, 1_000)
    clock.advance(0.25)

    assert taken(rates, "a", 4, 10) == 1


def test_keys_that_come_and_go_do_not_fill_the_memory() -> None:
    clock = FixedClock(0.0)
    rates = Rates(clock)
    for number in range(3 * MOST_BUCKETS):
        rates.take(str(number), 5)
        clock.advance(0.001)

    assert len(rates._buckets) <= MOST_BUCKETS
    assert taken(rates, str(3 * MOST_BUCKETS - 1), 5, 10) == 4  # who asked just now is still counted
