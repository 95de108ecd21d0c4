"""Hard constraints asked of a catalog; what does not depend on the person is kept as long as it holds.

A mask is kept with the table it was made of, so that any change of the catalog, stock included, begins anew. It holds
for one answer of the request (its region, its location) and between two moments at which an item's window opens or
closes: not for about as long, but exactly.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable
from penchant.pack import Constraint, Facts

_MOST = 64
"""Masks kept of one table; requests may name any location."""


def allowed_by(constraint: Constraint, table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Which rows a constraint lets through, shape (n_items,); not to be written to.

    Args:
        constraint: The constraint.
        table: The catalog.
        facts: The request.
    """
    if constraint.needs_person and "traits" in facts.unread:
        # What cannot be checked lets nothing pass but what anybody may see.
        return np.zeros(len(table), bool) if constraint.anyone is None else constraint.anyone(table, facts)
    kept = constraint.kept
    if kept is None:
        return constraint.allow(table, facts)
    moment = int(_moments(table, kept.times).searchsorted(facts.now, side="right"))
    key = "mask", constraint, moment, kept.asks(facts)
    found: NDArray[np.bool_] | None = table.kept.get(key)
    if found is None:
        found = constraint.allow(table, facts)
        found.flags.writeable = False
        if len(table.kept) >= _MOST:
            table.kept.clear()
        table.kept[key] = found
    return found


def _moments(table: ItemTable, fields: Sequence[str]) -> NDArray[np.float64]:
    """All moments that fields tell of, rising."""
    if not fields:
        return _NEVER
    key = "moments", fields
    found: NDArray[np.float64] | None = table.kept.get(key)
    if found is None:
        told = np.concatenate([table.number(field) for field in fields])
        found = table.kept[key] = np.unique(told[~np.isnan(told)])
    return found


_NEVER = np.zeros(0)
