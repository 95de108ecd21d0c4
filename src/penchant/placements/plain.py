"""What answers where a stage broke that nothing stands in for: the fallback chain alone, under hard constraints."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from penchant.dataset import Queries
from penchant.features import Batch
from penchant.pack import Placement
from penchant.placements.fallback import CATALOG, Fallback, Spare
from penchant.placements.request import Ask, Parts
from penchant.placements.trace import Trace
from penchant.placements.wishes import NO_WISHES, Wishes
from penchant.ranking import Valued
from penchant.slate import Candidates, SlateItem


def plainly(
    placement: Placement, parts: Parts, ask: Ask, queries: Queries, allowed: NDArray[np.bool_]
) -> tuple[tuple[SlateItem, ...], Trace]:
    """Fill a slate with nothing that could break once more: no sources, values, pins, caps or reasons.

    Args:
        placement: Whose fallback chain answers; where it is not to be filled up, nothing does.
        parts: The domain.
        ask: The request.
        queries: It, as models may know of it.
        allowed: Rows that may be shown, shape (n_items,).

    Returns:
        The items, and how they got their order: nobody ranked them.
    """
    found: list[Spare] = []
    free = _left(ask, parts, allowed)
    size = ask.size if placement.fills else 0
    for spare in _proposals(Fallback(placement, parts, queries, {}), free, size):
        if len(found) >= size:
            break
        if free[spare.code]:
            free[spare.code] = False
            found.append(spare)
    items = tuple(
        SlateItem(id=parts.table.ids[one.code], position=place, value=0.0, source=(one.name,))
        for place, one in enumerate(found, 1)
    )
    nothing = np.zeros(0, np.float32)
    batch = Batch(queries, Candidates(np.zeros(2, np.int64), np.zeros(0, np.int32), nothing), parts.table)
    return items, Trace(ask.objective, Valued(nothing, {}, {}), batch, np.full(len(items), -1))


def _left(ask: Ask, parts: Parts, allowed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What rules leave open, as far as they can be asked."""
    try:
        wishes, _ = Wishes.of(ask.rules, parts.table, ask.about, personalized=ask.personalized)
        return wishes.open(allowed).copy()
    except Exception:  # rules are opinions: an answer that breaks one is better than none
        return allowed.copy()


def _proposals(fallback: Fallback, free: NDArray[np.bool_], size: int) -> Iterator[Spare]:
    """What the chain proposes; where it breaks too, the catalog as it is kept."""
    try:
        yield from fallback.proposals(free, size, NO_WISHES)
    except Exception:
        yield from (Spare(code, 0.0, CATALOG) for code in np.flatnonzero(free).tolist())
