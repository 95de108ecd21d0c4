"""How a candidate stands to what the request is about: the page's item, the basket, what just ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.features.batch import Batch
from penchant.features.columns import of_columns
from penchant.features.feature import Feature
from penchant.features.pairs import Pairs
from penchant.features.past import cut
from penchant.features.ragged import rows_of, taken
from penchant.slate import Codes, Reason

_FEW = 16
"""Seeds of one request up to which candidates are held against each."""
_MOST = 5.0
"""Doublings beyond which a ratio says no more."""


def same_as_seed(name: str, field: str, about: str, *, reason: Reason | None = None) -> Feature:
    """Share of the request's seeds that have the candidate's value of `field`; NaN without a value on either side."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        seeds = _seeds(batch)
        if not len(seeds.items):
            return _nothing(batch)
        code, own = batch.category(field), batch.codes(field).take(seeds.items)
        of_all = np.bincount(seeds.row[own >= 0], minlength=len(batch.queries)).take(batch.row)
        count = _count(batch, seeds.row, own, code, lambda: len(batch.table.category(field).names))
        share = np.full(len(code), np.nan)
        np.divide(count, of_all, out=share, where=(code >= 0) & (of_all > 0))
        return share.astype(np.float32)

    return Feature(name, "share", (field,), about, compute, reason)


def tags_of_seed(name: str, field: str, about: str, *, reason: Reason | None = None) -> Feature:
    """Share of the candidate's tags that a seed has too; NaN without tags on either side."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        seeds, tags, items = _seeds(batch), batch.table.tags(field), batch.candidates.items
        if not len(seeds.items):
            return _nothing(batch)
        sizes = np.diff(tags.ptr)
        row = seeds.row.repeat(sizes[seeds.items])
        has = np.bincount(row, minlength=len(batch.queries)).take(batch.row) > 0
        mine = sizes.take(items)
        entry = np.arange(len(items)).repeat(mine)
        asked = tags.codes[taken(tags.ptr, items)]
        shape = (len(batch.queries), len(tags.names))
        pairs = Pairs.of(row, tags.codes[taken(tags.ptr, seeds.items)], batch.row.take(entry), asked, shape)
        shared = np.bincount(entry[pairs.counts().take(pairs.asked) > 0], minlength=len(items))
        with np.errstate(invalid="ignore", divide="ignore"):
            share = shared / mine
        return np.where(has & (mine > 0), share, np.nan).astype(np.float32)

    return Feature(name, "share", (field,), about, compute, reason)


def ratio_to_seed(name: str, field: str, about: str, *, reason: Reason | None = None) -> Feature:
    """log2 of the candidate's number against the seeds' (their geometric mean); NaN without a number on either side."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        number, seeds, n = batch.numbers(field), _seeds(batch), len(batch.queries)
        if not len(seeds.items):
            return _nothing(batch)
        log = batch.kept(("log2", field), lambda: of_columns("log2", (number,), lambda: _log2(number)))
        told = log.take(seeds.items)
        good = np.isfinite(told)
        sums, counts = np.bincount(seeds.row[good], told[good], n), np.bincount(seeds.row[good], minlength=n)
        level = np.full(n, np.nan)
        np.divide(sums, counts, out=level, where=counts > 0)
        value = log.take(batch.at) - level.take(batch.row)
        return cut(value, -_MOST, _MOST)

    return Feature(name, "log2 ratio", (field,), about, compute, reason, -_MOST, _MOST)


def is_seed(name: str, about: str) -> Feature:
    """1 for a candidate that the request is about itself, else 0."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        seeds, items = _seeds(batch), batch.candidates.items
        if not len(seeds.items):
            return np.zeros(len(items), np.float32)
        found = _count(batch, seeds.row, seeds.items, items, lambda: len(batch.table))
        return (found > 0).astype(np.float32)

    return Feature(name, "share", (), about, compute)


def _count(batch: Batch, row: NDArray[np.int64], own: Codes, asked: Codes, n: Callable[[], int]) -> NDArray[np.int64]:
    """How many seeds of its request have the code of each candidate; 0 for codes below 0."""
    if len(batch.queries) == 1 and len(own) <= _FEW:
        found = np.zeros(len(asked), np.int64)
        for code in own.tolist():
            if code >= 0:
                found += asked == code
        return found
    pairs = Pairs.of(row, own, batch.row, asked, (len(batch.queries), n()))
    return pairs.counts().take(pairs.asked)


def _nothing(batch: Batch) -> NDArray[np.float32]:
    """What is said where no request is about anything."""
    return np.full(len(batch.candidates.items), np.nan, np.float32)


@dataclass(frozen=True)
class _Seeds:
    """Seeds of the item space, and the request of each."""

    row: NDArray[np.int64]
    items: Codes


def _seeds(batch: Batch) -> _Seeds:
    def make() -> _Seeds:
        row, items = rows_of(batch.queries.seed_ptr), batch.queries.seeds
        good = (items >= 0) & (items < len(batch.table))
        return _Seeds(row[good], items[good])

    return batch.once("seeds", make)


def _log2(number: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(number > 0, np.log2(number), np.nan)
