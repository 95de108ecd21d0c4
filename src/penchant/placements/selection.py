"""From ranked candidates to the places of a slate: caps by field, and places kept for a source."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from penchant.catalog import ItemTable
from penchant.pack import Placement
from penchant.slate import Codes, Scores


class Room:
    """Counts how much room the caps of a placement leave."""

    def __init__(self, caps: Mapping[str, int], table: ItemTable) -> None:
        """Start with nothing taken."""
        self._columns = [(table.category(field).codes, cap, dict[int, int]()) for field, cap in caps.items()]

    def takes(self, item: int) -> bool:
        """Whether the item still fits; when it does, its place is taken."""
        spots = [(used, int(codes[item]), cap) for codes, cap, used in self._columns if codes[item] >= 0]
        if any(used.get(code, 0) >= cap for used, code, cap in spots):
            return False
        for used, code, _ in spots:
            used[code] = used.get(code, 0) + 1
        return True


def select(
    placement: Placement, items: Codes, value: Scores, shares: Mapping[str, Scores], size: int, table: ItemTable
) -> list[int]:
    """Which candidates fill the slate, best value first.

    A source with `slots` has that many places for its own best candidates, whatever their value; the rest goes to the
    best of all.

    Args:
        placement: Caps and slots.
        items: Candidate codes.
        value: Their value.
        shares: What each source added, by model.
        size: Places.
        table: The catalog, for caps.

    Returns:
        Positions in `items`, best first.
    """
    order = np.argsort(-value, kind="stable")
    kept: list[int] = []
    room = Room(placement.caps, table)
    for source in placement.sources:
        if source.slots and source.model in shares:
            share = shares[source.model]
            # Its best that nobody else proposed as strongly: what the ranking would show anyway needs no slot.
            own = [int(i) for i in np.argsort(-share, kind="stable") if share[i] > 0 and i not in kept]
            for i in own[: min(source.slots, size - len(kept))]:
                if room.takes(int(items[i])):
                    kept.append(i)
    reserved = set(kept)
    for i in order.tolist():
        if len(kept) >= size:
            break
        if i not in reserved and room.takes(int(items[i])):
            kept.append(i)
    return sorted(kept, key=lambda i: (-float(value[i]), i))
