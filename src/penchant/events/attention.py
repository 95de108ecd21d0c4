"""Attention: how far somebody came with an item, for how long, and where a player was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from penchant.events.event import MAX_SECONDS
from penchant.events.values import number

MOST_ATTENTION = 1_800.0
"""Seconds of attention that one message can tell of: who says more went away and left the page open."""
FULL_ATTENTION = 15.0
"""Seconds from which a scroll depth counts in full; below, in proportion: nobody reads to the end in three seconds."""

_DWELL = (("dwell", 1.0), ("dwell_ms", 1e-3), ("engagement_time_msec", 1e-3), ("time_on_page", 1.0))
TELLING = frozenset(
    (
        *("progress", "read_ratio", "video_percent", "scroll_depth", "percent_scrolled"),
        *("total_length", "video_current_time", "video_duration"),
        *(key for key, _ in _DWELL),
    )
)
"""Properties that tell of attention; without one of them, only a video's do."""

_SHARE = "between 0 and 1"
_PERCENT = "between 0 and 100"


class Attention(NamedTuple):
    """What a message says of attention; the fields are those of `Event`.

    Attributes:
        progress: Share of the item, 0 to 1.
        dwell: Seconds of attention.
        playhead: Seconds of the item.
        length: Seconds of the whole item.
        used: Properties that are said by these fields in full.
    """

    progress: float | None = None
    dwell: float | None = None
    playhead: float | None = None
    length: float | None = None
    used: tuple[str, ...] = ()


NOTHING = Attention()
"""Of a message that tells nothing of it."""


def attention(name: str, told: Mapping[str, Any], place: str) -> Attention:
    """Read one line's properties.

    Progress is what is told outright; else, of what is read, the scroll depth, as far as attention bears it out. Of
    videos, a position alone is no progress, as whoever jumps to the end has not seen it: what was watched is the union
    of the intervals between the playheads of a viewing.

    Raises:
        EventRejected: A number is none, or out of bounds.
    """
    video = name.startswith("Video ")
    dwell = _dwell(told, place)
    progress = _told(told, place)
    playhead, length, used = (None, None, ()) if name.startswith("Video Ad ") else _player(video, told, place)
    if progress is None and not video:
        progress = _scrolled(told, place, dwell)
        if progress is None and playhead is not None and length is not None:
            progress = min(playhead / length, 1.0)
    if told.get("progress") not in (None, ""):
        used = (*used, "progress")
    return Attention(progress, dwell, playhead, length, used)


def _told(told: Mapping[str, Any], place: str) -> float | None:
    for key in ("progress", "read_ratio"):
        share = number(told, key, place, 0.0, 1.0, _SHARE)
        if share is not None:
            return share
    percent = number(told, "video_percent", place, 0.0, 100.0, _PERCENT)
    return None if percent is None else percent / 100


def _dwell(told: Mapping[str, Any], place: str) -> float | None:
    for key, unit in _DWELL:
        figure = number(told, key, place)
        if figure is not None:
            idle = number(told, "idle_ms", place) or 0.0
            return min(max(figure * unit - idle / 1000, 0.0), MOST_ATTENTION)
    return None


def _scrolled(told: Mapping[str, Any], place: str, dwell: float | None) -> float | None:
    """The scroll depth, weighed by attention; up to 1 it is a share, above a percentage, and GA4's is always one."""
    depth = number(told, "scroll_depth", place, 0.0, 100.0, _PERCENT)
    if depth is None:
        depth = number(told, "percent_scrolled", place, 0.0, 100.0, _PERCENT)
        if depth is None:
            return None
        depth /= 100
    elif depth > 1:
        depth /= 100
    return depth if dwell is None else depth * min(dwell / FULL_ATTENTION, 1.0)


def _player(video: bool, told: Mapping[str, Any], place: str) -> tuple[float | None, float | None, tuple[str, ...]]:
    """Where the player was and how long the item plays, as Segment or GA4 say it."""
    used = []
    length = number(told, "total_length", place, 0.0, MAX_SECONDS)
    if length is not None:
        used.append("total_length")
    else:
        length = number(told, "video_duration", place, 0.0, MAX_SECONDS)
    playhead = None
    # Elsewhere a position is a place in a list; and with ads inside, a player counts their seconds too.
    if (video or length is not None) and told.get("ad_enabled") is not True:
        playhead = number(told, "position", place, 0.0, MAX_SECONDS)
        if playhead is not None:
            used.append("position")
        else:
            playhead = number(told, "video_current_time", place, 0.0, MAX_SECONDS)
    return playhead, length or None, tuple(used)
