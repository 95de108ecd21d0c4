"""What a test compares with: values that it names, or those that the request's items, person or moment have."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol

import numpy as np

from penchant.catalog.filters.about import About
from penchant.catalog.schema import ColumnKind
from penchant.catalog.table import ItemTable
from penchant.clock import parse_time
from penchant.errors import InvalidRequest

Family = Literal["text", "number", "flag", "time"]
"""Values that can be compared with one another."""

FAMILIES: dict[ColumnKind, Family] = {
    "category": "text",
    "tags": "text",
    "number": "number",
    "flag": "flag",
    "time": "time",
}
"""What the values of a column are; columns of other kinds cannot be compared with anything."""

WANTED: dict[Family, str] = {
    "text": "must be text",
    "number": "must be a number",
    "flag": "must be true or false",
    "time": "must be a moment in ISO 8601, as in 2026-11-21T20:00:00Z",
}

_SPAN = re.compile(r"([+-]?)([0-9]{1,6})([smhdw])")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}


class Value(Protocol):
    """What a test compares with, once the request is known."""

    def texts(self, table: ItemTable, about: About) -> Sequence[str] | None:
        """Texts, any of which counts; None when the request does not say."""
        ...

    def numbers(self, table: ItemTable, about: About) -> Sequence[float] | None:
        """Numbers, flags (1 and 0) or moments (Unix seconds), any of which counts; None as in `texts`."""
        ...


@dataclass(frozen=True)
class Given:
    """Values that the test names."""

    values: tuple[str | float, ...]

    def texts(self, table: ItemTable, about: About) -> Sequence[str]:
        """These."""
        return self.values  # type: ignore[return-value]

    def numbers(self, table: ItemTable, about: About) -> Sequence[float]:
        """These."""
        return self.values  # type: ignore[return-value]


@dataclass(frozen=True)
class OfSeeds:
    """What the request's items have in a field."""

    field: str

    def texts(self, table: ItemTable, about: About) -> Sequence[str] | None:
        """The texts of all of them."""
        rows = _rows(table, about)
        if self.field == "id":
            return [table.ids[row] for row in rows.tolist() if table.present[row]] or None
        # One text an item is read as such; lists are not made of it.
        kind = table.schema.columns.get(self.field)
        column = table.category(self.field) if kind == "category" else table.tags(self.field)
        return sorted(column.names_of(rows)) or None

    def numbers(self, table: ItemTable, about: About) -> Sequence[float] | None:
        """The numbers of all of them."""
        found = table.number(self.field)[_rows(table, about)]
        return found[~np.isnan(found)].tolist() or None


@dataclass(frozen=True)
class OfPerson:
    """A trait of the request's person, one value or a list."""

    trait: str
    family: Family

    def texts(self, table: ItemTable, about: About) -> Sequence[str] | None:
        """The trait, when it is text."""
        return [value for value in _listed(about.person.get(self.trait)) if isinstance(value, str) and value] or None

    def numbers(self, table: ItemTable, about: About) -> Sequence[float] | None:
        """The trait, when it is of the family of the field."""
        values = (as_number(value, self.family) for value in _listed(about.person.get(self.trait)))
        return [value for value in values if value is not None] or None


@dataclass(frozen=True)
class FromNow:
    """The moment of the request, and some seconds."""

    seconds: float

    def texts(self, table: ItemTable, about: About) -> Sequence[str] | None:
        """None: a moment is no text."""
        return None

    def numbers(self, table: ItemTable, about: About) -> Sequence[float]:
        """The moment."""
        return [about.now + self.seconds]


def as_number(value: object, family: Family) -> float | None:
    """A plain value as the number of a family: true and false 1 and 0, moments Unix seconds; None when it is none."""
    if family == "time":
        if isinstance(value, datetime):
            return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
        try:
            return parse_time(value) if isinstance(value, str) else None
        except (ValueError, OverflowError):
            return None
    if isinstance(value, bool):
        return float(value) if family == "flag" else None
    if family != "number" or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def read_text(json: object, path: str) -> str:
    """A text that a test names.

    Raises:
        InvalidRequest: It is none.
    """
    if not isinstance(json, str):
        raise InvalidRequest(path, WANTED["text"], json)
    return json


def read_number(json: object, family: Family, path: str) -> float:
    """A number that a test names, as `as_number`.

    Raises:
        InvalidRequest: It is of another family, or no number that a column can hold.
    """
    number = as_number(json, family)
    if number is None:
        whole = family == "number" and isinstance(json, int | float) and not isinstance(json, bool)
        raise InvalidRequest(path, "must be a finite number below 1e308" if whole else WANTED[family], json)
    return number


def read_constant(json: object, family: Family, path: str) -> str | float:
    """A value that a test names.

    Raises:
        InvalidRequest: As `read_text` and `read_number`.
    """
    return read_text(json, path) if family == "text" else read_number(json, family, path)


def read_span(json: object, path: str) -> float:
    """Seconds of `-7d` or `12h`: s, m, h, d or w.

    Raises:
        InvalidRequest: It is no such text.
    """
    found = _SPAN.fullmatch(json) if isinstance(json, str) else None
    if found is None:
        raise InvalidRequest(path, 'must be a span of time from now, as in "-7d" or "12h" (s, m, h, d, w)', json)
    sign, count, unit = found.groups()
    return (-1 if sign == "-" else 1) * int(count) * _UNITS[unit]


def _rows(table: ItemTable, about: About) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    seeds = np.asarray(about.seeds, np.int64)
    return seeds[(seeds >= 0) & (seeds < len(table))]


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else (value,)
