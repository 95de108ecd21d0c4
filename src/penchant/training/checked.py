"""Checks of what was learned from shown items, and what they showed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.dataset import Dataset
from penchant.events import Role
from penchant.ranking import Outcome
from penchant.training.asked import Asked
from penchant.training.followers import Followers
from penchant.training.gains import gains

Floats = NDArray[np.float32]
Moments = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]


class Checked:
    """The first check of each shown item, before a moment."""

    def __init__(self, data: Dataset, asked: Asked, group: Whole, at: Whole, row_group: Whole, known: float) -> None:
        """Take what was shown and what followed.

        Args:
            data: Everything known.
            asked: What was shown.
            group: Number of the person and item of each.
            at: Rows of the data about these persons and items, before the moment.
            row_group: Their numbers likewise.
            known: The moment, Unix seconds.
        """
        self._data, self._asked, self._group = data, asked, group
        self._at, self._row_group, self._known = at, row_group, known
        self._time = data.interactions.time[at]

    def _which(self, outcome: Outcome) -> Flags:
        """Which events are checks: those named, or those close to the goal that tell how well they went."""
        rows = self._data.interactions
        if outcome.events and self._data.events:
            codes = [code for code, name in enumerate(self._data.events) if name in outcome.events]
            named: Flags = np.isin(rows.event, codes)
        else:
            named = rows.role == Role.STRONG
        found: Flags = named & ~np.isnan(rows.progress) & (rows.time < self._known)
        return found

    def _row(self, outcome: Outcome) -> Whole:
        at = np.flatnonzero(self._which(outcome)[self._at])
        return Followers.of(self._row_group[at], self._time[at], at).first(self._group, self._asked.time)

    def delay(self, outcome: Outcome) -> Moments:
        """Days from when each item was shown to its first check; inf where none came."""
        row = self._row(outcome)
        found = np.append(self._time, np.inf)[row]
        delay: Moments = np.where(row >= 0, found - self._asked.time, np.inf) / DAY
        return delay

    def gained(self, outcome: Outcome) -> Floats:
        """What each first check inside the outcome's days showed to be learned; 0 without one."""
        rows = self._data.interactions
        checks = np.flatnonzero(self._which(outcome))
        checks = checks[np.argsort(rows.time[checks], kind="stable")]
        gained = np.zeros(len(rows) + 1, np.float32)
        gained[checks] = gains(
            rows.person[checks],
            rows.item[checks],
            rows.progress[checks],
            len(self._data.people),
            len(self._data.items),
        )
        row = self._row(outcome)
        whole = np.where(row >= 0, np.append(self._at, len(rows))[row], len(rows))
        inside = self.delay(outcome) <= outcome.days
        # What was not checked was not seen to be learned.
        return np.where(inside, np.maximum(gained[whole], 0.0), 0.0).astype(np.float32)
