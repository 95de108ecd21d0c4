"""The shape of one test: which keys it has, and what lists and shares must be like."""

from __future__ import annotations

from typing import Any

from penchant.catalog.filters.value import read_number
from penchant.errors import InvalidRequest, nearest

TESTS = ("eq", "in", "range", "exists", "under", "near")
LONGEST = 10_000
"""Most values of one `in`."""
WIDEST = 10.0
"""Largest share of `within`."""


def check_test(json: dict[str, Any], path: str, *, beside: tuple[str, ...]) -> str:
    """The one test that an object has.

    Raises:
        InvalidRequest: It has none, several, or keys that mean nothing.
    """
    found = [key for key in json if key in TESTS]
    strange = [key for key in json if key not in ("field", *TESTS, *beside)]
    if len(found) != 1 or strange:
        near = nearest(strange[0], (*TESTS, *beside)) if strange else None
        hint = f'; did you mean "{near}"?' if near else ""
        got = ", ".join(key for key in json if key != "field")
        raise InvalidRequest(path, f"needs exactly one test of {', '.join(TESTS)}{hint}", got or None)
    return found[0]


def check_within(json: dict[str, Any], path: str, test: str) -> float:
    """The share of `near`.

    Raises:
        InvalidRequest: It is missing, no share, or stands beside another test.
    """
    if test != "near":
        raise InvalidRequest(f"{path}.within", 'goes with "near" alone')
    share = read_number(json.get("within"), "number", f"{path}.within")
    if not 0 <= share <= WIDEST:
        raise InvalidRequest(f"{path}.within", f"must be a share, from 0 to {WIDEST:g}; 0.2 is 20 %", share)
    return share


def check_list(json: object, path: str) -> list[Any]:
    """The values of `in`.

    Raises:
        InvalidRequest: They are no list, or too many.
    """
    if not isinstance(json, list):
        raise InvalidRequest(path, "must be a list of values", json)
    if len(json) > LONGEST:
        raise InvalidRequest(path, f"must have at most {LONGEST:,} values", len(json))
    return json


def check_ends(json: object, path: str) -> list[Any]:
    """The two ends of `range`.

    Raises:
        InvalidRequest: They are not two.
    """
    if not isinstance(json, list) or len(json) != 2:
        raise InvalidRequest(path, "must be [least, most], with null for an open end", json)
    return json


def check_flag(json: object, path: str) -> bool:
    """What `exists` asks for.

    Raises:
        InvalidRequest: It is not true or false.
    """
    if not isinstance(json, bool):
        raise InvalidRequest(path, "must be true or false", json)
    return json
