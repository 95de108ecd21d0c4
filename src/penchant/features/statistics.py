"""What happened to items by hours, in whole numbers, and what of it was known at a moment."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from penchant.dataset import Interactions
from penchant.events import Role
from penchant.slate import Codes

HOUR = 3_600.0
"""Seconds of a bucket. What happens inside the hour of a request is not yet counted in it: it is read from the
person's own history, and of everybody else it comes within the hour."""

WINDOWS = (1.0, 7.0, 28.0, math.inf)
"""Days of the windows, all of which end with the last whole hour before a moment; the last is everything."""

_SHIFT = 32
_HOURS = (1 << _SHIFT) - 1
"""The bits of a key that hold the hour."""
_ZERO = 1 << 31
"""Where hour 0 stands in the lower half of a key, so that hours before 1970 sort too."""
_MOST = 1 << 30
_FEW = 2_048
"""Statistics of this many items or fewer are cheaper to work out whole than to look up one by one."""
_SNAPSHOT, _ALL, _BY = "snapshot", "all", "by "
"""Names under which things are kept."""
_AT_ONCE = 1 << 18
"""Buckets that are grouped at once: memory stays small, and requests get their turn in between."""

T = TypeVar("T")
Whole = NDArray[np.int32]


@dataclass(frozen=True)
class Counts:
    """What was known of m items, each at a moment of its own.

    Attributes:
        events: Events by window and role, shape (m, len(WINDOWS), len(Role)), int32.
        first: Whole hours since the hour of the first event, of any role, shape (m,), int32; -1 without any.
        last: Whole hours since the hour of the last event before the moment, likewise.
    """

    events: Whole
    first: Whole
    last: Whole

    def __len__(self) -> int:
        """Number of items."""
        return len(self.first)

    def __getitem__(self, at: NDArray[np.integer]) -> Counts:
        """Those at these places, by number."""
        return Counts(self.events.take(at, axis=0), self.first.take(at), self.last.take(at))

    def of(self, roles: Role | tuple[Role, ...], days: float) -> NDArray[np.float64]:
        """Events of some roles within a window, shape (m,); whole numbers, as float64 holds them exactly.

        Args:
            roles: One role, or several that count together.
            days: One of `WINDOWS`.

        Raises:
            ValueError: There is no such window.
        """
        window = WINDOWS.index(days)
        if isinstance(roles, Role):
            return self.events[:, window, roles].astype(np.float64)
        return np.asarray(self.events[:, window, list(roles)].sum(axis=1), np.float64)


@dataclass(frozen=True)
class Statistics:
    """Counts by item, role and hour, as running sums of integers, so that any window is an exact difference.

    Statistics of a moment are those of the whole hours before it; nothing later is ever read, nor the begun hour.
    They are the same to the bit whether worked out for one item (`at`), for a batch, or for all items at once
    (`snapshot`), and whether all rows came at once (`of`) or some later (`grown`), in any order.

    Attributes:
        key: Item and hour of each bucket that holds anything, ascending: `item << 32 | hour + 2**31`, int64.
        total: Events before each bucket, by role, over all buckets; shape (len(key) + 1, len(Role)), int32. It may
            wrap around: differences are exact as long as no window holds 2**31 events.
        n_items: Number of items; codes at or above it are unknown, and nothing ever happened to them.
    """

    key: NDArray[np.int64]
    total: Whole
    n_items: int
    _kept: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    _lock: Any = field(default_factory=threading.RLock, repr=False, compare=False)
    """Held by who works out something to keep, so that nobody else does the same meanwhile."""

    @classmethod
    def empty(cls, n_items: int = 0) -> Statistics:
        """Nothing happened."""
        return cls(np.zeros(0, np.int64), np.zeros((1, len(Role)), np.int32), n_items)

    @classmethod
    def of(cls, items: ArrayLike, times: ArrayLike, roles: ArrayLike, n_items: int) -> Statistics:
        """From rows in any order; those of no item of the space, or of no finite time, are left out.

        Args:
            items: Item codes.
            times: Unix seconds at which each became known.
            roles: `Role` values.
            n_items: Number of items.
        """
        item, time, role = np.asarray(items, np.int64), np.asarray(times, np.float64), np.asarray(roles, np.int64)
        good = (item >= 0) & (item < n_items) & np.isfinite(time)
        if not good.all():
            item, time, role = item[good], time[good], role[good]
        key, slot = np.unique((item << _SHIFT) + _hours(time) + _ZERO, return_inverse=True)
        flat = np.bincount(slot * len(Role) + role, minlength=len(key) * len(Role))
        return cls._of_buckets(key, flat.reshape(len(key), len(Role)), n_items)

    @classmethod
    def of_interactions(cls, rows: Interactions, n_items: int) -> Statistics:
        """From a domain's interactions.

        A goal that was taken back wholly is a REVERSAL at the moment that became known, and stays a goal; rows that
        told of it are not counted beside it.

        Args:
            rows: In any order.
            n_items: Number of items.
        """
        told = rows.role != Role.REVERSAL
        back = (rows.role == Role.GOAL) & np.isfinite(rows.reversed_at)
        return cls.of(
            np.concatenate([rows.item[told], rows.item[back]]),
            np.concatenate([rows.time[told], rows.reversed_at[back]]),
            np.concatenate([rows.role[told], np.full(int(back.sum()), int(Role.REVERSAL), np.int8)]),
            n_items,
        )

    @classmethod
    def _of_buckets(cls, key: NDArray[np.int64], events: NDArray[np.integer], n_items: int) -> Statistics:
        total = np.zeros((len(key) + 1, len(Role)), np.int32)
        np.cumsum(events, axis=0, dtype=np.int32, out=total[1:])
        return cls(key, total, n_items)

    def __len__(self) -> int:
        """Number of buckets that hold anything."""
        return len(self.key)

    def grown(self, items: ArrayLike, times: ArrayLike, roles: ArrayLike, n_items: int | None = None) -> Statistics:
        """The same with more rows, as if they had been there from the start.

        Args:
            items: Item codes.
            times: Unix seconds.
            roles: `Role` values.
            n_items: Number of items from now on; as many as before when None.
        """
        n_items = self.n_items if n_items is None else max(n_items, self.n_items)
        more = Statistics.of(items, times, roles, n_items)
        return self if not len(more) and n_items == self.n_items else self._joined(more)

    def afresh(self) -> Statistics:
        """The same, without what is kept of an hour; groups stay."""
        kept = self._kept.copy()  # at once: whoever asks meanwhile may add to it
        kept.pop(_SNAPSHOT, None)
        return Statistics(self.key, self.total, self.n_items, kept)

    def _joined(self, more: Statistics) -> Statistics:
        """With what `more` holds of as many items, or more; groups that are kept go along."""
        kept: dict[str, Any] = {}
        for name, one in self.afresh()._kept.items():
            if name == _ALL:
                kept[name] = one._joined(more.all)
            elif name.startswith(_BY):
                codes, groups = one
                kept[name] = codes, groups._joined(more._grouped(codes, groups.n_items))
        if not len(more):
            return Statistics(self.key, self.total, more.n_items, kept)
        place = self.key.searchsorted(more.key)
        new = self.key.take(place, mode="clip") != more.key if len(self) else np.ones(len(more), np.bool_)
        key = np.insert(self.key, place[new], more.key[new])
        # What lies before each bucket is what lay before it in both: nothing has to be added up anew.
        mine, theirs = np.ones(len(key) + 1, np.int32), np.zeros(len(key) + 1, np.int32)
        mine[0] = 0
        mine[1:][place[new] + np.arange(np.count_nonzero(new))] = 0
        theirs[1:][key.searchsorted(more.key)] = 1
        for one in (mine, theirs):
            np.cumsum(one, dtype=np.int32, out=one)
        total = np.empty((len(key) + 1, len(Role)), np.int32)
        for first in range(0, len(total), _AT_ONCE):
            part = slice(first, first + _AT_ONCE)
            np.add(self.total.take(mine[part], axis=0), more.total.take(theirs[part], axis=0), out=total[part])
        return Statistics(key, total, more.n_items, kept)

    def at(self, items: Codes, times: NDArray[np.float64]) -> Counts:
        """What was known of items at moments, one for each.

        Args:
            items: Item codes, shape (m,); unknown ones have counts of 0.
            times: Unix seconds, shape (m,).
        """
        hour = _hours(times)
        if len(hour) and (hour == hour[0]).all():
            kept = self._kept.get(_SNAPSHOT)
            if kept is not None and kept[0] == hour[0]:
                return _gathered(kept[1], items)
            if self.n_items <= _FEW:
                return _gathered(self.snapshot(float(times[0])), items)
        return self._looked_up(items.astype(np.int64), hour)

    def snapshot(self, time: float) -> Counts:
        """What was known of all items at a moment; the latest one asked for is kept, for whoever asks in its hour.

        Args:
            time: Unix seconds.
        """
        hour = int(_hours(np.array([time]))[0])

        def make() -> tuple[int, Counts, dict[object, Any]]:
            return hour, self._looked_up(np.arange(self.n_items, dtype=np.int64), np.full(self.n_items, hour)), {}

        return self._keeping(_SNAPSHOT, lambda kept: kept[0] == hour, make)[1]

    def hourly(self, times: NDArray[np.float64]) -> dict[object, Any] | None:
        """Where to keep what follows from the snapshot that is kept; None when moments lie in other hours than its.

        Args:
            times: Unix seconds.
        """
        kept = self._kept.get(_SNAPSHOT)
        if kept is None or not len(times):
            return None
        if len(times) == 1:  # as `_hours` has it, without the arrays
            if math.floor(times[0] / HOUR) != kept[0]:
                return None
        elif not (_hours(times) == kept[0]).all():
            return None
        worked_out: dict[object, Any] = kept[2]
        return worked_out

    def by(self, name: str, codes: Codes, n: int) -> Statistics:
        """The same of groups of items: counts add up, and are kept for whoever asks with the same codes.

        Args:
            name: Of the grouping, as a field's name.
            codes: Group of each item, in the item space; -1 for none.
            n: Number of groups.
        """

        def make() -> tuple[Codes, Statistics]:
            before = self._kept.get(_BY + name)
            return codes, self._grouped(codes, n) if before is None else self._regrouped(codes, n, *before)

        return self._keeping(_BY + name, lambda kept: kept[0] is codes, make)[1]

    @property
    def all(self) -> Statistics:
        """The same of all items taken together, which are one: item 0."""
        return self._keeping(_ALL, lambda _: True, lambda: self._grouped(np.zeros(self.n_items, np.int32), 1))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it as arrays, to be stored."""
        return {"key": self.key, "total": self.total, "n_items": np.array([self.n_items], np.int64)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Statistics:
        """From what `arrays` gave.

        Raises:
            ValueError: They do not belong together.
        """
        key, total = arrays["key"].astype(np.int64, copy=False), arrays["total"].astype(np.int32, copy=False)
        if total.shape != (len(key) + 1, len(Role)) or (key[1:] <= key[:-1]).any():
            raise ValueError(f"{total.shape} sums for {len(key)} buckets, or buckets out of order")
        return cls(key, total, int(arrays["n_items"][0]))

    def _looked_up(self, items: NDArray[np.int64], hour: NDArray[np.int64]) -> Counts:
        known = (items >= 0) & (items < self.n_items)
        item = items if known.all() else np.where(known, items, self.n_items)  # behind the last bucket is nothing
        base = (item << _SHIFT) + (hour + _ZERO)
        # Searching in order is several times faster, sorting included: neighbours are still in the cache.
        order = base.argsort()
        ordered = base.take(order)

        def found(back: int) -> NDArray[np.int64]:
            out = np.empty(len(base), np.int64)
            out[order] = self.key.searchsorted(ordered - back)
            return out

        until, begin = found(0), self._starts.take(item)
        upto = self.total.take(until, axis=0)
        events = np.empty((len(items), len(WINDOWS), len(Role)), np.int32)
        for n, days in enumerate(WINDOWS):
            since = begin if math.isinf(days) else found(int(24 * days))
            np.subtract(upto, self.total.take(since, axis=0), out=events[:, n])
        if not len(self.key):
            none = np.full(len(items), -1, np.int32)
            return Counts(events, none, none)
        some = until > begin
        first = np.where(some, hour - self._hour_of(begin), -1).astype(np.int32)
        last = np.where(some, hour - self._hour_of(until - 1), -1).astype(np.int32)
        return Counts(events, first, last)

    def _hour_of(self, bucket: NDArray[np.int64]) -> NDArray[np.int64]:
        """The hour of each of some buckets; of some other where there is no such bucket."""
        return (self.key.take(bucket, mode="clip") & _HOURS) - _ZERO

    def _keeping(self, name: str, holds: Callable[[T], bool], make: Callable[[], T]) -> T:
        """What is kept under a name where it holds, or else what one thread makes now while others wait for it."""
        kept = self._kept.get(name)
        if kept is None or not holds(kept):
            with self._lock:
                kept = self._kept.get(name)
                if kept is None or not holds(kept):
                    kept = self._kept[name] = make()
        return cast(T, kept)

    @property
    def _starts(self) -> NDArray[np.int64]:
        """The first bucket of each item, shape (n_items + 1,)."""
        return self._keeping(
            "starts",
            lambda _: True,
            lambda: self.key.searchsorted(np.arange(self.n_items + 1, dtype=np.int64) << _SHIFT),
        )

    def _regrouped(self, codes: Codes, n: int, old: Codes, groups: Statistics) -> Statistics:
        """Groups by other codes, of which most are those of before: only groups that won or lost something are anew."""
        was, now = self._group_of(old), self._group_of(codes)
        moved = np.flatnonzero((was != now) & (np.diff(self._starts) > 0))
        touched = np.zeros(max(n, groups.n_items) + 1, np.bool_)  # the last is for items of no group
        touched[was[moved]] = touched[now[moved]] = True
        touched[-1] = False
        stays = ~touched[groups.key >> _SHIFT]
        rest = groups
        if not stays.all():
            rest = Statistics._of_buckets(groups.key[stays], np.diff(groups.total, axis=0)[stays], n)
        # Nothing is left of groups that there are no more.
        return Statistics(rest.key, rest.total, n)._joined(self._grouped(np.where(touched[now], now, -1), n))

    def _group_of(self, codes: Codes) -> NDArray[np.int64]:
        """The group of each item, also of those without a code."""
        group = np.full(self.n_items, -1, np.int64)
        group[: len(codes)] = codes[: self.n_items]
        return group

    def _grouped(self, codes: Codes, n: int) -> Statistics:
        group = self._group_of(codes)
        # Items of a group one after the other, so that most of what belongs together is added up in one piece.
        items = group.argsort(kind="stable")[np.count_nonzero(group < 0) :]
        starts = self._starts
        begins, sizes = starts.take(items), starts.take(items + 1) - starts.take(items)
        ends = sizes.cumsum()
        keys, sums = [], []
        first = 0
        while first < len(items):
            before = int(ends[first - 1]) if first else 0
            last = max(int(ends.searchsorted(before + _AT_ONCE, "right")), first + 1)
            size = sizes[first:last]
            bucket = np.arange(before, int(ends[last - 1])) + np.repeat(
                begins[first:last] - ends[first:last] + size, size
            )
            events = self.total.take(bucket + 1, axis=0)
            events -= self.total.take(bucket, axis=0)
            key = (np.repeat(group[items[first:last]], size) << _SHIFT) + (self.key.take(bucket) & _HOURS)
            told = _added_up(key, events)
            keys.append(told[0])
            sums.append(told[1])
            first = last
        if not keys:
            return Statistics.empty(n)
        key, events = (keys[0], sums[0]) if len(keys) == 1 else _added_up(np.concatenate(keys), np.concatenate(sums))
        return Statistics._of_buckets(key, events, n)


def _added_up(key: NDArray[np.int64], events: Whole) -> tuple[NDArray[np.int64], Whole]:
    """Buckets ascending, each once, with the sum of what it holds."""
    order = key.argsort(kind="stable")
    key = key.take(order)
    last = np.flatnonzero(np.append(key[1:] != key[:-1], [True] * (len(key) > 0)))
    upto = events.take(order, axis=0)
    np.cumsum(upto, axis=0, dtype=np.int32, out=upto)  # it may wrap around, and the difference is exact all the same
    total = upto.take(last, axis=0)
    total[1:] -= upto.take(last[:-1], axis=0)
    return key.take(last), total


def _hours(times: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.clip(np.floor(times / HOUR), -_MOST, _MOST).astype(np.int64)


def _gathered(whole: Counts, items: Codes) -> Counts:
    if not len(items) or (items.min() >= 0 and items.max() < len(whole)):
        return whole[items]
    known = (items >= 0) & (items < len(whole))
    if not len(whole):
        none = np.full(len(items), -1, np.int32)
        return Counts(np.zeros((len(items), len(WINDOWS), len(Role)), np.int32), none, none)
    at = np.where(known, items, 0)
    events = whole.events[at]
    events[~known] = 0
    return Counts(events, *(np.where(known, part[at], np.int32(-1)) for part in (whole.first, whole.last)))
