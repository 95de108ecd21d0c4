"""What each item says of the others: a sparse matrix that a batch of histories is multiplied with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from penchant.models.choice import NOTHING, Allowed, above_zero_of, allowed_in
from penchant.models.history_matrix import in_block, places
from penchant.slate import Candidates, Codes, Scores

_ROWS = 512
_FEW_CELLS = 20_000
"""Weights that are summed up sooner than a product of matrices has begun."""


@dataclass(frozen=True)
class ItemWeights:
    """Weights between the items of a block; items outside it say nothing and get no score.

    Attributes:
        block: Item codes, ascending, shape (m,).
        place: Place of each item in the block, -1 outside, shape (n_items,).
        weights: Row i is what item `block[i]` says of the items of the block, shape (m, m); may be below 0.
    """

    block: Codes
    place: Codes
    weights: sparse.csr_matrix

    @classmethod
    def of(cls, block: Codes, n_items: int, rows: Iterable[sparse.csr_matrix]) -> ItemWeights:
        """From the weights in consecutive row blocks.

        Args:
            block: Item codes, ascending, at least one.
            n_items: Size of the item space.
            rows: Float32, columns ascending, `len(block)` rows and columns in all.
        """
        return cls(block, places(block, n_items), sparse.vstack(list(rows), "csr"))

    def __len__(self) -> int:
        """Number of items, those outside the block included."""
        return len(self.place)

    def scores(self, histories: sparse.csr_matrix) -> sparse.csr_matrix:
        """Sums of what the items of each history say.

        Args:
            histories: Shape (n, n_items), float32.

        Returns:
            Shape (n, m), columns in no order.
        """
        scores: sparse.csr_matrix = in_block(histories, self.place, len(self.block)) @ self.weights
        return scores

    def retrieve(self, histories: sparse.csr_matrix, k: int, allowed: Allowed = None) -> Candidates:
        """The best k allowed items of each history, by a sum above 0.

        Args:
            histories: Shape (n, n_items), float32.
            k: Items a row at most.
            allowed: Items that may be proposed.
        """
        if histories.shape[0] == 1:
            return Candidates.from_rows([self.best(histories.indices, histories.data, k, allowed_in(allowed, 0))])
        rows = []
        for start in range(0, histories.shape[0], _ROWS):
            scores = self.scores(histories[start : start + _ROWS])
            for i, (a, b) in enumerate(zip(scores.indptr[:-1].tolist(), scores.indptr[1:].tolist(), strict=True)):
                codes, values = self.block[scores.indices[a:b]], scores.data[a:b]
                rows.append(above_zero(codes, values, k, allowed_in(allowed, start + i)))
        return Candidates.from_rows(rows)

    def best(self, items: Codes, told: Scores, k: int, allowed: Allowed = None) -> tuple[Codes, Scores]:
        """As `retrieve`, for one history; the same sums, without what a matrix product costs.

        Args:
            items: Items of the history, rising.
            told: What each counts.
            k: How many at most.
            allowed: Items that may be proposed, shape (n_items,); None allows all.
        """
        place = self.place[items]
        known = place >= 0
        place, told = place[known], told[known]
        starts = self.weights.indptr[place]
        lengths = self.weights.indptr[place + 1] - starts
        ends = lengths.cumsum()
        if not len(ends) or not ends[-1]:
            return NOTHING
        if ends[-1] > _FEW_CELLS:
            row = np.array([0, len(place)], np.int32)
            history = sparse.csr_matrix((told, place, row), shape=(1, len(self.block)))
            scores = history @ self.weights
            return above_zero(self.block[scores.indices], scores.data, k, allowed)
        at = (starts - ends + lengths).repeat(lengths) + np.arange(ends[-1])
        said = told.repeat(lengths)
        said *= self.weights.data[at]
        sums = np.zeros(len(self.block), np.float32)
        # One after the other and in single precision, as a product of sparse matrices adds them up.
        np.add.at(sums, self.weights.indices[at], said)
        places, scores = above_zero_of(sums, k, None if allowed is None else allowed[self.block])
        return self.block[places], scores

    def similar(self, items: Codes, k: int, allowed: Allowed = None) -> Candidates:
        """The best k allowed items of each item's row, by a weight above 0, never itself.

        Args:
            items: Item codes; those outside the block have empty rows.
            k: Items a row at most.
            allowed: Items that may be proposed.
        """
        rows = []
        for i, code in enumerate(items):
            if not 0 <= code < len(self) or self.place[code] < 0:
                rows.append(NOTHING)
                continue
            a, b = self.weights.indptr[self.place[code] : self.place[code] + 2]
            codes, values = self.block[self.weights.indices[a:b]], self.weights.data[a:b]
            other = codes != code
            rows.append(above_zero(codes[other], values[other], k, allowed_in(allowed, i)))
        return Candidates.from_rows(rows)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Everything, by name."""
        w = self.weights
        return {"block": self.block, "place": self.place, "ptr": w.indptr, "columns": w.indices, "weights": w.data}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> ItemWeights:
        """From `arrays()`; nothing is copied."""
        block, place, ptr, columns, data = (
            np.asarray(arrays[name]) for name in ("block", "place", "ptr", "columns", "weights")
        )
        return cls(block, place, sparse.csr_matrix((data, columns, ptr), shape=(len(block), len(block))))


def above_zero(codes: Codes, values: Scores, k: int, allowed: Allowed = None) -> tuple[Codes, Scores]:
    """The k best allowed items with a score above 0, equal scores by code; `codes` may stand in any order."""
    keep = values > 0
    if allowed is not None:
        keep &= allowed[codes]
    codes, values = codes[keep], values[keep]
    if k <= 0 or not len(codes):
        return NOTHING
    if k < len(codes):
        top = values >= np.partition(values, len(values) - k)[len(values) - k]
        codes, values = codes[top], values[top]
    order = np.lexsort((codes, -values))[:k]
    return codes[order], values[order]
