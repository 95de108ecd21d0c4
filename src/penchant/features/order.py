"""Where a candidate stands in a sequence that has an order of its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable
from penchant.dataset import Queries
from penchant.events import Role
from penchant.features.feature import Feature
from penchant.features.ragged import known, rows_of
from penchant.slate import Candidates, Reason


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
        following = place[candidates.items] == reached[of, code] + 1
        value: NDArray[np.float32] = ((code >= 0) & following).astype(np.float32)
        return value

    return Feature(name, "share", (series, position), about, compute, reason)
