"""What of a request keeps an item out, whatever it is worth: filters, exclusions, other pages and blocks."""

from __future__ import annotations

from collections.abc import Callable

from penchant.catalog import About
from penchant.placements import Ask, Gate, Parts
from penchant.serving.ask import Wanted


def gates(wanted: Wanted, asked: Ask, parts: Parts) -> Callable[[int], list[Gate]]:
    """Says of a row what of the request keeps it out, one thing after the other; nothing is worked out before.

    Args:
        wanted: What the client said.
        asked: What the placement was asked.
        parts: The domain.
    """
    table = parts.table

    def closed(row: int) -> list[Gate]:
        found: list[Gate] = []
        name = table.ids[row]
        about = About(asked.about.seeds, asked.facts.person, asked.about.now)
        if wanted.shown is not None and not wanted.shown.mask(table, about)[row]:
            why = f"the filter of the placement {wanted.placement.name} does not let it through"
            found.append(Gate(stage="placement_filter", by=wanted.placement.name, why=why))
        if wanted.filter is not None and not wanted.filter.mask(table, asked.about)[row]:
            found.append(Gate(stage="request_filter", why="the request's filter does not let it through"))
        if name in wanted.request.exclude:
            found.append(Gate(stage="excluded", why="the request excludes it"))
        if name in wanted.earlier.items:
            found.append(Gate(stage="earlier_page", why="an earlier page of the same slate showed it"))
        elif wanted.earlier.ended:
            found.append(Gate(stage="earlier_page", why="the slate has as many pages as there may be"))
        if name in wanted.beside:
            found.append(Gate(stage="other_block", why="another placement of the same call showed it"))
        return found

    return closed
