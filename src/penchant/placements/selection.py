"""From ranked candidates to the places of a slate: pins, caps by field, quotas, and places kept for a source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable
from penchant.pack import Placement
from penchant.placements.wishes import Wish
from penchant.slate import Codes, Scores

Seated = TypeVar("Seated")


@dataclass
class _Quota:
    """How many places some rows have, must have at least, and may have."""

    id: str
    rows: NDArray[np.bool_]
    least: int
    most: int | None
    used: int = 0

    @property
    def owed(self) -> int:
        """Places they still have to get."""
        return max(0, self.least - self.used)


class Room:
    """Counts how much room the caps of a placement and the quotas of rules leave."""

    def __init__(self, caps: Mapping[str, int], table: ItemTable, quotas: Sequence[Wish] = (), size: int = 0) -> None:
        """Start with nothing taken.

        Args:
            caps: Most items of one value, by field.
            table: The catalog.
            quotas: By priority; one that asks for more than those before it leave gets what is left.
            size: Places in all.
        """
        self._fields = tuple(caps)
        self._columns = [(table.category(field).codes, cap, dict[int, int]()) for field, cap in caps.items()]
        self._quotas: list[_Quota] = []
        for wish in quotas:
            least = min(wish.rule.rule.least or 0, size)
            size -= least
            self._quotas.append(_Quota(wish.rule.id, wish.rows, least, wish.rule.rule.most))

    def takes(self, item: int, left: int | None = None) -> bool:
        """Whether the item still fits; when it does, its place is taken.

        Args:
            item: Its row.
            left: Places that are free; with it, those that are owed to quotas are kept for them.
        """
        spots = [(used, int(codes[item]), cap) for codes, cap, used in self._columns if codes[item] >= 0]
        if any(used.get(code, 0) >= cap for used, code, cap in spots):
            return False
        mine = [quota for quota in self._quotas if quota.rows[item]]
        if any(quota.most is not None and quota.used >= quota.most for quota in mine):
            return False
        if left is not None and self._quotas:
            owed = sum(quota.owed for quota in self._quotas)
            if left - 1 < owed - sum(quota.owed > 0 for quota in mine):
                return False
        self.gives(item)
        return True

    def full(self, item: int) -> tuple[str, str] | None:
        """What leaves no room for an item: `cap` and the field, or `quota` and the rule; None where it would fit."""
        for field, (codes, cap, used) in zip(self._fields, self._columns, strict=True):
            code = int(codes[item])
            if code >= 0 and used.get(code, 0) >= cap:
                return "cap", field
        for quota in self._quotas:
            if quota.rows[item] and quota.most is not None and quota.used >= quota.most:
                return "quota", quota.id
        return None

    def gives(self, item: int) -> None:
        """Take a place for an item, whether there is room or not."""
        for codes, _, used in self._columns:
            code = int(codes[item])
            if code >= 0:
                used[code] = used.get(code, 0) + 1
        for quota in self._quotas:
            quota.used += bool(quota.rows[item])


@dataclass(frozen=True)
class Chosen:
    """Which candidates fill the slate, by their position in the arrays.

    Attributes:
        pinned: By place, from 0.
        others: In the order of the places that pins leave.
        room: What is left for more.
        kept: The source whose place it is, of those that stand on one that a source has, whatever their value.
    """

    pinned: Mapping[int, int]
    others: tuple[int, ...]
    room: Room
    kept: Mapping[int, str]


def select(
    placement: Placement,
    items: Codes,
    value: Scores,
    shares: Mapping[str, Scores],
    size: int,
    table: ItemTable,
    pinned: Mapping[int, int] | None = None,
    quotas: Sequence[Wish] = (),
) -> Chosen:
    """Which candidates fill the slate: pins at their places, then sources that stand first, then the best values.

    A source with `slots` has that many places for its own best candidates, whatever their value. Places that quotas
    must have are kept for their best candidates as long as there are any. Pins pass caps and quotas, and count.

    Args:
        placement: Caps, slots, and what stands first.
        items: Candidate codes.
        value: Their value, as rules leave it; one of -inf may be pinned, and nothing else.
        shares: What each source added, by model.
        size: Places.
        table: The catalog, for caps.
        pinned: Positions in `items` by place, from 0.
        quotas: By priority.
    """
    pinned = pinned or {}
    room = Room(placement.caps, table, quotas, size)
    taken = set(pinned.values())
    for i in taken:
        room.gives(int(items[i]))

    def take(i: int, *, kept: bool = True) -> bool:
        left = size - len(taken)
        if i in taken or left <= 0 or not room.takes(codes[i], left if kept else None):
            return False
        taken.add(i)
        return True

    codes: list[int] = items.tolist()
    first: list[int] = []
    rest: list[int] = []
    own_place: dict[int, str] = {}
    for source in placement.sources:
        if source.first and source.model in shares:
            stands = [i for i in _best(shares[source.model]) if take(i)]
            first += stands
            own_place.update(dict.fromkeys(stands, source.model))
    for source in placement.sources:
        if source.slots and not source.first and source.model in shares:
            # Its best that nobody else proposed as strongly: what the ranking would show anyway needs no slot.
            own = [i for i in _best(shares[source.model], source.slots + len(taken)) if i not in taken]
            stands = [i for i in own[: min(source.slots, size - len(taken))] if take(i)]
            rest += stands
            own_place.update(dict.fromkeys(stands, source.model))
    order = np.argsort(-value, kind="stable")
    order = order[value[order] > -np.inf]
    # What was kept for quotas that have no more candidates goes to the others after all.
    for kept in (True, False) if quotas else (False,):
        for i in order.tolist():
            if len(taken) >= size:
                break
            if take(i, kept=kept):
                rest.append(i)
    rest.sort(key=lambda i: (-float(value[i]), i))
    return Chosen(pinned, (*first, *rest), room, own_place)


def pin(pins: Sequence[Wish], items: Codes, value: Scores, table: ItemTable, size: int) -> dict[int, int]:
    """Which candidates have a place of their own.

    A pin's items stand on its position and the places after it; what may not be shown leaves no gap. A place that a
    pin of higher priority has is passed over.

    Args:
        pins: By priority.
        items: Candidate codes, all of which may be shown.
        value: Their value, which orders a pin by filter.
        table: The catalog.
        size: Places.

    Returns:
        Positions in `items` by place, from 0.
    """
    found: dict[int, int] = {}
    at = {int(code): i for i, code in enumerate(items.tolist())} if pins else {}
    taken: set[int] = set()
    for wish in pins:
        rule = wish.rule.rule
        if rule.filter is None:
            wanted = [at[code] for code in wish.rule.codes(table).tolist() if code in at and at[code] not in taken]
        else:
            about = [i for i in np.flatnonzero(wish.rows[items]).tolist() if i not in taken]
            wanted = sorted(about, key=lambda i: (-float(value[i]), i))[: rule.most or 1]
        place = (rule.position or 1) - 1
        for i in wanted:
            while place in found:
                place += 1
            if place >= size:
                break
            found[place] = i
            taken.add(i)
    return found


def seated(pinned: Mapping[int, Seated], others: Sequence[Seated]) -> list[Seated]:
    """A slate from what has a place of its own and what fills the others; where too little fills, pins move up."""
    made: list[Seated] = []
    waiting = iter(others)
    for place in range(max(pinned, default=-1) + 1):
        one = pinned[place] if place in pinned else next(waiting, None)
        if one is not None:
            made.append(one)
    return [*made, *waiting]


def _best(share: Scores, most: int | None = None) -> list[int]:
    """Positions of what a source proposed, its best first; at most so many."""
    order = np.argsort(-share, kind="stable")[:most]
    found: list[int] = order[share[order] > 0].tolist()
    return found
