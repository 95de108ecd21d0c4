"""What tracked fields were at a moment, so that the past is seen as it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from penchant.slate import Codes

Values = NDArray[np.float64]
Moments = NDArray[np.int64]


@dataclass(frozen=True)
class Track:
    """Every record of one field, by item and then by time; all arrays but `ptr` have one length.

    Attributes:
        ptr: Item i's records are `ptr[i]:ptr[i+1]`.
        at: Since when, milliseconds.
        value: What it was from then on; NaN for nothing.
    """

    ptr: NDArray[np.int64]
    at: Moments
    value: Values

    @cached_property
    def moments(self) -> Moments:
        """Every moment there is a record of, rising."""
        return np.unique(self.at)

    @cached_property
    def keys(self) -> Moments:
        """Item and rank of the moment in one number, rising as the records do."""
        item = np.repeat(np.arange(len(self.ptr) - 1, dtype=np.int64), np.diff(self.ptr))
        return item * (len(self.moments) + 1) + np.searchsorted(self.moments, self.at, side="right")

    def last(self, rows: Codes, moments: Moments) -> Values:
        """What the last records of items up to a moment each say; NaN where there is none."""
        wanted = rows.astype(np.int64) * (len(self.moments) + 1) + np.searchsorted(self.moments, moments, side="right")
        place = np.searchsorted(self.keys, wanted, side="right") - 1
        known = place >= self.ptr[rows]
        return np.where(known, self.value[np.maximum(place, 0)], np.nan)


class History:
    """Records of tracked fields, aligned with items.

    A field is what the last record up to a moment says. Before an item was first heard of, it is what it was then: what
    people did with an item before it was told to this catalog is seen with its first price.
    """

    def __init__(self, ids: Sequence[str], first: Moments, tracks: Mapping[str, Track]) -> None:
        """Take tracks aligned with ids, and when each item was first heard of (milliseconds)."""
        self.ids = tuple(ids)
        self._first, self._tracks = first, dict(tracks)

    @classmethod
    def read(cls, batches: Iterable[pa.RecordBatch], ids: Sequence[str]) -> History:
        """Gather what a store remembers.

        Args:
            batches: Columns `id`, `field`, `at` (milliseconds) and `value`, rows in any order.
            ids: The items, in the order that arrays will have; records of others are left out.
        """
        row = {name: code for code, name in enumerate(ids)}
        gathered: dict[str, list[tuple[Codes, Moments, Values]]] = {}
        for batch in batches:
            names = batch["id"].dictionary_encode()
            known = np.fromiter((row.get(name, -1) for name in names.dictionary.to_pylist()), np.int32)
            codes = known[names.indices.to_numpy(zero_copy_only=False)]
            at = batch["at"].to_numpy(zero_copy_only=False)
            value = pc.fill_null(batch["value"], np.nan).to_numpy(zero_copy_only=False)
            fields = batch["field"].dictionary_encode()
            which = fields.indices.to_numpy(zero_copy_only=False)
            for number, field in enumerate(fields.dictionary.to_pylist()):
                mine = (which == number) & (codes >= 0)
                if mine.any():
                    gathered.setdefault(field, []).append((codes[mine], at[mine], value[mine]))
        first = np.full(len(ids), _NEVER)
        tracks = {}
        for field, pieces in sorted(gathered.items()):
            code, at, value = (np.concatenate(column) for column in zip(*pieces, strict=True))
            order = np.lexsort((at, code))
            code, at, value = code[order], at[order], value[order]
            ptr = np.searchsorted(code, np.arange(len(ids) + 1)).astype(np.int64)
            has = ptr[1:] > ptr[:-1]
            first[has] = np.minimum(first[has], at[ptr[:-1][has]])
            tracks[field] = Track(ptr, at, value)
        return cls(ids, first, tracks)

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields that anything is known of."""
        return tuple(self._tracks)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Items of which anything is known, shape (n_items,)."""
        known: NDArray[np.bool_] = self._first < _NEVER
        return known

    def known_by(self, now: float) -> NDArray[np.bool_]:
        """Items that had been heard of at a moment (Unix seconds), shape (n_items,)."""
        by: NDArray[np.bool_] = self._first <= _milliseconds(np.array([now]))
        return by

    def aligned(self, ids: Sequence[str]) -> History:
        """The same for these ids, in their order; of those that are not in it nothing is known."""
        if tuple(ids) == self.ids:
            return self
        row = {name: code for code, name in enumerate(self.ids)}
        rows = np.fromiter((row.get(name, -1) for name in ids), np.int64, len(ids))
        known = rows >= 0
        first = np.full(len(ids), _NEVER)
        first[known] = self._first[rows[known]]
        tracks = {}
        for field, track in self._tracks.items():
            sizes = np.zeros(len(ids), np.int64)
            sizes[known] = np.diff(track.ptr)[rows[known]]
            ptr = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
            begins = np.zeros(len(ids), np.int64)
            begins[known] = track.ptr[rows[known]]
            place = np.arange(ptr[-1]) + np.repeat(begins - ptr[:-1], sizes)
            tracks[field] = Track(ptr, track.at[place], track.value[place])
        return History(ids, first, tracks)

    def at(self, field: str, now: float) -> Values:
        """What a field of every item was at a moment, shape (n_items,); NaN for nothing, and where nothing is known.

        Args:
            field: A tracked field.
            now: Unix seconds.
        """
        n = len(self.ids)
        return self.of(field, np.arange(n, dtype=np.int32), np.full(n, now))

    def of(self, field: str, rows: Codes, times: Values) -> Values:
        """What a field of items was, each at its own moment; NaN for nothing, and where nothing is known.

        Args:
            field: A tracked field.
            rows: Places of items in `ids`.
            times: Unix seconds, as many.
        """
        track = self._tracks.get(field)
        if track is None:
            return np.full(len(rows), np.nan)
        return track.last(rows, np.maximum(_milliseconds(times), self._first[rows]))


_NEVER = np.iinfo(np.int64).max


def _milliseconds(seconds: Values) -> Moments:
    return np.rint(np.clip(seconds * 1000.0, -9e18, 9e18)).astype(np.int64)
