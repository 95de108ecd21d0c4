"""How likely each candidate is the best: by hand, against draws, and whatever is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.placements.thompson import Known, odds


def known(worth: list[float], tried: list[float], reached: list[float]) -> Known:
    counts = np.array(tried, float)
    return Known(np.array(worth, float), counts, counts, np.array(reached, float))


def simulated(one: Known, n: int = 200_000) -> np.ndarray:
    """The same by drawing from the Beta distributions."""
    rng = np.random.default_rng(5)
    rate = (one.reached.sum() + 1.0) / (one.tried.sum() + 10.0)
    a, b = 1.0 + one.reached, 1.0 / rate - 1.0 + one.tried - one.reached
    drawn = one.worth * rng.beta(a, b, (n, len(a))) / (a / (a + b))
    return np.bincount(drawn.argmax(axis=1), minlength=len(a)) / n


def test_one_alone_is_the_best() -> None:
    assert odds(known([0.3], [5], [1])).tolist() == [1.0]


def test_of_two_that_are_alike_each_is_as_likely() -> None:
    np.testing.assert_allclose(odds(known([0.3, 0.3], [50, 50], [4, 4])), [0.5, 0.5])


def test_what_nobody_saw_may_be_the_best_and_what_many_saw_may_not() -> None:
    # All are held to be worth a little less than the first; the second is new, of the third all is known.
    new, old = odds(known([1.0, 0.8, 0.8], [100_000, 0, 100_000], [2_000, 0, 2_000]))[1:]

    assert new > 0.2
    assert old < 1e-6


@pytest.mark.parametrize(
    ("worth", "tried", "reached"),
    [
        ([1.0, 0.9, 0.5], [100, 40, 0], [5, 1, 0]),
        ([1.0, 0.95, 0.9, 0.2], [2_000, 2_000, 50, 0], [30, 60, 2, 0]),
        ([0.01] * 8, [0] * 8, [0] * 8),
    ],
)
def test_the_odds_are_what_drawing_from_what_is_known_gives(
    worth: list[float], tried: list[float], reached: list[float]
) -> None:
    one = known(worth, tried, reached)

    np.testing.assert_allclose(odds(one), simulated(one), atol=0.03)


def test_where_nothing_is_worth_anything_what_is_known_decides_alone() -> None:
    np.testing.assert_allclose(odds(known([0.0, 0.0], [9, 9], [1, 1])), [0.5, 0.5])


def test_a_worth_below_zero_is_counted_from_the_lowest() -> None:
    # The lowest is worth nothing then, and cannot be the best.
    first, second, third = odds(known([-1.0, -3.0, -2.0], [20, 20, 20], [2, 2, 2]))

    assert first > third > 0.0
    assert second < 1e-6


@settings(max_examples=80, deadline=None)
@given(
    told=st.lists(
        st.tuples(st.floats(-1e6, 1e6), st.integers(0, 10**7), st.integers(0, 10**7)), min_size=1, max_size=80
    )
)
def test_odds_are_chances_whatever_is_known(told: list[tuple[float, int, int]]) -> None:
    worth, tried, reached = (list(column) for column in zip(*told, strict=True))
    found = odds(known(worth, tried, reached))

    assert (found >= 0).all() and found.sum() == pytest.approx(1.0, abs=1e-9)
