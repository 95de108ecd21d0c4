"""Where a candidate stands in a sequence that has an order of its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable
from penchant.dataset import Queries
from penchant.events import Role
from penchant.features.feature import Feature
from penchant.features.ragged import known, rows_of
from penchant.slate import Candidates, Codes, Reason


def next_in(name: str, series: str, position: str, about: str, *, reason: Reason | None = None) -> Feature:
    """1 for the first place of a series the person has begun that follows the furthest goal reached in it, else 0.

    Args:
        name: Feature name.
        series: Category field naming the series.
        position: Number field, the place in it.
        about: One sentence.
        reason: Told when it moved an item up.
    """

    def compute(queries: Queries, candidates: Candidates, table: ItemTable) -> NDArray[np.float32]:
        codes, place = table.category(series).codes, table.number(position)
        n = max(len(table.category(series).names), 1)
        good = known(queries, len(table)) & (queries.roles == Role.GOAL)
        row, items = rows_of(queries.ptr)[good], queries.items[good]
        keep = (codes[items] >= 0) & np.isfinite(place[items])
        reached = np.full((len(queries), n), -np.inf)
        np.maximum.at(reached, (row[keep], codes[items[keep]]), place[items[keep]])
        of, code = rows_of(candidates.ptr), codes[candidates.items]
        own, done = place[candidates.items], reached[of, code]
        # Places may leave gaps: the next one is that which has nothing between itself and the furthest reached.
        following = (own > done) & (_before(codes, place)[candidates.items] <= done)
        value: NDArray[np.float32] = ((code >= 0) & np.isfinite(done) & following).astype(np.float32)
        return value

    return Feature(name, "share", (series, position), about, compute, reason)


def _before(codes: Codes, place: NDArray[np.float64]) -> NDArray[np.float64]:
    """The place that comes before each item's own in its series; `-inf` where none does."""
    at = np.flatnonzero((codes >= 0) & np.isfinite(place))
    at = at[np.lexsort((place[at], codes[at]))]
    code, own = codes[at], place[at]
    fresh = np.append(True, (np.diff(code) != 0) | (np.diff(own) != 0))[: len(at)]
    start = np.maximum.accumulate(np.where(fresh, np.arange(len(at)), 0))
    earlier = np.maximum(start - 1, 0)
    out = np.full(len(codes), -np.inf)
    out[at] = np.where((start > 0) & (code[earlier] == code), own[earlier], -np.inf)
    return out
