"""The tests of a filter on items: each says which rows of a table pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from penchant.catalog.columns import Categories, Mask, Tags
from penchant.catalog.filters.about import About
from penchant.catalog.filters.value import OfPerson, OfSeeds, Value
from penchant.catalog.schema import ColumnKind
from penchant.catalog.table import ItemTable

_FEW = 8
"""Values that are compared with one after the other."""


class ItemTest(Protocol):
    """One test of a field."""

    @property
    def values(self) -> Sequence[Value]:
        """What it compares with."""
        ...

    def mask(self, table: ItemTable, about: About) -> Mask:
        """Rows that pass, shape (n,); an array of its own."""
        ...


@dataclass(frozen=True)
class Equals:
    """The field is one of the values, or has one of them among its own."""

    field: str
    kind: ColumnKind
    value: Value
    unknown_passes: bool = False

    @property
    def values(self) -> Sequence[Value]:
        """What it compares with."""
        return (self.value,)

    def mask(self, table: ItemTable, about: About) -> Mask:
        """Rows that pass."""
        if self.kind in ("category", "tags"):
            texts = self.value.texts(table, about)
            if texts is None:
                return np.full(len(table), self.unknown_passes)
            if self.field == "id":
                return _of_ids(table, texts)
            column = _column(table, self.field, self.kind)
            return column.holding([code for text in texts if (code := column.find(text)) >= 0])
        wanted = self.value.numbers(table, about)
        if wanted is None:
            return np.full(len(table), self.unknown_passes)
        number = table.number(self.field)
        if len(wanted) > _FEW:
            return np.isin(number, wanted)
        mask = np.zeros(len(table), bool)
        for one in wanted:
            mask |= number == one
        return mask


@dataclass(frozen=True)
class Within:
    """The field is between two ends, or at one of them; an end that is None is open."""

    field: str
    least: Value | None
    most: Value | None
    unknown_passes: bool = False

    @property
    def values(self) -> Sequence[Value]:
        """What it compares with."""
        return tuple(end for end in (self.least, self.most) if end is not None)

    def mask(self, table: ItemTable, about: About) -> Mask:
        """Rows that pass."""
        ends = [end.numbers(table, about) if end else () for end in (self.least, self.most)]
        low, high = ends
        if low is None or high is None:
            return np.full(len(table), self.unknown_passes)
        number = table.number(self.field)
        mask: Mask = number >= min(low) if low else ~np.isnan(number)
        if high:
            mask &= number <= max(high)
        return mask


@dataclass(frozen=True)
class Near:
    """The field is within a share of one of the values."""

    field: str
    value: Value
    share: float
    unknown_passes: bool = False

    @property
    def values(self) -> Sequence[Value]:
        """What it compares with."""
        return (self.value,)

    def mask(self, table: ItemTable, about: About) -> Mask:
        """Rows that pass."""
        wanted = self.value.numbers(table, about)
        if wanted is None:
            return np.full(len(table), self.unknown_passes)
        number, mask = table.number(self.field), np.zeros(len(table), bool)
        spans = [(one - reach(one, self.share), one + reach(one, self.share)) for one in wanted]
        if len(spans) > _FEW:
            return _within_any(number, spans)
        for low, high in spans:
            mask |= (number >= low) & (number <= high)
        return mask


@dataclass(frozen=True)
class Under:
    """The field is one of the category paths, or below one of them."""

    field: str
    kind: ColumnKind
    value: Value
    unknown_passes: bool = False

    @property
    def values(self) -> Sequence[Value]:
        """What it compares with."""
        return (self.value,)

    def mask(self, table: ItemTable, about: About) -> Mask:
        """Rows that pass."""
        tops = self.value.texts(table, about)
        if tops is None:
            return np.full(len(table), self.unknown_passes)
        column = _column(table, self.field, self.kind)
        return column.holding(list({code for top in tops for code in column.below(top)}))


@dataclass(frozen=True)
class Exists:
    """The field has a value, or has none."""

    field: str
    wanted: bool

    @property
    def values(self) -> Sequence[Value]:
        """Nothing."""
        return ()

    def mask(self, table: ItemTable, about: About) -> Mask:
        """Rows that pass."""
        has = table.present if self.field == "id" else table.has(self.field)
        return has.copy() if self.wanted else ~has


def reach(value: float, share: float) -> float:
    """How far a number may be from `value`; what rounding adds does not count."""
    return abs(value) * (share + 1e-9)


def _within_any(number: NDArray[np.float64], spans: Sequence[tuple[float, float]]) -> Mask:
    """Which numbers lie in one of many spans: a number is looked up once, however many there are."""
    lows, highs = np.array(sorted(spans)).T
    # Of the spans that begin at a number or before, the one that reaches furthest decides.
    furthest = np.append(np.maximum.accumulate(highs), -np.inf)
    mask: Mask = number <= furthest[np.searchsorted(lows, number, "right") - 1]
    return mask


def asks_seeds(test: ItemTest) -> bool:
    """Whether a test looks at the request's items."""
    return any(isinstance(value, OfSeeds) for value in test.values)


def asks_person(test: ItemTest) -> bool:
    """Whether a test looks at the request's person."""
    return any(isinstance(value, OfPerson) for value in test.values)


def _column(table: ItemTable, field: str, kind: ColumnKind) -> Categories | Tags:
    return table.category(field) if kind == "category" else table.tags(field)


def _of_ids(table: ItemTable, ids: Sequence[str]) -> Mask:
    mask = np.zeros(len(table), bool)
    rows = [row for name in ids if (row := table.row(name)) >= 0]
    mask[rows] = table.present[rows]
    return mask
