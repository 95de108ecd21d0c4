from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.clock import FixedClock, SystemClock, iso, parse_time

EVENING = 1_795_291_200.0
"""2026-11-21, eight in the evening."""


def test_a_fixed_clock_moves_when_it_is_told_to() -> None:
    clock = FixedClock(EVENING)
    clock.advance(1.5)

    assert clock.now() == clock.elapsed() == EVENING + 1.5


def test_the_system_clock_agrees_with_the_calendar_and_never_runs_backwards() -> None:
    clock = SystemClock()
    before, began = time.time(), clock.elapsed()

    assert before <= clock.now() <= time.time()
    assert clock.elapsed() >= began


def test_a_moment_is_written_in_utc_without_fractions() -> None:
    assert iso(EVENING) == "2026-11-21T20:00:00Z"
    assert iso(EVENING + 0.999) == "2026-11-21T20:00:00Z"


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21T20:00:00Z",
        "2026-11-21T20:00:00",
        "2026-11-21 20:00",
        " 2026-11-21T20:00:00+00:00 ",
        "2026-11-21T21:00:00+01:00",
        "20261121T200000Z",
    ],
)
def test_one_moment_can_be_written_in_several_ways(text: str) -> None:
    assert parse_time(text) == EVENING


def test_a_date_is_its_midnight_in_utc() -> None:
    assert parse_time("2026-11-21") == EVENING - 20 * 3600


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "21.11.2026"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_time(text)


@given(st.integers(0, 253_402_300_799))
def test_writing_and_reading_a_moment_are_inverse(seconds: int) -> None:
    assert parse_time(iso(float(seconds))) == seconds
