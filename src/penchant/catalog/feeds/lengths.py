"""Lengths of time, as feeds and pages write them, in seconds."""

from __future__ import annotations

import re

from penchant.catalog.feeds.wrong import shown

WORDS_A_MINUTE = 230
"""How fast an adult reads; 238 in a review of 190 studies (Brysbaert 2019, Journal of Memory and Language 109)."""
_ISO = re.compile(
    r"P(?:(\d+(?:[.,]\d+)?)Y)?(?:(\d+(?:[.,]\d+)?)M)?(?:(\d+(?:[.,]\d+)?)W)?(?:(\d+(?:[.,]\d+)?)D)?"
    r"(?:T(?:(\d+(?:[.,]\d+)?)H)?(?:(\d+(?:[.,]\d+)?)M)?(?:(\d+(?:[.,]\d+)?)S)?)?"
)
_SECONDS = (365 * 86_400, 30 * 86_400, 7 * 86_400, 86_400, 3_600, 60, 1)
_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):(\d{1,2}(?:\.\d+)?)")
_PLAIN = re.compile(r"\d{1,9}(?:\.\d+)?")
_LONGEST = 40
_MOST = 366 * 86_400


def read_length(text: str) -> float:
    """Read `PT1H2M3S` (ISO 8601), `1:02:03`, `62:03`, or seconds.

    Raises:
        ValueError: It is none of them, nothing, or more than a year.
    """
    text = text.strip()
    seconds = 0.0
    if len(text) > _LONGEST:
        pass
    elif found := _CLOCK.fullmatch(text):
        seconds = int(found[1] or 0) * 3_600 + int(found[2]) * 60 + float(found[3])
    elif _PLAIN.fullmatch(text):
        seconds = float(text)
    elif found := _ISO.fullmatch(text.upper()):
        parts = zip(found.groups(), _SECONDS, strict=True)
        seconds = sum(float((part or "0").replace(",", ".")) * unit for part, unit in parts)
    if not 0 < seconds <= _MOST:
        raise ValueError(f"{shown(text)} is no length of time")
    return seconds


def reading_seconds(words: int) -> float | None:
    """How long it takes to read so many words; None for none."""
    return round(words * 60 / WORDS_A_MINUTE, 1) if words > 0 else None
