"""Roles: how a pack reads an event. Shared code asks for roles, never for event names."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum


class Role(IntEnum):
    """What an event says about a person and an item."""

    GOAL = 0
    """The outcome the domain exists for."""
    STRONG = 1
    """Close to the goal."""
    WEAK = 2
    """Interest."""
    NEGATIVE = 3
    """Turned away."""
    REVERSAL = 4
    """Takes an earlier goal back."""
    IMPRESSION = 5
    """Was shown; nothing more is known."""


@dataclass(frozen=True)
class Signal:
    """One event as a pack reads it.

    Attributes:
        event: Vocabulary name.
        role: What it says.
        weight: How strongly, relative to the pack's goal signal (1.0); below 0 only for NEGATIVE and REVERSAL.
        matures_days: Days until its outcome is final.
        min_progress: Counts only at or above this progress (0 to 1).
        max_progress: Counts only below this progress; 1.01 means no upper limit.
        untold: Whether an event of unknown progress is read so; None reads it as if it were done in full.
        max_seconds: Counts only when less than this was watched, in seconds of the item, and that is known.
        corrects: Says anew what a whole order is made of: lines it names take the place of those before it, and lines
            that it lacks are taken back.
    """

    event: str
    role: Role
    weight: float
    matures_days: float = 0.0
    min_progress: float = 0.0
    max_progress: float = 1.01
    untold: bool | None = None
    max_seconds: float = math.inf
    corrects: bool = False

    @property
    def reads_untold(self) -> bool:
        """Whether an event of unknown progress is read so."""
        return self.min_progress <= 1.0 < self.max_progress if self.untold is None else self.untold

    def reads(self, progress: float | None, seconds: float | None = None) -> bool:
        """Whether an event of its name is read so.

        Args:
            progress: Share of the item that was taken in; None when nobody knows.
            seconds: Seconds of it that were watched; None when nobody knows.
        """
        if self.max_seconds < math.inf and (seconds is None or seconds >= self.max_seconds):
            return False
        if progress is None:
            return self.reads_untold
        return self.min_progress <= progress < self.max_progress
