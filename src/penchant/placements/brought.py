"""What no source proposed and rules want all the same: what pins name, and what quotas must have."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.placements.fallback import Fallback
from penchant.placements.wishes import Wish, Wishes
from penchant.slate import Codes


def brought(
    items: Codes, left: NDArray[np.bool_], wishes: Wishes, fallback: Fallback, size: int
) -> tuple[list[int], list[int]]:
    """Rows that pins want, and rows that quotas must have.

    Args:
        items: Rows that sources proposed.
        left: Rows that may be shown, shape (n_items,).
        wishes: The rules.
        fallback: Whose order decides which of the rows that a rule is about come.
        size: Places.
    """
    if not (wishes.pins or wishes.quotas):
        return [], []
    free = left.copy()
    free[items] = False

    def best(wish: Wish, wanted: int, have: Codes) -> list[int]:
        lacking = min(wanted, size) - int(wish.rows[have].sum())
        found: list[int] = []
        if lacking > 0:
            for spare in fallback.proposals(free & wish.rows, lacking, wishes):
                if spare.code not in found:
                    found.append(spare.code)
                if len(found) >= lacking:
                    break
            free[found] = False
        return found

    owed: list[int] = []
    for wish in wishes.quotas:
        owed += best(wish, wish.rule.rule.least or 0, np.append(items, owed).astype(np.int32))
    table = fallback.parts.table
    named = [code for wish in wishes.pins for code in wish.rule.codes(table).tolist() if left[code]]
    wanted = [code for code in dict.fromkeys(named) if free[code]]
    free[wanted] = False
    # A pin by filter draws on candidates that no other pin takes.
    stock, drawn = np.setdiff1d(np.append(items, owed), named).astype(np.int32), 0
    for wish in wishes.pins:
        if wish.rule.rule.filter is not None:
            drawn += wish.rule.rule.most or 1
            wanted += best(wish, drawn, stock)
    return wanted, owed
