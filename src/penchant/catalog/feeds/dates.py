"""Dates of publishing, as RSS, Atom, sitemaps and pages write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from penchant.catalog.feeds.moments import read_moment
from penchant.catalog.feeds.wrong import shown

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ZONES = {
    "ut": 0, "utc": 0, "gmt": 0, "z": 0, "wet": 0, "west": 1, "bst": 1, "ist": 5.5, "cet": 1, "met": 1, "cest": 2,
    "mest": 2, "eet": 2, "eest": 3, "msk": 3, "jst": 9, "kst": 9, "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13,
    "ast": -4, "adt": -3, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
}  # fmt: skip
"""Hours before Greenwich of the names that feeds use; those of North America are the RFC's."""
_RFC = re.compile(
    r"(?:[a-z]{2,9}\.?,?\s+)?(?:(\d{1,2})[\s-]+([a-z]{3})[a-z]*\.?|([a-z]{3})[a-z]*\.?\s+(\d{1,2})),?[\s-]+(\d{4}|\d{2})"
    r"(?:,?\s+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(?:\s*([ap]m))?)?\s*(?:\(?([a-z]{1,5})\)?)?\s*([+-]\d{1,2}:?\d{2})?"
    r"(?:\s*\([a-z\s]{1,40}\))?"
)
_YEAR = re.compile(r"(\d{4})(?:-(\d{2}))?")
_LONGEST = 80


def read_date(text: str, zone: tzinfo) -> str:
    """Read RFC 822 in the spellings that are about, ISO 8601, a year, or a year and a month.

    Args:
        text: What the feed says: `Sat, 21 Nov 2026 20:00:00 +0100`, `21 November 26 20:00 EST`, `2026-11-21`.
        zone: Where a time without an offset holds.

    Returns:
        ISO 8601 in UTC, so that the same moment is always the same text.

    Raises:
        ValueError: It is none of them, or lies outside the years 1 to 9999.
    """
    text = " ".join(text.split())
    if len(text) <= _LONGEST:
        try:
            if found := _YEAR.fullmatch(text):
                return _utc(datetime(int(found[1]), int(found[2] or 1), 1, tzinfo=zone))
            if found := _RFC.fullmatch(text.lower()):
                return _utc(_rfc(found, zone))
            return read_moment(text, zone)
        except (ValueError, OverflowError):
            pass
    raise ValueError(f"{shown(text)} is no date")


def _rfc(found: re.Match[str], zone: tzinfo) -> datetime:
    day, month = found[1] or found[4], found[2] or found[3]
    year = int(found[5])
    if year < 100:
        year += 1900 if year >= 90 else 2000
    hour = int(found[6] or 0)
    if found[9]:
        hour = hour % 12 + 12 * (found[9] == "pm")
    # A leap second is the last second of its minute.
    second = min(int(found[8] or 0), 59)
    if sign := found[11]:
        hours, minutes = int(sign[1:].replace(":", "")[:-2]), int(sign[-2:])
        zone = timezone((1 if sign[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))
    elif found[10]:
        if found[10] not in _ZONES:
            raise ValueError(found[10])
        zone = timezone(timedelta(hours=_ZONES[found[10]]))
    return datetime(year, _MONTHS.index(month) + 1, int(day), hour, int(found[7] or 0), second, tzinfo=zone)


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
