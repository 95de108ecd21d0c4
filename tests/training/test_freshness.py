"""How fresh a release is, against how fresh it should be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.clock import length
from penchant.config import FreshnessSettings
from penchant.pack import Freshness as PackFreshness
from penchant.packs import content, learning, product
from penchant.training import Freshness, Goal, fresh, told

HOUR, DAY = 3_600.0, 86_400.0
GOAL = Goal(train_s=DAY, stale_s=2 * DAY, events=100, least_s=HOUR)


def looked(age: float, events: int | None, goal: Goal = GOAL) -> Freshness:
    return fresh("shop", goal, now=10 * DAY, release="shop-1", created=10 * DAY - age, events=events)


@pytest.mark.parametrize(
    ("age", "events", "state"),
    [
        (2 * HOUR, 5, "fresh"),
        (DAY, 5, "due"),
        (2 * DAY, 5, "stale"),
        (2 * HOUR, 100, "due"),
        (HOUR / 2, 100, "fresh"),
        (DAY, 0, "fresh"),
        (2 * DAY, 0, "silent"),
        (DAY - 1, None, "fresh"),
        (DAY, None, "due"),
    ],
)
def test_age_and_events_say_when_a_release_is_due(age: float, events: int | None, state: str) -> None:
    found = looked(age, events)

    assert found.state == state
    assert found.due == (state in ("due", "stale"))
    assert found.alarm == (state in ("stale", "silent"))
    assert found.age_s == age


def test_without_a_goal_for_events_only_age_counts() -> None:
    assert looked(2 * HOUR, 10**9, Goal(DAY, 2 * DAY)).state == "fresh"


def test_a_domain_without_a_release_is_due_as_soon_as_something_happened() -> None:
    def of(events: int | None) -> str:
        return fresh("shop", GOAL, now=0.0, release=None, created=None, events=events).state

    assert [of(0), of(1), of(None)] == ["empty", "due", "due"]


def test_a_clock_that_was_set_back_makes_nothing_older_than_new() -> None:
    assert looked(-5 * DAY, 3).age_s == 0.0


@given(age=st.floats(0, 1e7), events=st.none() | st.integers(0, 10**6), more=st.floats(0, 1e7))
def test_what_is_older_is_never_fresher(age: float, events: int | None, more: float) -> None:
    order = ["fresh", "due", "stale", "silent"]

    assert order.index(looked(age + more, events).state) >= order.index(looked(age, events).state)


def test_what_the_owner_says_goes_before_the_pack() -> None:
    shipped = PackFreshness("6h")

    assert Goal.of(FreshnessSettings(), shipped) == Goal(6 * HOUR, 12 * HOUR, None, HOUR)
    assert Goal.of(FreshnessSettings(train="2d", stale="3d", events=7, least="30m"), shipped) == Goal(
        2 * DAY, 3 * DAY, 7, HOUR / 2
    )


def test_the_alarm_never_comes_before_the_goal() -> None:
    assert Goal.of(FreshnessSettings(train="2d", stale="1h"), PackFreshness()).stale_s == 2 * DAY


def test_content_goes_stale_first_and_curricula_last() -> None:
    goals = [Goal.of(FreshnessSettings(), pack.PACK.freshness).train_s for pack in (content, product, learning)]

    assert goals == [6 * HOUR, DAY, 7 * DAY]


def test_lengths_of_time_are_told_in_two_units() -> None:
    assert [told(s) for s in (0, 59.9, 60, 3_661, DAY, 27 * HOUR, 8 * DAY + 61)] == [
        "0s", "59s", "1m", "1h 1m", "1d", "1d 3h", "8d 1m",
    ]  # fmt: skip


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("30m", 1_800), ("6h", 21_600), ("2d", 172_800)])
def test_lengths_of_time_are_read(text: str, seconds: float) -> None:
    assert length(text) == seconds


@pytest.mark.parametrize("text", ["", "d", "1", "1w", "-1d", "1.5h", "1 d"])
def test_what_is_no_length_of_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="length of time"):
        length(text)
