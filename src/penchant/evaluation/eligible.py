"""What was known at a moment of the past, and which items could have been shown then."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import History, ItemTable, open_at
from penchant.dataset import Dataset, Interactions
from penchant.events import Role
from penchant.slate import Codes

FRESH = 5
"""An item with fewer events than this is a cold one."""


def known_at(data: Dataset, cut: float) -> Dataset:
    """What a model may be fitted on at a moment: nothing of it depends on what happened from then on.

    Later rows, later reversals and later records of the catalog are gone. Fields of items that nobody keeps records of
    are as they are today: a free field that counts (how often it was sold so far) tells the future, and does not
    belong into a catalog.
    """
    return replace(data.before(cut), history=None)


def stood(rows: Interactions, cut: float) -> NDArray[np.bool_]:
    """Rows that had happened by `cut` and held then: goals taken back by then, and the taking back, do not."""
    mask: NDArray[np.bool_] = (rows.time < cut) & (rows.role != int(Role.REVERSAL)) & ~(rows.reversed_at < cut)
    return mask


def eligible(train: Dataset, history: History | None = None) -> NDArray[np.bool_]:
    """The item space at `train.now`, shape (n_items,).

    An item is in it with any event before, or when the catalog had been told of it by then as far as records were
    kept. It is out of it when its own time of availability had not begun or was over, and when records say that it was
    switched off then. A catalog that keeps no records says when an item may be shown, but not since when it is known,
    so that then events alone bring an item in.

    Args:
        train: What was known at the moment.
        history: Records of the catalog, aligned with the items.
    """
    rows, table, now = train.interactions, train.table, train.now
    space = np.zeros(len(train.items), bool)
    space[rows.item[stood(rows, now)]] = True
    if history is not None and history.fields:
        space |= history.known_by(now) & table.present
        if "active" in history.fields:
            space &= ~(history.known & (history.at("active", now) == 0))
    return space & _within(table, now)


def event_counts(train: Dataset) -> NDArray[np.int64]:
    """Events of every item before `train.now`, shape (n_items,); that it was shown is none."""
    rows = train.interactions
    kept = stood(rows, train.now) & (rows.role != int(Role.IMPRESSION))
    return np.bincount(rows.item[kept], minlength=len(train.items))


def fresh(train: Dataset, items: Codes) -> NDArray[np.bool_]:
    """Which of these items had fewer than `FRESH` events before `train.now`."""
    few: NDArray[np.bool_] = event_counts(train)[items] < FRESH
    return few


def _within(table: ItemTable, now: float) -> NDArray[np.bool_]:
    mask = np.ones(len(table), bool)
    for start, end in table.schema.kind.offered:
        ends = table.number(end)
        here = open_at(table, start, end, now) if start else np.isnan(ends) | (now < ends)
        # An item that only events know says nothing of when it can be had.
        mask &= ~table.present | here
    return mask


def contains(ordered: NDArray[np.int64], keys: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which keys stand in an ascending array; of the shape of `keys`."""
    if not len(ordered):
        return np.zeros(keys.shape, bool)
    found: NDArray[np.bool_] = ordered[np.minimum(np.searchsorted(ordered, keys), len(ordered) - 1)] == keys
    return found
