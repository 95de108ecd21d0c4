"""From ranked candidates to the places of a slate: pins, places kept for a source, the best values, variety."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from penchant.catalog import ItemTable
from penchant.pack import Placement
from penchant.placements.diversity import Variety
from penchant.placements.room import Room, Seats
from penchant.placements.wishes import Wish
from penchant.slate import Codes, Scores

Seated = TypeVar("Seated")


@dataclass(frozen=True)
class Chosen:
    """Which candidates fill the slate, by their position in the arrays.

    Attributes:
        pinned: By place, from 0.
        others: In the order of the places that pins leave.
        room: What is left for more.
        kept: The source whose place it is, of those that stand on one that a source has, whatever their value.
        varied: Those that stand there for variety: value alone would have chosen others.
        passed: Those that value alone would have chosen instead.
    """

    pinned: Mapping[int, int]
    others: tuple[int, ...]
    room: Room
    kept: Mapping[int, str]
    varied: frozenset[int] = frozenset()
    passed: frozenset[int] = frozenset()


def select(
    placement: Placement,
    items: Codes,
    value: Scores,
    shares: Mapping[str, Scores],
    size: int,
    table: ItemTable,
    pinned: Mapping[int, int] | None = None,
    quotas: Sequence[Wish] = (),
    variety: Variety | None = None,
) -> Chosen:
    """Which candidates fill the slate: pins at their places, then sources that stand first, then the best values.

    What is left to value is chosen by value and variety together, where a placement wants variety. Value orders it in
    every case.

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
        variety: How far the slate is kept from being all of one kind.
    """
    pinned = pinned or {}
    room = Room(placement.caps, table, quotas, size)
    codes: list[int] = items.tolist()
    seats = Seats(codes, size, room, set(pinned.values()))
    for i in seats.taken:
        room.gives(codes[i])
    first: list[int] = []
    rest: list[int] = []
    own_place: dict[int, str] = {}
    for source in placement.sources:
        if source.first and source.model in shares:
            stands = [i for i in _best(shares[source.model]) if seats.take(i)]
            first += stands
            own_place.update(dict.fromkeys(stands, source.model))
    for source in placement.sources:
        if source.slots and not source.first and source.model in shares:
            # Its best that nobody else proposed as strongly: what the ranking would show anyway needs no slot.
            own = [i for i in _best(shares[source.model], source.slots + len(seats.taken)) if i not in seats.taken]
            stands = [i for i in own[: min(source.slots, seats.left)] if seats.take(i)]
            rest += stands
            own_place.update(dict.fromkeys(stands, source.model))
    order = np.argsort(-value, kind="stable")
    order = order[value[order] > -np.inf]
    ranked: list[int] = order.tolist()
    # What was kept for quotas that have no more candidates goes to the others after all.
    passes = (True, False) if quotas else (False,)
    varying = variety is not None and len(ranked) > seats.left > 0
    plain = seats.copy() if varying else seats
    by_value = [i for kept in passes for i in plain.first(ranked, kept=kept)]
    varied = passed = frozenset[int]()
    if variety is not None and varying:
        both = variety.choose(value, order, seats, passes, by_value)
        if len(both) == len(by_value):  # several caps together may leave less room to a choice of many kinds
            varied, passed = frozenset(both) - frozenset(by_value), frozenset(by_value) - frozenset(both)
            by_value, plain = both, seats
    rest += by_value
    rest.sort(key=lambda i: (-float(value[i]), i))
    return Chosen(pinned, (*first, *rest), plain.room, own_place, varied, passed)


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
