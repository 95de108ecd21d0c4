"""What followed when an item was shown: events of the same person, with the same item or with any."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.slate import Codes

_SHIFT = 42
"""Bits of a moment in milliseconds: 139 years since 1970."""

Whole = NDArray[np.int64]


@dataclass(frozen=True)
class Followers:
    """Events of groups (a person, or a person and an item) by time, to be asked what came after a moment.

    Attributes:
        key: Group and milliseconds of each event, rising.
        row: The event's row in what it was made from.
    """

    key: Whole
    row: Whole

    @classmethod
    def of(cls, group: Whole, time: NDArray[np.float64], rows: Whole) -> Followers:
        """Put events in order.

        Args:
            group: Group of each event, from 0.
            time: Unix seconds.
            rows: Their rows; of one moment they stay in this order.
        """
        key = keyed(group, time)
        order = np.argsort(key, kind="stable")
        return cls(key[order], rows[order])

    def first(self, group: Whole, time: NDArray[np.float64]) -> Whole:
        """The first event of a group at or after a moment; -1 without any."""
        at = np.searchsorted(self.key, keyed(group, time))
        inside = np.minimum(at, len(self.key) - 1)
        if not len(self.key):
            return np.full(len(group), -1, np.int64)
        found = (at < len(self.key)) & (self.key[inside] >> _SHIFT == group)
        return np.where(found, self.row[inside], -1)

    def highest(
        self, values: NDArray[np.float32], group: Whole, since: NDArray[np.float64], until: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        """The highest value of a group's events from a moment up to another, both included; NaN without any.

        Args:
            values: By row; NaN says nothing.
            group: Groups that are asked about.
            since: Unix seconds.
            until: Unix seconds.
        """
        out = np.full(len(group), np.nan, np.float32)
        start = np.searchsorted(self.key, keyed(group, since))
        stop = np.searchsorted(self.key, keyed(group, until), side="right")
        # In the order in which they begin, so that what lies between two spans is gone through once.
        asked = np.flatnonzero(stop > start)
        asked = asked[np.argsort(start[asked], kind="stable")]
        if len(asked):
            told = np.append(np.nan_to_num(values[self.row], nan=-np.inf), -np.inf)
            spans = np.stack([start[asked], stop[asked]], axis=1).ravel()
            best = np.maximum.reduceat(told, spans)[::2]
            out[asked] = np.where(np.isneginf(best), np.nan, best)
        return out


def keyed(group: Whole, time: NDArray[np.float64]) -> Whole:
    """Group and moment as one number that sorts."""
    milliseconds = np.clip(np.rint(time * 1000.0), 0, (1 << _SHIFT) - 1).astype(np.int64)
    return (group.astype(np.int64) << _SHIFT) | milliseconds


def pairs(person: Codes, item: Codes) -> Whole:
    """Person and item as one number; below 0 for nobody."""
    return (person.astype(np.int64) << 32) | item.astype(np.int64)


@dataclass(frozen=True)
class Pairs:
    """Distinct pairs of a person and an item, numbered in order.

    Attributes:
        key: The pairs, as `pairs` has them, rising.
    """

    key: Whole

    @classmethod
    def of(cls, person: Codes, item: Codes) -> Pairs:
        """Those of some rows; what is of nobody (-1) is left out."""
        return cls(np.unique(pairs(person, item)[person >= 0]))

    def __len__(self) -> int:
        """How many."""
        return len(self.key)

    def has(self, person: Codes, item: Codes) -> NDArray[np.bool_]:
        """Which rows are of one of them."""
        if not len(self):
            return np.zeros(len(person), bool)
        key = pairs(person, item)
        at = np.minimum(np.searchsorted(self.key, key), len(self) - 1)
        found: NDArray[np.bool_] = self.key[at] == key
        return found

    def number(self, person: Codes, item: Codes) -> Whole:
        """Number of each row's pair, which is one of them; the number after the last for nobody."""
        return np.where(person < 0, len(self), np.searchsorted(self.key, pairs(person, item)))
