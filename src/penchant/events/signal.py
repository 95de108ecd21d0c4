"""Roles: how a pack reads an event. Shared code asks for roles, never for event names."""

from __future__ import annotations

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
        min_progress: Counts only at or above this progress (0 to 1); an event without progress counts as full.
        max_progress: Counts only below this progress; 1.01 means no upper limit.
    """

    event: str
    role: Role
    weight: float
    matures_days: float = 0.0
    min_progress: float = 0.0
    max_progress: float = 1.01
