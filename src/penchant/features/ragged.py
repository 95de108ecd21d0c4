"""Arithmetic over ragged batches: which row an entry belongs to, how old it is, sums by row and value."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.dataset import Queries
from penchant.slate import Offsets

Floats = NDArray[np.float64]


def rows_of(ptr: Offsets) -> NDArray[np.int64]:
    """The row of each entry, shape (ptr[-1],)."""
    return np.repeat(np.arange(len(ptr) - 1), np.diff(ptr))


def decayed(queries: Queries, half_life_days: float, keep: NDArray[np.bool_]) -> Floats:
    """Weights of some history entries, halved for every half-life between an entry and the latest of them in its row.

    Ages count from the latest entry and not from `now`: after a year away a person's tastes are old, not gone.

    Args:
        queries: n requests.
        half_life_days: Half-life in days.
        keep: Which entries, shape (queries.ptr[-1],).

    Returns:
        Shape (number of entries kept,).
    """
    row, times = rows_of(queries.ptr)[keep], queries.times[keep]
    latest = np.full(len(queries), -np.inf)
    np.maximum.at(latest, row, times)
    age = (latest[row] - times) / 86_400.0
    return (queries.weights[keep] * np.exp2(-age / half_life_days)).astype(np.float64)


def sum_by(row: NDArray[np.int64], code: NDArray[np.int32], weight: Floats, shape: tuple[int, int]) -> Floats:
    """Sums of weights by (row, code), dense, of the given shape; codes below 0 are left out."""
    keep = code >= 0
    flat = row[keep] * shape[1] + code[keep]
    sums = np.bincount(flat, weight[keep].astype(np.float64), shape[0] * shape[1])
    return sums.astype(np.float64).reshape(shape)


def known(queries: Queries, n_items: int) -> NDArray[np.bool_]:
    """Which history entries are items of the space, shape (queries.ptr[-1],)."""
    return (queries.items >= 0) & (queries.items < n_items)
