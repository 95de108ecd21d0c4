"""Items' nearest items: a pruned, sparse item-item matrix, built in blocks and read by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from penchant.models.choice import NOTHING, Allowed, allowed_in
from penchant.slate import Candidates, Codes, Offsets, Scores, top_k

_BLOCK_CELLS = 4_000_000


@dataclass(frozen=True)
class Neighbours:
    """Row i is `items[ptr[i]:ptr[i+1]]`, best first; scores are above 0.

    Attributes:
        ptr: Row offsets, shape (n_items + 1,).
        items: Neighbour codes.
        scores: How near, same shape as `items`.
    """

    ptr: Offsets
    items: Codes
    scores: Scores

    def __len__(self) -> int:
        """Number of items."""
        return len(self.ptr) - 1

    @classmethod
    def prune(cls, blocks: Iterable[sparse.csr_matrix], top: int) -> Neighbours:
        """Keep the `top` highest scores above 0 of each row.

        Args:
            blocks: Consecutive row blocks of an item-item matrix, columns ascending in each row.
            top: Neighbours kept a row.
        """
        rows: list[tuple[Codes, Scores]] = []
        for block in blocks:
            ptr, codes, data = block.indptr, block.indices, block.data
            for a, b in pairwise(ptr):
                at, scores = top_k(np.where(data[a:b] > 0, data[a:b], -np.inf), top)
                rows.append((codes[a:b][at].astype(np.int32), scores))
        kept = Candidates.from_rows(rows)
        return cls(kept.ptr, kept.items, kept.scores)

    def votes(self, codes: Codes, weights: NDArray[np.float64]) -> tuple[Codes, NDArray[np.float64]]:
        """Sum the rows of `codes`, each times its weight.

        Args:
            codes: Item codes inside the item space.
            weights: One above 0 for each code.

        Returns:
            Every item that stands in one of the rows, ascending, and its sum.
        """
        starts = self.ptr[codes]
        lengths = self.ptr[codes + 1] - starts
        ends = np.cumsum(lengths)
        if not len(ends) or not ends[-1]:
            return NOTHING[0], np.zeros(0)
        at = np.arange(ends[-1]) + np.repeat(starts - ends + lengths, lengths)
        shares = self.scores[at] * np.repeat(weights, lengths)
        sums = np.bincount(self.items[at], shares, minlength=len(self)).astype(np.float64, copy=False)
        touched = np.flatnonzero(sums).astype(np.int32)
        return touched, sums[touched]

    def similar(self, items: Codes, k: int, allowed: Allowed = None) -> Candidates:
        """The best k allowed neighbours of each item, never itself; unknown items have none."""
        rows = []
        for i, code in enumerate(items):
            if not 0 <= code < len(self):
                rows.append(NOTHING)
                continue
            span = slice(int(self.ptr[code]), int(self.ptr[code + 1]))
            codes, scores = self.items[span], self.scores[span]
            keep = codes != code
            if allowed is not None:
                mask = allowed_in(allowed, i)
                assert mask is not None
                keep &= mask[codes]
            rows.append((codes[keep][: max(k, 0)], scores[keep][: max(k, 0)]))
        return Candidates.from_rows(rows)


def cooccurrence(x: sparse.csr_matrix) -> Iterator[tuple[slice, sparse.csr_matrix]]:
    """`x.T @ x` in row blocks, so that memory stays bounded however dense the whole would be.

    Args:
        x: Units (people, sessions, baskets) by items.

    Yields:
        Which rows, and the block, shape (rows, n_items).
    """
    n = x.shape[1]
    columns = x.T.tocsr()
    step = max(16, _BLOCK_CELLS // max(n, 1))
    for start in range(0, n, step):
        rows = slice(start, min(start + step, n))
        block = (columns[rows] @ x).tocsr()
        block.sort_indices()
        yield rows, block


def rescored(
    blocks: Iterable[tuple[slice, sparse.csr_matrix]],
    score: Callable[[NDArray[np.int64], Codes, NDArray[np.float64]], NDArray[np.float64]],
) -> Iterator[sparse.csr_matrix]:
    """Each block with its cells rewritten.

    Args:
        blocks: As `cooccurrence` gives them.
        score: New values from row codes, column codes and cell values; 0 drops a cell.
    """
    for rows, block in blocks:
        at = np.repeat(np.arange(rows.start, rows.stop), np.diff(block.indptr))
        yield sparse.csr_matrix(
            (score(at, block.indices, block.data.astype(np.float64)), block.indices, block.indptr), shape=block.shape
        )
