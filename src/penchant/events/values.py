"""Single values of a message: ids, texts, numbers, times; each refused with its place when it is wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from penchant.clock import parse_time
from penchant.errors import EventRejected
from penchant.events.event import MAX_ID, MAX_TIME, is_id

_NUMBER = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_MILLISECONDS_FROM = 1e11
_WHOLE = 2**63


def as_id(value: object, key: str, place: str = "") -> str:
    """An id: text, or a whole number as text.

    Args:
        value: What stands there.
        key: Name of the field.
        place: What stands before it in the message, as in `properties.`.

    Raises:
        EventRejected: It is neither, has control characters, or is too long.
    """
    if type(value) is str:
        text = value.strip()
        # The first half of `is_id`, which is the whole of it for nearly all ids.
        if (text.isprintable() and 0 < len(text) <= MAX_ID) or is_id(text):
            return text
    elif type(value) is int and -_WHOLE <= value < _WHOLE:
        return str(value)
    raise EventRejected(
        "bad_id", f"{place}{key}", f"must be 1 to {MAX_ID} characters without control codes, or a whole number", value
    )


def id_of(message: Mapping[str, Any], field: str) -> str | None:
    """The id in a field; None when it is missing, null or empty."""
    value = message.get(field)
    return None if value is None or value == "" else as_id(value, field)


def number(
    line: Mapping[str, Any], key: str, place: str, low: float = 0.0, high: float = math.inf, wanted: str = "0 or more"
) -> float | None:
    """The number in a field, from `low` to `high`; text that is a number counts; None when there is nothing.

    Raises:
        EventRejected: It is no number, not finite, or out of bounds.
    """
    value = line.get(key)
    if value is None:
        return None
    if (type(value) is float or type(value) is int) and low <= value <= high and value < math.inf:
        return float(value)
    if value == "":
        return None
    if type(value) is str and len(value) < 400 and _NUMBER.fullmatch(value):
        value = float(value)
    if type(value) is not float and type(value) is not int:
        raise EventRejected("bad_number", f"{place}{key}", "must be a number", value)
    try:
        figure = float(value)
    except OverflowError:
        figure = math.inf
    if not math.isfinite(figure):
        raise EventRejected("bad_number", f"{place}{key}", "must be a finite number", value)
    if not low <= figure <= high:
        raise EventRejected("bad_number", f"{place}{key}", f"must be {wanted}", value)
    return figure


def mapping(message: Mapping[str, Any], field: str) -> dict[str, Any]:
    """The object in a field; empty when there is nothing.

    Raises:
        EventRejected: It is something else.
    """
    value = message.get(field)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise EventRejected("bad_type", field, "must be an object", value)
    return value


def moment(message: Mapping[str, Any], field: str) -> int | None:
    """The time in a field, in milliseconds: ISO 8601 text, or seconds or milliseconds since 1970; None when missing.

    Raises:
        EventRejected: It cannot be read, or does not lie between 1970 and 9999.
    """
    value = message.get(field)
    if value is None or value == "":
        return None
    try:
        if type(value) is str:
            return _milliseconds(value)
        if type(value) is int or type(value) is float:
            return _lived(round(value if abs(value) >= _MILLISECONDS_FROM else value * 1000))
    except (ValueError, OverflowError):
        pass
    raise EventRejected("bad_time", field, "must be an ISO 8601 time between 1970 and 9999", value)


# All messages of a batch were sent at one moment.
@lru_cache(maxsize=256)
def _milliseconds(text: str) -> int:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return _lived(round(parse_time(text) * 1000))
    return _lived(round((at if at.tzinfo is not None else at.replace(tzinfo=UTC)).timestamp() * 1000))


def _lived(at: int) -> int:
    if not 0 <= at < MAX_TIME:
        raise ValueError(at)
    return at
