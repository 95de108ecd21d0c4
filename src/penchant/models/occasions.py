"""Baskets as a history shows them: what a person did at one go, and how many such occasions ago."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.dataset import Dataset, Queries
from penchant.models.history import PositiveRole, roles_named
from penchant.slate import Codes, Offsets

HOUR = 3_600.0

_MOMENTS = 8
"""Moments that a person's mark is made of, the last ones."""


@dataclass(frozen=True)
class Occasions:
    """What each row of timelines held on which occasion: distinct triples, by row, then occasion, then item.

    Attributes:
        row: Row of each triple.
        back: Occasions since then: 0 for the last one of the row.
        item: Item codes.
        size: Occasions of each row, shape (rows,).
    """

    row: NDArray[np.int64]
    back: NDArray[np.int64]
    item: Codes
    size: NDArray[np.int64]


@dataclass(frozen=True)
class Timelines:
    """What people did, of the roles a model reads. Row r is `items[ptr[r]:ptr[r+1]]`, oldest first.

    A request knows no orders and no sessions, only moments. So an occasion is found by time, in the data as in a
    request: it ends with a pause longer than a gap, and lines of one order have one moment.

    Attributes:
        ptr: Row offsets, shape (rows + 1,).
        items: Item codes, all inside the item space.
        times: Unix seconds, same shape as `items`.
        n_items: Size of the item space.
    """

    ptr: Offsets
    items: Codes
    times: NDArray[np.float64]
    n_items: int

    @classmethod
    def known(cls, data: Dataset, roles: tuple[PositiveRole, ...]) -> Timelines:
        """Everybody's, a row for each person code; what was taken back by now is left out."""
        rows = data.positive(*roles_named(roles))
        ptr = np.searchsorted(rows.person, np.arange(len(data.people) + 1)).astype(np.int64)
        return cls(ptr, rows.item, rows.time, len(data.items))

    @classmethod
    def asked(cls, queries: Queries, n_items: int, roles: tuple[PositiveRole, ...]) -> Timelines:
        """Those of a batch of requests; rows about items outside the item space are left out."""
        wanted = np.isin(queries.roles, np.array([int(role) for role in roles_named(roles)], np.int8))
        keep = wanted & (queries.weights > 0) & (queries.items >= 0) & (queries.items < n_items)
        before = np.concatenate([[0], np.cumsum(keep)]).astype(np.int64)
        return cls(before[queries.ptr], queries.items[keep], queries.times[keep], n_items)

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.ptr) - 1

    @property
    def rows(self) -> NDArray[np.int64]:
        """The row of each event."""
        return np.repeat(np.arange(len(self)), np.diff(self.ptr))

    def occasions(self, gap_hours: float) -> Occasions:
        """The distinct items of each occasion.

        Args:
            gap_hours: A longer pause ends an occasion.
        """
        row = self.rows
        number = np.cumsum(self._starts(row, gap_hours * HOUR)) - 1
        keys, at = np.unique(number * max(self.n_items, 1) + self.items, return_index=True)
        row, number = row[at], keys // max(self.n_items, 1)
        last = np.full(len(self), -1, np.int64)
        last[row] = number  # keys ascend, so the last one written is a row's last occasion
        first = np.zeros(len(self), np.int64)
        first[row[::-1]] = number[::-1]
        size = np.where(last >= 0, last - first + 1, 0)
        return Occasions(row, last[row] - number, self.items[at], size)

    def marks(self) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        """What a timeline looked like at each of its moments: a hash of the latest moments until then.

        A person's training data is a beginning of what their request tells later, so one of the request's marks equals
        the last mark of the training data.

        Returns:
            Row of each moment, ascending, and its mark.
        """
        row = self.rows
        starts = np.flatnonzero(self._starts(row, 0.0))
        sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(_mixed(self.items, self.times), dtype=np.uint64)])
        of = row[starts]
        first = np.searchsorted(of, of)
        since = np.maximum(np.arange(len(starts)) - (_MOMENTS - 1), first)
        ends = np.append(starts, len(row))[1:] if len(starts) else starts
        return of, sums[ends] - sums[starts[since]]

    def _starts(self, row: NDArray[np.int64], gap: float) -> NDArray[np.bool_]:
        starts: NDArray[np.bool_] = (np.diff(row, prepend=-1) != 0) | (np.diff(self.times, prepend=-np.inf) > gap)
        return starts


def summed(
    row: NDArray[np.int64], item: Codes, weight: NDArray[np.float64], timelines: Timelines
) -> tuple[Offsets, Codes, NDArray[np.float64]]:
    """Weights added up by row and item: offsets of the timelines' rows, distinct items by code, and their sums."""
    keys, at = np.unique(row * max(timelines.n_items, 1) + item, return_inverse=True)
    sums = np.bincount(at, weight, minlength=len(keys)).astype(np.float64, copy=False)
    ptr = np.searchsorted(keys, np.arange(len(timelines) + 1) * max(timelines.n_items, 1)).astype(np.int64)
    return ptr, (keys % max(timelines.n_items, 1)).astype(np.int32), sums


def _mixed(items: Codes, times: NDArray[np.float64]) -> NDArray[np.uint64]:
    """64 bits that look like chance, from an item and a millisecond (the finalizer of Steele et al., OOPSLA 2014)."""
    bits = np.rint(times * 1_000.0).astype(np.int64).view(np.uint64)
    bits = bits * np.uint64(0x9E3779B97F4A7C15) + items.astype(np.uint64) + np.uint64(1)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        bits = (bits ^ (bits >> np.uint64(shift))) * np.uint64(factor)
    mixed: NDArray[np.uint64] = bits ^ (bits >> np.uint64(31))
    return mixed
