"""What rows count whose outcome may still come."""

from __future__ import annotations

import numpy as np
import pytest

from penchant.clock import DAY
from penchant.training.delays import LEAST, LEAST_HOURS, LEAST_YOUNG, Delays


def test_a_row_without_the_outcome_counts_as_the_share_that_comes_so_soon() -> None:
    # Of forty cases, ten come within a day, twenty more in the third, ten in the last two; inside these evenly.
    delays = Delays.learn(np.array([0.9] * 10 + [2.5] * 20 + [6.5] * 10), 7.0)
    days = np.array([0.5, 1.0, 2.9, 3.0, 6.0, 7.0, 30.0])

    weights = delays.weights(np.zeros(7, bool), -days * DAY, 0.0, 7.0)

    assert delays.learned_from == 40
    np.testing.assert_allclose(weights, [0.0, 0.25, 0.70, 0.75, 0.875, 1.0, 1.0], rtol=1e-6)


def test_an_outcome_is_as_frequent_among_young_rows_as_among_old_ones() -> None:
    # Two rows in ten have it. Of what was watched for a day half of these show it: one in ten.
    delays = Delays(np.array([1.0, 2.0]), np.array([0.5, 1.0]), 40)
    came = np.array([True] + [False] * 9)
    days = np.ones(10)

    rate = delays.rate(came, days)
    weights = delays.weights(came, -days * DAY, 0.0, 2.0, rate)

    assert rate == pytest.approx(0.2)
    assert np.average(came, weights=weights) == pytest.approx(0.2)


def test_a_row_with_the_outcome_counts_whole_however_young() -> None:
    delays = Delays.learn(np.full(40, 6.5), 7.0)

    weights = delays.weights(np.ones(2, bool), np.array([-0.1, -20.0]) * DAY, 0.0, 7.0)

    assert weights.tolist() == [1.0, 1.0]


def test_what_was_shown_at_the_moment_or_after_it_says_nothing() -> None:
    delays = Delays.learn(np.zeros(0), 7.0)

    assert delays.weights(np.zeros(2, bool), np.array([0.0, 5.0]), 0.0, 7.0).tolist() == [0.0, 0.0]


def test_few_cases_are_taken_to_come_evenly() -> None:
    delays = Delays.learn(np.full(LEAST - 1, 0.1), 10.0)

    assert delays.learned_from == 0
    assert delays.by(np.array([5.0, 7.5])).tolist() == pytest.approx([0.5, 0.75])


def test_young_rows_tell_of_short_delays_when_few_are_matured() -> None:
    # Thirty rows of two days, of which all came at once; ten of a week, half of which came after more than five days.
    days = np.array([0.01] * 35 + [5.5] * 5)
    elapsed = np.array([2.0] * 30 + [8.0] * 10)

    delays = Delays.learn_early(days, elapsed, 7.0)

    # Of what was watched for a week, half comes by the fifth day, and all of this half within the hour.
    assert delays.learned_from == 40
    assert delays.by(np.array([0.05, 2.0, 5.0, 7.0])).tolist() == pytest.approx([0.5, 0.5, 0.5, 1.0])


def test_delays_that_nobody_was_watched_for_are_taken_to_thin_out() -> None:
    # Thirty rows of two days; none of their cases came on the second: half a case in thirty-one may have.
    early = Delays.learn_early(np.full(30, 0.01), np.full(30, 2.0), 7.0)
    later = 0.5 / 31 * 2.0**2 * (1 / 2 - 1 / 7)
    assert early.by(np.array([0.05, 2.0, 7.0])).tolist() == pytest.approx([1 / (1 + later), 1 / (1 + later), 1.0])


def test_of_delays_that_thin_out_most_are_foreseen_from_the_first_days() -> None:
    # Three days and then eight days on average, as returns of a shop; watched for up to twenty of thirty days.
    rng = np.random.default_rng(1)
    days, elapsed = 3.0 + rng.exponential(5.0, 4_000), rng.uniform(0.0, 20.0, 4_000)
    came = days <= elapsed
    found = Delays.learn_early(days[came], elapsed[came], 30.0)
    for day in (5.0, 10.0, 14.0):
        assert found.by(np.array([day]))[0] == pytest.approx(1 - np.exp(-(day - 3) / 5), abs=0.13)


def test_too_few_young_cases_are_taken_to_come_evenly() -> None:
    assert Delays.learn_early(np.zeros(LEAST_YOUNG - 1), np.full(LEAST_YOUNG - 1, 3.0), 10.0).learned_from == 0


def test_rows_of_one_hour_are_held_against_rows_of_that_hour() -> None:
    # Everyone is there each evening at eight or so: who was shown something at six in the evening comes back after a
    # day and two hours, who was shown it at eleven at night after a day and twenty-one hours.
    early, late = np.full(500, 1 + 2 / 24), np.full(500, 1 + 21 / 24)
    # All is known at nine in the evening, some weeks later.
    since_early, since_late = np.full(500, 20 + 3 / 24), np.full(500, 20 + 22 / 24)
    delays = Delays.learn(np.append(early, late), 7.0, np.append(since_early, since_late))
    plain = Delays.learn(np.append(early, late), 7.0)

    told = delays.by(np.array([1 + 3.1 / 24, 1 + 22.5 / 24, 6 + 3.1 / 24, 7.0]))

    # Shown at six the day before: all of these have come by nine. Shown at eleven the night before: yet to come.
    assert told[0] > 0.9
    np.testing.assert_allclose(told[1:], [0.96, 1.0, 1.0], atol=0.05)
    assert plain.by(np.array([1 + 3.1 / 24]))[0] < 0.2


def test_hours_are_told_apart_from_the_second_day_on_and_where_there_are_cases_enough() -> None:
    days = np.linspace(0.01, 6.9, LEAST_HOURS)
    elapsed = np.linspace(8.0, 30.0, LEAST_HOURS)

    assert Delays.learn(days, 7.0, elapsed).by_hour is not None
    assert Delays.learn(days[1:], 7.0, elapsed[1:]).by_hour is None
    assert Delays.learn(days / 7, 1.0, elapsed).by_hour is None
    first = np.array([0.01, 0.3, 0.9])
    assert Delays.learn(days, 7.0, elapsed).by(first).tolist() == Delays.learn(days, 7.0).by(first).tolist()
