"""What the catalog tells of a candidate, and what is worked out of whole columns."""

from __future__ import annotations

from collections.abc import Callable
from math import log

import numpy as np

from penchant.clock import DAY
from penchant.features import days_since_date, days_until_date, number_of, size_of, told
from penchant.features.columns import mean_by, median_by, of_columns, rank_by

NOW = 100 * DAY
NAN = np.nan
Tell = Callable[..., list[float]]


def test_numbers_are_kept_inside_their_range(tell: Tell) -> None:
    items: list[dict[str, object]] = [{"rating": 3.5}, {"rating": 12.0}, {"rating": -1.0}, {}]

    np.testing.assert_equal(tell(number_of("r", "rating", "A.", unit="points", high=10.0), items), [3.5, 10, 0, NAN])


def test_sizes_are_told_by_their_logarithm(tell: Tell) -> None:
    found = tell(size_of("s", "stock", "A."), [{"stock": 0}, {"stock": 9}, {}])

    np.testing.assert_allclose(found, [0.0, log(10), NAN], atol=1e-4)


def test_a_field_says_one_of_some_values_or_anything(tell: Tell) -> None:
    items: list[dict[str, object]] = [{"flags": ["new", "hot"]}, {"flags": ["old"]}, {"flags": []}]

    assert tell(told("t", "flags", "A.", "hot", "cold"), items) == [1, 0, 0]
    assert tell(told("t", "flags", "A."), items) == [1, 1, 0]


def test_dates_are_days_away(tell: Tell) -> None:
    items: list[dict[str, object]] = [{"at": NOW - 3 * DAY}, {"at": NOW + 2 * DAY}, {}]

    np.testing.assert_equal(tell(days_since_date("d", "at", "A."), items), [3, 0, NAN])
    np.testing.assert_equal(tell(days_until_date("d", "at", "A."), items), [0, 2, NAN])


def test_columns_are_worked_out_once_for_as_long_as_they_are_the_same() -> None:
    made: list[int] = []
    column = np.arange(3.0)

    def make() -> int:
        made.append(1)
        return len(made)

    assert [of_columns("test of columns", (column,), make) for _ in range(3)] == [1, 1, 1]
    assert of_columns("test of columns", (column.copy(),), make) == 2
    assert of_columns("another test of columns", (column,), make) == 3


def test_means_medians_and_ranks_leave_out_what_has_no_value_or_no_group() -> None:
    values = np.array([4.0, 1.0, NAN, 1.0, 7.0, 2.0])
    codes = np.array([0, 0, 0, 0, 1, -1], np.int32)

    np.testing.assert_allclose(mean_by(values, codes, 3), [2.0, 7.0, NAN, NAN])
    np.testing.assert_allclose(median_by(values, codes, 3), [1.0, 7.0, NAN, NAN])
    np.testing.assert_allclose(rank_by(values, codes), [5 / 6, 1 / 3, NAN, 1 / 3, 0.5, NAN])
    assert len(rank_by(values[:0], codes[:0])) == 0
    np.testing.assert_allclose(median_by(values[:0], codes[:0], 1), [NAN, NAN])
