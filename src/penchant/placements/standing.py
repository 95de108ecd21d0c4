"""The order of items of which no event tells anything, by what the catalog says; and what is like what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import is_
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import Attribute, ItemTable
from penchant.pack import Order
from penchant.slate import Codes, Scores

DRAWN = 10.0
"""How many more had said the mean of all items, as far as the mean of few is concerned."""
TWICE = float(np.log(2.0))
"""Numbers that differ by this factor, as logarithm, or by more are not alike."""

_KEPT = 16
"""Orders that are kept at hand; a catalog that changed in what an order looks at is put in order anew."""

Places = NDArray[np.int64]
Column = NDArray[Any]


class Standings:
    """Places of the rows of one catalog by order, worked out again only where a column that is looked at changed."""

    def __init__(self) -> None:
        """Know none yet."""
        self._kept: dict[Order, tuple[tuple[Column, ...], Places]] = {}

    def of(self, table: ItemTable, order: Order) -> Places:
        """The place of each row, 0 is the first, shape (n_items,); not to be written to.

        Args:
            table: The catalog.
            order: Which fields count.
        """
        columns = tuple(_column(table, field) for field in order.fields)
        kept = self._kept.get(order)
        if kept is not None and len(kept[1]) == len(table) and all(map(is_, kept[0], columns)):
            return kept[1]
        made = standing(table, order)
        made.flags.writeable = False
        if len(self._kept) >= _KEPT and order not in self._kept:
            self._kept.clear()
        self._kept[order] = (columns, made)
        return made


def standing(table: ItemTable, order: Order) -> Places:
    """The place of each row by an order, 0 is the first; equal ones stand by row. Shape (n_items,).

    Args:
        table: The catalog.
        order: Which fields count.
    """
    n = len(table)
    means = dict(order.means)
    first = [_key(table, name, means) for name in order.first]
    then = [_key(table, name, means) for name in order.by]
    keys: list[Column] = [*first, *then]
    if order.turns and n:
        group = table.category(order.turns).codes
        # Within one value of what counts before all else, and within one kind: who is how far behind.
        inside: list[Column] = [group, *first]
        ranked: Places = np.lexsort((*then[::-1], *inside[::-1]))
        begins = np.zeros(n, bool)
        begins[0] = True
        for key in inside:
            begins[1:] |= key[ranked][1:] != key[ranked][:-1]
        starts = np.maximum.accumulate(np.where(begins, np.arange(n), 0))
        turn = np.empty(n, np.int64)
        turn[ranked] = np.arange(n) - starts
        keys = [*first, turn, *then]
    places = np.empty(n, np.int64)
    places[np.lexsort(tuple(keys[::-1])) if keys else np.arange(n)] = np.arange(n)
    return places


def kinship(table: ItemTable, attributes: Sequence[Attribute], codes: Codes) -> Scores:
    """How much each row has in common with the nearest of some rows, 0 to 1: of each attribute, by its weight.

    Words are left out, as a live catalog keeps none; so are attributes of which the given rows tell nothing.

    Args:
        table: The catalog.
        attributes: What makes two items alike.
        codes: The rows asked about; those outside the table count for nothing.

    Returns:
        Shape (n_items,), float32; 1 for a row itself.
    """
    codes = codes[(codes >= 0) & (codes < len(table))]
    best = np.zeros(len(table), np.float32)
    for code in codes.tolist():
        total, shared = 0.0, np.zeros(len(table), np.float32)
        for one in attributes:
            if one.kind == "text" or one.weight <= 0:
                continue
            alike = _alike(table, one, code)
            if alike is not None:
                total += one.weight
                shared += np.float32(one.weight) * alike
        if total > 0:
            np.maximum(best, shared / np.float32(total), out=best)
    return best


def near(values: NDArray[np.float64], value: float) -> Scores:
    """How near numbers are to one, 1 for the same, 0 from twice or half of it on; 0 where nothing is known."""
    if value <= 0:
        same: Scores = (values == value).astype(np.float32)
        return same
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.abs(np.log(values / value)) / TWICE
    return np.where(apart < 1.0, 1.0 - apart, 0.0).astype(np.float32)


def _alike(table: ItemTable, one: Attribute, code: int) -> Scores | None:
    """How alike each row is to one row in an attribute; None where that row has no value."""
    if one.kind == "number":
        values = table.number(one.field)
        return None if np.isnan(values[code]) else near(values, float(values[code]))
    if one.kind == "category":
        codes = table.category(one.field).codes
        return None if codes[code] < 0 else (codes == codes[code]).astype(np.float32)
    tags = table.tags(one.field)
    own = tags.codes[tags.ptr[code] : tags.ptr[code + 1]]
    if not len(own):
        return None
    wanted = np.zeros(len(tags.names), np.float32)
    wanted[own] = 1.0 / len(np.unique(own))
    shared = np.bincount(tags.row_of, wanted[tags.codes], minlength=len(table))
    return np.minimum(shared, 1.0).astype(np.float32)


def _column(table: ItemTable, field: str) -> Column:
    """The array that a field's values are in: another one as soon as any value is another."""
    kind = table.schema.columns.get(field)
    return table.number(field) if kind in ("number", "flag", "time") else table.category(field).codes


def _key(table: ItemTable, name: str, means: Mapping[str, str]) -> NDArray[np.float64]:
    """What rows are sorted by, lowest first; what lacks the field is last."""
    field = name.removeprefix("-")
    values = _column(table, field).astype(np.float64)
    if table.schema.columns.get(field) not in ("number", "flag", "time"):
        codes = values
        values = np.where(codes < 0, np.nan, _alphabetical(table, field)[codes.astype(np.int64)])
    told = ~np.isnan(values)
    if field in means and told.any():
        count = np.nan_to_num(table.number(means[field]), nan=1.0)
        values = (values * count + values[told].mean() * DRAWN) / (count + DRAWN)
    values = -values if name.startswith("-") else values
    return np.where(told, values, np.inf)


def _alphabetical(table: ItemTable, field: str) -> NDArray[np.float64]:
    """The rank of each name of a field; names that came later stand behind in their codes, and not in this."""
    names = table.category(field).names
    ranks = np.zeros(len(names) + 1)
    ranks[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
    return ranks
