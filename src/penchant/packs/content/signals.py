"""How a publisher's events are read."""

from __future__ import annotations

from penchant.events import Role, Signal

SIGNALS = (
    Signal("Content Completed", Role.GOAL, 1.0),
    # Who reaches the end by a jump has not watched it; a player that tells no places is believed.
    Signal("Video Content Completed", Role.GOAL, 1.0, min_progress=0.9, untold=True),
    Signal("Video Content Completed", Role.WEAK, 0.3, min_progress=0.5, max_progress=0.9, untold=False),
    # People leave at the credits: nearly all of it is all of it.
    Signal("Video Content Playing", Role.GOAL, 1.0, min_progress=0.9, untold=False),
    Signal("Video Content Playing", Role.WEAK, 0.3, min_progress=0.5, max_progress=0.9, untold=True),
    Signal("Content Progressed", Role.GOAL, 1.0, min_progress=0.9, untold=False),
    Signal("Content Progressed", Role.WEAK, 0.3, min_progress=0.5, max_progress=0.9, untold=True),
    Signal("Content Shared", Role.STRONG, 0.9),
    Signal("Content Liked", Role.STRONG, 0.8),
    Signal("Content Commented", Role.STRONG, 0.6),
    Signal("Content Viewed", Role.WEAK, 0.1),
    Signal("Video Content Started", Role.WEAK, 0.1),
    Signal("Recommendation Clicked", Role.WEAK, 0.05),
    Signal("Content Skipped", Role.NEGATIVE, -0.6),
    Signal("Video Playback Exited", Role.NEGATIVE, -0.6, max_progress=0.5, untold=True, max_seconds=10.0),
    Signal("Content Hidden", Role.NEGATIVE, -1.0),
    Signal("Recommendation Dismissed", Role.NEGATIVE, -0.6),
    Signal("Recommendation Viewed", Role.IMPRESSION, 0.0),
)
