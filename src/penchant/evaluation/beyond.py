"""What lists are worth beside being right: how known, how varied, how much like the person what they show is.

One value a person, over the first ten places; NaN where the metric says nothing of somebody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from penchant.catalog import Attribute, ItemTable
from penchant.dataset import Dataset, Queries
from penchant.evaluation.eligible import contains, stood
from penchant.events import Role
from penchant.slate import Codes

PLACES = 10
"""Places of a list that count."""

SMOOTHING = 0.01
"""Share of the person's own mix in the list's, so that what a list lacks costs much but not everything (Steck 2018)."""

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Beside:
    """A metric beside accuracy.

    Attributes:
        about: One sentence with the unit.
        better: Which way is better as a rule; None where neither is.
    """

    about: str
    better: Literal["higher", "lower"] | None


BEYOND: dict[str, Beside] = {
    "novelty@10": Beside("How few people had the items shown, in bits: -log2 of their share.", "higher"),
    "diversity@10": Beside("How unlike one another the items of a list are, 0 to 1.", "higher"),
    "calibration@10": Beside("How far the list's mix of categories is from the person's own, in bits.", "lower"),
    "popularity-lift@10": Beside("Popularity of what is shown over that of what the person had; 1 is the same.", None),
    "repeat-share@10": Beside("Share of the list that the person had before.", None),
}
"""Metrics of every domain beside the ranking metrics, in the order of reports."""


@dataclass(frozen=True)
class Beyond:
    """What the metrics need to know of one window's requests; made once, and asked for each model's lists.

    Attributes:
        share: Share of people who had any event with an item before, shape (n_items,), above 0.
        traits: What makes two items alike: a matrix of rows of unit sum a field with its weight, (n_items, names).
        numbers: Number fields as logarithms with their weights.
        mix: Categories of items, rows sum to 1 or are empty; None where the catalog has none.
        own: The people's own mix of categories, rows sum to 1 or are empty.
        usual: Mean popularity of what each person had, shape (n,); NaN for those without a history.
        had: Ascending keys (row times n_items plus item) of what each had.
    """

    share: Values
    traits: tuple[tuple[sparse.csr_matrix, float], ...]
    numbers: tuple[tuple[Values, float], ...]
    mix: sparse.csr_matrix | None
    own: sparse.csr_matrix | None
    usual: Values
    had: NDArray[np.int64]

    @classmethod
    def of(cls, train: Dataset, queries: Queries, attributes: Sequence[Attribute]) -> Beyond:
        """Read what was known before the window.

        Args:
            train: What was known at the cut.
            queries: The requests that are judged.
            attributes: What makes two items alike, as the pack has it; texts are left out.
        """
        n_items, table = len(train.items), train.table
        share = _shares(train)
        row = np.repeat(np.arange(len(queries)), np.diff(queries.ptr))
        told = (queries.roles != int(Role.REVERSAL)) & (queries.items >= 0) & (queries.items < n_items)
        had = np.unique(row[told] * n_items + queries.items[told])
        liked = told & (queries.weights > 0)
        counts = np.bincount(row[liked], minlength=len(queries))
        usual = np.bincount(row[liked], share[queries.items[liked]], len(queries))
        mix = _mix(table, attributes)
        own = None
        if mix is not None:
            shape = (len(queries), n_items)
            history = sparse.csr_matrix((np.ones(int(liked.sum())), (row[liked], queries.items[liked])), shape)
            own = _unit_rows(history @ mix)
        named = [(_names(table, a), a.weight) for a in attributes if a.kind in ("category", "tags")]
        numbers = [(np.log(_positive(table.number(a.field))), a.weight) for a in attributes if a.kind == "number"]
        return cls(
            share,
            tuple((names, weight) for names, weight in named if names.nnz),
            tuple((values, weight) for values, weight in numbers if not np.isnan(values).all()),
            mix,
            own,
            _ratio(usual, counts),
            had,
        )

    def measure(self, lists: Codes, *, repeats: bool) -> dict[str, Values]:
        """Every metric of `BEYOND` for every row.

        Args:
            lists: Item codes, shape (n, at least the places that count), -1 for empty places.
            repeats: Whether lists may repeat what the person had; if not, their share says nothing.
        """
        top = lists[:, :PLACES]
        there = top >= 0
        size = there.sum(axis=1)
        popularity = np.where(there, self.share[top], 0.0)
        shown = _ratio(popularity.sum(axis=1), size)
        out = {
            "novelty@10": _ratio(np.where(there, -np.log2(self.share[top]), 0.0).sum(axis=1), size),
            "diversity@10": self._diversity(top),
            "calibration@10": self._calibration(top),
            "popularity-lift@10": shown / self.usual,
        }
        if repeats:
            keys = np.arange(len(top))[:, None] * len(self.share) + top
            out["repeat-share@10"] = _ratio((contains(self.had, keys) & there).sum(axis=1), size)
        return out

    def _diversity(self, top: Codes) -> Values:
        """Mean distance of all pairs of a list (Ziegler et al. 2005), by attributes that both items have."""
        if not self.traits and not self.numbers:
            return np.full(len(top), np.nan)
        first, second = np.triu_indices(top.shape[1], 1)
        a, b = top[:, first], top[:, second]
        row, pair = np.nonzero((a >= 0) & (b >= 0))
        n = np.int64(len(self.share))
        low, high = np.minimum(a[row, pair], b[row, pair]), np.maximum(a[row, pair], b[row, pair])
        # Lists share most of their pairs, so each pair is worked out once.
        keys, place = np.unique(low * n + high, return_inverse=True)
        known = self._distances(keys // n, keys % n)[place]
        told = ~np.isnan(known)
        total = np.bincount(row[told], known[told], len(top))
        return _ratio(total, np.bincount(row[told], minlength=len(top)))

    def _distances(self, low: NDArray[np.int64], high: NDArray[np.int64]) -> Values:
        """Distance of items, 0 to 1, the weighted mean over the attributes that both have; NaN without any."""
        total, weights = np.zeros(len(low)), np.zeros(len(low))
        for names, weight in self.traits:
            sizes = np.diff(names.indptr)
            both = (sizes[low] > 0) & (sizes[high] > 0)
            shared = np.asarray(names[low[both]].multiply(names[high[both]]).sum(axis=1)).ravel()
            union = sizes[low[both]] + sizes[high[both]] - shared
            total[both] += weight * (1.0 - shared / union)
            weights[both] += weight
        for values, weight in self.numbers:
            apart = np.abs(values[low] - values[high])
            both = ~np.isnan(apart)
            total[both] += weight * (1.0 - np.exp(-apart[both]))
            weights[both] += weight
        return _ratio(total, weights)

    def _calibration(self, top: Codes) -> Values:
        """Kullback-Leibler divergence of the list's mix from the person's (Steck, "Calibrated recommendations", 2018).

        The list's mix takes in a little of the person's, so that one missing category costs much but not everything.
        """
        if self.mix is None or self.own is None:
            return np.full(len(top), np.nan)
        row, place = np.nonzero(top >= 0)
        shape = (len(top), len(self.share))
        listed = _unit_rows(sparse.csr_matrix((np.ones(len(row)), (row, top[row, place])), shape) @ self.mix)
        own = self.own.tocoo()
        mine = np.asarray(listed[own.row, own.col]).ravel() if own.nnz else np.zeros(0)
        smooth = (1.0 - SMOOTHING) * mine + SMOOTHING * own.data
        spread = np.bincount(own.row, own.data * np.log2(own.data / smooth), len(top))
        said = (np.diff(self.own.indptr) > 0) & (np.diff(listed.indptr) > 0)
        return np.where(said, np.maximum(spread, 0.0), np.nan)


def _shares(train: Dataset) -> Values:
    """Share of people who had an event with each item; what nobody had counts as half a person's."""
    rows = train.interactions
    kept = stood(rows, train.now) & (rows.role != int(Role.IMPRESSION))
    pairs = np.unique(rows.person[kept].astype(np.int64) * max(len(train.items), 1) + rows.item[kept])
    people = max(len(np.unique(rows.person[kept])), 1)
    had = np.bincount(pairs % max(len(train.items), 1), minlength=len(train.items))
    return np.maximum(had, 0.5) / people


def _mix(table: ItemTable, attributes: Sequence[Attribute]) -> sparse.csr_matrix | None:
    """What a person's tastes are a mix of: the weightiest category or tags field that any item has."""
    named = [a for a in attributes if a.kind in ("category", "tags")]
    for attribute in sorted(named, key=lambda a: -a.weight):
        names = _names(table, attribute)
        if names.nnz:
            return _unit_rows(names)
    return None


def _names(table: ItemTable, attribute: Attribute) -> sparse.csr_matrix:
    """One where an item has a name, shape (n_items, names)."""
    tags = table.tags(attribute.field)
    names = sparse.csr_matrix(
        (np.ones(len(tags.codes)), np.asarray(tags.codes), np.asarray(tags.ptr)), (len(table), max(len(tags.names), 1))
    )
    names.sum_duplicates()
    names.data[:] = 1.0
    return names


def _unit_rows(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Rows that sum to 1, or are empty."""
    made = sparse.csr_matrix(matrix)
    made.eliminate_zeros()
    sums = np.asarray(made.sum(axis=1)).ravel()
    made.data /= np.repeat(sums, np.diff(made.indptr))
    return made


def _positive(numbers: NDArray[np.float64]) -> Values:
    return np.where(numbers > 0, numbers, np.nan)


def _ratio(part: NDArray[np.floating | np.integer], whole: NDArray[np.floating | np.integer]) -> Values:
    out: Values = np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
    return out
