"""How a publisher's events are read."""

from __future__ import annotations

from penchant.events import Role, Signal

SIGNALS = (
    Signal("Content Completed", Role.GOAL, 1.0),
    Signal("Video Content Completed", Role.GOAL, 1.0),
    Signal("Content Shared", Role.STRONG, 0.9),
    Signal("Content Liked", Role.STRONG, 0.8),
    Signal("Content Commented", Role.STRONG, 0.6),
    Signal("Content Progressed", Role.WEAK, 0.3, min_progress=0.5),
    Signal("Video Content Playing", Role.WEAK, 0.3, min_progress=0.5),
    Signal("Content Viewed", Role.WEAK, 0.1),
    Signal("Video Content Started", Role.WEAK, 0.1),
    Signal("Recommendation Clicked", Role.WEAK, 0.05),
    Signal("Content Skipped", Role.NEGATIVE, -0.6),
    Signal("Content Hidden", Role.NEGATIVE, -1.0),
    Signal("Recommendation Dismissed", Role.NEGATIVE, -0.6),
    Signal("Recommendation Viewed", Role.IMPRESSION, 0.0),
)
