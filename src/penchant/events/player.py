"""What the words of a player say about what was watched: between which of them the item plays."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType


class Motion(IntEnum):
    """What a player does before and after an event."""

    PLAYS = 0
    """It plays before and after: a heartbeat."""
    BEGINS = 1
    """It plays from here on, and from the item's start unless the event tells another place."""
    RESUMES = 2
    """It plays from here on; it did not play up to here."""
    STOPS = 3
    """It played up to here and no further."""
    ENDS = 4
    """It stops, at the item's end unless the event tells another place."""


PLAYER: Mapping[str, Motion] = MappingProxyType(
    {
        "Video Playback Started": Motion.BEGINS,
        "Video Playback Paused": Motion.STOPS,
        "Video Playback Interrupted": Motion.STOPS,
        "Video Playback Buffer Started": Motion.STOPS,
        "Video Playback Buffer Completed": Motion.RESUMES,
        "Video Playback Seek Started": Motion.STOPS,
        "Video Playback Seek Completed": Motion.RESUMES,
        "Video Playback Resumed": Motion.RESUMES,
        "Video Playback Completed": Motion.STOPS,
        "Video Playback Exited": Motion.STOPS,
        "Video Content Started": Motion.BEGINS,
        "Video Content Playing": Motion.PLAYS,
        "Video Content Completed": Motion.ENDS,
        "Content Progressed": Motion.PLAYS,
        "Content Completed": Motion.ENDS,
    }
)
"""Segment's words for video, and ours for whatever is read, watched or heard; any other event that tells where a player
is counts as a heartbeat."""
