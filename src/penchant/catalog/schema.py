"""What columns the items of a domain have: the fields of the pack's item type, and the free ones it declares."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

import msgspec
from msgspec import inspect

from penchant.catalog.item import Item

ColumnKind = Literal["number", "flag", "time", "category", "tags", "text", "map", "json"]
"""What a column holds: a number; true or false; a moment; one of many texts; several of them; words to read (of which
a table may keep no more than whether there are any); numbers by key; anything else, as JSON text."""
FreeKind = Literal["text", "tags", "number", "flag", "time"]
"""What a free field holds, as its domain declares it."""

FREE = "attributes."
_FREE_COLUMNS: Mapping[str, ColumnKind] = {
    "text": "category",
    "tags": "tags",
    "number": "number",
    "flag": "flag",
    "time": "time",
}


@dataclass(frozen=True)
class Schema:
    """The columns of a domain's items.

    Attributes:
        kind: The pack's item type.
        free: Free fields that the domain declares, and what each holds.
        columns: Kind of every column by path: fields, derived properties, `attributes.NAME`. A key of a map field has
            a path too, as in `stock_at.berlin`, and is no entry here, as nobody declares keys.
        defaults: What an item has that does not name a field; None where it has nothing then.
    """

    kind: type[Item]
    free: Mapping[str, FreeKind] = field(default_factory=dict)
    columns: Mapping[str, ColumnKind] = field(default_factory=dict, repr=False)
    defaults: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, kind: type[Item], free: Mapping[str, FreeKind] | None = None) -> Schema:
        """The schema of an item type, with free fields beside its own.

        Raises:
            ValueError: A free field is declared to hold what no column can.
        """
        free = dict(free or {})
        for name, holds in free.items():
            if holds not in _FREE_COLUMNS:
                raise ValueError(f'attribute "{name}" holds {holds!r}, not one of {", ".join(_FREE_COLUMNS)}')
        columns, defaults = _fields_of(kind)
        declared = {FREE + name: _FREE_COLUMNS[holds] for name, holds in free.items()}
        return cls(kind, free, {**columns, **declared}, {**defaults, **dict.fromkeys(declared)})

    def column(self, path: str) -> ColumnKind:
        """What the column of a path holds.

        Raises:
            KeyError: There is no such column.
        """
        found = self.columns.get(path)
        if found is not None:
            return found
        if split_key(self, path) is not None:
            return "number"
        raise KeyError(path)

    @property
    def changing(self) -> tuple[str, ...]:
        """Paths of what changes often: live fields, and what is worked out from them."""
        return tuple(path for path in (*self.kind.live, *self.kind.derived) if path in self.columns)


def split_key(schema: Schema, path: str) -> tuple[str, str] | None:
    """The map field and the key of a path as `stock_at.berlin`; None for any other path."""
    name, dot, key = path.partition(".")
    return (name, key) if dot and key and schema.columns.get(name) == "map" else None


@lru_cache(maxsize=256)
def _fields_of(kind: type[Item]) -> tuple[Mapping[str, ColumnKind], Mapping[str, Any]]:
    columns: dict[str, ColumnKind] = {}
    defaults: dict[str, Any] = {}
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    for one in info.fields:
        if one.name == "attributes":
            continue
        columns[one.name] = "text" if one.name in kind.texts else _kind_of(one.type)
        defaults[one.name] = None if one.default is msgspec.NODEFAULT or one.default == "" else one.default
    for name in kind.derived:
        columns[name], defaults[name] = _derived(kind, name), None
    return columns, defaults


def _derived(kind: type[Item], name: str) -> ColumnKind:
    getter = getattr(kind, name).fget
    return "flag" if typing.get_type_hints(getter).get("return") is bool else "number"


def _kind_of(type_: inspect.Type) -> ColumnKind:
    """The kind of a field by its type; None beside others does not count."""
    if isinstance(type_, inspect.Metadata):
        return _kind_of(type_.type)
    if isinstance(type_, inspect.UnionType):
        kinds = {_kind_of(one) for one in type_.types if not isinstance(one, inspect.NoneType)}
        return kinds.pop() if len(kinds) == 1 else "json"
    if isinstance(type_, inspect.BoolType):
        return "flag"
    if isinstance(type_, inspect.IntType | inspect.FloatType):
        return "number"
    if isinstance(type_, inspect.DateTimeType | inspect.DateType):
        return "time"
    if isinstance(type_, inspect.StrType) or (isinstance(type_, inspect.LiteralType) and _texts(type_.values)):
        return "category"
    if isinstance(type_, inspect.ListType | inspect.VarTupleType | inspect.SetType | inspect.FrozenSetType):
        return "tags" if _kind_of(type_.item_type) == "category" else "json"
    if isinstance(type_, inspect.DictType):
        return "map" if (_kind_of(type_.key_type), _kind_of(type_.value_type)) == ("category", "number") else "json"
    return "json"


def _texts(values: Iterable[object]) -> bool:
    return all(isinstance(value, str) for value in values)
