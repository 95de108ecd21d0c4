"""Why a plain value was not taken, in a sentence; and what people write otherwise but can only have meant one way."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from penchant.catalog.fields import Fields
from penchant.errors import choices

_PLACE = re.compile(r" - at `\$\.?(.*)`$", re.DOTALL)
_EXPECTED = re.compile(r"Expected `([a-z]+)(?: \| null)?`(?: (of length )?([<>]=?) ([0-9.e+]+))?(?:, got `([a-z]+)`)?$")
_DAY = re.compile(r"\d{4}-\d\d-\d\d$")
_MOMENT = "a date and time such as 2026-12-01T08:00:00Z"
_WORDS = {
    "float": "a number",
    "int": "a whole number",
    "str": "text",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "datetime": _MOMENT,
}
_BOUNDS = {">=": "at least", ">": "above", "<=": "at most", "<": "below"}


def place_of(message: str) -> str:
    """The path in a message of the decoder, as `price`, `topics[1]` or `stock_at[...]`; empty when it has none."""
    found = _PLACE.search(message)
    return found[1] if found else ""


def sentence(kind: type[msgspec.Struct], message: str, told: Mapping[str, Any]) -> tuple[str, str]:
    """The field that is wrong, and why, from a message of the decoder.

    Args:
        kind: The item type.
        message: What the decoder said.
        told: The plain values it read.
    """
    place = place_of(message)
    wanted = _PLACE.sub("", message)
    if not place:
        missing = re.search(r"required field `(\w+)`", wanted)
        if missing:
            return missing[1], "is needed"
        field, _, reason = wanted.partition(" ")  # "id must have …", as the item type itself says
        return (field, reason) if field in kind.__struct_fields__ else ("", wanted)
    field = re.split(r"[.\[]", place, maxsplit=1)[0]
    got: Any = told
    if place.endswith("[...]"):
        # The decoder does not say which key it was.
        key = _wrong_key(kind, field, told[field])
        place, got = f"{field}.{key}", told[field].get(key)
    else:
        for step in re.findall(r"[^.\[\]]+", place):
            got = got.get(step) if isinstance(got, Mapping) else got[int(step)]
    reason = _wanted(wanted, Fields.of(kind).choices.get(field, ()), got)
    return place, reason if got is None else f"{reason}, got {shown(got)}"


def mended(kind: type[msgspec.Struct], field: str, value: object, *, ends: bool) -> object:
    """What a value can only have meant: `3.0` pieces are 3, and a day is its first moment, or its last where it ends.

    Args:
        kind: The item type.
        field: The field.
        value: What stood there.
        ends: Whether the field is the end of something.

    Returns:
        The value as the field takes it; the same when there is nothing to mend.
    """
    fields = Fields.of(kind)
    if field in fields.wholes and isinstance(value, float) and value.is_integer():
        return int(value)
    if field in fields.times and isinstance(value, str | date) and not isinstance(value, datetime):
        try:
            day = isinstance(value, date) or _DAY.match(value.strip())
            moment = datetime.fromisoformat(value.isoformat() if isinstance(value, date) else value.strip())
            return moment.replace(tzinfo=UTC) + timedelta(days=1) if day and ends else moment
        except (ValueError, OverflowError):
            return value
    return value


def shown(value: object, limit: int = 60) -> str:
    """A value as JSON writes it, cut when it is long."""
    try:
        text = repr(value) if isinstance(value, float) else msgspec.json.encode(value).decode()
    except (TypeError, ValueError, OverflowError, RecursionError):
        text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _wanted(message: str, allowed: Sequence[str], got: object) -> str:
    if message.startswith("Invalid enum value"):
        return f"must be one of {choices(allowed)}"
    if message.startswith("Invalid RFC3339"):
        return f"must be {_MOMENT}"
    if message == "Number out of range":
        return "must be a number that fits"
    found = _EXPECTED.match(message)
    if found is None:
        return message
    if isinstance(got, float) and not math.isfinite(got):
        return "must be a number"
    type_, of_length, sign, bound, _ = found.groups()
    if sign:
        least = bound.removesuffix(".0")
        return f"must have {_BOUNDS[sign]} {least} characters" if of_length else f"must be {_BOUNDS[sign]} {least}"
    if type_ == "str" and isinstance(got, int | float) and not isinstance(got, bool):
        return "must be text, in quotes"
    if type_ in ("float", "int") and isinstance(got, str):
        return f"must be {_WORDS[type_]}, without quotes or currency"
    return f"must be {_WORDS.get(type_, type_)}"


def _wrong_key(kind: type[msgspec.Struct], field: str, values: Mapping[str, Any]) -> str:
    for key, value in values.items():
        try:
            msgspec.convert({"id": "-", field: {key: value}}, kind)
        except msgspec.ValidationError:
            return key
    return "…"
