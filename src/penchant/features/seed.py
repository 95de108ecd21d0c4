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
from penchant.features.ragged import rows_of, taken
from penchant.slate import Codes, Reason

_FEW = 16
"""Seeds of one request up to which candidates are held against each."""
_MOST = 5.0
"""Doublings beyond which a ratio says no more."""


def same_as_seed(name: str, field: str, about: str, *, reason: Reason | None = None) -> Feature:
    """Share of the request's seeds that have the candidate's value of `field`; NaN without a value on either side."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        seeds, code = _seeds(batch), batch.category(field)
        own = batch.codes(field).take(seeds.items)
        of_all = np.bincount(seeds.row[own >= 0], minlength=len(batch.queries)).take(batch.row)
        with np.errstate(invalid="ignore", divide="ignore"):
            share = _count(batch, seeds.row, own, code, lambda: len(batch.table.category(field).names)) / of_all
        return np.where(code >= 0, share, np.nan).astype(np.float32)

    return Feature(name, "share", (field,), about, compute, reason)


def tags_of_seed(name: str, field: str, about: str, *, reason: Reason | None = None) -> Feature:
    """Share of the candidate's tags that a seed has too; NaN without tags on either side."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        seeds, tags, items = _seeds(batch), batch.table.tags(field), batch.candidates.items
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
        log = batch.kept(("log2", field), lambda: of_columns("log2", (number,), lambda: _log2(number)))
        told = log.take(seeds.items)
        good = np.isfinite(told)
        sums, counts = np.bincount(seeds.row[good], told[good], n), np.bincount(seeds.row[good], minlength=n)
        with np.errstate(invalid="ignore", divide="ignore"):
            value = log.take(batch.at) - (sums / counts).take(batch.row)
        return np.maximum(np.minimum(value, _MOST), -_MOST).astype(np.float32)

    return Feature(name, "log2 ratio", (field,), about, compute, reason, -_MOST, _MOST)


def is_seed(name: str, about: str) -> Feature:
    """1 for a candidate that the request is about itself, else 0."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        seeds, items = _seeds(batch), batch.candidates.items
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
