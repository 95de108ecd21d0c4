"""Dates and times as feeds write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from penchant.catalog.feeds.wrong import shown

_DATE = re.compile(r"\d{4}-?\d{2}-?\d{2}")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:,?\s+(\d{1,2}:\d{2}(?::\d{2})?))?")
_OFFSET = re.compile(r"\s+([+-]\d{2}:?\d{2})$")
_UNIX = re.compile(r"\d{9,14}")
_MILLI = 100_000_000_000


@lru_cache(maxsize=64)
def time_zone(name: str) -> tzinfo:
    """A time zone by its IANA name.

    Raises:
        ValueError: No such zone is known.
    """
    if name.upper() == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"no time zone {shown(name)}") from None


def read_moment(text: str, zone: tzinfo, *, end: bool = False) -> str:
    """Read ISO 8601, `29.2.2028` with or without a time, or Unix seconds or milliseconds.

    Args:
        text: What the feed says.
        zone: Where a time without an offset holds.
        end: A date alone means the end of its day, as in "sale until 29 February".

    Returns:
        ISO 8601 in UTC, so that the same moment is always the same text.

    Raises:
        ValueError: It is none of them.
    """
    text = text.strip()
    if dotted := _DOTTED.fullmatch(text):
        text = f"{dotted[3]}-{dotted[2]:0>2}-{dotted[1]:0>2}" + (f"T{dotted[4]:0>5}" if dotted[4] else "")
    try:
        if _UNIX.fullmatch(text):
            seconds = int(text)
            moment = datetime.fromtimestamp(seconds / 1000 if seconds >= _MILLI else seconds, UTC)
        elif _DATE.fullmatch(text):
            moment = (datetime.fromisoformat(text) + timedelta(days=end)).replace(tzinfo=zone)
        else:
            moment = datetime.fromisoformat(_OFFSET.sub(r"\1", text).upper())
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=zone)
        return moment.astimezone(UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{shown(text)} is not a date or time as 2028-02-29T18:00+01:00") from None


def read_interval(text: str, zone: tzinfo) -> tuple[str, str]:
    """Read `2026-11-27T00:00+0100/2026-11-30T23:59+0100`.

    Returns:
        Both ends, as `read_moment` gives them.

    Raises:
        ValueError: It is no interval, or ends before it begins.
    """
    begin, slash, end = text.partition("/")
    if not slash:
        raise ValueError(f"{shown(text)} is not two times with a / between them")
    first, last = read_moment(begin, zone), read_moment(end, zone, end=True)
    if not in_order(first, last):
        raise ValueError(f"{shown(text)} ends before it begins")
    return first, last


def in_order(first: str | None, last: str | None) -> bool:
    """Whether a moment lies before another, both as `read_moment` gives them; None is as early or late as needed."""
    return first is None or last is None or datetime.fromisoformat(first) < datetime.fromisoformat(last)
