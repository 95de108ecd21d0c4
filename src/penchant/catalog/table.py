"""The catalog as columns: what filters, constraints, features and similarity read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from penchant.catalog.item import Item


@dataclass(frozen=True)
class Categories:
    """One value an item: `codes[i]` indexes `names`; -1 where the item has none."""

    codes: NDArray[np.int32]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Tags:
    """Several values an item: row i is `codes[ptr[i]:ptr[i+1]]`, each indexes `names`."""

    ptr: NDArray[np.int64]
    codes: NDArray[np.int32]
    names: tuple[str, ...]


class ItemTable:
    """Items in the order of an item space, with columns made when first asked for and then kept.

    A field is one of the item type, or else a free one of `attributes`; `attributes.NAME` is always the free one.
    A row whose item is not in the catalog (it was deleted, or only events know it) is not `present`; its
    columns hold the missing value: NaN, -1, no tags, empty text.
    """

    def __init__(self, ids: Sequence[str], items: Iterable[Item | None]) -> None:
        """Take items aligned with ids; None where the catalog lacks one."""
        self.ids = tuple(ids)
        self._items = tuple(items)
        if len(self.ids) != len(self._items):
            raise ValueError("ids and items differ in length")
        self._rows: dict[str, int] | None = None
        self._numbers: dict[str, NDArray[np.float64]] = {}
        self._categories: dict[str, Categories] = {}
        self._tags: dict[str, Tags] = {}

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.ids)

    def row(self, item: str) -> int:
        """The row of an id; -1 when the table has none."""
        if self._rows is None:
            self._rows = {name: i for i, name in enumerate(self.ids)}
        return self._rows.get(item, -1)

    def item(self, row: int) -> Item | None:
        """The item of a row, or None when it is not present."""
        return self._items[row]

    @cached_property
    def present(self) -> NDArray[np.bool_]:
        """Which rows the catalog has, shape (n,)."""
        return np.fromiter((x is not None for x in self._items), bool, len(self._items))

    @cached_property
    def active(self) -> NDArray[np.bool_]:
        """Which rows are present and not switched off, shape (n,)."""
        return np.fromiter((x is not None and x.active for x in self._items), bool, len(self._items))

    def number(self, field: str) -> NDArray[np.float64]:
        """A number, true/false (1/0) or time (Unix seconds) field, shape (n,); NaN where missing."""
        if field not in self._numbers:
            out = np.full(len(self), np.nan)
            for i, value in enumerate(self._values(field)):
                if isinstance(value, datetime):
                    out[i] = value.timestamp()
                elif isinstance(value, bool | int | float):
                    with suppress(OverflowError):  # a whole number beyond what a float holds is no number here
                        out[i] = float(value)
            self._numbers[field] = out
        return self._numbers[field]

    def category(self, field: str) -> Categories:
        """A text field as codes; names are sorted, so equal catalogs give equal codes."""
        if field not in self._categories:
            values = [v if isinstance(v, str) and v else None for v in self._values(field)]
            names = tuple(sorted({v for v in values if v is not None}))
            code = {name: i for i, name in enumerate(names)}
            codes = np.fromiter((-1 if v is None else code[v] for v in values), np.int32, len(values))
            self._categories[field] = Categories(codes, names)
        return self._categories[field]

    def tags(self, field: str) -> Tags:
        """A list-of-text field as ragged codes; a plain text field counts as one tag."""
        if field not in self._tags:
            values: list[tuple[str, ...]] = []
            for value in self._values(field):
                if isinstance(value, str):
                    values.append((value,) if value else ())
                elif isinstance(value, tuple | list):
                    values.append(tuple(str(v) for v in value))
                else:
                    values.append(())
            names = tuple(sorted({v for row in values for v in row}))
            code = {name: i for i, name in enumerate(names)}
            ptr = np.zeros(len(values) + 1, np.int64)
            np.cumsum([len(row) for row in values], out=ptr[1:])
            codes = np.fromiter((code[v] for row in values for v in row), np.int32, int(ptr[-1]))
            self._tags[field] = Tags(ptr, codes, names)
        return self._tags[field]

    def text(self, field: str) -> tuple[str, ...]:
        """A text field, empty where missing."""
        return tuple(v if isinstance(v, str) else "" for v in self._values(field))

    def _values(self, field: str) -> Iterable[object]:
        free = field.removeprefix("attributes.")
        for item in self._items:
            if item is None:
                yield None
            elif field in item.__struct_fields__:
                yield getattr(item, field)
            else:
                yield item.attributes.get(free)
