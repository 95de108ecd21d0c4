"""What chance does to a slate: how often, where, with which item, and that its chances are what it says."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from penchant.placements.exploration import Drawn, Limit, draw, fitting

ALL = (True,) * 5
FITS = np.ones((5, 4), bool)


def seed(number: int) -> bytes:
    return f"slate {number}".encode()


def test_without_exploration_nothing_is_left_to_chance() -> None:
    drawn = draw(0.0, seed(1), FITS, ALL)

    assert (drawn.place, drawn.taken, drawn.propensity.tolist()) == (None, -1, [1.0] * 5)


def test_the_same_seed_draws_the_same() -> None:
    def once(number: int) -> tuple[int | None, int]:
        drawn = draw(0.2, seed(number), FITS, ALL)
        return drawn.place, drawn.taken

    assert [once(n) for n in range(50)] == [once(n) for n in range(50)]
    assert len({once(n) for n in range(50)}) > 5


def test_chances_are_told_to_every_place() -> None:
    # A slate of five is touched with 0.1 × 5; each of four places with an eighth, each of four items with a fourth.
    drawn = next(d for n in range(100) if (d := draw(0.1, seed(n), FITS, ALL)).place == 2)
    expected = np.array([1.0, 0.875, 0.125 / 4, 0.875, 0.875])

    np.testing.assert_allclose(drawn.propensity, expected)


def test_a_slate_of_one_is_never_touched() -> None:
    assert all(draw(0.2, seed(n), np.ones((1, 4), bool), (True,)).place is None for n in range(100))


def test_no_more_than_one_place_in_every_slate_is_given_away() -> None:
    # A share of 0.2 of ten places would be two of them; it is one, for certain.
    drawn = [draw(0.2, seed(n), np.ones((10, 4), bool), (True,) * 10) for n in range(50)]

    assert all(one.place is not None for one in drawn)
    np.testing.assert_allclose([one.propensity[1] for one in drawn if one.place != 1], 1 - 1 / 9)


def test_the_first_place_and_places_that_are_not_free_stay() -> None:
    drawn = [draw(0.2, seed(n), FITS, (True, False, True, False, True)) for n in range(200)]

    assert {one.place for one in drawn} == {2, 4}
    assert {(one.propensity[0], one.propensity[1], one.propensity[3]) for one in drawn} == {(1.0, 1.0, 1.0)}


def test_where_nothing_fits_the_place_is_certain_to_stay() -> None:
    fits = FITS.copy()
    fits[3] = False
    drawn = [draw(0.2, seed(n), fits, ALL) for n in range(200)]

    assert {one.place for one in drawn} == {None, 1, 2, 4}
    assert {one.propensity[3] for one in drawn} == {1.0}
    assert all(one.propensity.tolist() == [1.0, 0.75, 0.75, 1.0, 0.75] for one in drawn if one.place is None)


def test_what_was_shown_least_comes_more_often() -> None:
    fits = np.ones((5, 20), bool)
    shown = np.arange(20) + 5
    drawn = [one for n in range(400) if (one := draw(0.2, seed(n), fits, ALL, shown)).place is not None]

    chances = {one.taken: one.propensity[one.place] for one in drawn}
    # A quarter of the draws is shared by the ten that were shown least, the rest by all twenty.
    assert {taken < 10 for taken in chances} == {True, False}
    for taken, chance in chances.items():
        assert chance == pytest.approx(0.25 * (0.75 / 20 + (0.25 / 10 if taken < 10 else 0.0)))


# Limits


def of(values: list[int]) -> np.ndarray:
    return np.array(values, np.int64)


def test_a_cap_lets_only_its_own_kind_take_the_place_of_a_kind_that_is_full() -> None:
    # Two of kind 0 stand there, and no more are allowed; kind 1 has room, and the last of the pool is of no kind.
    fits = fitting(3, 3, [Limit(of([0, 0, 1]), of([0, 1, -1]), 0, 2)])

    assert fits.tolist() == [[True, True, True], [True, True, True], [False, True, True]]


def test_what_a_quota_needs_gives_way_to_its_own_alone() -> None:
    fits = fitting(3, 2, [Limit(of([0, -1, -1]), of([0, -1]), 1, 2)])

    assert fits.tolist() == [[True, False], [True, True], [True, True]]


@settings(max_examples=60, deadline=None)
@given(
    slate=st.lists(st.integers(-1, 2), min_size=1, max_size=6),
    pool=st.lists(st.integers(-1, 2), min_size=1, max_size=6),
    least=st.integers(0, 2),
    most=st.integers(0, 3),
)
def test_what_fits_breaks_no_limit_that_held(slate: list[int], pool: list[int], least: int, most: int) -> None:
    def broken(groups: list[int]) -> int:
        # How far the groups of the slate are outside of their limits, together.
        count = Counter(group for group in groups if group >= 0)
        return sum(max(0, count[g] - most) + max(0, least - count[g]) for g in range(3) if g in slate or g in pool)

    fits = fitting(len(slate), len(pool), [Limit(of(slate), of(pool), least, most)])

    for place in range(len(slate)):
        for i, one in enumerate(pool):
            if fits[place, i] and broken(slate) == 0:
                assert broken([*slate[:place], one, *slate[place + 1 :]]) == 0


# Frequencies


def chosen(number: int, shown: np.ndarray | None) -> tuple[Counter[tuple[int, int]], dict[tuple[int, int], float]]:
    """How often each item came to each place in so many draws, and the chances that were told; -1 is nothing."""
    fits = np.ones((4, 12), bool)
    fits[1, :6] = False
    seen: Counter[tuple[int, int]] = Counter()
    chances: dict[tuple[int, int], float] = {}
    for n in range(number):
        drawn: Drawn = draw(0.2, seed(n), fits, (True, True, False, True), shown)
        at = (-1, -1) if drawn.place is None else (drawn.place, drawn.taken)
        seen[at] += 1
        if drawn.place is not None:
            chances[at] = float(drawn.propensity[drawn.place])
    chances[-1, -1] = 1.0 - 0.2 * 4
    return seen, chances


@pytest.mark.parametrize("number", [2_000, pytest.param(20_000, marks=pytest.mark.slow)], ids=["in small", "in large"])
@pytest.mark.parametrize("counted", [False, True])
def test_what_is_drawn_is_drawn_as_often_as_is_told(number: int, counted: bool) -> None:
    seen, chances = chosen(number, np.arange(12)[::-1].copy() if counted else None)

    assert sum(chances.values()) == pytest.approx(1.0)
    keys = sorted(chances)
    observed, expected = np.array([seen[key] for key in keys]), number * np.array([chances[key] for key in keys])
    assert stats.chisquare(observed, expected).pvalue > 0.001
