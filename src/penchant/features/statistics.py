"""What happened to items by hours, in whole numbers, and what of it was known at a moment."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

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
_ZERO = 1 << 31
"""Where hour 0 stands in the lower half of a key, so that hours before 1970 sort too."""
_MOST = 1 << 30
_FEW = 2_048
"""Statistics of this many items or fewer are cheaper to work out whole than to look up one by one."""

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
        if not len(more):
            return self if n_items == self.n_items else Statistics(self.key, self.total, n_items)
        key, slot = np.unique(np.concatenate([self.key, more.key]), return_inverse=True)
        events = np.zeros((len(key), len(Role)), np.int32)
        events[slot[: len(self.key)]] += np.diff(self.total, axis=0)
        events[slot[len(self.key) :]] += np.diff(more.total, axis=0)
        return Statistics._of_buckets(key, events, n_items)

    def at(self, items: Codes, times: NDArray[np.float64]) -> Counts:
        """What was known of items at moments, one for each.

        Args:
            items: Item codes, shape (m,); unknown ones have counts of 0.
            times: Unix seconds, shape (m,).
        """
        hour = _hours(times)
        if len(hour) and (hour == hour[0]).all():
            kept = self._kept.get("snapshot")
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
        kept = self._kept.get("snapshot")
        if kept is None or kept[0] != hour:
            kept = (hour, self._looked_up(np.arange(self.n_items, dtype=np.int64), np.full(self.n_items, hour)), {})
            self._kept["snapshot"] = kept
        return cast(Counts, kept[1])

    def hourly(self, times: NDArray[np.float64]) -> dict[object, Any] | None:
        """Where to keep what follows from the snapshot that is kept; None when moments lie in other hours than its.

        Args:
            times: Unix seconds.
        """
        kept = self._kept.get("snapshot")
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
        kept = self._kept.get(f"by {name}")
        if kept is None or kept[0] is not codes:
            kept = (codes, self._grouped(codes, n))
            self._kept[f"by {name}"] = kept
        return cast(Statistics, kept[1])

    @property
    def all(self) -> Statistics:
        """The same of all items taken together, which are one: item 0."""
        kept = self._kept.get("all")
        if kept is None:
            kept = self._kept["all"] = self._grouped(np.zeros(self.n_items, np.int32), 1)
        return cast(Statistics, kept)

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
        if total.shape != (len(key) + 1, len(Role)) or (np.diff(key) <= 0).any():
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
        some, hours = until > begin, self._hour
        first = np.where(some, hour - hours.take(begin, mode="clip"), -1).astype(np.int32)
        last = np.where(some, hour - hours.take(until - 1, mode="clip"), -1).astype(np.int32)
        return Counts(events, first, last)

    @property
    def _hour(self) -> NDArray[np.int64]:
        """The hour of each bucket."""
        kept = self._kept.get("hour")
        if kept is None:
            kept = self._kept["hour"] = (self.key & ((1 << _SHIFT) - 1)) - _ZERO
        return cast(NDArray[np.int64], kept)

    @property
    def _starts(self) -> NDArray[np.int64]:
        """The first bucket of each item, shape (n_items + 1,)."""
        kept = self._kept.get("starts")
        if kept is None:
            kept = self.key.searchsorted(np.arange(self.n_items + 1, dtype=np.int64) << _SHIFT)
            self._kept["starts"] = kept
        return cast(NDArray[np.int64], kept)

    def _grouped(self, codes: Codes, n: int) -> Statistics:
        item = self.key >> _SHIFT
        group = np.full(self.n_items, -1, np.int64)
        group[: len(codes)] = codes[: self.n_items]
        group = group[item]
        good = group >= 0
        key, slot = np.unique((group[good] << _SHIFT) + (self.key[good] & ((1 << _SHIFT) - 1)), return_inverse=True)
        events = np.zeros((len(key), len(Role)), np.int64)
        for role, told in enumerate(np.diff(self.total, axis=0)[good].T):
            # Sums of whole numbers below 2**53 are exact in any order.
            events[:, role] = np.bincount(slot, told, len(key))
        return Statistics._of_buckets(key, events, n)


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
