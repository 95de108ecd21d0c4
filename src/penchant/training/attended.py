"""How much of what was shown was taken in."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.dataset import Attention, Dataset, Interactions
from penchant.training.asked import Asked
from penchant.training.followers import Followers, Pairs

Floats = NDArray[np.float32]

LENGTH = "length_s"
"""Item field with the length in seconds, of packs whose items are watched, heard or read."""


class Attended:
    """What was told of attention to shown items, before a moment."""

    def __init__(self, data: Dataset, asked: Asked, shown: Pairs, rows: Interactions, known: float) -> None:
        """Take what was told.

        Args:
            data: Everything known.
            asked: What was shown.
            shown: Its pairs of person and item.
            rows: Events with these pairs before the moment, which tell where nothing else does.
            known: The moment, Unix seconds.
        """
        self._data, self._asked, self._group = data, asked, shown.number(asked.person, asked.item)
        told = _attention_of(rows) if data.attention is None else data.attention
        self._told = told.where((told.time < known) & shown.has(told.person, told.item))
        group = shown.number(self._told.person, self._told.item)
        self._events = Followers.of(group, self._told.time, np.arange(len(self._told)))

    @cached_property
    def lengths(self) -> Floats:
        """Length of each item in seconds: as the catalog says, or as players do; NaN where nobody does."""
        length = self._data.table.number(LENGTH).astype(np.float32)
        told = self._data.attention
        if told is not None and np.isnan(length).any():
            length = length.copy()
            known = told.length > 0
            said = np.full(len(length), -np.inf, np.float32)
            np.maximum.at(said, told.item[known], told.length[known])
            lacking = np.isnan(length) & np.isfinite(said)
            length[lacking] = said[lacking]
        return length

    def most(self, days: float) -> tuple[Floats, Floats]:
        """The most that was taken in of each shown item: share of the item, and seconds; NaN where untold.

        Args:
            days: From when it was shown.
        """
        told = self._told
        length = self.lengths[told.item]
        played = told.progress * length
        seconds = np.fmin(told.seconds, played)
        share = np.where(np.isnan(seconds / length), told.progress, seconds / length)
        until = self._asked.time + days * DAY
        spans = (self._group, self._asked.time, until)
        found = self._events.highest(np.clip(share, 0, 1).astype(np.float32), *spans)
        return found, self._events.highest(seconds.astype(np.float32), *spans)


def _attention_of(rows: Interactions) -> Attention:
    """What interactions alone tell of attention."""
    told = rows.where(~(np.isnan(rows.progress) & np.isnan(rows.seconds)))
    length = np.full(len(told), np.nan, np.float32)
    return Attention(told.person, told.item, told.time, told.progress, told.seconds, length)
