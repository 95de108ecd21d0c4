"""What age takes from the value of items, where a placement says that it takes anything.

The factor falls from 1 towards `least` and never below it: half of the way in a half-life. It orders items and decides
what is on the slate; the value that is told is the objective's, as with rules.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable
from penchant.clock import DAY
from penchant.pack import Ageing
from penchant.slate import Codes, Scores

Floats = NDArray[np.float64]


def ages(ageing: Ageing | None, table: ItemTable, items: Codes, now: float) -> Floats | None:
    """What the value of each item is multiplied by, shape (m,), from `least` to 1; None where nothing ages.

    What is not out yet is new. An item that does not tell since when it is there loses as much as the others do on
    average.

    Args:
        ageing: How items age in a placement.
        table: The catalog.
        items: Rows of it.
        now: Unix seconds.
    """
    if ageing is None or ageing.least >= 1.0 or not len(items):
        return None
    days = np.maximum((now - table.number(ageing.field)[items]) / DAY, 0.0)
    known = ~np.isnan(days)
    if not known.any():
        return None
    left = ageing.least + (1.0 - ageing.least) * 0.5 ** (days / _half_lives(ageing, table, items))
    return np.where(known, left, left[known].mean())


def aged(worth: Scores, factors: Floats | None) -> Scores:
    """Values as age leaves them: counted from the lowest one where that is below zero, so that age never raises one."""
    if factors is None or not len(worth):
        return worth
    floor = min(0.0, float(worth.min()))
    found: Scores = (floor + (worth - floor) * factors).astype(np.float32)
    return found


def _half_lives(ageing: Ageing, table: ItemTable, items: Codes) -> Floats:
    """Days of each item."""
    found = np.full(len(items), ageing.half_life_days)
    if ageing.by and ageing.half_lives:
        column = table.category(ageing.by)
        codes = column.codes[items]
        for name, days in ageing.half_lives.items():
            found[codes == column.find(name)] = days if column.find(name) >= 0 else ageing.half_life_days
    return found
