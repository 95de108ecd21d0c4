"""Columns of a catalog: arrays of one field's values. They never change; a changed one shares what it can.

Every kind has the same three doors: `of` makes one from plain values, `told` is the same with some rows told anew
and perhaps rows behind its last, and `taken` is some of its rows in another order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import plain
from penchant.catalog.names import Names

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]
Scalar = TypeVar("Scalar", bound=np.generic)

_KEPT = 64
"""Masks a column of tags keeps for those who ask for the same name again and again, as for a region."""
_KEYS = 16
"""Keys of which a column of maps keeps the numbers of all rows at hand."""


@dataclass(frozen=True)
class Numbers:
    """One number an item; NaN where it has none. Times are Unix seconds, true and false 1 and 0."""

    values: NDArray[np.float64]
    times: bool = False

    def told(self, rows: Rows, values: Sequence[object], length: int) -> Numbers:
        """The column with these rows told anew."""
        return self.put(rows, plain.numbers(values, times=self.times), length)

    def put(self, rows: Rows, new: NDArray[np.float64], length: int) -> Numbers:
        """The column with these numbers in these rows; itself when they are there already."""
        if length == len(self.values) and np.array_equal(self.values[rows], new, equal_nan=True):
            return self
        return Numbers(_put(self.values, rows, new, length, np.nan), self.times)

    def taken(self, rows: Rows) -> Numbers:
        """The column of these rows; -1 is a row without a value."""
        return Numbers(_taken(self.values, rows, np.nan), self.times)

    @property
    def has(self) -> Mask:
        """Which rows have a value, shape (n,)."""
        return ~np.isnan(self.values)


@dataclass(frozen=True)
class Categories:
    """One value an item: `codes[i]` indexes `names`; -1 where the item has none."""

    codes: NDArray[np.int32]
    names: Names
    json: bool = field(default=False, repr=False)

    @classmethod
    def of(cls, values: Sequence[object], *, json: bool = False) -> Categories:
        """The column of these values; names are sorted, so equal catalogs give equal codes."""
        texts = plain.json_texts(values) if json else plain.texts(values)
        names = sorted({text for text in texts if text is not None})
        code: dict[str | None, int] = {name: i for i, name in enumerate(names)}
        code[None] = -1
        return cls(np.fromiter(map(code.__getitem__, texts), np.int32, len(texts)), Names(names), json=json)

    def told(self, rows: Rows, values: Sequence[object], length: int) -> Categories:
        """The column with these rows told anew; codes stay what they were, and new names come last."""
        texts = plain.json_texts(values) if self.json else plain.texts(values)
        new, names = _coded(texts, self.names)
        if length == len(self.codes) and np.array_equal(self.codes[rows], new):
            return self
        return Categories(_put(self.codes, rows, new, length, -1), names, self.json)

    def taken(self, rows: Rows) -> Categories:
        """The column of these rows; -1 is a row without a value."""
        return Categories(_taken(self.codes, rows, -1), self.names, self.json)

    @cached_property
    def as_tags(self) -> Tags:
        """The same as lists of one, or none."""
        has = self.codes >= 0
        return Tags(_ptr(has.astype(np.int64)), self.codes[has], self.names)

    @property
    def has(self) -> Mask:
        """Which rows have a value, shape (n,)."""
        return self.codes >= 0

    def find(self, name: str) -> int:
        """The code of a name; -1 when no row ever had it."""
        return self.names.find(name)

    def below(self, path: str) -> Sequence[int]:
        """Codes of the names that are a category path or below it."""
        return self.names.below(path)

    def holding(self, codes: Sequence[int]) -> Mask:
        """Rows that have one of these codes, shape (n,)."""
        if len(codes) <= 4:
            return _any_of(self.codes, codes)
        return _lookup(codes, len(self.names))[self.codes]

    def names_of(self, rows: Rows) -> set[str]:
        """What these rows have."""
        return {self.names[code] for code in self.codes[rows].tolist() if code >= 0}


@dataclass(frozen=True)
class Tags:
    """Several values an item: row i is `codes[ptr[i]:ptr[i+1]]`, each indexes `names`."""

    ptr: NDArray[np.int64]
    codes: NDArray[np.int32]
    names: Names
    _kept: dict[int, Mask] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, values: Sequence[object]) -> Tags:
        """The column of these lists; names are sorted, so equal catalogs give equal codes."""
        sizes, flat = plain.lists(values)
        names = sorted(set(flat))
        code = {name: i for i, name in enumerate(names)}
        return cls(_ptr(sizes), np.fromiter(map(code.__getitem__, flat), np.int32, len(flat)), Names(names))

    def told(self, rows: Rows, values: Sequence[object], length: int) -> Tags:
        """The column with these rows told anew; codes stay what they were, and new names come last."""
        sizes, flat = plain.lists(values)
        new, names = _coded(flat, self.names)
        spliced = _spliced(self.ptr, (self.codes,), rows, sizes, (new,), length)
        return self if spliced is None else Tags(spliced[0], spliced[1][0], names)

    def taken(self, rows: Rows) -> Tags:
        """The column of these rows; -1 is a row without a value."""
        ptr, at = _ragged(self.ptr, rows)
        return Tags(ptr, self.codes[at], self.names)

    @cached_property
    def row_of(self) -> NDArray[np.int32]:
        """The row of every entry of `codes`."""
        return np.repeat(np.arange(len(self.ptr) - 1, dtype=np.int32), np.diff(self.ptr))

    @cached_property
    def has(self) -> Mask:
        """Which rows have a value, shape (n,). Not to be written to."""
        return _read_only(self.ptr[1:] > self.ptr[:-1])

    def find(self, name: str) -> int:
        """The code of a name; -1 when no row ever had it."""
        return self.names.find(name)

    def below(self, path: str) -> Sequence[int]:
        """Codes of the names that are a category path or below it."""
        return self.names.below(path)

    def holding(self, codes: Sequence[int]) -> Mask:
        """Rows that have one of these codes, shape (n,)."""
        mask = np.zeros(len(self.ptr) - 1, bool)
        if len(self.codes) and len(codes):
            hit = _any_of(self.codes, codes) if len(codes) <= 4 else _lookup(codes, len(self.names))[self.codes]
            mask[self.row_of[hit]] = True
        return mask

    def naming(self, name: str) -> Mask:
        """Rows that have a name, shape (n,). Not to be written to: it is kept for whoever asks next."""
        code = self.find(name)
        found = self._kept.get(code)
        if found is None:
            found = _read_only(self.holding([code] if code >= 0 else []))
            if len(self._kept) < _KEPT:
                self._kept[code] = found
        return found

    def names_of(self, rows: Rows) -> set[str]:
        """What these rows have."""
        _, at = _ragged(self.ptr, rows)
        return {self.names[code] for code in self.codes[at].tolist()}


@dataclass(frozen=True)
class Maps:
    """Numbers by key: row i has `values[ptr[i]:ptr[i+1]]` under the keys that `codes` indexes in `names`."""

    ptr: NDArray[np.int64]
    codes: NDArray[np.int32]
    values: NDArray[np.float64]
    names: Names
    _kept: dict[int, NDArray[np.float64]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, values: Sequence[object]) -> Maps:
        """The column of these maps; keys are sorted."""
        sizes, keys, held = plain.maps(values)
        names = sorted(set(keys))
        code = {name: i for i, name in enumerate(names)}
        return cls(_ptr(sizes), np.fromiter(map(code.__getitem__, keys), np.int32, len(keys)), held, Names(names))

    def told(self, rows: Rows, values: Sequence[object], length: int) -> Maps:
        """The column with these rows told anew."""
        sizes, keys, held = plain.maps(values)
        new, names = _coded(keys, self.names)
        spliced = _spliced(self.ptr, (self.codes, self.values), rows, sizes, (new, held), length)
        return self if spliced is None else Maps(spliced[0], spliced[1][0], spliced[1][1], names)

    def taken(self, rows: Rows) -> Maps:
        """The column of these rows; -1 is a row without a value."""
        ptr, at = _ragged(self.ptr, rows)
        return Maps(ptr, self.codes[at], self.values[at], self.names)

    @property
    def has(self) -> Mask:
        """Which rows have any key, shape (n,)."""
        return self.ptr[1:] > self.ptr[:-1]

    def number(self, key: str) -> NDArray[np.float64]:
        """The numbers under a key, shape (n,); NaN where a row has none."""
        code = self.names.find(key)
        if code < 0:
            return np.broadcast_to(np.nan, len(self.ptr) - 1)
        out = self._kept.get(code)
        if out is None:
            out, at = np.full(len(self.ptr) - 1, np.nan), np.flatnonzero(self.codes == code)
            out[np.searchsorted(self.ptr, at, "right") - 1] = self.values[at]
            if len(self._kept) < _KEYS:
                self._kept[code] = out
        return out


@dataclass(frozen=True)
class Texts:
    """Words to read, or no more than which rows have any."""

    kept: tuple[str, ...] | None
    has: Mask

    @property
    def words(self) -> tuple[str, ...]:
        """The words of every row, empty where it has none.

        Raises:
            ValueError: They were not kept.
        """
        if self.kept is None:
            raise ValueError("the words of texts were not kept")
        return self.kept

    @cached_property
    def as_categories(self) -> Categories:
        """The same as names and codes."""
        return Categories.of(self.words)

    @classmethod
    def of(cls, values: Sequence[object]) -> Texts:
        """The column of these texts, words and all."""
        words = tuple(text or "" for text in plain.texts(values))
        return cls(words, np.fromiter(map(bool, words), bool, len(words)))

    @classmethod
    def without_words(cls, values: Sequence[object]) -> Texts:
        """The column of these texts, of which only those that are there are marked."""
        texts = plain.texts(values)
        return cls(None, np.fromiter((text is not None for text in texts), bool, len(texts)))

    def told(self, rows: Rows, values: Sequence[object], length: int) -> Texts:
        """The column with these rows told anew."""
        texts = plain.texts(values)
        has = _put(self.has, rows, np.fromiter((text is not None for text in texts), bool, len(texts)), length, False)
        if self.kept is None:
            return self if np.array_equal(has, self.has) else Texts(None, has)
        words = [*self.kept, *[""] * (length - len(self.kept))]
        for row, text in zip(rows.tolist(), texts, strict=True):
            words[row] = text or ""
        return Texts(tuple(words), has)

    def taken(self, rows: Rows) -> Texts:
        """The column of these rows; -1 is a row without words."""
        words = self.kept
        if words is not None:
            words = tuple(words[row] if row >= 0 else "" for row in rows.tolist())
        return Texts(words, _taken(self.has, rows, False))


Column = Numbers | Categories | Tags | Maps | Texts


def column_of(kind: str, values: Sequence[object], *, words: bool = True) -> Column:
    """The column of a kind (as a schema calls it) with these values."""
    if kind == "category" or kind == "json":
        return Categories.of(values, json=kind == "json")
    if kind == "tags":
        return Tags.of(values)
    if kind == "map":
        return Maps.of(values)
    if kind == "text":
        return Texts.of(values) if words else Texts.without_words(values)
    return Numbers(plain.numbers(values, times=kind == "time"), kind == "time")


def _coded(texts: Sequence[str | None], names: Names) -> tuple[NDArray[np.int32], Names]:
    """Codes of texts, with the names that are new behind those there are."""
    codes: dict[str | None, int] = {text: names.find(text) for text in dict.fromkeys(texts) if text is not None}
    new = [text for text, code in codes.items() if code < 0 and text is not None]
    codes |= zip(new, range(len(names), len(names) + len(new)), strict=True)
    codes[None] = -1
    return np.fromiter(map(codes.__getitem__, texts), np.int32, len(texts)), names.grown(new)


def _put(old: NDArray[Scalar], rows: Rows, new: NDArray[Scalar], length: int, missing: Any) -> NDArray[Scalar]:
    out = np.empty(length, old.dtype)
    out[: len(old)] = old
    out[len(old) :] = missing
    out[rows] = new
    return out


def _taken(old: NDArray[Scalar], rows: Rows, missing: Any) -> NDArray[Scalar]:
    if not len(old):
        return np.full(len(rows), missing, old.dtype)
    out = old[rows]
    out[rows < 0] = missing
    return out


def _ptr(sizes: Rows) -> Rows:
    ptr = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=ptr[1:])
    return ptr


def _ragged(ptr: Rows, rows: Rows) -> tuple[Rows, Rows]:
    """Offsets and entries of some rows, one behind the other; row -1 is empty."""
    if len(ptr) == 1:
        return np.zeros(len(rows) + 1, np.int64), np.zeros(0, np.int64)
    begins = ptr[:-1][rows]
    sizes = np.where(rows < 0, 0, ptr[1:][rows] - begins)
    new = _ptr(sizes)
    return new, np.arange(new[-1]) + np.repeat(begins - new[:-1], sizes)


def _spliced(
    ptr: Rows,
    columns: tuple[NDArray[Any], ...],
    rows: Rows,
    sizes: Rows,
    new: tuple[NDArray[Any], ...],
    length: int,
) -> tuple[Rows, tuple[Any, ...]] | None:
    """Ragged columns with some rows told anew, none twice; None when nothing differs."""
    had = np.diff(ptr, append=np.full(length + 1 - len(ptr), ptr[-1]))
    if length == len(ptr) - 1 and np.array_equal(had[rows], sizes):
        _, at = _ragged(ptr, rows)
        if all(np.array_equal(old[at], told) for old, told in zip(columns, new, strict=True)):
            return None
        copies = tuple(old.copy() for old in columns)
        for copy, told in zip(copies, new, strict=True):
            copy[at] = told
        return ptr, copies
    order = np.argsort(rows, kind="stable")
    ends = np.append(ptr, np.full(length + 1 - len(ptr), ptr[-1]))
    begins, at = _ptr(sizes)[:-1][order], rows[order]
    cuts = zip(ends[at].tolist(), ends[at + 1].tolist(), begins.tolist(), (begins + sizes[order]).tolist(), strict=True)
    places = list(cuts)
    joined = []
    for old, told in zip(columns, new, strict=True):
        pieces: list[NDArray[Any]] = []
        done = 0
        for first, last, begin, end in places:
            if first > done:
                pieces.append(old[done:first])
            if end > begin:
                pieces.append(told[begin:end])
            done = last
        pieces.append(old[done:])
        joined.append(np.concatenate(pieces))
    had[rows] = sizes
    return _ptr(had), tuple(joined)


def _any_of(codes: NDArray[np.int32], wanted: Iterable[int]) -> Mask:
    mask = np.zeros(len(codes), bool)
    for code in wanted:
        mask |= codes == code
    return mask


def _lookup(codes: Sequence[int], n_names: int) -> Mask:
    """Which codes are wanted; the last place is for -1."""
    wanted = np.zeros(n_names + 1, bool)
    wanted[np.asarray(codes, np.int64)] = True
    return wanted


def _read_only(mask: Mask) -> Mask:
    mask.flags.writeable = False
    return mask
