"""Where a candidate stands in a sequence that has an order of its own, and what has to come before it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.events import Role
from penchant.features.batch import Batch
from penchant.features.columns import of_columns
from penchant.features.feature import Feature
from penchant.features.meeting import ITSELF
from penchant.features.pairs import Pairs
from penchant.features.past import Floats, cut, last_of_item, of_roles, past
from penchant.features.ragged import taken
from penchant.features.ties import declared, ties
from penchant.slate import Codes, Reason

FAR = 1_000.0
"""Distances in a sequence are cut here."""


def next_in(name: str, series: str, position: str, about: str, *, reason: Reason | None = None) -> Feature:
    """1 for the first place of a series the person has begun that follows the furthest goal reached in it, else 0.

    Args:
        name: Feature name.
        series: Category field naming the series.
        position: Number field, the place in it.
        about: One sentence.
        reason: Told when it moved an item up.
    """

    def compute(batch: Batch) -> NDArray[np.float32]:
        codes, place = batch.table.category(series).codes, batch.table.number(position)
        before = of_columns("before", (codes, place), lambda: _before(codes, place))
        own, done = batch.number(position), _reached(batch, series, position)
        # Places may leave gaps: the next one is that which has nothing between itself and the furthest reached.
        following = np.isfinite(done) & (own > done) & (before[batch.candidates.items] <= done)
        return following.astype(np.float32)

    return Feature(name, "share", (series, position), about, compute, reason, by=declared(series))


def ahead_in(name: str, series: str, position: str, about: str) -> Feature:
    """Places between a candidate and the furthest goal reached in its series; below 0 behind it.

    NaN for items of no series, and for series in which no goal was reached.
    """

    def compute(batch: Batch) -> NDArray[np.float32]:
        done = _reached(batch, series, position)
        ahead = batch.number(position) - np.where(np.isfinite(done), done, np.nan)
        return cut(ahead, -FAR, FAR)

    return Feature(name, "places", (series, position), about, compute, low=-FAR, high=FAR, by=declared(series))


def share_done(name: str, series: str, about: str) -> Feature:
    """Share of the items of a candidate's series, as the catalog has them, that the person reached the goal with.

    NaN for items of no series.
    """

    def compute(batch: Batch) -> NDArray[np.float32]:
        tied, values = ties(batch, series), batch.table.category(series)

        def count() -> NDArray[np.int64]:
            return np.bincount(values.codes[values.codes >= 0], minlength=len(values.names) + 1)

        done = tied.mean(tied.total(last_of_item(batch, (Role.GOAL,)).astype(np.float64)))
        size = of_columns("sizes and one", (values.codes,), count)[batch.category(series)]
        out = np.full(len(done), np.nan)
        np.divide(done, size, out=out, where=tied.has & (size > 0))
        return cut(out, 0.0, 1.0)

    return Feature(name, "share", (series,), about, compute, by=(*declared(series), ITSELF))


def needs_met(name: str, needs: str, about: str, *, reason: Reason | None = None) -> Feature:
    """Share of what a candidate needs first, named by id in a tags field, that the person reached the goal with.

    1 for what needs nothing. An id that no item has can never be met.
    """

    def compute(batch: Batch) -> NDArray[np.float32]:
        table, found, items = batch.table, past(batch), batch.candidates.items
        tags = table.tags(needs)

        def rows() -> Codes:
            return np.array([table.row(one) for one in tags.names], np.int32)[tags.codes]

        needed = of_columns(("needs", needs, len(table)), (tags.ptr, tags.codes), rows)
        sizes = np.diff(tags.ptr)[items]
        of, goal = np.arange(len(items)).repeat(sizes), of_roles(batch, (Role.GOAL,))
        asked, shape = needed[taken(tags.ptr, items)], (len(batch.queries), len(table))
        pairs = Pairs.of(found.row[goal], found.items[goal], batch.row[of], asked, shape)
        met = np.bincount(of, pairs.counts()[pairs.asked] > 0, len(items))
        out = np.ones(len(items))
        np.divide(met, sizes, out=out, where=sizes > 0)
        return out.astype(np.float32)

    return Feature(name, "share", (needs,), about, compute, reason)


def tags_told(name: str, field: str, about: str) -> Feature:
    """How many values a tags field has."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        sizes = np.diff(batch.table.tags(field).ptr)[batch.candidates.items]
        return np.minimum(sizes, FAR).astype(np.float32)

    return Feature(name, "count", (field,), about, compute, high=FAR)


def above_reached(name: str, level: str, group: str, about: str) -> Feature:
    """How far the candidate's level lies above the highest the person finished in its group (0: none yet)."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        done = _reached(batch, group, level)
        step = batch.number(level) - np.where(np.isfinite(done), done, 0.0)
        return cut(step, -FAR, FAR)

    return Feature(name, "levels", (level, group), about, compute, low=-FAR, high=FAR, by=declared(group))


def _reached(batch: Batch, series: str, position: str) -> Floats:
    """The furthest place of each candidate's series at which the goal was reached; `-inf` where it never was."""

    def make() -> Floats:
        tied, place = ties(batch, series), batch.table.number(position)[past(batch).items]
        return tied.highest(tied.latest(place, of_roles(batch, (Role.GOAL,)) & np.isfinite(place)))

    return batch.once(("reached", series, position), make)


def _before(codes: Codes, place: NDArray[np.float64]) -> NDArray[np.float64]:
    """The place that comes before each item's own in its series; `-inf` where none does."""
    at = np.flatnonzero((codes >= 0) & np.isfinite(place))
    at = at[np.lexsort((place[at], codes[at]))]
    code, own = codes[at], place[at]
    fresh = np.append(True, (np.diff(code) != 0) | (np.diff(own) != 0))[: len(at)]
    start = np.maximum.accumulate(np.where(fresh, np.arange(len(at)), 0))
    earlier = np.maximum(start - 1, 0)
    out = np.full(len(codes), -np.inf)
    out[at] = np.where((start > 0) & (code[earlier] == code), own[earlier], -np.inf)
    return out
