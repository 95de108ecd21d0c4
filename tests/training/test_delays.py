"""What rows count whose outcome may still come."""

from __future__ import annotations

import numpy as np
import pytest

from penchant.clock import DAY
from penchant.training.delays import LEAST, LEAST_YOUNG, Delays


def test_a_row_without_the_outcome_counts_as_the_share_that_comes_so_soon() -> None:
    # Of forty cases, ten come within a day, twenty more by the third, ten after six.
    delays = Delays.learn(np.array([0.9] * 10 + [2.5] * 20 + [6.5] * 10), 7.0)
    days = np.array([0.5, 1.0, 2.9, 3.0, 6.0, 7.0, 30.0])

    weights = delays.weights(np.zeros(7, bool), -days * DAY, 0.0, 7.0)

    assert delays.learned_from == 40
    np.testing.assert_allclose(weights, [0.0, 0.25, 0.25, 0.75, 0.75, 1.0, 1.0])


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
    assert delays.by(np.array([5.0, 7.5])).tolist() == pytest.approx([0.5, 0.7])


def test_young_rows_tell_of_short_delays_when_few_are_matured() -> None:
    # Thirty rows of two days, of which all came at once; ten of a week, half of which came after more than five days.
    days = np.array([0.01] * 35 + [5.5] * 5)
    elapsed = np.array([2.0] * 30 + [8.0] * 10)

    delays = Delays.learn_early(days, elapsed, 7.0)

    # Of what was watched for a week, half comes by the fifth day, and all of this half within the hour.
    assert delays.learned_from == 40
    assert delays.by(np.array([0.05, 2.0, 5.0, 6.9, 7.0])).tolist() == pytest.approx([0.5, 0.5, 0.5, 0.5, 1.0])
    # Nobody was watched for longer than two days: the rest is taken to come evenly.
    early = Delays.learn_early(days[:30], elapsed[:30], 7.0)
    assert early.by(np.array([0.05, 2.0, 5.0])).tolist() == pytest.approx([2 / 7, 2 / 7, 5 / 7])


def test_too_few_young_cases_are_taken_to_come_evenly() -> None:
    assert Delays.learn_early(np.zeros(LEAST_YOUNG - 1), np.full(LEAST_YOUNG - 1, 3.0), 10.0).learned_from == 0
