"""The relevance floor: how far an objective may go from what people want, and what that costs."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from penchant.slate import Offsets

Floats = NDArray[np.float64]

FLOORS = tuple(round(0.05 * step, 2) for step in range(21))
"""Floors that are tried: 0, 0.05, … 1."""
DEPTH = 10
"""Places that count."""


class TradeOff(msgspec.Struct, frozen=True):
    """What a floor brings and costs, against ordering by the goal alone: one point of a trade-off curve.

    Attributes:
        floor: Share of the best chance of a request that an item must have to be ordered by value; 0 orders all by
            value, 1 by the goal alone.
        goals: Expected goals of a list, each place counting as much as it is looked at.
        value: Expected value of a list, likewise.
        ndcg: NDCG@10 of what followed.
        goals_change: Change of `goals` against the goal's own order, as a share.
        value_change: Change of `value`, likewise.
        loss: Loss of `ndcg`, as a share; below 0 where the value orders better.
    """

    floor: float
    goals: float
    value: float
    ndcg: float
    goals_change: float
    value_change: float
    loss: float


def floored(value: Floats, goal: Floats, ptr: Offsets, floor: float) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Values as a floor leaves them.

    An item keeps its value if its goal is at least `floor` times the best one's of its request. The others come after
    all of these, by their goal alone.

    Args:
        value: Value of each item, finite.
        goal: What its goal's head says, from 0.
        ptr: Where requests begin and end.
        floor: From 0 (everything keeps its value) to 1 (the goal alone orders).

    Returns:
        What to order by, float32, and which items are below the floor.
    """
    none = np.zeros(len(value), bool)
    if floor >= 1.0:
        return goal.astype(np.float32), none
    if floor <= 0.0 or not len(value):
        return value.astype(np.float32), none
    if len(ptr) == 2:
        return _of_one(value, goal, floor)
    rows = np.repeat(np.arange(len(ptr) - 1), np.diff(ptr))
    best = _by_row(np.maximum, goal, rows, len(ptr) - 1, -np.inf)[rows]
    above = goal >= floor * best
    # The least value above the floor, and a step down from it that is never nothing.
    least = _by_row(np.minimum, np.where(above, value, np.inf), rows, len(ptr) - 1, np.inf)[rows]
    size = _by_row(np.maximum, np.where(above, np.abs(value), 0.0), rows, len(ptr) - 1, 0.0)[rows]
    step = np.where(least > 0, least, np.maximum(size, 1e-6))
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(best > 0, goal / best, 1.0)
    lowered = least - (1.0 - share) * step
    return np.where(above, value, lowered).astype(np.float32), ~above


def _of_one(value: Floats, goal: Floats, floor: float) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """As `floored` for many, of one request, where calls cost more than arithmetic."""
    best = goal.max()
    above = goal >= floor * best
    kept = value[above]
    least, size = kept.min(initial=np.inf), np.abs(kept).max(initial=0.0)
    step = least if least > 0 else max(size, 1e-6)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = goal / best if best > 0 else 1.0
        lowered = least - (1.0 - share) * step
    return np.where(above, value, lowered).astype(np.float32), ~above


def trade_off(
    value: Floats,
    goal: Floats,
    gain: Floats,
    ptr: Offsets,
    floors: Sequence[float] = FLOORS,
    depth: int = DEPTH,
) -> tuple[TradeOff, ...]:
    """What each floor brings and costs on some requests.

    A place counts by how likely it is looked at, 1 / log2(place + 1), as in NDCG (Järvelin and Kekäläinen 2002,
    "Cumulated gain-based evaluation of IR techniques").

    Args:
        value: Value of each item by the formula, before any floor.
        goal: What the goal's head says of it.
        gain: What the goal really brought (its label), from 0; NaN counts as 0. What the head says may stand here too:
            then the loss is the expected one, which many candidates that nobody was shown can be judged by.
        ptr: Where requests begin and end.
        floors: To try.
        depth: Places that count.
    """
    value, goal = value.astype(np.float64), goal.astype(np.float64)
    gain = np.nan_to_num(gain.astype(np.float64), nan=0.0)
    lists = _Lists(ptr, depth)
    plain = lists.ordered(goal)
    ideal = lists.sums(gain, lists.ordered(gain))
    judged = ideal > 0
    worth, goals = lists.sums(value, plain).mean(), lists.sums(goal, plain).mean()
    base = _ndcg(lists.sums(gain, plain), ideal, judged)
    points = []
    for floor in floors:
        order = plain if floor >= 1.0 else lists.ordered(floored(value, goal, ptr, floor)[0])
        got = float(lists.sums(goal, order).mean()), float(lists.sums(value, order).mean())
        ndcg = _ndcg(lists.sums(gain, order), ideal, judged)
        points.append(
            TradeOff(
                float(floor),
                *got,
                ndcg,
                _change(got[0], float(goals)),
                _change(got[1], float(worth)),
                1.0 - ndcg / base if base > 0 else 0.0,
            )
        )
    return tuple(points)


def choose_floor(curve: Sequence[TradeOff], loss: float) -> float:
    """The lowest floor from which on no floor costs more of NDCG than `loss`.

    Args:
        curve: From `trade_off`.
        loss: The most it may cost, as a share, as in `objective.loss`.

    Returns:
        1 where nothing followed that it could be judged by: then the goal alone orders.
    """
    best = 1.0
    if not any(point.ndcg > 0 for point in curve):
        return best
    for point in sorted(curve, key=lambda one: -one.floor):
        if point.loss > loss:
            break
        best = point.floor
    return best


def told(curve: Sequence[TradeOff], floor: float, goal: str = "goals") -> str:
    """What a floor brings and costs, in a sentence.

    Args:
        curve: From `trade_off`.
        floor: The one that serves.
        goal: What the goal's reachings are called.
    """
    point = min(curve, key=lambda one: abs(one.floor - floor), default=None)
    if point is None or floor >= 1.0:
        return f"Items are ordered by {goal} alone."
    gained, lost = point.value_change, -point.goals_change
    start = f"At the floor {point.floor:.2f} the expected value is {gained:+.1%} and {goal} {-lost:+.1%}"
    if gained <= 0.0005:
        return f"{start}: ordering by value brings nothing here."
    if lost <= 0.0005:
        return f"{start}: it costs nothing."
    return f"{start}: each 1% of value costs {lost / gained:.2f}% of {goal}."


class _Lists:
    """Requests whose items are put in an order and summed up by place."""

    def __init__(self, ptr: Offsets, depth: int) -> None:
        self.ptr, self.n = ptr, len(ptr) - 1
        self.row = np.repeat(np.arange(self.n), np.diff(ptr))
        place = np.arange(int(ptr[-1])) - np.repeat(ptr[:-1], np.diff(ptr))
        self.looked = np.where(place < depth, 1.0 / np.log2(place + 2.0), 0.0)

    def ordered(self, by: NDArray[np.floating]) -> NDArray[np.int64]:
        """Items by row, best first; equal ones stay in their order."""
        order: NDArray[np.int64] = np.lexsort((np.arange(len(by)), -by, self.row))
        return order

    def sums(self, what: Floats, order: NDArray[np.int64]) -> Floats:
        """Sum over each row's places."""
        sums = np.bincount(self.row, what[order] * self.looked, self.n)
        return sums.astype(np.float64) if self.n else np.zeros(1)


def _ndcg(got: Floats, ideal: Floats, judged: NDArray[np.bool_]) -> float:
    return float((got[judged] / ideal[judged]).mean()) if judged.any() else 0.0


def _change(new: float, old: float) -> float:
    return (new - old) / abs(old) if old else 0.0


def _by_row(fold: np.ufunc, values: Floats, rows: NDArray[np.int64], n: int, start: float) -> Floats:
    out = np.full(n, start)
    fold.at(out, rows, values)
    return out
