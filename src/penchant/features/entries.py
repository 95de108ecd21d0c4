"""Entries of histories that features look at, gathered once for all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.features.batch import Batch
from penchant.features.ragged import known, rows_of
from penchant.slate import Codes


@dataclass(frozen=True)
class Entries:
    """Entries of a batch's histories, in their order; arrays of one length.

    Attributes:
        row: Request of each.
        items: Item codes.
        times: Unix seconds.
        weights: Signal weights.
        roles: `Role` values.
    """

    row: NDArray[np.int64]
    items: Codes
    times: NDArray[np.float64]
    weights: NDArray[np.float32]
    roles: NDArray[np.int8]

    def __len__(self) -> int:
        """Number of entries."""
        return len(self.items)


def entries(batch: Batch) -> Entries:
    """All entries of items of the item space, gathered once a batch."""

    def make() -> Entries:
        queries = batch.queries
        row, keep = rows_of(queries.ptr), known(queries, len(batch.table))
        if keep.all():
            return Entries(row, queries.items, queries.times, queries.weights, queries.roles)
        at = keep.nonzero()[0]
        return Entries(row[at], queries.items[at], queries.times[at], queries.weights[at], queries.roles[at])

    return batch.once("entries", make)
