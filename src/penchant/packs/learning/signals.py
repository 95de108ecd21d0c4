"""How an academy's events are read. What was sold is no signal here, on purpose."""

from __future__ import annotations

from penchant.events import Role, Signal

SIGNALS = (
    Signal("Module Completed", Role.GOAL, 1.0),
    Signal("Action Taken", Role.STRONG, 0.9),
    # Half right is what a check is for; one whose result is not told was taken, and that is all.
    Signal("Quiz Answered", Role.STRONG, 0.5, min_progress=0.5, untold=True),
    Signal("Quiz Answered", Role.NEGATIVE, -0.05, max_progress=0.5, untold=False),
    Signal("Module Progressed", Role.WEAK, 0.3),
    Signal("Module Started", Role.WEAK, 0.2),
    Signal("Recommendation Clicked", Role.WEAK, 0.1),
    Signal("Module Failed", Role.NEGATIVE, -0.1),
    Signal("Recommendation Dismissed", Role.NEGATIVE, -0.5),
    Signal("Recommendation Viewed", Role.IMPRESSION, 0.0),
)
