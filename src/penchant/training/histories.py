"""Requests of the past, with what was known of their people then: no more than serving would have read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.dataset import Dataset, Queries, Shown
from penchant.events import Role
from penchant.training.followers import keyed

READ = 500
"""Latest events of a person that a request reads; of those before, it knows the goals alone."""

Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Histories:
    """Finds histories in one data set.

    Attributes:
        data: Everything known.
        key: Person and moment of its interactions, rising.
        ptr: Row offsets of its people.
    """

    data: Dataset
    key: Whole
    ptr: Whole

    @classmethod
    def of(cls, data: Dataset) -> Histories:
        """Of this data set."""
        rows = data.interactions
        return cls(data, keyed(rows.person.astype(np.int64), rows.time), data.ptr)

    def queries(self, shown: Shown) -> Queries:
        """The requests as they were: with what each person did strictly before, and what was known of it then.

        Goals that had been taken back wholly by then are left out. A request that was not personal has no history.
        """
        rows = self.data.interactions
        known = (shown.person >= 0) & shown.personal
        person = np.where(known, shown.person, 0).astype(np.int64)
        stop = np.searchsorted(self.key, keyed(person, shown.time)) if len(rows) else np.zeros(len(shown), np.int64)
        begin = self.ptr[person] if len(self.ptr) > 1 else np.zeros(len(shown), np.int64)
        stop = np.where(known, np.maximum(stop, begin), begin)
        start = np.maximum(begin, stop - READ)
        at, of = _ranges(start, stop)
        keep = ~(rows.reversed_at[at] < shown.time[of])
        at, of = at[keep], of[keep]
        weight = rows.weight[at]
        time = rows.time[at]
        if (start > begin).any():
            early, whose = self._earlier(shown, begin, start)
            at, of = np.concatenate([early, at]), np.concatenate([whose, of])
            # They stand at the moment of the first event that is read, and with no weight: nothing is learned of them.
            first = rows.time[np.minimum(start, len(rows) - 1)][whose]
            weight = np.concatenate([np.zeros(len(early), np.float32), weight])
            time = np.concatenate([first, time])
            order = np.argsort(of, kind="stable")
            at, of, weight, time = at[order], of[order], weight[order], time[order]
        ptr = np.concatenate([[0], np.cumsum(np.bincount(of, minlength=len(shown)))]).astype(np.int64)
        return Queries(ptr, rows.item[at], time, weight, rows.role[at], shown.time, shown.seed_ptr, shown.seeds)

    def _earlier(self, shown: Shown, begin: Whole, start: Whole) -> tuple[Whole, Whole]:
        """Rows of goals before what is read, each item once, and the requests they belong to."""
        rows = self.data.interactions
        at, of = _ranges(begin, start)
        goal = (rows.role[at] == Role.GOAL) & ~(rows.reversed_at[at] < shown.time[of])
        at, of = at[goal], of[goal]
        key = (of << 32) | rows.item[at]
        _, first = np.unique(key, return_index=True)
        return at[first], of[first]


def _ranges(start: Whole, stop: Whole) -> tuple[Whole, Whole]:
    """All rows of ranges one after the other, and the range each belongs to."""
    lengths = stop - start
    of = np.repeat(np.arange(len(start)), lengths)
    before = np.cumsum(lengths) - lengths
    return np.arange(int(lengths.sum())) + (start - before)[of], of
