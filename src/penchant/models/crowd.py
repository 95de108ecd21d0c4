"""The people a request is compared with: what each of them has, and who has each item."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from penchant.models.history import Weights
from penchant.models.occasions import Timelines
from penchant.slate import Codes, Offsets, Scores

_HOLDERS = 2_000
"""People found by one item at most: an item that everybody has tells nobody apart."""
_READ = 100
"""Items of a history by which people are found at most, the weightiest."""
_CELLS = 1 << 20
"""Numbers for people or items that a batch is summed up in at one go."""


@dataclass(frozen=True)
class Crowd:
    """A sample of the people, as sparse vectors over items.

    Attributes:
        ptr: Offsets of the people, shape (n + 1,).
        items: Item codes of person p: `items[ptr[p]:ptr[p+1]]`.
        values: How much each counts when the person is a neighbour, same shape as `items`.
        holder_ptr: Offsets of the items, shape (n_items + 1,).
        holders: Who has item i: `holders[holder_ptr[i]:holder_ptr[i+1]]`.
        shares: How much the item tells of the holder, same shape as `holders`.
        marks: The last mark of each person's timeline; people stand in the order of these, shape (n,).
    """

    ptr: Offsets
    items: Codes
    values: Scores
    holder_ptr: Offsets
    holders: Codes
    shares: Scores
    marks: NDArray[np.uint64]

    @classmethod
    def of(cls, people: Codes, values: sparse.csr_matrix, shares: sparse.csr_matrix, timelines: Timelines) -> Crowd:
        """From everybody's vectors, a row for each person code.

        Args:
            people: Who is taken in.
            values: See the attribute.
            shares: See the attribute.
            timelines: What the vectors were made of.
        """
        rows, marks = timelines.marks()
        last = np.zeros(len(timelines), np.uint64)
        last[rows] = marks  # rows ascend, so the mark of a row's last moment is the one that stays
        people = people[np.argsort(last[people], kind="stable")]
        values = values[people]
        values.sort_indices()
        by_item = shares[people].T.tocsr()
        by_item.sort_indices()
        rank = _ranks(by_item)
        keep = rank < _HOLDERS
        before = np.concatenate([[0], np.cumsum(keep)]).astype(np.int64)
        return cls(
            values.indptr.astype(np.int64),
            values.indices.astype(np.int32),
            values.data.astype(np.float32),
            before[by_item.indptr],
            by_item.indices[keep].astype(np.int32),
            by_item.data[keep].astype(np.float32),
            last[people],
        )

    def __len__(self) -> int:
        """Number of people."""
        return len(self.marks)

    @property
    def n_items(self) -> int:
        """Size of the item space."""
        return len(self.holder_ptr) - 1

    def parts(self, rows: int) -> Iterator[slice]:
        """Requests that are answered at one go: so many that a number for each person and item of each is not much."""
        step = max(1, _CELLS // max(len(self), self.n_items, 1))
        for start in range(0, rows, step):
            yield slice(start, min(start + step, rows))

    def near(
        self,
        ptr: Offsets,
        codes: Codes,
        weights: NDArray[np.floating],
        own: tuple[NDArray[np.int64], NDArray[np.uint64]],
        most: int,
    ) -> tuple[Offsets, Codes, Weights]:
        """People by the sums of the shares that the items give them.

        Args:
            ptr: Offsets of the requests, shape (m + 1,).
            codes: Item codes inside the item space; those of a request are `codes[ptr[i]:ptr[i+1]]`.
            weights: One above 0 for each code.
            own: Marks of the asking people, who are left out: which request, and the mark.
            most: People a request at most.

        Returns:
            Offsets of the requests; people, by code; and their sums, above 0.
        """
        n = len(self)
        row = np.repeat(np.arange(len(ptr) - 1), np.diff(ptr))
        if np.diff(ptr).max(initial=0) > _READ:
            order = np.lexsort((-weights, row))
            heavy = np.sort(order[np.arange(len(row)) - ptr[row] < _READ])
            row, codes, weights = row[heavy], codes[heavy], weights[heavy]
        at, lengths = _spans(self.holder_ptr, codes)
        told = self.shares[at] * np.repeat(weights, lengths)
        cells = self.holders[at] + np.repeat(row * n, lengths)
        sums = np.bincount(cells, told, minlength=n * (len(ptr) - 1)).astype(np.float64, copy=False)
        starts, ends = np.searchsorted(self.marks, own[1]), np.searchsorted(self.marks, own[1], side="right")
        for place in np.flatnonzero(ends > starts):
            sums[own[0][place] * n + starts[place] : own[0][place] * n + ends[place]] = 0.0
        found = np.flatnonzero(sums > 0)
        cuts = np.searchsorted(found, np.arange(len(ptr)) * n)
        like, kept = sums[found], np.diff(cuts)
        many = np.flatnonzero(kept > most)
        if len(many):
            keep = np.ones(len(found), bool)
            for i in many:
                span = slice(cuts[i], cuts[i + 1])
                edge = np.partition(like[span], kept[i] - most)[kept[i] - most]
                level = np.flatnonzero(like[span] == edge)
                keep[span] = like[span] >= edge
                keep[cuts[i] + level[most - int(np.count_nonzero(like[span] > edge)) :]] = False
            found, like = found[keep], like[keep]
        ends = np.concatenate([[0], np.cumsum(np.minimum(kept, most))]).astype(np.int64)
        return ends, (found - np.repeat(np.arange(len(kept)) * n, np.diff(ends))).astype(np.int32), like

    def wanted(self, ptr: Offsets, people: Codes, weights: NDArray[np.floating]) -> Weights:
        """The people's vectors, each times its weight, summed: shape (m, n_items); offsets as `near` gives them."""
        at, lengths = _spans(self.ptr, people)
        row = np.repeat(np.arange(len(ptr) - 1) * self.n_items, np.diff(ptr))
        told = self.values[at] * np.repeat(weights, lengths)
        size = self.n_items * (len(ptr) - 1)
        sums = np.bincount(self.items[at] + np.repeat(row, lengths), told, minlength=size)
        return sums.astype(np.float64, copy=False).reshape(len(ptr) - 1, self.n_items)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """As plain arrays."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def restore(cls, arrays: dict[str, NDArray[Any]]) -> Crowd:
        """From `arrays()`."""
        return cls(*(np.asarray(arrays[name]) for name in cls.__dataclass_fields__))


def sampled(timelines: Timelines, least: int, most: int, seed: int) -> Codes:
    """People with enough events, by code; a seeded draw of them when there are too many.

    Args:
        timelines: A row for each person code.
        least: Events a person must have.
        most: People at most.
        seed: Seed of the draw.
    """
    people = np.flatnonzero(np.diff(timelines.ptr) >= least)
    if len(people) > most:
        people = np.sort(np.random.default_rng(seed).choice(people, most, replace=False))
    return people.astype(np.int32)


def _spans(ptr: Offsets, codes: Codes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places of the rows of some codes, one row after the other, and the rows' lengths."""
    starts = ptr[codes]
    lengths = ptr[codes + 1] - starts
    ends = np.cumsum(lengths)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - ends + lengths, lengths), lengths


def _ranks(x: sparse.csr_matrix) -> NDArray[np.int64]:
    """Place of each cell in its row, greatest first, equal ones by column."""
    row = np.repeat(np.arange(x.shape[0]), np.diff(x.indptr))
    order = np.lexsort((x.indices, -x.data, row))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) - np.repeat(x.indptr[:-1], np.diff(x.indptr))
    return rank
