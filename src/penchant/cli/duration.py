"""Lengths of time as people type them."""

from __future__ import annotations

import re

from penchant.errors import InvalidRequest

_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h)")
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def seconds(text: str, field: str) -> float:
    """`90s`, `10m` or `1h` in seconds.

    Args:
        text: What was typed.
        field: The option, for the error.

    Raises:
        InvalidRequest: It is no length of time, or none at all.
    """
    found = _LENGTH.fullmatch(text.strip().lower())
    length = float(found[1]) * _SECONDS[found[2]] if found else 0.0
    if not length:
        raise InvalidRequest(field, "must be a number and s, m or h, as in 90s, 10m or 1h", text)
    return length
