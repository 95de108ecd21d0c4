"""What the fields of an item type hold, as far as reading plain values needs to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import msgspec
from msgspec import inspect


@dataclass(frozen=True)
class Fields:
    """The fields of one item type by what they hold; a field that may be null counts as what it holds otherwise.

    Attributes:
        names: All of them.
        wholes: Whole numbers.
        numbers: Numbers with a fraction.
        figures: Numbers of both kinds.
        times: Moments.
        maps: Something by key; may not be null. A change says some of their keys.
        counts: Those of the maps that hold numbers.
        loose: Objects that may hold anything.
        choices: The texts that may stand in a field, where they are few.
    """

    names: frozenset[str]
    wholes: frozenset[str]
    numbers: frozenset[str]
    figures: frozenset[str]
    times: frozenset[str]
    maps: frozenset[str]
    counts: frozenset[str]
    loose: tuple[str, ...]
    choices: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, kind: type[msgspec.Struct]) -> Fields:
        """The fields of an item type."""
        return _fields_of(kind)


@lru_cache(maxsize=256)
def _fields_of(kind: type[msgspec.Struct]) -> Fields:
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    holds = {one.name: _plain(one.type) for one in info.fields}
    numbers = inspect.IntType | inspect.FloatType
    return Fields(
        names=frozenset(holds),
        wholes=frozenset(name for name, type_ in holds.items() if isinstance(type_, inspect.IntType)),
        numbers=frozenset(name for name, type_ in holds.items() if isinstance(type_, inspect.FloatType)),
        figures=frozenset(name for name, type_ in holds.items() if isinstance(type_, numbers)),
        times=frozenset(name for name, type_ in holds.items() if isinstance(type_, inspect.DateTimeType)),
        maps=frozenset(one.name for one in info.fields if isinstance(one.type, inspect.DictType)),
        counts=frozenset(
            one.name
            for one in info.fields
            if isinstance(one.type, inspect.DictType) and isinstance(_plain(one.type.value_type), numbers)
        ),
        loose=tuple(name for name, type_ in holds.items() if _is_loose(type_)),
        choices={
            name: tuple(str(value) for value in type_.values)
            for name, type_ in holds.items()
            if isinstance(type_, inspect.LiteralType)
        },
    )


def _is_loose(type_: inspect.Type) -> bool:
    return isinstance(type_, inspect.DictType) and isinstance(type_.value_type, inspect.AnyType)


def _plain(type_: inspect.Type) -> inspect.Type:
    """The type without what is said beside it, and without null."""
    if isinstance(type_, inspect.Metadata):
        return _plain(type_.type)
    if isinstance(type_, inspect.UnionType):
        others = [one for one in type_.types if not isinstance(one, inspect.NoneType)]
        return _plain(others[0]) if len(others) == 1 else type_
    return type_
