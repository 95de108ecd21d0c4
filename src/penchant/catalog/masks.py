"""Which rows of a catalog hold at a moment and a place: the pieces that hard constraints are made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.catalog.table import ItemTable

Mask = NDArray[np.bool_]


def above(table: ItemTable, field: str, least: float) -> Mask:
    """Rows whose number is above `least`; rows without the number pass."""
    number = table.number(field)
    return np.isnan(number) | (number > least)


def open_at(table: ItemTable, start: str, end: str, now: float) -> Mask:
    """Rows whose window holds `now` (Unix seconds); a missing start or end does not bind."""
    begins, ends = table.number(start), table.number(end)
    return (np.isnan(begins) | (begins <= now)) & (np.isnan(ends) | (now < ends))


def in_region(table: ItemTable, field: str, region: str | None) -> Mask:
    """Rows that name no region, or this one.

    Without a region only rows that name none pass: rights are not guessed.
    """
    tags = table.tags(field)
    unbound: Mask = ~tags.has
    return unbound if region is None else unbound | tags.naming(region)


def all_tags_in(table: ItemTable, field: str, reached: Mask) -> Mask:
    """Rows whose tags in `field` are all ids of rows in `reached`; rows without tags pass."""
    tags = table.tags(field)
    ok = np.array([(row := table.row(name)) >= 0 and bool(reached[row]) for name in tags.names], bool)
    missing = np.zeros(len(table), bool)
    missing[tags.row_of[~ok[tags.codes]]] = True
    return ~missing
