"""What people have put together: editorial lists and curated sets, as proposals. They need no model and no event."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable
from penchant.placements.wishes import Wish
from penchant.slate import Codes, Scores


def editorial(lists: Sequence[Wish], table: ItemTable, open_: NDArray[np.bool_], k: int) -> tuple[Codes, Scores]:
    """The items of editorial lists in their order, list after list.

    Args:
        lists: By priority.
        table: The catalog.
        open_: Rows that may be proposed, shape (n_items,).
        k: How many at most.

    Returns:
        Codes, and scores that fall evenly from 1.
    """
    return _ordered((code for wish in lists for code in wish.rule.codes(table).tolist() if open_[code]), k)


def curated(
    sets: Sequence[Wish], table: ItemTable, about: Codes, field: str, open_: NDArray[np.bool_], k: int
) -> tuple[Codes, Scores]:
    """The other items of every set that holds one of some items; sets of rules before those the items tell of.

    Args:
        sets: Curated sets, by priority.
        table: The catalog.
        about: Items asked about.
        field: A tags field with the names of sets an item belongs to; none when empty.
        open_: Rows that may be proposed, shape (n_items,).
        k: How many at most.

    Returns:
        Codes, and scores that fall evenly from 1.
    """
    about = about[(about >= 0) & (about < len(table))]
    own = set(about.tolist())
    found = [
        code
        for wish in sets
        if wish.rows[about].any()
        for code in wish.rule.codes(table).tolist()
        if code not in own and open_[code]
    ]
    if field and len(about):
        shared = _sharing(table, field, about)
        shared[about] = 0
        rows = np.flatnonzero((shared > 0) & open_)
        found += rows[np.argsort(-shared[rows], kind="stable")].tolist()
    return _ordered(found, k)


def _sharing(table: ItemTable, field: str, about: Codes) -> NDArray[np.int64]:
    """How many tags of a field each row shares with some rows."""
    tags = table.tags(field)
    wanted = np.zeros(len(tags.names), bool)
    for row in about.tolist():
        wanted[tags.codes[tags.ptr[row] : tags.ptr[row + 1]]] = True
    if not wanted.any():
        return np.zeros(len(table), np.int64)
    before = np.concatenate([[0], np.cumsum(wanted[tags.codes])])
    counted: NDArray[np.int64] = before[tags.ptr[1:]] - before[tags.ptr[:-1]]
    return counted


def _ordered(codes: Iterable[int], k: int) -> tuple[Codes, Scores]:
    items = np.array(list(dict.fromkeys(codes))[:k], np.int32)
    return items, np.linspace(1.0, 0.0, len(items), endpoint=False, dtype=np.float32)
