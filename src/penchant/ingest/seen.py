"""Which hashes came before, in 8 bytes each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class Seen:
    """A set of 64-bit hashes that grows by batches; a Python set would take ten times the memory."""

    def __init__(self) -> None:
        """Start empty."""
        self._old = np.zeros(0, np.uint64)
        self._new = np.zeros(0, np.uint64)

    def add(self, hashes: NDArray[np.uint64]) -> int:
        """Add a batch; how many of it are repeats, of earlier ones or of each other."""
        distinct = _distinct(hashes)
        fresh = distinct[~(_within(distinct, self._old) | _within(distinct, self._new))]
        self._new = np.sort(np.concatenate((self._new, fresh)))
        if len(self._new) > max(1_000_000, len(self._old) // 4):
            self._old, self._new = np.sort(np.concatenate((self._old, self._new))), self._new[:0]
        return len(hashes) - len(fresh)


def _distinct(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    # np.unique looks values up in a hash table, which takes eighty times as long as sorting them.
    ordered = np.sort(values)
    first = np.ones(len(ordered), bool)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]


def _within(values: NDArray[np.uint64], ordered: NDArray[np.uint64]) -> NDArray[np.bool_]:
    if not len(ordered):
        return np.zeros(len(values), bool)
    at = np.searchsorted(ordered, values)
    at[at == len(ordered)] = 0
    found: NDArray[np.bool_] = ordered[at] == values
    return found
