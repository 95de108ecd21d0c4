"""Arithmetic over ragged batches: which row an entry belongs to, and where the entries of rows stand."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.dataset import Queries
from penchant.slate import Offsets


def rows_of(ptr: Offsets) -> NDArray[np.int64]:
    """The row of each entry, shape (ptr[-1],)."""
    if len(ptr) == 2:
        return np.zeros(int(ptr[1]), np.int64)
    return np.arange(len(ptr) - 1).repeat(ptr[1:] - ptr[:-1])


def known(queries: Queries, n_items: int) -> NDArray[np.bool_]:
    """Which history entries are items of the space, shape (queries.ptr[-1],)."""
    return (queries.items >= 0) & (queries.items < n_items)


def taken(ptr: Offsets, rows: NDArray[np.integer]) -> NDArray[np.int64]:
    """Where the entries of some rows stand, row after row: of lists of tags, those of the items named."""
    sizes = ptr[rows + 1] - ptr[rows]
    ends = np.cumsum(sizes)
    begins = np.repeat(ptr[rows] - (ends - sizes), sizes)
    return np.asarray(np.arange(len(begins)) + begins, np.int64)


def taken_of(
    ptr: Offsets, rows: NDArray[np.integer], sizes: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """As `taken`, where sizes are known; and which of the rows each entry is of."""
    before = ptr.take(rows)
    before -= sizes.cumsum()
    before += sizes
    of = np.arange(len(rows)).repeat(sizes)
    at = before.take(of)
    at += np.arange(len(at))
    return of, at
