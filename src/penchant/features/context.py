"""What the moment of a request says: the hour, the device, the place, and how far the person's visit has come."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.events import Role
from penchant.features.batch import Batch
from penchant.features.entries import entries
from penchant.features.feature import Feature, Kin
from penchant.features.moment import DEVICES
from penchant.features.past import of_roles

_PAUSE = 30 * 60.0
"""Seconds without anything that end a visit, as sessions have it everywhere."""
_DAYS_BEFORE = 3.0
"""Days in which a person of whom nothing is known is taken to come once."""

Floats = NDArray[np.float64]
Values = Callable[[Batch], NDArray[Any]]
"""One for each request."""


def hour_of_day(name: str, about: str, *, offset_hours: float = 0.0) -> Feature:
    """Hours since midnight, 0 to 24, with their fraction.

    Args:
        name: Feature name.
        about: One sentence.
        offset_hours: The site's clock against UTC.
    """

    def values(batch: Batch) -> NDArray[Any]:
        seconds = batch.queries.now + offset_hours * 3_600.0
        return np.asarray((seconds - np.floor(seconds / DAY) * DAY) / 3_600.0)

    return _of_request(values, name=name, unit="hours", about=about, low=0.0, high=24.0)


def weekday(name: str, about: str, *, offset_hours: float = 0.0) -> Feature:
    """Day of the week: 0 is Monday, 6 is Sunday.

    Args:
        name: Feature name.
        about: One sentence.
        offset_hours: The site's clock against UTC.
    """

    def values(batch: Batch) -> NDArray[Any]:
        return _weekday(batch, offset_hours)

    return _of_request(values, name=name, unit="code", about=about, low=0.0, high=6.0)


def weekend(name: str, about: str, *, offset_hours: float = 0.0) -> Feature:
    """1 on Saturday and Sunday, else 0.

    Args:
        name: Feature name.
        about: One sentence.
        offset_hours: The site's clock against UTC.
    """

    def values(batch: Batch) -> NDArray[Any]:
        return (_weekday(batch, offset_hours) >= 5).astype(np.float64)

    return _of_request(values, name=name, unit="share", about=about)


def device(name: str, about: str) -> Feature:
    """Code in `DEVICES`; NaN where not told."""

    def values(batch: Batch) -> NDArray[Any]:
        if batch.moment is None:
            return np.full(len(batch.queries), np.nan)
        return np.where(batch.moment.device >= 0, batch.moment.device, np.nan)

    return _of_request(values, name=name, unit="code", about=about, low=0.0, high=len(DEVICES) - 1.0)


def placement(name: str, about: str) -> Feature:
    """Code of the placement in the release's list; NaN for none of them."""

    def values(batch: Batch) -> NDArray[Any]:
        if batch.moment is None:
            return np.full(len(batch.queries), np.nan)
        return np.where(batch.moment.placement >= 0, batch.moment.placement, np.nan)

    return _of_request(values, name=name, unit="code", about=about, low=0.0, high=math.inf)


def position(name: str, about: str) -> Feature:
    """Place at which it was shown, from 1; the first for all while serving."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        if batch.moment is None:
            return np.ones(len(batch.candidates.items), np.float32)
        return batch.moment.position.astype(np.float32)

    return Feature(name, "place", (), about, compute, low=1.0, high=math.inf)


def history_size(name: str, about: str, *, roles: tuple[Role, ...] = ()) -> Feature:
    """Entries of the person's history.

    Args:
        name: Feature name.
        about: One sentence.
        roles: Entries that count; empty for all.
    """

    def values(batch: Batch) -> NDArray[Any]:
        found = entries(batch)
        if len(batch.queries) == 1:
            return np.array([np.count_nonzero(of_roles(batch, roles)) if roles else len(found)])
        row = found.row if not roles else found.row[of_roles(batch, roles)]
        return np.bincount(row, minlength=len(batch.queries))

    return _of_request(values, name=name, unit="count", about=about, low=0.0, high=math.inf)


def days_since(name: str, about: str, *, roles: tuple[Role, ...] = ()) -> Feature:
    """Days since the person's last entry; NaN without any.

    Args:
        name: Feature name.
        about: One sentence.
        roles: Entries that count; empty for all.
    """

    def values(batch: Batch) -> NDArray[Any]:
        found = entries(batch)
        latest = np.full(len(batch.queries), np.nan)
        if not roles and len(latest) == 1:
            latest[0] = np.fmax.reduce(found.times, initial=np.nan)
        else:
            keep = of_roles(batch, roles)
            np.fmax.at(latest, found.row[keep], found.times[keep])
        return np.asarray(np.maximum(batch.queries.now - latest, 0.0) / DAY)

    return _of_request(values, name=name, unit="days", about=about, low=0.0, high=math.inf)


def days_since_visit(name: str, about: str) -> Feature:
    """Days since the person's visit before this one ended; NaN for a first visit.

    A visit ends with 30 minutes without an entry.
    """

    def values(batch: Batch) -> NDArray[Any]:
        return np.asarray(_visit(batch).away / DAY)

    return _of_request(values, name=name, unit="days", about=about, low=0.0, high=math.inf)


def visit_length(name: str, about: str) -> Feature:
    """Entries of this visit so far."""

    def values(batch: Batch) -> NDArray[Any]:
        return _visit(batch).length

    return _of_request(values, name=name, unit="count", about=about, low=0.0, high=math.inf)


def visit_minutes(name: str, about: str) -> Feature:
    """Minutes since this visit's first entry; 0 when it has none yet."""

    def values(batch: Batch) -> NDArray[Any]:
        return np.asarray(_visit(batch).seconds / 60.0)

    return _of_request(values, name=name, unit="minutes", about=about, low=0.0, high=math.inf)


def visits_a_day(name: str, about: str) -> Feature:
    """Visits before this one for each day since the first entry, as if there had been `_DAYS_BEFORE` days more.

    Counts grow with the days that a person is known, so what was learned from them of young histories is wrong of old
    ones; how often somebody comes stays what it is. The days more keep the first ones from saying too much: it is the
    mean of a Poisson process's rate under a gamma prior that expects one visit in them, as the first visit is where
    the days begin.
    """

    def values(batch: Batch) -> NDArray[Any]:
        found = _visit(batch)
        return np.asarray(found.ended / (found.known / DAY + _DAYS_BEFORE))

    return _of_request(values, name=name, unit="visits a day", about=about, low=0.0, high=math.inf)


@dataclass(frozen=True)
class _Visit:
    """Of each request: entries of the visit so far, seconds since its first, and since the one before ended (NaN).

    And how many visits have ended before, and seconds since the first entry of all.
    """

    length: NDArray[np.int64]
    seconds: Floats
    away: Floats
    ended: NDArray[np.int64]
    known: Floats


def _visit(batch: Batch) -> _Visit:
    def make() -> _Visit:
        found, now = entries(batch), batch.queries.now
        row, times = found.row, found.times
        if len(now) == 1:
            return _visit_of(times, now)
        after = np.append(times[1:], 0.0)
        last = np.append(row[1:] != row[:-1], True)[: len(row)]
        after = np.where(last, now[row], after[: len(row)])
        broken = np.flatnonzero(after - times > _PAUSE)
        end = np.searchsorted(row, np.arange(len(now)), "right")
        # The last entry of a row that is followed by a pause: of equal places the one assigned last stays.
        before = np.full(len(now), -1)
        before[row[broken]] = broken
        start = np.searchsorted(row, np.arange(len(now)), "left")
        begin = np.where(before >= 0, before + 1, start)
        length = end - begin
        ended = np.bincount(row[broken], minlength=len(now))
        if not len(times):
            return _Visit(length, np.zeros(len(now)), np.full(len(now), np.nan), ended, np.zeros(len(now)))
        some = start < end
        known = np.maximum(np.where(some, now - times.take(start, mode="clip"), 0.0), 0.0)
        seconds = np.where(length > 0, now - times.take(begin, mode="clip"), 0.0)
        away = np.where(before >= 0, now - times[before], np.nan)
        return _Visit(length, np.maximum(seconds, 0.0), np.maximum(away, 0.0), ended, known)

    return batch.once("visit", make)


def _visit_of(times: Floats, now: Floats) -> _Visit:
    """As of many requests, of one."""
    broken = np.flatnonzero(np.append(times[1:], now)[: len(times)] - times > _PAUSE)
    begin = int(broken[-1]) + 1 if len(broken) else 0
    length, seconds, away = len(times) - begin, np.zeros(1), np.full(1, np.nan)
    known = np.maximum(now - times[0], 0.0) if len(times) else np.zeros(1)
    if length:
        seconds = np.maximum(now - times[begin], 0.0)
    if len(broken):
        away = np.maximum(now - times[begin - 1], 0.0)
    return _Visit(np.array([length]), seconds, away, np.array([len(broken)]), known)


def _weekday(batch: Batch, offset_hours: float) -> Floats:
    days = np.floor((batch.queries.now + offset_hours * 3_600.0) / DAY)
    weekdays: Floats = np.mod(days + 3.0, 7.0)  # the epoch began on a Thursday
    return weekdays


def _of_request(values: Values, **told: Any) -> Feature:
    """A feature that says the same of all candidates of a request."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        return values(batch).astype(np.float32).take(batch.row)

    return Feature(reads=(), compute=compute, kin=Kin(_spread, values), **told)


def _spread(batch: Batch, wanted: tuple[Values, ...], rows: Sequence[NDArray[np.float32]]) -> Collection[int]:
    """Values of one request, beside each of its candidates; see `Kin`."""
    for values, row in zip(wanted, rows, strict=True):
        row.fill(values(batch)[0])
    return range(len(wanted))
