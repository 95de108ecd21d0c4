"""One vector an item, of which some are replaced now and then."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from penchant.models.blend import distinct
from penchant.slate import Codes

_LEAST = 1_024
_SHARE = 8

Profile = NDArray[np.float32]
"""A point among the items' vectors: its sparse columns, then its dense ones; shape (features + dims,)."""


@dataclass(frozen=True)
class Rows:
    """Vectors with a sparse part and a dense one.

    Attributes:
        cells: Sparse part, shape (n, features), float32.
        points: Dense part, shape (n, dims), float32; often without columns.
    """

    cells: sparse.csr_matrix
    points: NDArray[np.float32]

    def __len__(self) -> int:
        """Number of rows."""
        return int(self.cells.shape[0])

    @property
    def width(self) -> int:
        """Columns of both parts together."""
        return int(self.cells.shape[1] + self.points.shape[1])

    @classmethod
    def none(cls, like: Rows, n: int = 0) -> Rows:
        """Rows of zeros, as wide as others."""
        nothing = np.zeros(0, np.float32), np.zeros(0, np.int32), np.zeros(n + 1, np.int32)
        cells = sparse.csr_matrix(nothing, shape=(n, like.cells.shape[1]))
        return cls(cells, np.zeros((n, like.points.shape[1]), np.float32))

    def taken(self, at: NDArray[np.integer]) -> Rows:
        """Some rows, in this order."""
        return Rows(self.cells[at], self.points[at])

    def then(self, other: Rows) -> Rows:
        """These rows, and others behind them."""
        cells = sparse.vstack([self.cells, other.cells], format="csr", dtype=np.float32)
        return Rows(cells, np.concatenate([self.points, other.points]))

    def dot(self, profile: Profile) -> NDArray[np.float32]:
        """Dot product of every row with a profile."""
        features = self.cells.shape[1]
        products: NDArray[np.float32] = self.cells @ profile[:features]
        if self.points.shape[1]:
            products += self.points @ profile[features:]
        return products

    def sum(self, at: NDArray[np.integer], shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum of some rows, each times its share; shape (width,)."""
        columns, told = self._told(at, shares)
        sums = np.bincount(columns, told, minlength=self.width).astype(np.float64, copy=False)
        if self.points.shape[1]:
            # One product after the other: a matrix product would round otherwise for one row than for many.
            sums[self.cells.shape[1] :] = np.einsum("i,ij->j", shares, self.points[at])
        return sums

    def few(
        self, at: NDArray[np.integer], shares: NDArray[np.float64]
    ) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """As `sum`, for a few rows: the sparse columns that they have, rising, and the sum in each."""
        columns, told = self._told(at, shares)
        columns, place = distinct(columns)
        return columns, np.bincount(place, told, minlength=len(columns)).astype(np.float64, copy=False)

    def _told(
        self, at: NDArray[np.integer], shares: NDArray[np.float64]
    ) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """All cells of some rows: their columns, and what is in them times the row's share."""
        starts = self.cells.indptr[at]
        lengths = self.cells.indptr[at + 1] - starts
        ends = lengths.cumsum()
        cells = (starts - ends + lengths).repeat(lengths) + np.arange(ends[-1] if len(ends) else 0)
        told = shares.repeat(lengths)
        told *= self.cells.data[cells]
        return self.cells.indices[cells], told


@dataclass(frozen=True)
class ItemVectors:
    """The vectors of all items: those of the fit, and over them those of items that came or changed since.

    Attributes:
        base: Vectors of the first items, by code.
        codes: Items whose vectors stand in `over` instead, rising.
        over: Their vectors.
        n_items: Items there are; one that is neither in `base` nor in `over` has nothing in common with any.
    """

    base: Rows
    codes: Codes
    over: Rows
    n_items: int

    @classmethod
    def of(cls, rows: Rows) -> ItemVectors:
        """The vectors of the first items, in the order of their codes."""
        return cls(rows, np.zeros(0, np.int32), Rows.none(rows), len(rows))

    def dot(self, profile: Profile) -> NDArray[np.float32]:
        """Dot product of every item's vector with a profile, shape (n_items,)."""
        if not len(self.codes) and self.n_items == len(self.base):
            return self.base.dot(profile)
        products = np.zeros(self.n_items, np.float32)
        products[: len(self.base)] = self.base.dot(profile)
        products[self.codes] = self.over.dot(profile)
        return products

    def dot_of(self, codes: Codes, profile: Profile) -> NDArray[np.float32]:
        """Dot product of some items' vectors with a profile, in time proportional to them.

        Args:
            codes: Items of the item space, rising, each once.
            profile: The point.
        """
        products = np.zeros(len(codes), np.float32)
        base = int(np.searchsorted(codes, len(self.base)))
        products[:base] = self.base.taken(codes[:base]).dot(profile)
        if len(self.codes):
            at = np.minimum(np.searchsorted(codes, self.codes), max(len(codes) - 1, 0))
            told = np.flatnonzero(codes[at] == self.codes) if len(codes) else at[:0]
            products[at[told]] = self.over.taken(told).dot(profile)
        return products

    def mean(self, codes: Codes, weights: NDArray[np.float64]) -> Profile:
        """Weighted mean of some items' vectors; of one at least."""
        shares = weights / weights.sum()
        if not len(self.codes) and self.n_items == len(self.base):
            return self.base.sum(codes, shares).astype(np.float32)
        at = np.searchsorted(self.codes, codes)
        over = np.zeros(len(codes), bool)
        inside = at < len(self.codes)
        over[inside] = self.codes[at[inside]] == codes[inside]
        base = ~over & (codes < len(self.base))
        sums = self.base.sum(codes[base], shares[base])
        if over.any():
            sums += self.over.sum(at[over], shares[over])
        return sums.astype(np.float32)

    def less(self, profile: Profile, share: float, codes: Codes, weights: NDArray[np.float64]) -> None:
        """Take a share of the `mean` of some items off a profile."""
        if len(self.codes) or self.n_items != len(self.base) or self.base.points.shape[1]:
            profile -= share * self.mean(codes, weights)
            return
        columns, sums = self.base.few(codes, weights / weights.sum())
        profile[columns] -= share * sums.astype(np.float32)

    def told(self, codes: Codes, rows: Rows, n_items: int) -> ItemVectors:
        """The vectors with some items told anew.

        This copies what was told since the fit; once that is an eighth of all, it becomes part of the base.

        Args:
            codes: Items, rising.
            rows: Their vectors.
            n_items: Items there are from now on.
        """
        stay = np.flatnonzero(~np.isin(self.codes, codes))
        held = np.concatenate([self.codes[stay], codes]).astype(np.int32)
        order = np.argsort(held)
        over = self.over.taken(stay).then(rows).taken(order)
        told = ItemVectors(self.base, held[order], over, n_items)
        return told.folded() if len(held) > max(_LEAST, len(self.base) // _SHARE) else told

    def folded(self) -> ItemVectors:
        """The same vectors, all in the base."""
        if not len(self.codes) and self.n_items == len(self.base):
            return self
        n, most = len(self.base), len(self.base) + len(self.over)
        at = np.full(self.n_items, most, np.int64)  # the row of zeros behind all others
        at[:n] = np.arange(n)
        at[self.codes] = n + np.arange(len(self.over))
        return ItemVectors.of(self.base.then(self.over).then(Rows.none(self.base, 1)).taken(at))
