"""A column gathered batch by batch, so that no item has to stay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import plain
from penchant.catalog.columns import Categories, Column, Maps, Numbers, Tags, Texts
from penchant.catalog.names import Names
from penchant.catalog.schema import ColumnKind

_AT_ONCE = 10_000


class Gathered:
    """One column on its way. As long as every item has the default it costs nothing."""

    def __init__(self, kind: ColumnKind, default: object, *, words: bool) -> None:
        """Start empty.

        Args:
            kind: What it holds.
            default: What an item has that does not name the field.
            words: Whether texts are kept, or only which items have any.
        """
        self._kind, self._default, self._words = kind, default, words
        self._plain = 0
        """Items at the end that have the default and were not written down yet."""
        self._codes = _Codes()
        self._arrays: tuple[_Growing, ...] = ()
        self._texts: list[str] = []

    def add(self, values: Sequence[Any]) -> None:
        """The values of the next items."""
        if not values:
            return
        if all_default(self._kind, self._default, values):
            self._plain += len(values)
            return
        self._write_plain()
        self._write(values)

    def column(self) -> Column | None:
        """The column; None when every item has the default. It is to be asked once, at the end."""
        if not self._arrays:
            return None
        self._write_plain()
        arrays: tuple[Any, ...] = tuple(growing.array() for growing in self._arrays)
        self._arrays = ()
        if self._kind == "text":
            return Texts(tuple(self._texts) if self._words else None, arrays[0])
        if self._kind in ("number", "flag", "time"):
            return Numbers(arrays[0], self._kind == "time")
        if self._kind in ("category", "json"):
            return Categories(*self._codes.in_order(arrays[0]), json=self._kind == "json")
        ptr = np.zeros(len(arrays[0]) + 1, np.int64)
        np.cumsum(arrays[0], out=ptr[1:])
        codes, names = self._codes.in_order(arrays[1])
        return Tags(ptr, codes, names) if self._kind == "tags" else Maps(ptr, codes, arrays[2], names)

    def _write_plain(self) -> None:
        for start in range(0, self._plain, _AT_ONCE):
            self._write([self._default] * min(_AT_ONCE, self._plain - start))
        self._plain = 0

    def _write(self, values: Sequence[Any]) -> None:
        parts = self._read(values)
        if not self._arrays:
            self._arrays = tuple(_Growing(part.dtype) for part in parts)
        for growing, part in zip(self._arrays, parts, strict=True):
            growing.add(part)

    def _read(self, values: Sequence[Any]) -> tuple[NDArray[Any], ...]:
        if self._kind == "text":
            texts = plain.texts(values)
            if self._words:
                self._texts += [text or "" for text in texts]
            return (np.fromiter(map(bool, texts), bool, len(texts)),)
        if self._kind in ("number", "flag", "time"):
            return (plain.numbers(values, times=self._kind == "time"),)
        if self._kind in ("category", "json"):
            return (self._codes.of(plain.json_texts(values) if self._kind == "json" else plain.texts(values)),)
        if self._kind == "tags":
            sizes, flat = plain.lists(values)
            return sizes.astype(np.int32), self._codes.of(flat)
        sizes, keys, held = plain.maps(values)
        return sizes.astype(np.int32), self._codes.of(keys), held


def all_default(kind: ColumnKind, default: object, values: Sequence[Any]) -> bool:
    """Whether all of some values, one at least, are the default of their field; empty ones are as good as None."""
    if default in (None, ()) and kind in ("category", "tags", "map", "text"):
        return not any(values)
    return bool(values[0] == default) and values.count(default) == len(values)


class _Codes(dict[str | None, int]):
    """Codes of names in the order in which they come; -1 for none."""

    def __init__(self) -> None:
        super().__init__()
        self._names: list[str] = []
        self[None] = -1

    def __missing__(self, name: str) -> int:
        code = self[name] = len(self._names)
        self._names.append(name)
        return code

    def of(self, names: Sequence[str | None]) -> NDArray[np.int32]:
        return np.fromiter(map(self.__getitem__, names), np.int32, len(names))

    def in_order(self, codes: NDArray[np.int32]) -> tuple[NDArray[np.int32], Names]:
        """The same codes for the names in the order of the alphabet, so that equal catalogs give equal codes."""
        names = self._names
        self.clear()
        order = sorted(range(len(names)), key=names.__getitem__)
        place = np.full(len(names) + 1, -1, np.int32)
        place[np.array(order, np.int64)] = np.arange(len(names), dtype=np.int32)
        return place[codes], Names(names[i] for i in order)


class _Growing:
    """An array that grows by doubling: pages of it that hold nothing yet take no memory."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self._held, self._used = np.empty(_AT_ONCE, dtype), 0

    def add(self, part: NDArray[Any]) -> None:
        used = self._used + len(part)
        if used > len(self._held):
            held = np.empty(max(used, 2 * len(self._held)), self._held.dtype)
            held[: self._used] = self._held[: self._used]
            self._held = held
        self._held[self._used : used] = part
        self._used = used

    def array(self) -> NDArray[Any]:
        return self._held[: self._used].copy()
