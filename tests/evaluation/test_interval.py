from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.evaluation.interval import Estimate, coverage_interval, difference, interval, intervals

NAN = float("nan")


def drawn_people(n, draws, seed):
    """The draws as anyone would write them: n people with replacement, again and again."""
    rng = np.random.default_rng(seed)
    return [rng.integers(0, n, n) for _ in range(draws)]


def test_equal_values_have_an_interval_without_width():
    assert interval(np.full(9, 0.25)) == Estimate(0.25, 0.25, 0.25)


def test_percentiles_are_those_of_the_drawn_means():
    values = np.array([0.0, 0.1, 0.5, 0.9, 1.0, 0.3, 0.3])
    means = [values[people].mean() for people in drawn_people(7, 100, seed=4)]

    found = interval(values, draws=100, seed=4)

    low, high = np.percentile(means, [2.5, 97.5])
    assert (found.mean, found.low, found.high) == pytest.approx((values.mean(), low, high))


def test_people_of_whom_a_metric_says_nothing_are_left_out():
    found = interval(np.array([1.0, NAN, 3.0, NAN]))

    assert found.mean == 2.0
    assert 1.0 <= found.low <= 2.0 <= found.high <= 3.0


def test_a_metric_that_says_nothing_of_anybody_has_no_estimate():
    assert intervals(np.array([[NAN, 1.0], [NAN, 1.0]])) == [None, Estimate(1.0, 1.0, 1.0)]
    assert interval(np.zeros(0)) is None


def test_columns_are_estimated_as_if_alone():
    rng = np.random.default_rng(0)
    values = rng.random((40, 3))
    values[rng.random((40, 3)) < 0.2] = NAN

    together = [(found.mean, found.low, found.high) for found in intervals(values, seed=5)]
    alone = [interval(values[:, j], seed=5) for j in range(3)]
    assert together == [pytest.approx((found.mean, found.low, found.high)) for found in alone]


def test_the_same_seed_draws_the_same_people():
    values = np.random.default_rng(0).random(30)

    assert interval(values, seed=3) == interval(values, seed=3)
    assert interval(values, seed=3) != interval(values, seed=4)


def test_a_paired_difference_is_surer_than_its_sides():
    rng = np.random.default_rng(1)
    base = rng.random(200)
    better = base + 0.01 + rng.normal(0, 0.01, 200)

    gap = difference(better, base)

    assert gap.low > 0
    assert gap.high - gap.low < 0.1 * (interval(base).high - interval(base).low)


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(200):
        found = interval(rng.exponential(1.0, 80), draws=200)
        held += found.low <= 1.0 <= found.high

    assert 0.88 <= held / 200 <= 0.98


def test_estimates_are_shown_with_four_digits():
    assert str(Estimate(0.35081, 0.3352, 0.3669)) == "0.3508 [0.3352, 0.3669]"
    assert Estimate(0.0104, -0.001, 0.0147).signed == "+0.0104 [-0.0010, +0.0147]"


def test_one_list_for_all_covers_the_same_whoever_is_drawn():
    lists = np.tile(np.array([3, 1, 2], np.int32), (50, 1))

    assert coverage_interval(lists, 3, 12) == Estimate(0.25, 0.25, 0.25)


def test_coverage_counts_distinct_items_of_the_drawn_people():
    rng = np.random.default_rng(3)
    lists = rng.integers(-1, 40, (30, 5)).astype(np.int32)
    covered = [len(set(lists[people][:, :4].ravel().tolist()) - {-1}) / 60 for people in drawn_people(30, 150, seed=9)]
    real = len(set(lists[:, :4].ravel().tolist()) - {-1}) / 60

    found = coverage_interval(lists, 4, 60, draws=150, seed=9)

    # Moved so that the mean of the draws stands where the real coverage is.
    low, high = np.percentile(covered, [2.5, 97.5]) + real - np.mean(covered)
    assert (found.mean, found.low, found.high) == pytest.approx((real, low, high))


def test_nothing_shown_covers_nothing():
    assert coverage_interval(np.full((4, 3), -1, np.int32), 3, 9) == Estimate(0.0, 0.0, 0.0)
    assert coverage_interval(np.zeros((0, 3), np.int32), 3, 9) is None


@given(st.lists(st.lists(st.integers(-1, 6), min_size=3, max_size=3), min_size=1, max_size=8))
def test_coverage_lies_inside_its_interval(rows):
    found = coverage_interval(np.array(rows, np.int32), 3, 7, draws=70)

    assert 0.0 <= found.low <= found.mean <= found.high <= 1.0


@given(st.lists(st.floats(0, 1) | st.just(NAN), min_size=1, max_size=12))
def test_an_interval_lies_inside_the_values(values):
    found = interval(np.array(values), draws=70)

    known = [value for value in values if not np.isnan(value)]
    if not known:
        assert found is None
    elif found is not None:
        slack = 1e-12
        assert min(known) - slack <= found.low <= found.high <= max(known) + slack
        assert found.mean == pytest.approx(np.mean(known))


def test_rows_of_one_person_are_drawn_together():
    rng = np.random.default_rng(0)
    once = rng.random(60)
    group = np.repeat(np.arange(60), 5)
    alone = interval(once)
    grouped = interval(np.repeat(once, 5), group=group)
    loose = interval(np.repeat(once, 5))

    assert grouped.mean == pytest.approx(alone.mean)
    assert (grouped.low, grouped.high) == (pytest.approx(alone.low), pytest.approx(alone.high))
    assert loose.high - loose.low < 0.6 * (grouped.high - grouped.low)


def test_people_with_more_rows_weigh_more_in_the_mean():
    values = np.array([1.0, 1.0, 1.0, 0.0])
    found = interval(values, group=np.array([4, 4, 4, 9]))

    assert found.mean == 0.75
    assert (found.low, found.high) == (0.0, 1.0)


def test_a_person_each_is_the_same_as_no_groups():
    values = np.array([[0.1, np.nan], [0.4, 1.0], [0.9, 0.5]])

    assert intervals(values, group=np.array([2, 5, 7])) == intervals(values)


def test_coverage_draws_people_not_rows():
    lists = np.array([[0, 1], [0, 2], [3, 4]], np.int32)
    group = np.array([3, 3, 8])
    both = coverage_interval(np.array([[0, 1, 2], [3, 4, -1]], np.int32), 3, 10)

    assert coverage_interval(lists, 2, 10, group=group) == both
    assert coverage_interval(lists, 2, 10).mean == both.mean == 0.5
