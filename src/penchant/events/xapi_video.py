"""How far somebody came, as the extensions of cmi5 and of the xAPI video profile say it.

What an extension holds is nobody's rule: a value that cannot be read stays in the properties, and says nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from penchant.events.event import MAX_SECONDS, is_id

FROM_START = 1.0
"""A video that plays from before this second on plays from its start."""

_VIDEO = "https://w3id.org/xapi/video/extensions/"
_PROGRESS = "https://w3id.org/xapi/cmi5/result/extensions/progress"


class Viewing(NamedTuple):
    """What the extensions of one statement say; times in seconds of the item.

    Attributes:
        progress: Share of the item, 0 to 1.
        playhead: Where the player is.
        length: Of the whole item.
        since: Where a jump began.
        to: Where it ended.
        session: The player's id of the viewing.
    """

    progress: float | None
    playhead: float | None
    length: float | None
    since: float | None
    to: float | None
    session: str | None


def viewing(extensions: Mapping[str, Any]) -> Viewing:
    """Read the extensions of a statement's context and result."""
    length = _figure(extensions, "length") or None
    session = extensions.get(f"{_VIDEO}session-id")
    return Viewing(
        _progress(extensions, length),
        _figure(extensions, "time"),
        length,
        _figure(extensions, "time-from"),
        _figure(extensions, "time-to"),
        session if isinstance(session, str) and is_id(session) else None,
    )


def _progress(extensions: Mapping[str, Any], length: float | None) -> float | None:
    """Progress: the union of what was played, where it is told, else the share or percentage told; a score is none."""
    played = extensions.get(f"{_VIDEO}played-segments")
    covered = _union(played) if isinstance(played, str) and length else None
    if covered is not None and length:
        return min(covered / length, 1.0)
    share = _figure(extensions, "progress", 1.01)
    if share is None:
        percent = _number(extensions.get(_PROGRESS), 100.0)
        share = None if percent is None else percent / 100
    return None if share is None else min(share, 1.0)


def _union(played: str) -> float | None:
    """Seconds covered by segments written as `0[.]5[,]12[.]22.5`, overlaps counted once."""
    segments = []
    for segment in played.split("[,]") if played.strip() else ():
        start, _, end = segment.partition("[.]")
        try:
            a, b = float(start), float(end)
        except ValueError:
            return None
        if not 0 <= a <= MAX_SECONDS or not 0 <= b <= MAX_SECONDS:
            return None
        segments.append((min(a, b), max(a, b)))
    covered, until = 0.0, 0.0
    for begun, ended in sorted(segments):
        covered += max(ended - max(begun, until), 0.0)
        until = max(until, ended)
    return covered


def _figure(extensions: Mapping[str, Any], name: str, high: float = MAX_SECONDS) -> float | None:
    return _number(extensions.get(f"{_VIDEO}{name}"), high)


def _number(value: object, high: float) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= high:
        return None
    return float(value)
