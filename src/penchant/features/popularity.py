"""What everybody did with a candidate, as it was known at the moment of the request.

All of it is read from `Batch.statistics`, whose counts are whole numbers: sums of a fixed order over them are the same
to the bit wherever they are worked out. It depends on the hour and the item alone: while the snapshot of an hour is
kept, as when serving, columns of the whole catalog are worked out by the first who asks, and gathered by all others.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.dataset import Queries
from penchant.events import Role
from penchant.features.batch import Batch
from penchant.features.columns import of_columns
from penchant.features.feature import Compute, Feature
from penchant.features.statistics import WINDOWS
from penchant.features.whole import Whole, of_items
from penchant.slate import Candidates, Reason

Roles = Role | tuple[Role, ...]
Floats = NDArray[np.float64]

_AGES = (0.5, 4.0, 17.5, 56.0)
"""Days ago at which what lies between two windows is taken to have happened; of what is older than the widest, twice
its width."""


def decayed_count(
    name: str, roles: Roles, about: str, *, half_life_days: float = 7.0, reason: Reason | None = None
) -> Feature:
    """log(1 + events), each event halved for every half-life since it, in the steps of the statistics' windows.

    Args:
        name: Feature name.
        roles: Events that count.
        about: One sentence.
        half_life_days: Half-life in days.
        reason: Told when it moved an item up.
    """
    # What lies between two windows is the wider less the narrower, so a window's own weight is what it adds.
    halved = [2.0 ** (-age / half_life_days) for age in _AGES]
    steps = [own - older for own, older in zip(halved, [*halved[1:], 0.0], strict=True)]

    def compute(batch: Batch) -> NDArray[np.float32]:
        total = np.zeros(len(batch.candidates.items))
        for days, step in zip(WINDOWS, steps, strict=True):
            total += _mine(batch, roles, days) * step
        return np.log1p(total).astype(np.float32)

    return _feature(compute, name=name, unit="log count", about=about, reason=reason, high=math.inf)


def smoothed_rate(
    name: str,
    of: Roles,
    per: Roles,
    about: str,
    *,
    days: float = 28.0,
    prior: float = 0.05,
    strength: float = 20.0,
    within: str = "",
    reason: Reason | None = None,
) -> Feature:
    """How often `of` happened for each `per`, as clicks for each time shown, drawn towards what is usual.

    An item's rate is drawn towards that of its `within` value by `strength` units of `per`, that one towards the rate
    of all items, and that towards `prior`: a new item begins with what is usual for its kind. (Empirical Bayes with
    a fixed strength, as in Efron and Morris 1977, "Stein's paradox in statistics".) Values above 1, as when things
    are clicked where nobody told that they were shown, are 1. NaN as long as `per` never happened to any item in the
    window.

    Args:
        name: Feature name.
        of: What is counted.
        per: What it is set against.
        about: One sentence.
        days: Window: 1, 7, 28, or infinity for all there ever was.
        prior: The rate before anything is known.
        strength: How many of `per` it takes until an item's own rate counts as much as what is usual.
        within: Category field inside which rates are alike; empty for none.
        reason: Told when it moved an item up.
    """

    def compute(batch: Batch) -> NDArray[np.float32]:
        totals = batch.totals
        per_all = totals.of(per, days)
        rate = (totals.of(of, days) + strength * prior) / (per_all + strength)
        expected = np.where(per_all > 0, rate, np.nan).take(batch.row)
        if within:
            group = batch.counts_by(within)
            expected = (group.of(of, days) + strength * expected) / (group.of(per, days) + strength)
        value = (_mine(batch, of, days) + strength * expected) / (_mine(batch, per, days) + strength)
        return np.minimum(value, 1.0).astype(np.float32)

    return _feature(compute, within, name=name, unit="share", about=about, reason=reason)


def growth(name: str, roles: Roles, about: str, *, strength: float = 5.0, reason: Reason | None = None) -> Feature:
    """The last day against a usual day of the last week, as log2 of their ratio: 1 is twice as much, 0 as ever.

    Args:
        name: Feature name.
        roles: Events that count.
        about: One sentence.
        strength: Events that both days are given, so that one event is no trend.
        reason: Told when it moved an item up.
    """
    most = math.log2(7.0)

    def compute(batch: Batch) -> NDArray[np.float32]:
        day, week = _mine(batch, roles, 1.0), _mine(batch, roles, 7.0)
        value = np.log2((day + strength) / (week / 7.0 + strength))
        return np.maximum(np.minimum(value, most), -most).astype(np.float32)

    return _feature(compute, name=name, unit="log2 ratio", about=about, reason=reason, low=-most, high=most)


def share_within(
    name: str,
    roles: Roles,
    field: str,
    about: str,
    *,
    days: float = 28.0,
    strength: float = 20.0,
    reason: Reason | None = None,
) -> Feature:
    """The candidate's share of what happened to all items with its value of `field`; NaN without a value.

    Args:
        name: Feature name.
        roles: Events that count.
        field: Category field.
        about: One sentence.
        days: Window: 1, 7, 28, or infinity.
        strength: Events that are spread evenly over the items with the value, beside those that were counted.
        reason: Told when it moved an item up.
    """

    def compute(batch: Batch) -> NDArray[np.float32]:
        codes = batch.table.category(field).codes
        sizes = of_columns("sizes", (codes,), lambda: np.bincount(codes[codes >= 0], minlength=1))
        code = batch.category(field)
        even = strength / np.maximum(sizes.take(code, mode="clip"), 1)
        value = (_mine(batch, roles, days) + even) / (batch.counts_by(field).of(roles, days) + strength)
        return np.where(code >= 0, np.minimum(value, 1.0), np.nan).astype(np.float32)

    return _feature(compute, field, name=name, unit="share", about=about, reason=reason)


def days_known(name: str, about: str, *, reason: Reason | None = None) -> Feature:
    """Days since anything happened to the candidate for the first time; NaN if nothing did."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        first = batch.counts.first
        return np.where(first >= 0, first / 24.0, np.nan).astype(np.float32)

    return _feature(compute, name=name, unit="days", about=about, reason=reason, high=math.inf)


def days_quiet(name: str, about: str, *, reason: Reason | None = None) -> Feature:
    """Days since anything happened to the candidate for the last time; NaN if nothing did."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        last = batch.counts.last
        return np.where(last >= 0, last / 24.0, np.nan).astype(np.float32)

    return _feature(compute, name=name, unit="days", about=about, reason=reason, high=math.inf)


def _mine(batch: Batch, roles: Roles, days: float) -> Floats:
    """Events of the candidates, gathered once for all features that read them."""
    return batch.once(("events", roles, days), lambda: batch.counts.of(roles, days))


def _feature(compute: Compute, field: str = "", **told: Any) -> Feature:
    return of_items(_by_hour(compute, field), compute, reads=(field,) if field else (), **told)


def _by_hour(compute: Compute, field: str = "") -> Whole:
    """The values of the whole catalog where the snapshot of the requests' hour is kept.

    Args:
        compute: Reads nothing of requests but their hour.
        field: The category field that it reads.
    """

    def values(batch: Batch) -> NDArray[np.float32] | None:
        kept = batch.hourly
        if kept is None:
            return None
        held = kept.get(values)
        if held is None or held[0] is not batch.table:
            n, codes = len(batch.table), batch.codes(field) if field else None
            # A table told anew may differ in what this does not read.
            same = held is not None and held[1] == n and held[2] is codes
            column = held[3] if held is not None and same else compute(_everything(batch, kept))
            held = kept[values] = (batch.table, n, codes, column)
        found: NDArray[np.float32] = held[3]
        return found

    return values


def _everything(batch: Batch, kept: dict[object, Any]) -> Batch:
    """All items as candidates of a request in the same hour."""
    found = kept.get("everything")
    if found is None or found.table is not batch.table:
        n = len(batch.table)
        items = Candidates(np.array([0, n], np.int64), np.arange(n, dtype=np.int32), np.zeros(n, np.float32))
        now = float(batch.queries.now[0])
        found = kept["everything"] = Batch(Queries.single(now), items, batch.table, batch.statistics)
    everything: Batch = found
    return everything
