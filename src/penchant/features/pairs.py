"""Sums by request and value: of what a history holds, asked for by candidates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.slate import Codes

_DENSE = 16_384
"""Tables of this many cells are cheaper to fill than their pairs are to sort."""

Whole = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Pairs:
    """Slots of the (row, code) pairs among entries, and which of them candidates ask about.

    A batch of thousands of rows would make a table of rows times codes that is mostly empty; here only entries have
    slots. What is worked out for a pair is worked out by slot, and then told to all candidates that ask for it: there
    are fewer slots than candidates. Sums are the same to the bit however many rows there are: they add up in the order
    of the entries, which is the order of their own row.

    Attributes:
        n: Number of slots of pairs; some may be of no pair, and have no entry. Behind them stands one slot for each
            row, for what is not among its entries, and last of all one for codes below 0. Their sums are 0.
        slot: Slot of each entry.
        asked: Slot of each candidate.
        row: Row of each slot, shape (size,), ascending up to `n`; of the last it is `rows`.
        rows: Number of rows.
    """

    n: int
    slot: Whole
    asked: Whole
    row: Whole
    rows: int

    @property
    def size(self) -> int:
        """Number of slots, those for what is not there included."""
        return self.n + self.rows + 1

    @classmethod
    def of(cls, row: Whole, code: Codes, asked_row: Whole, asked: Codes, shape: tuple[int, int]) -> Pairs:
        """Find the slots.

        Args:
            row: Row of each entry, ascending.
            code: Code of each entry; -1 for none.
            asked_row: Row of each candidate.
            asked: Code of each candidate; -1 for none.
            shape: Number of rows, and of codes.
        """
        rows, codes, n = shape[0], max(shape[1], 1), len(row)
        # As a table, the last entry of a pair lends it its place; a code below 0 reads the last cell.
        if rows == 1 and codes <= _DENSE:
            cells = np.full(codes + 1, n)
            cells[code] = np.arange(n)
            cells[-1] = n + 1
            return cls(n, cells.take(code), cells.take(asked), np.zeros(n + 2, np.int64), 1)
        none = np.arange(rows + 1)
        if rows * codes <= _DENSE:
            own = np.where(code >= 0, row * codes + code, -1)
            wanted = np.where(asked >= 0, asked_row * codes + asked, -1)
            cells = np.append((n + none[:-1]).repeat(codes), 0)
            cells[own] = np.arange(n)
            cells[-1] = n + rows
            return cls(n, cells.take(own), cells.take(wanted), np.append(row, none), rows)
        key: Whole = row * codes + code.astype(np.int64)
        found, own = _distinct(key, code >= 0)
        n = len(found)
        key = asked_row * codes + asked.astype(np.int64)
        wanted = found.searchsorted(key)
        there = found.take(wanted, mode="clip") == key if n else np.zeros(len(key), bool)
        wanted = np.where(there, wanted, n + asked_row)
        if len(asked) and asked.min() < 0:
            wanted = np.where(asked >= 0, wanted, n + rows)
        own = np.where(own < 0, n + rows, own)
        return cls(n, own, wanted, np.append(found // codes, none), rows)

    def sums(self, weight: Floats) -> Floats:
        """Sums of the entries' weights, shape (size,)."""
        sums = np.bincount(self.slot, weight, self.size)
        sums[-1] = 0.0
        return sums.astype(np.float64, copy=False)

    def counts(self, keep: NDArray[np.bool_] | None = None) -> Whole:
        """Number of entries, or of those of a mask; shape (size,)."""
        counts = np.bincount(self.slot if keep is None else self.slot[keep], minlength=self.size)
        counts[-1] = 0
        return counts.astype(np.int64, copy=False)

    def counts_by(self, kind: NDArray[np.integer], n: int) -> Whole:
        """Number of entries of each of n kinds, shape (n, size).

        Args:
            kind: From 0, of each entry.
            n: Number of kinds.
        """
        counts = np.bincount(self.slot + kind * np.int64(self.size), minlength=n * self.size).reshape(n, self.size)
        counts[:, -1] = 0
        return counts.astype(np.int64, copy=False)

    def latest(self, times: Floats, keep: NDArray[np.bool_] | None = None) -> Floats:
        """The latest of the entries' times, or of those of a mask; -inf without any, shape (size,)."""
        latest = np.full(self.size, -np.inf)
        np.maximum.at(latest, self.slot if keep is None else self.slot[keep], times if keep is None else times[keep])
        latest[-1] = -np.inf
        return latest

    def best(self, sums: Floats) -> Floats:
        """The highest sum of each row, at least 0: what is not there has 0. Shape (rows,)."""
        if self.rows == 1:
            return np.full(1, max(float(sums.max()), 0.0))
        best = np.zeros(self.rows)
        if self.n:
            owner = self.row[: self.n]
            first = np.flatnonzero(np.append(True, owner[1:] != owner[:-1]))
            best[owner[first]] = np.maximum(np.maximum.reduceat(sums[: self.n], first), 0.0)
        return best

    def of_rows(self, told: Floats) -> Floats:
        """What is told of rows, by slot: of one row it stands for all slots. NaN where there is no row."""
        return told if self.rows == 1 else np.append(told, np.nan).take(self.row)


def _distinct(key: Whole, keep: NDArray[np.bool_]) -> tuple[Whole, Whole]:
    """Distinct keys of a mask, ascending, and which of them each is; -1 outside the mask."""
    at = np.flatnonzero(keep)
    order = at[key[at].argsort(kind="stable")]
    ordered = key[order]
    first = np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]
    own = np.full(len(key), -1)
    own[order] = first.cumsum() - 1
    return ordered[first], own
