"""Types and values of the configuration in words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from msgspec import inspect

_PASSWORD = re.compile(r"(://[^:/@\s]*):[^@/\s]+@")


def shown(value: object, limit: int = 60) -> str:
    """A value as TOML would write it, cut when long; the password of an address is masked."""
    if isinstance(value, str):
        value = _PASSWORD.sub(r"\1:***@", value)
        return json.dumps(value if len(value) <= limit else value[: limit - 1] + "…", ensure_ascii=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, dict):
        return "a table" if value else "an empty table"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    return str(value)


def either(parts: Iterable[str]) -> str:
    """`a, b or c`."""
    words = list(dict.fromkeys(parts))
    return " or ".join(words) if len(words) < 3 else ", ".join(words[:-1]) + " or " + words[-1]


def described(kind: inspect.Type, *, bounds: bool = True) -> str:
    """What a type takes, as the end of "must be ...".

    Args:
        kind: The type.
        bounds: Say limits too: `a whole number from 0 to 65535` rather than `a whole number`.
    """
    kind, description = unwrapped(kind)
    if description:
        return description
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        number = "a whole number" if isinstance(kind, inspect.IntType) else "a number"
        return number + (_range(kind) if bounds else "")
    if isinstance(kind, inspect.UnionType):
        return either(described(one, bounds=bounds) for one in kind.types if not isinstance(one, inspect.NoneType))
    if isinstance(kind, inspect.LiteralType):
        return either(shown(value) for value in kind.values)
    if isinstance(kind, inspect.StrType):
        if not bounds:
            return "text"
        if kind.pattern:
            return f"text that matches {kind.pattern}"
        return "text that is not empty" if kind.min_length == 1 else "text" + _length(kind)
    if isinstance(kind, inspect.StructType):
        needed = [f.encode_name for f in kind.fields if f.required]
        return "{ " + ", ".join(f"{name} = …" for name in needed) + " }" if kind.tag is not None else "a table"
    if isinstance(kind, inspect.DictType):
        return "a table" + (_length(kind) if bounds else "")
    if isinstance(kind, inspect.CollectionType):
        tables = isinstance(unwrapped(kind.item_type)[0], inspect.StructType)
        what = "a list of tables, each headed in double brackets" if tables else "a list"
        return what + (_length(kind) if bounds else "")
    if isinstance(kind, inspect.TupleType):
        return f"a list of {len(kind.item_types)}"
    return _PLAIN.get(type(kind), "a value")


def unwrapped(kind: inspect.Type) -> tuple[inspect.Type, str]:
    """A type without its annotations, and what they say of it."""
    description = ""
    while isinstance(kind, inspect.Metadata):
        description = description or (kind.extra_json_schema or {}).get("description", "")
        kind = kind.type
    return kind, description


_PLAIN: dict[type[inspect.Type], str] = {
    inspect.BoolType: "true or false",
    inspect.DateTimeType: "a date and time",
    inspect.DateType: "a date",
    inspect.TimeType: "a time of day",
}


def _range(kind: inspect.IntType | inspect.FloatType) -> str:
    if kind.ge is not None and kind.le is not None:
        return f" from {kind.ge} to {kind.le}"
    limits = [
        f"{words} {limit}"
        for words, limit in (
            ("of at least", kind.ge),
            ("more than", kind.gt),
            ("of at most", kind.le),
            ("less than", kind.lt),
        )
        if limit is not None
    ]
    return " " + " and ".join(limits) if limits else ""


def _length(kind: Any) -> str:
    low, high = kind.min_length, kind.max_length
    one, many = ("character", "characters") if isinstance(kind, inspect.StrType) else ("entry", "entries")
    if low is not None and high is not None:
        return f" of {low} to {high} {many}"
    if low is not None:
        return f" of at least {low} {one if low == 1 else many}"
    return f" of at most {high} {one if high == 1 else many}" if high is not None else ""
