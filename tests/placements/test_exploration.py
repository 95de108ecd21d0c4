"""What chance does to a slate: how often, where, with which item, and that its chances are what it says."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from penchant.placements.exploration import Drawn, Limit, Lottery, fitting
from penchant.placements.thompson import Known

ALL = (True,) * 5
FITS = np.ones((5, 4), bool)


def seed(number: int) -> bytes:
    return f"slate {number}".encode()


def draw(explore: float, luck: bytes, fits: np.ndarray, free: tuple[bool, ...], known: Known | None = None) -> Drawn:
    return Lottery(explore, fits, free, known).draw(luck)


def seen(shown: np.ndarray, worth: np.ndarray | None = None, reached: np.ndarray | None = None) -> Known:
    """What is known of candidates that were shown so often."""
    n = len(shown)
    worth = np.ones(n) if worth is None else worth
    return Known(worth, shown.astype(float), shown.astype(float), np.zeros(n) if reached is None else reached)


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


def test_what_is_known_is_asked_for_once_a_place_was_drawn_and_only_then() -> None:
    asked: list[Known] = []

    def known() -> Known:
        asked.append(seen(np.array([9, 1, 5, 3])))
        return asked[-1]

    for n in range(60):
        asked.clear()
        drawn = Lottery(0.05, FITS, ALL, known).draw(seed(n))
        assert len(asked) == (drawn.place is not None)
        told = draw(0.05, seed(n), FITS, ALL, seen(np.array([9, 1, 5, 3])))
        assert (told.place, told.taken, told.propensity.tolist()) == (
            drawn.place,
            drawn.taken,
            drawn.propensity.tolist(),
        )


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


def test_each_kind_of_draw_has_its_share() -> None:
    fits = np.ones((5, 20), bool)
    # All are worth nothing but the first, of which enough is known: it is the best for certain.
    known = seen(np.arange(20)[::-1] + 500.0, np.eye(20)[0])

    odds = Lottery(0.2, fits, (True,) * 5, known).odds(1)

    assert odds is not None and odds.sum() == pytest.approx(1.0, abs=1e-12)
    expected = np.full(20, 0.25 / 20)  # a quarter of the draws is shared by all
    expected[10:] += 0.25 / 10  # a quarter by the ten that were shown least
    expected[0] += 0.5  # and half goes to the best
    np.testing.assert_allclose(odds, expected, atol=1e-3)


def test_every_candidate_that_fits_can_be_drawn_and_no_other() -> None:
    rng = np.random.default_rng(3)
    fits = rng.random((6, 200)) < 0.7
    known = seen(rng.integers(0, 10_000, 200), rng.gamma(0.2, 1.0, 200), np.zeros(200))
    lottery = Lottery(0.05, fits, (True,) * 6, known)

    for place in range(1, 6):
        odds = lottery.odds(place)
        assert odds is not None
        assert ((odds > 0) == fits[place]).all()
        assert odds[fits[place]].min() >= 0.25 / fits[place].sum()


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


@pytest.fixture(params=["nobody counted", "counted"])
def lottery(request: pytest.FixtureRequest) -> Lottery:
    """Four places, of which the first and the third stay, and twelve candidates, of which half fit at the second."""
    fits = np.ones((4, 12), bool)
    fits[1, :6] = False
    shown = np.array([0, 0, 3, 10, 50, 400, 2_000, 0, 5, 80, 900, 7])
    known = seen(shown, np.linspace(1.0, 0.2, 12), np.floor(shown * 0.03))
    return Lottery(0.2, fits, (True, True, False, True), None if request.param == "nobody counted" else known)


def test_what_is_drawn_is_drawn_as_often_as_is_told(lottery: Lottery) -> None:
    n = 100_000
    drawn = Counter((one.place, one.taken) for one in (lottery.draw(seed(i)) for i in range(n)))
    chances: dict[tuple[int | None, int], float] = {(None, -1): 1.0 - 0.2 * 4}
    for place in (1, 3):
        odds = lottery.odds(place)
        assert odds is not None
        chances |= {(place, int(i)): 0.4 * odds[i] for i in np.flatnonzero(odds)}

    assert set(drawn) <= set(chances) and sum(chances.values()) == pytest.approx(1.0)
    observed = np.array([drawn[key] for key in chances])
    assert stats.chisquare(observed, n * np.array(list(chances.values()))).pvalue > 0.001


def test_a_log_whose_chances_are_off_would_be_found_out(lottery: Lottery) -> None:
    n = 20_000
    places = Counter(lottery.draw(seed(i)).place for i in range(n))
    wrong = {None: 0.22, 1: 0.39, 3: 0.39}

    assert stats.chisquare([places[key] for key in wrong], [n * chance for chance in wrong.values()]).pvalue < 0.001


def test_the_chance_that_is_logged_is_the_chance_that_it_was_drawn_with(lottery: Lottery) -> None:
    for i in range(300):
        drawn = lottery.draw(seed(i))
        kept = np.array([1.0, 0.6, 1.0, 0.6])
        if drawn.place is not None:
            odds = lottery.odds(drawn.place)
            assert odds is not None
            kept[drawn.place] = 0.4 * odds[drawn.taken]
        np.testing.assert_allclose(drawn.propensity, kept, rtol=1e-12)
