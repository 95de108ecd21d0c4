"""One vector an item, of which some are replaced now and then."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from penchant.models.blend import distinct
from penchant.models.choice import NOTHING, Allowed, above_zero_of, best_among
from penchant.slate import Codes

_LEAST = 1_024
_SHARE = 8
_PICKED = 8
"""Where more than one item of so many stands out, all are looked at whole."""
_ROUNDING = 1e-4
"""More than single precision adds to a product of vectors that are hardly longer than 1, or takes off it."""

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

    @cached_property
    def longest(self) -> float:
        """Length of the longest dense part, rounded up."""
        squares = np.einsum("ij,ij->i", self.points, self.points, dtype=np.float64)
        return float(np.sqrt(squares.max(initial=0.0))) * (1.0 + 1e-6)

    def dot(self, profile: Profile) -> NDArray[np.float32]:
        """Dot product of every row with a profile."""
        features = self.cells.shape[1]
        products: NDArray[np.float32] = self.cells @ profile[:features]
        if self.points.shape[1]:
            products += self.points @ profile[features:]
        return products

    def sums(
        self, at: NDArray[np.integer], shares: NDArray[np.float64]
    ) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Sum of some rows, each times its share: the columns that hold any of it, rising, and what each sums up to."""
        columns, told = self._told(at, shares)
        columns, place = distinct(columns)
        sums = np.bincount(place, told, minlength=len(columns)).astype(np.float64, copy=False)
        if self.points.shape[1]:
            columns = np.concatenate([columns, np.arange(self.cells.shape[1], self.width, dtype=np.int32)])
            # One product after the other: a matrix product would round otherwise for one row than for many.
            sums = np.concatenate([sums, np.einsum("i,ij->j", shares, self.points[at])])
        return columns, sums

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
        return self._with_points(self._dot_of_cells(profile), profile)

    def best(
        self, profile: Profile, k: int, allowed: Allowed = None, but: int | None = None
    ) -> tuple[Codes, NDArray[np.float32]]:
        """The k best allowed items by `dot`, of those above 0; equal products stand in code order.

        Args:
            profile: The point.
            k: Items at most.
            allowed: Items that may be proposed, shape (n_items,); None allows all.
            but: An item that is not.
        """
        products = self._dot_of_cells(profile)
        if but is not None:
            products[but] = 0.0
        if self.base.points.shape[1]:
            few = self._outstanding(products, profile, k, allowed)
            if len(few):
                some = self.dot_of(few, profile)
                return best_among(few[some > 0], some[some > 0], k)
            products = self._with_points(products, profile)
            if but is not None:
                products[but] = 0.0
        return above_zero_of(products, k, allowed)

    def _outstanding(self, products: NDArray[np.float32], profile: Profile, k: int, allowed: Allowed) -> Codes:
        """Allowed items, rising, among which are the k best, told by `_dot_of_cells`; none where it tells too little.

        Dense parts are short where sparse ones say most, and what they can add is no more than their length allows. So
        few items need to be looked at whole, and the dense parts of all others are not read.
        """
        first, _ = above_zero_of(products, k, allowed)
        if not 0 < k == len(first):
            return NOTHING[0]
        longest = max(self.base.longest, self.over.longest)
        most = longest * float(np.linalg.norm(profile[self.base.cells.shape[1] :])) + _ROUNDING
        edge = float(self.dot_of(np.sort(first), profile).min()) - most
        if edge <= 0:
            return NOTHING[0]
        at = np.flatnonzero(products >= np.float32(edge))
        if len(at) * _PICKED > len(products):
            return NOTHING[0]
        return (at if allowed is None else at[allowed[at]]).astype(np.int32)

    def _dot_of_cells(self, profile: Profile) -> NDArray[np.float32]:
        """As `dot`, of the sparse parts alone."""
        features = self.base.cells.shape[1]
        if not len(self.codes) and self.n_items == len(self.base):
            found: NDArray[np.float32] = self.base.cells @ profile[:features]
            return found
        products = np.zeros(self.n_items, np.float32)
        products[: len(self.base)] = self.base.cells @ profile[:features]
        products[self.codes] = self.over.cells @ profile[:features]
        return products

    def _with_points(self, products: NDArray[np.float32], profile: Profile) -> NDArray[np.float32]:
        """What `_dot_of_cells` gave, with the dense parts added to it in place."""
        features = self.base.cells.shape[1]
        if features < self.base.width:
            products[: len(self.base)] += self.base.points @ profile[features:]
            if len(self.codes):
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
        columns, sums = self._sums(codes, weights / weights.sum())
        profile = np.zeros(self.base.width, np.float32)
        profile[columns] = sums
        return profile

    def less(self, profile: Profile, share: float, codes: Codes, weights: NDArray[np.float64]) -> None:
        """Take a share of the `mean` of some items off a profile."""
        columns, sums = self._sums(codes, weights / weights.sum())
        profile[columns] -= share * sums.astype(np.float32)

    def _sums(self, codes: Codes, shares: NDArray[np.float64]) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """As `Rows.sums`, of vectors as they stand now."""
        if not len(self.codes) and self.n_items == len(self.base):
            return self.base.sums(codes, shares)
        at = np.searchsorted(self.codes, codes)
        over = np.zeros(len(codes), bool)
        inside = at < len(self.codes)
        over[inside] = self.codes[at[inside]] == codes[inside]
        base = ~over & (codes < len(self.base))
        found = self.base.sums(codes[base], shares[base])
        if not over.any():
            return found
        more = self.over.sums(at[over], shares[over])
        columns, place = distinct(np.concatenate([found[0], more[0]]))
        sums = np.bincount(place, np.concatenate([found[1], more[1]]), minlength=len(columns))
        return columns, sums.astype(np.float64, copy=False)

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
