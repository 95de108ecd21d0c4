"""Plain data against a Struct class: every mistake at once, where msgspec would stop at the first."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from typing import Any, Final

import msgspec
from msgspec import inspect

from penchant.config.lines import KeyPath, Lines
from penchant.config.wording import described, shown, unwrapped
from penchant.errors import ConfigProblem, nearest


@dataclass(frozen=True)
class Shaped:
    """What came of a check.

    Attributes:
        data: A copy without what was wrong; with no problems, `msgspec.convert` takes it.
        problems: Everything that was wrong, in the order of the type's fields and the data's keys.
    """

    data: dict[str, Any]
    problems: tuple[ConfigProblem, ...]


def check_shape(
    data: Mapping[str, Any], kind: type[msgspec.Struct], lines: Lines, at: KeyPath = (), *, partial: bool = False
) -> Shaped:
    """Check plain data (as from TOML) against a Struct class.

    Args:
        data: Tables as dicts, lists as lists.
        kind: The class; its annotations and `Meta` say what holds. Keys it lacks are errors in any case.
        lines: Places for the problems.
        at: Where `data` stands in the document.
        partial: Take the fields that are there; a required one may be missing.
    """
    walk = _Walk(lines)
    return Shaped(walk.struct(data, struct_type(kind), at, partial), tuple(walk.problems))


def fits(value: object, kind: inspect.Type) -> bool:
    """True when a value is right for a type, bounds included."""
    walk = _Walk(Lines())
    walk.value(value, kind, ())
    return not walk.problems


@cache
def struct_type(kind: type[msgspec.Struct]) -> inspect.StructType:
    """What msgspec knows of a Struct class."""
    info = inspect.type_info(kind)
    if not isinstance(info, inspect.StructType):
        raise TypeError(f"{kind!r} is no msgspec.Struct")
    return info


class _Wrong:
    """In place of a value that cannot be kept."""


_WRONG: Final = _Wrong()


class _Walk:
    """One pass over data and its type, side by side; methods give what can be kept of the data."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.problems: list[ConfigProblem] = []

    def struct(
        self, data: Mapping[str, Any], kind: inspect.StructType, at: KeyPath, partial: bool = False
    ) -> dict[str, Any]:
        fields = {f.encode_name: f for f in kind.fields}
        kept: dict[str, Any] = {}
        meant: set[str | None] = set()
        for name, value in data.items():
            if name not in fields:
                hint = nearest(name, [f for f in fields if f not in data])
                meant.add(hint)
                self._add("unknown_key", (*at, name), "no such key", hint=hint, have=sorted(fields))
                continue
            good = self.value(value, fields[name].type, (*at, name))
            if good is not _WRONG:
                kept[name] = good
        for name, field in fields.items():
            # A required key that was only misspelt has been told once already.
            if field.required and not partial and name not in data and name not in meant:
                self._add("missing", (*at, name), f"missing, must be {described(field.type)}")
        if kind.tag is not None and kind.tag_field is not None:
            kept[kind.tag_field] = kind.tag
        return kept

    def value(self, value: Any, kind: inspect.Type, at: KeyPath) -> Any:
        whole = kind
        kind, _ = unwrapped(kind)
        if isinstance(kind, inspect.UnionType):
            return self._union(value, whole, kind, at)
        value = _as_text(value, whole)
        if not _same_sort(value, kind):
            return self._wrong_type(value, whole, at)
        if isinstance(kind, inspect.StructType):
            return self.struct(value, kind, at)
        if isinstance(kind, inspect.DictType):
            self._size(value, kind, whole, at)
            return self._dict(value, kind, at)
        if isinstance(kind, inspect.TupleType):
            if len(value) != len(kind.item_types):
                return self._out_of_range(value, whole, at)
            return self._list(list(zip(value, kind.item_types, strict=True)), at)
        if isinstance(kind, inspect.CollectionType):
            self._size(value, kind, whole, at)
            return self._list([(one, kind.item_type) for one in value], at)
        return value if _in_range(value, kind) else self._out_of_range(value, whole, at)

    def _union(self, value: Any, whole: inspect.Type, kind: inspect.UnionType, at: KeyPath) -> Any:
        options = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
        same = [one for one in options if _same_sort(_as_text(value, one), unwrapped(one)[0])]
        if isinstance(value, dict):
            same = _most_alike(value, same)
        if not same:
            return self._wrong_type(value, whole, at)
        for option in same:
            if fits(value, option):
                return self.value(value, option, at)
        return self.value(value, same[0], at)

    def _dict(self, data: dict[str, Any], kind: inspect.DictType, at: KeyPath) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for name, value in data.items():
            path = (*at, name)
            key, _ = unwrapped(kind.key_type)
            if _same_sort(name, key) and not _in_range(name, key):
                self._add("out_of_range", path, f"the key must be {described(kind.key_type)}", shown(name))
            good = self.value(value, kind.value_type, path)
            if good is not _WRONG:
                kept[name] = good
            elif isinstance(unwrapped(kind.value_type)[0], inspect.StructType):
                kept[name] = {}  # the name stands, so that what refers to it is not wrong too
        return kept

    def _list(self, pairs: list[tuple[Any, inspect.Type]], at: KeyPath) -> list[Any]:
        """A list keeps a wrong table as an empty one, so that the others keep their places."""
        kept: list[Any] = []
        for n, (value, kind) in enumerate(pairs):
            good = self.value(value, kind, (*at, n))
            if good is not _WRONG:
                kept.append(good)
            elif isinstance(unwrapped(kind)[0], inspect.StructType):
                kept.append({})
        return kept

    def _size(
        self, value: Any, kind: inspect.CollectionType | inspect.DictType, whole: inspect.Type, at: KeyPath
    ) -> None:
        low, high = kind.min_length or 0, math.inf if kind.max_length is None else kind.max_length
        if not low <= len(value) <= high:
            self._out_of_range(value, whole, at)

    def _wrong_type(self, value: object, kind: inspect.Type, at: KeyPath) -> _Wrong:
        self._add("wrong_type", at, f"must be {described(kind, bounds=False)}", shown(value))
        return _WRONG

    def _out_of_range(self, value: object, kind: inspect.Type, at: KeyPath) -> _Wrong:
        inner, _ = unwrapped(kind)
        hint = None
        if isinstance(inner, inspect.LiteralType) and isinstance(value, str):
            hint = nearest(value, [v for v in inner.values if isinstance(v, str)])
        self._add("out_of_range", at, f"must be {described(kind)}", shown(value), hint=hint)
        return _WRONG

    def _add(self, code: Any, at: KeyPath, wanted: str, got: str = "", **more: Any) -> None:
        self.problems.append(self.lines.problem(code, at, wanted, got, **more))


def _as_text(value: Any, kind: inspect.Type) -> Any:
    """TOML's own dates stand for text where a moment is wanted."""
    moment = isinstance(kind, inspect.Metadata) and (kind.extra or {}).get("moment")
    return value.isoformat() if moment and isinstance(value, date) else value


def _same_sort(value: object, kind: inspect.Type) -> bool:
    """True when a value is of the type's sort, bounds aside."""
    if isinstance(kind, inspect.BoolType):
        return isinstance(value, bool)
    if isinstance(kind, inspect.IntType):
        return isinstance(value, int) and not isinstance(value, bool)
    if isinstance(kind, inspect.FloatType):
        return isinstance(value, int | float) and not isinstance(value, bool)
    if isinstance(kind, inspect.StrType):
        return isinstance(value, str)
    if isinstance(kind, inspect.LiteralType):
        return any(type(value) is type(one) for one in kind.values)
    if isinstance(kind, inspect.StructType | inspect.DictType):
        return isinstance(value, dict)
    if isinstance(kind, inspect.CollectionType | inspect.TupleType):
        return isinstance(value, list)
    sort = _SORTS.get(type(kind))
    return sort is None or isinstance(value, sort)


_SORTS: dict[type[inspect.Type], type] = {
    inspect.DateTimeType: datetime,
    inspect.DateType: date,
    inspect.TimeType: time,
}


def _in_range(value: Any, kind: inspect.Type) -> bool:
    """True when a value of the right sort is within the type's bounds."""
    if isinstance(kind, inspect.LiteralType):
        return value in kind.values
    if isinstance(kind, inspect.StrType):
        low, high = kind.min_length or 0, math.inf if kind.max_length is None else kind.max_length
        return low <= len(value) <= high and (kind.pattern is None or re.search(kind.pattern, value) is not None)
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        return (
            _is_finite(value, kind)
            and (kind.ge is None or value >= kind.ge)
            and (kind.gt is None or value > kind.gt)
            and (kind.le is None or value <= kind.le)
            and (kind.lt is None or value < kind.lt)
        )
    return True


def _is_finite(value: Any, kind: inspect.IntType | inspect.FloatType) -> bool:
    try:
        return isinstance(kind, inspect.IntType) or math.isfinite(value)
    except OverflowError:  # a whole number beyond what a float holds
        return False


def _most_alike(data: dict[str, Any], kinds: list[inspect.Type]) -> list[inspect.Type]:
    """Of several Structs, those whose keys the data has or nearly has, the most alike first."""
    if len(kinds) < 2:
        return kinds
    alike: dict[int, float] = {}
    for n, kind in enumerate(kinds):
        inner, _ = unwrapped(kind)
        names = [f.encode_name for f in inner.fields] if isinstance(inner, inspect.StructType) else []
        alike[n] = sum(1.0 if key in names else 0.6 if nearest(key, names) else 0.0 for key in data)
    return [kinds[n] for n in sorted(alike, key=lambda n: -alike[n]) if alike[n] > 0]
