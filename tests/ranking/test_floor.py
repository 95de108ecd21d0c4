from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.ranking import TradeOff, choose_floor, floored, trade_off
from penchant.ranking.floor import FLOORS, told

# One request: a dear thing that few want, a fair one, a cheap one that many want, and one nobody wants.
VALUE = np.array([9.0, 3.0, 2.0, 5.0])
GOAL = np.array([0.2, 0.5, 0.8, 0.0])
PTR = np.array([0, 4])


def order(floor: float, value: np.ndarray = VALUE, goal: np.ndarray = GOAL) -> list[int]:
    return [int(one) for one in np.argsort(-floored(value, goal, np.array([0, len(value)]), floor)[0], kind="stable")]


def test_below_the_floor_the_goal_alone_orders_after_the_others() -> None:
    assert order(0.0) == [0, 3, 1, 2]
    assert order(0.25) == [0, 1, 2, 3]
    assert order(0.6) == [1, 2, 0, 3]
    assert order(0.9) == [2, 1, 0, 3]
    assert order(1.0) == [2, 1, 0, 3]


def test_what_is_above_keeps_its_value_and_what_is_below_is_named() -> None:
    value, below = floored(VALUE, GOAL, PTR, 0.6)

    assert value[1:3].tolist() == [3.0, 2.0]
    assert below.tolist() == [True, False, False, True]
    # 2 less a share of it: how far the goal is from the best of 0.8.
    np.testing.assert_allclose(value[[0, 3]], [2 * 0.2 / 0.8, 0.0])


def test_values_below_zero_have_a_floor_too() -> None:
    assert order(0.6, VALUE - 10) == [1, 2, 0, 3]
    assert order(0.6, np.zeros(4)) == [1, 2, 0, 3]


def test_requests_do_not_touch_each_other() -> None:
    value = np.concatenate([VALUE, VALUE * 100])
    goal = np.concatenate([GOAL, GOAL / 100])

    both, _ = floored(value, goal, np.array([0, 4, 4, 8]), 0.6)

    assert both[:4].tobytes() == floored(VALUE, GOAL, PTR, 0.6)[0].tobytes()
    assert both[4:].tobytes() == floored(VALUE * 100, GOAL / 100, PTR, 0.6)[0].tobytes()
    assert floored(VALUE[:0], GOAL[:0], np.array([0]), 0.6)[0].shape == (0,)


def test_a_request_that_nobody_is_likely_to_answer_is_ordered_by_value() -> None:
    assert order(0.6, VALUE, np.zeros(4)) == [0, 3, 1, 2]


Lists = st.lists(
    st.lists(st.tuples(st.floats(-10, 10), st.floats(0, 1), st.integers(0, 1)), min_size=1, max_size=15),
    min_size=1,
    max_size=8,
)


def arrays(lists: list[list[tuple[float, float, int]]]) -> tuple[np.ndarray, ...]:
    ptr = np.concatenate([[0], np.cumsum([len(one) for one in lists])]).astype(np.int64)
    value, goal, gain = (
        np.array(column, np.float64) for column in zip(*(r for one in lists for r in one), strict=True)
    )
    return value, goal, gain, ptr


@given(Lists, st.floats(0, 1))
def test_everything_above_the_floor_comes_before_everything_below(
    lists: list[list[tuple[float, float, int]]], floor: float
) -> None:
    value, goal, _, ptr = arrays(lists)

    ordered, below = floored(value, goal, ptr, floor)

    for a, b in pairwise(ptr):
        mine, low = ordered[a:b], below[a:b]
        if low.any() and not low.all():
            assert mine[low].max() <= mine[~low].min()
        for one in np.flatnonzero(~low):
            assert floor >= 1 or goal[a:b][one] >= floor * goal[a:b].max()
        at = np.flatnonzero(low)
        assert (np.diff(mine[at][np.argsort(goal[a:b][at], kind="stable")]) >= 0).all()


@given(Lists, st.floats(0, 0.5))
def test_the_floor_chosen_never_costs_more_than_stated_on_its_own_rows(
    lists: list[list[tuple[float, float, int]]], loss: float
) -> None:
    value, goal, gain, ptr = arrays(lists)

    floor = choose_floor(trade_off(value, goal, gain, ptr), loss)

    (point,) = trade_off(value, goal, gain, ptr, [floor])
    assert point.loss <= loss + 1e-12


def test_the_curve_runs_from_pure_value_to_the_goal_alone() -> None:
    gain = np.array([0.0, 0.0, 1.0, 0.0])
    curve = trade_off(VALUE, GOAL, gain, PTR)
    look = 1 / np.log2(np.arange(4) + 2.0)

    assert [point.floor for point in curve] == list(FLOORS)
    first, last = curve[0], curve[-1]
    assert first.value == pytest.approx(float(np.dot([9, 5, 3, 2], look)))
    assert first.goals == pytest.approx(float(np.dot([0.2, 0, 0.5, 0.8], look)))
    assert first.ndcg == pytest.approx(look[3])
    assert first.loss == pytest.approx(1 - look[3])
    assert last.value == pytest.approx(float(np.dot([2, 3, 9, 5], look)))
    assert (last.ndcg, last.loss, last.goals_change, last.value_change) == (1.0, 0.0, 0.0, 0.0)
    assert first.value_change == pytest.approx(first.value / last.value - 1)


def test_the_lowest_floor_is_chosen_from_which_on_all_hold() -> None:
    def point(floor: float, loss: float) -> TradeOff:
        return TradeOff(floor, 1.0, 1.0, 0.5, 0.0, 0.0, loss)

    curve = [point(0.0, 0.01), point(0.25, 0.09), point(0.5, 0.03), point(0.75, -0.01), point(1.0, 0.0)]

    assert choose_floor(curve, 0.03) == 0.5
    assert choose_floor(curve, 0.02) == 0.75
    assert choose_floor(curve, 0.1) == 0.0


def test_where_nothing_followed_the_goal_alone_orders() -> None:
    assert choose_floor(trade_off(VALUE, GOAL, np.full(4, np.nan), PTR), 0.5) == 1.0
    assert choose_floor((), 0.5) == 1.0
    assert choose_floor(trade_off(VALUE[:0], GOAL[:0], GOAL[:0], np.array([0])), 0.5) == 1.0


def test_what_a_floor_costs_is_told_in_a_sentence() -> None:
    curve = [TradeOff(0.5, 0.98, 1.1, 0.5, -0.02, 0.1, 0.02), TradeOff(0.75, 1.0, 1.0, 0.5, 0.0, 0.05, 0.0)]

    assert told(curve, 0.5, "purchases") == (
        "At the floor 0.50 the expected value is +10.0% and purchases -2.0%: each 1% of value costs 0.20% of purchases."
    )
    assert told(curve, 0.75) == "At the floor 0.75 the expected value is +5.0% and goals +0.0%: it costs nothing."
    assert told(curve, 1.0) == "Items are ordered by goals alone."
    assert told((), 0.5) == "Items are ordered by goals alone."
