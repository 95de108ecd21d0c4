from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtr

from penchant.catalog import Item
from penchant.clock import DAY
from penchant.dataset import Queries
from penchant.errors import FitFailed
from penchant.models import BuyAgain, Run
from penchant.models.buy_again import Repeats
from penchant.models.occasions import Timelines
from penchant.testing import ModelChecks, Row, dataset

PLAIN: dict[str, Any] = {"least_repeats": 1, "demand": 0.0}
# Milk and bread come back every 7 days, soap every 70; all are well known.
ROWS = [
    *[Row(f"m{n}", "milk", 7 * step) for n in range(5) for step in range(15)],
    *[Row(f"b{n}", "bread", 7 * step) for n in range(5) for step in range(15)],
    *[Row(f"s{n}", "soap", 70 * step) for n in range(9) for step in range(2)],
]
DATA = dataset(ROWS)


class TestBuyAgain(ModelChecks):
    recipe = BuyAgain(least_repeats=1)


class TestBuyAgainWithinCategories(ModelChecks):
    recipe = BuyAgain(least_repeats=1, within="category", frequency=1.0, roles=("goal", "weak"), demand=0.0)


def ask(recipe, now, times, data=DATA):
    """Items by score for somebody who had items at these days."""
    events = sorted((day, item) for item, days in times.items() for day in days)
    codes = data.items.codes([item for _, item in events])
    n = len(events)
    query = Queries.single(now * DAY, codes, [day * DAY for day, _ in events], [1.0] * n, [0] * n)
    found, scores = recipe.fit(data, Run()).retrieve(query, 10).row(0)
    return {data.items.ids[code]: pytest.approx(float(score)) for code, score in zip(found, scores, strict=True)}


def test_what_is_due_comes_before_what_was_just_had():
    assert list(ask(BuyAgain(**PLAIN), 100, {"milk": [93], "soap": [93]})) == ["milk", "soap"]
    assert list(ask(BuyAgain(**PLAIN), 100, {"milk": [99.9], "bread": [95]})) == ["bread", "milk"]
    assert list(ask(BuyAgain(**PLAIN), 100, {"milk": [95], "bread": [99.9]})) == ["milk", "bread"]


def test_only_what_the_person_had_is_proposed():
    assert list(ask(BuyAgain(**PLAIN), 100, {"soap": [90]})) == ["soap"]


def test_the_score_is_the_chance_within_the_horizon_of_those_who_may_still_return():
    fitted = BuyAgain(horizon_days=5.0, frequency=1.0, shrink=2.0, **PLAIN).fit(DATA, Run())
    milk = DATA.items.code("milk")
    share, days, spread = fitted.returning[milk], fitted.interval[milk], fitted.spread
    # Had twice, six days apart; four days ago for the last time.
    returning = (1 + 2.0 * share) / (1 + 2.0)
    mean = (np.log(6.0) + 2.0 * days) / (1 + 2.0)
    before, then = ndtr((np.log(4.0) - mean) / spread), ndtr((np.log(9.0) - mean) / spread)

    got = ask(BuyAgain(horizon_days=5.0, frequency=1.0, shrink=2.0, **PLAIN), 100, {"milk": [90, 96]})

    assert got == {"milk": 2 * returning * (then - before) / (returning * (1 - before) + 1 - returning)}


def test_an_item_few_had_twice_is_taken_for_an_ordinary_one():
    data = dataset([*ROWS, Row("x", "rare", 50), Row("y", "rare", 50), Row("y", "rare", 51)])
    fitted = BuyAgain(shrink=1e6, **PLAIN).fit(data, Run())

    np.testing.assert_allclose(fitted.returning, fitted.returning[0], rtol=1e-3)
    np.testing.assert_allclose(fitted.interval, fitted.interval[0], rtol=1e-3)


def test_an_item_without_a_past_is_like_its_category():
    shelf = tuple(
        Item(id=name, attributes={"shelf": kind})
        for name, kind in (("milk", "fresh"), ("cream", "fresh"), ("soap", "dry"), ("salt", "dry"))
    )
    data = dataset(ROWS, shelf)
    fitted = BuyAgain(within="shelf", shrink=0.1, **PLAIN).fit(data, Run())
    cream, salt = data.items.codes(["cream", "salt"])

    assert np.exp(fitted.interval[cream]) == pytest.approx(7.0, rel=0.02)
    assert np.exp(fitted.interval[salt]) == pytest.approx(70.0, rel=0.05)
    assert fitted.returning[cream] == pytest.approx(14 / 15, rel=0.01)


def test_two_lines_of_one_order_are_one_time():
    timelines = Timelines(np.array([0, 3], np.int64), np.zeros(3, np.int32), np.array([0.0, 0.1, 10.0]) * DAY, 1)

    had = Repeats.of(timelines, 6.0)

    assert had.times.tolist() == [2]
    assert np.exp(had.spent).tolist() == pytest.approx([10.0])


def test_what_is_wanted_these_days_stands_higher():
    rows = [*ROWS, *[Row("z", "soap", 99.5)] * 30]
    settings: dict[str, Any] = {"least_repeats": 1, "shrink": 1e6}
    times = {"milk": [60], "soap": [60]}

    assert next(iter(ask(BuyAgain(demand=0.0, **settings), 100, times, dataset(rows)))) == "milk"
    assert next(iter(ask(BuyAgain(demand=1.0, **settings), 100, times, dataset(rows)))) == "soap"


def test_too_few_repeats_are_said():
    data = dataset([Row("ann", "a", 1), Row("ann", "a", 9), Row("bob", "a", 9)])

    with pytest.raises(FitFailed, match="buy-again: 1 repeats of an item by the same person, 50 needed"):
        BuyAgain().fit(data, Run())


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 90)), max_size=30), st.floats(0.0, 200.0)
)
def test_repeats_count_pauses_longer_than_the_gap(events, gap_hours):
    events = sorted(events, key=lambda event: (event[0], event[2]))
    rows = np.array([row for row, _, _ in events], np.int64)
    timelines = Timelines(
        np.searchsorted(rows, np.arange(5)).astype(np.int64),
        np.array([item for _, item, _ in events], np.int32),
        np.array([day * DAY for _, _, day in events], np.float64),
        4,
    )
    had = Repeats.of(timelines, gap_hours)
    got = {(r, i): n for r, i, n in zip(had.row.tolist(), had.item.tolist(), had.times.tolist(), strict=True)}
    wanted: dict[tuple[int, int], int] = {}
    for row, item in {(row, item) for row, item, _ in events}:
        days = [day for r, i, day in events if (r, i) == (row, item)]
        wanted[row, item] = 1 + sum((b - a) * 24.0 > gap_hours for a, b in pairwise(days))

    assert got == wanted
