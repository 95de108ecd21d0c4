"""One request of one placement: retrieve, constrain, value, select, fall back, check again.

The answer cannot fail: a source or a feature that raises is named in `degraded`, and what is still empty is
filled by the fallback chain, whose last link is the catalog itself. Hard constraints hold for every link.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable
from penchant.clock import Clock
from penchant.dataset import Queries
from penchant.models import Retriever
from penchant.pack import Facts, Placement
from penchant.placements.reasons import reasons
from penchant.placements.request import Ask, Parts
from penchant.placements.retrieval import retrieve
from penchant.placements.selection import Room, select
from penchant.ranking import score
from penchant.slate import Candidates, Codes, Reason, Scores, SlateItem

CATALOG = "catalog"
"""Source name of the last link of every fallback chain."""

POPULAR = Reason("popular", "many people choose it")


@dataclass(frozen=True)
class Answer:
    """Items of a slate, and what did not work on the way."""

    items: tuple[SlateItem, ...]
    degraded: tuple[str, ...]


def answer(placement: Placement, parts: Parts, ask: Ask, clock: Clock) -> Answer:
    """Answer one request.

    Args:
        placement: What to fill.
        parts: The domain.
        ask: The request.
        clock: For the time budget.

    Returns:
        At most `ask.size` items, fewer only when no more may be shown or the caps leave no room.
    """
    began = clock.elapsed()
    facts = ask.facts if ask.personalized else replace(ask.facts, queries=_anonymous(ask.facts.queries))
    allowed, degraded = _allowed(placement, parts, ask.facts, ask.eligible)
    seeds = facts.queries.seeds
    allowed[seeds[(seeds >= 0) & (seeds < len(allowed))]] = False

    def in_time() -> bool:
        return (clock.elapsed() - began) * 1000.0 < placement.budget_ms

    found = retrieve(placement, parts, facts.queries, allowed, in_time)
    degraded += [f"late:{name}" for name in found.late]
    degraded += [f"source:{name}: {text}" for name, text in found.failed.items()]
    candidates = Candidates(np.array([0, len(found.items)], np.int64), found.items, found.relevance)
    features = {feature.name: feature for feature in parts.pack.features}
    valued = score(ask.objective, features, facts.queries, candidates, parts.table)
    degraded += [f"feature:{name}: {text}" for name, text in valued.failed.items()]
    nobody = not len(seeds) and not bool((facts.queries.weights > 0).any())
    chosen = select(placement, found.items, valued.value, found.shares, ask.size, parts.table)
    items: list[SlateItem] = []
    # Last of all, once more: no source, slot or rule may pass a hard constraint.
    for i in chosen:
        code = int(found.items[i])
        if allowed[code]:
            sources = tuple(name for name, share in found.shares.items() if share[i] > 0)
            why = reasons(i, placement, found.shares, valued.terms, features)
            if not why and nobody:
                why = (POPULAR,)  # without a history or seeds, what everybody chose is all that can have moved it
            items.append(_item(parts.table, code, len(items) + 1, float(valued.value[i]), sources, why))
    if len(items) < ask.size:
        _fall_back(placement, parts, facts.queries, allowed, ask.size, items, degraded)
    return Answer(tuple(items), tuple(degraded))


def _allowed(
    placement: Placement, parts: Parts, facts: Facts, eligible: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], list[str]]:
    table = parts.table
    allowed = table.active & eligible
    degraded: list[str] = []
    for constraint in parts.pack.constraints:
        if constraint.name in placement.constraints:
            try:
                allowed &= constraint.allow(table, facts)
            except Exception as error:  # a rule that cannot be checked lets nothing pass
                allowed[:] = False
                degraded.append(f"constraint:{constraint.name}: {type(error).__name__}: {error}")
    return allowed, degraded


def _fall_back(
    placement: Placement,
    parts: Parts,
    queries: Queries,
    allowed: NDArray[np.bool_],
    size: int,
    items: list[SlateItem],
    degraded: list[str],
) -> None:
    free, room = allowed.copy(), Room(placement.caps, parts.table)
    for item in items:
        row = parts.table.row(item.id)
        free[row] = False
        room.takes(row)
    links: list[tuple[str, Callable[[], tuple[Codes, Scores]]]] = []
    for name in placement.fallback:
        model: object = parts.models.get(name)
        if isinstance(model, Retriever):
            links.append((name, _proposals(model, queries, size, free, parts.n_known)))
    links.append((CATALOG, lambda: (np.flatnonzero(free).astype(np.int32), np.zeros(int(free.sum()), np.float32))))
    for name, propose in links:
        if len(items) >= size:
            return
        try:
            codes, scores = propose()
        except Exception as error:  # the next link answers
            degraded.append(f"fallback:{name}: {type(error).__name__}: {error}")
            continue
        for code, score_ in zip(codes.tolist(), scores.tolist(), strict=True):
            if len(items) >= size:
                return
            if 0 <= code < len(free) and free[code] and room.takes(code):
                free[code] = False
                # An item that stands there because nobody chose anything is not popular.
                why = (POPULAR,) if score_ > 0 else ()
                items.append(_item(parts.table, code, len(items) + 1, 0.0, (name,), why))


def _proposals(
    model: Retriever, queries: Queries, size: int, free: NDArray[np.bool_], n_known: int
) -> Callable[[], tuple[Codes, Scores]]:
    return lambda: model.retrieve(queries, size, free[:n_known]).row(0)


def _item(
    table: ItemTable, code: int, position: int, value: float, source: tuple[str, ...], why: tuple[Reason, ...]
) -> SlateItem:
    return SlateItem(
        id=table.ids[code], position=position, value=round(value, 6), source=source, reasons=why, propensity=1.0
    )


def _anonymous(queries: Queries) -> Queries:
    return Queries.single(float(queries.now[0]), seeds=queries.seeds)
