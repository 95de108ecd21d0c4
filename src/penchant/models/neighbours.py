"""Items' nearest items: a pruned, sparse item-item matrix, built in blocks and read by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from penchant.models.blend import distinct
from penchant.models.choice import NOTHING, Allowed, above_zero_of, allowed_in, best_among, ranked
from penchant.slate import Candidates, Codes, Offsets, Scores

_BLOCK_CELLS = 4_000_000
_SHUFFLE = np.uint64(0x9E3779B97F4A7C15)
_FEW = 32
"""Where there is no more than one cell for so many items, cells are sorted and items are not counted over."""


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
            blocks: Consecutive row blocks of an item-item matrix, columns in any order.
            top: Neighbours kept a row.

        Returns:
            Equal scores stand in code order.
        """
        kept = [_strongest(block, top) for block in blocks]
        lengths = np.concatenate([np.zeros(1, np.int64), *(counts for counts, _, _ in kept)])
        codes = np.concatenate([NOTHING[0], *(codes for _, codes, _ in kept)])
        return cls(np.cumsum(lengths), codes, np.concatenate([NOTHING[1], *(scores for _, _, scores in kept)]))

    def votes(self, codes: Codes, weights: NDArray[np.float64]) -> tuple[Codes, NDArray[np.float64]]:
        """Sum the rows of `codes`, each times its weight.

        Args:
            codes: Item codes inside the item space.
            weights: One above 0 for each code.

        Returns:
            Every item that stands in one of the rows, ascending, and its sum.
        """
        items, shares = self._shares(codes, weights)
        if len(items) * _FEW <= len(self):
            return _few(items, shares)
        sums = np.bincount(items, shares, minlength=len(self)).astype(np.float64, copy=False)
        # Flags are looked through several times quicker than sums.
        seen = np.zeros(len(sums), bool)
        seen[items] = True
        touched = np.flatnonzero(seen).astype(np.int32)
        votes = sums[touched]
        some = votes != 0
        return (touched, votes) if some.all() else (touched[some], votes[some])

    def best(
        self, codes: Codes, weights: NDArray[np.float64], k: int, allowed: Allowed = None, but: Codes | None = None
    ) -> tuple[Codes, Scores]:
        """The k best allowed items by `votes`.

        Args:
            codes: As in `votes`.
            weights: As in `votes`.
            k: How many at most.
            allowed: Items that may be proposed, shape (n_items,); None allows all.
            but: Items that are not, rising.
        """
        items, shares = self._shares(codes, weights)
        if len(items) * _FEW <= len(self):
            touched, votes = _few(items, shares)
            if but is not None and len(but) and len(touched):
                other = but[np.minimum(but.searchsorted(touched), len(but) - 1)] != touched
                touched, votes = touched[other], votes[other]
            return best_among(touched, votes, k, allowed)
        sums = np.bincount(items, shares, minlength=len(self)).astype(np.float64, copy=False)
        if but is not None:
            sums[but] = 0.0
        return above_zero_of(sums, k, allowed)

    def _shares(self, codes: Codes, weights: NDArray[np.float64]) -> tuple[Codes, NDArray[np.float64]]:
        """All cells of some rows, each times its row's weight."""
        starts = self.ptr[codes]
        lengths = self.ptr[codes + 1] - starts
        ends = lengths.cumsum()
        if not len(ends) or not ends[-1]:
            return NOTHING[0], np.zeros(0)
        at = (starts - ends + lengths).repeat(lengths)
        at += np.arange(ends[-1])
        shares = weights.repeat(lengths)
        shares *= self.scores[at]
        return self.items[at], shares

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


def _few(items: Codes, shares: NDArray[np.float64]) -> tuple[Codes, NDArray[np.float64]]:
    """Distinct items, rising, and the sum of the shares of each, where it is not 0."""
    touched, place = distinct(items)
    votes = np.bincount(place, shares, minlength=len(touched)).astype(np.float64, copy=False)
    some = votes != 0
    return (touched, votes) if some.all() else (touched[some], votes[some])


def cooccurrence(x: sparse.csr_matrix) -> Iterator[tuple[slice, sparse.csr_matrix]]:
    """`x.T @ x` in row blocks, so that memory stays bounded however dense the whole would be.

    The time it takes is that of all pairs of cells in a row of `x`; see `capped`.

    Args:
        x: Units (people, sessions, baskets) by items.

    Yields:
        Which rows, and the block, shape (rows, n_items), columns in any order.
    """
    n = x.shape[1]
    columns = x.T.tocsr()
    # A cell of `x` meets all cells of its row: no item has more neighbours than that adds up to, or than there are.
    met = np.bincount(x.indices, np.repeat(np.diff(x.indptr), np.diff(x.indptr)), minlength=n)
    cells = np.cumsum(np.minimum(met, n))
    start = 0
    while start < n:
        before = cells[start - 1] if start else 0.0
        stop = max(start + 1, int(np.searchsorted(cells, before + _BLOCK_CELLS, side="right")))
        yield slice(start, stop), (columns[start:stop] @ x).tocsr()
        start = stop


def capped(x: sparse.csr_matrix, most: int) -> sparse.csr_matrix:
    """The `most` highest cells of each row, so that a few who use everything do not take all the time.

    Pairs grow with the square of a row, and a row of thousands says little of what goes together. Of equal cells those
    stay that a fixed shuffle of the columns puts first.

    Args:
        x: Units by items.
        most: Cells kept a row.
    """
    lengths = np.diff(x.indptr)
    long = np.flatnonzero(lengths > most)
    if not len(long):
        return x
    at, row = _cells(x.indptr, long)
    shuffled = (x.indices[at].astype(np.uint64) + np.uint64(1)) * _SHUFFLE
    order = ranked(row, x.data[at], shuffled)
    place = np.arange(len(order)) - np.repeat(np.cumsum(lengths[long]) - lengths[long], lengths[long])
    keep = np.ones(len(x.data), bool)
    keep[at[order[place >= most]]] = False
    ptr = np.concatenate([[0], np.cumsum(np.minimum(lengths, most))]).astype(x.indptr.dtype)
    return sparse.csr_matrix((x.data[keep], x.indices[keep], ptr), shape=x.shape)


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


def _strongest(block: sparse.csr_matrix, top: int) -> tuple[Offsets, Codes, Scores]:
    """How many cells are kept of each row, and their columns and values, best first."""
    row = np.repeat(np.arange(block.shape[0]), np.diff(block.indptr))
    keep = np.flatnonzero(block.data > 0)
    row, codes, data = row[keep], block.indices[keep].astype(np.int32, copy=False), block.data[keep]
    data = data.astype(np.float32, copy=False)
    lengths = np.bincount(row, minlength=block.shape[0])
    keep = np.flatnonzero(data >= _edges(lengths, data, top)[row])
    row, codes, data = row[keep], codes[keep], data[keep]
    order = ranked(row, data, codes)
    lengths = np.bincount(row, minlength=block.shape[0])
    place = np.arange(len(order)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    order = order[place < top]
    return np.minimum(lengths, top).astype(np.int64), codes[order], data[order]


def _edges(lengths: NDArray[np.int64], data: Scores, top: int) -> Scores:
    """The `top`-th highest value of each row, 0 for a row that has no more; `data` holds row after row."""
    edges = np.zeros(len(lengths), np.float32)
    ptr = np.concatenate([[0], np.cumsum(lengths)])
    width = top
    while width < lengths.max(initial=0):
        some = np.flatnonzero((lengths > width) & (lengths <= 2 * width))
        if len(some):  # rows of nearly one length as a matrix
            at, place = _cells(ptr, some)
            table = np.zeros((len(some), 2 * width), np.float32)
            column = np.arange(len(at)) - np.repeat(np.cumsum(lengths[some]) - lengths[some], lengths[some])
            table[place, column] = data[at]
            table.partition(2 * width - top, axis=1)
            edges[some] = table[:, 2 * width - top]
        width *= 2
    return edges


def _cells(ptr: NDArray[np.integer], rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where the cells of some rows stand, and in which of these rows each is."""
    lengths = ptr[rows + 1] - ptr[rows]
    ends = np.cumsum(lengths)
    at = np.arange(ends[-1]) + np.repeat(ptr[rows] - ends + lengths, lengths)
    return at, np.repeat(np.arange(len(rows)), lengths)
