"""What a person said they like, as relevance: it proposes without a release and without an event, and it fades.

Its weight in a placement, as that of what is popular where the person is, is `FADES / (FADES + n)` of what the
placement says, where n is how many items speak for the person in their history: all of it without a history, half of it
after `FADES` items. Places that are kept for it fade alike.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from penchant.catalog import Attribute, ItemTable
from penchant.dataset import Queries
from penchant.events import Role
from penchant.features import Statistics
from penchant.pack import CHOSEN, SEGMENT, Placement
from penchant.people import ITEMS, Likes, Value
from penchant.placements.standing import Places, kinship, near
from penchant.slate import Codes, Scores

FADES = 5.0
"""Items of a history that outweigh half of what a person said."""
LEAST_OF_SEGMENT = 0.25
"""Of less than this share what is popular where the person is is not asked for: who they are is known better."""
DAYS = 28.0
"""Days of events that say which of the items a person may like most others like."""

_SPEAKS = (Role.GOAL, Role.STRONG, Role.WEAK)


def share_of(queries: Queries) -> float:
    """How much of what the person said still counts beside their history, 0 to 1.

    Args:
        queries: The request, a batch of one.
    """
    items = len(set(queries.items[queries.weights > 0].tolist()))
    return FADES / (FADES + items)


def faded(placement: Placement, likes: Likes, queries: Queries) -> Placement:
    """The placement with weights and places of what stands in for a history as the person's history leaves them.

    Args:
        placement: As it is told.
        likes: What the person said; without any the placement stays as it is, and the source proposes nothing.
        queries: The request, a batch of one.
    """
    if not any(source.model == SEGMENT or (likes and source.model == CHOSEN) for source in placement.sources):
        return placement
    left = share_of(queries)
    if left == 1.0:
        return placement
    sources = tuple(
        msgspec.structs.replace(source, weight=source.weight * left, slots=round(source.slots * left))
        if source.model in (CHOSEN, SEGMENT)
        else source
        for source in placement.sources
        if source.model != SEGMENT or left >= LEAST_OF_SEGMENT
    )
    return msgspec.structs.replace(placement, sources=sources)


def liking(table: ItemTable, attributes: Sequence[Attribute], likes: Likes) -> Scores:
    """How much of what a person likes each item has, 0 to 1: of each field they named, by its weight.

    Items they named count as a field of the greatest weight: what has most in common with the nearest of them, and not
    the items themselves, which they know.

    Args:
        table: The catalog.
        attributes: What makes two items alike, with weights; a field that is none of them weighs 1.
        likes: What the person said.

    Returns:
        Shape (n_items,), float32.
    """
    weights = {one.field: one.weight for one in attributes}
    total, found = 0.0, np.zeros(len(table), np.float32)
    for field, values in likes.items():
        if field == ITEMS:
            codes = np.array([table.row(value) for value in values if isinstance(value, str)], np.int32)
            fits, weight = kinship(table, attributes, codes), max(weights.values(), default=1.0)
            fits[codes[codes >= 0]] = 0.0
        else:
            fits, weight = matching(table, field, values), weights.get(field, 1.0)
        if fits.any():  # what no item has, any more, must not make the rest look poor
            total += weight
            found += np.float32(weight) * fits
    return found / np.float32(total) if total > 0 else found


def matching(table: ItemTable, field: str, values: Sequence[Value]) -> Scores:
    """How well each item has one of some values of a field, 0 to 1, shape (n_items,).

    A text is a value, or a path above it; a range holds its ends; a number is near what is near it.
    """
    kind = table.schema.columns.get(field)
    best = np.zeros(len(table), np.float32)
    if kind in ("number", "flag", "time"):
        numbers = table.number(field)
        for value in values:
            if isinstance(value, tuple):
                np.maximum(best, _inside(numbers, *value), out=best)
            elif isinstance(value, float):
                np.maximum(best, near(numbers, value), out=best)
        return best
    column = table.tags(field) if kind == "tags" else table.category(field)
    codes: dict[int, None] = {}
    for value in values:
        if isinstance(value, str):
            codes |= dict.fromkeys(column.below(value) if field in table.schema.kind.paths else [column.find(value)])
    known = [code for code in codes if code >= 0]
    return column.holding(known).astype(np.float32) if known else best


def chosen(
    likes: Scores, places: Places, statistics: Statistics, now: float, open_: NDArray[np.bool_], k: int
) -> tuple[Codes, Scores]:
    """Items that have most of what a person likes; of those that have as much, what most others like comes first.

    Args:
        likes: As `liking` gives them.
        places: The order of items of which no event tells anything.
        statistics: What is known of items.
        now: Unix seconds.
        open_: Rows that may be proposed, shape (n_items,).
        k: How many at most.

    Returns:
        Codes, and scores of 0 to 1: from half of how much they are liked, for the one that others like least, to all of
        it.
    """
    codes = np.flatnonzero((likes > 0) & open_).astype(np.int32)
    if not len(codes):
        return codes, np.zeros(0, np.float32)
    if len(codes) > k:
        # Nothing that is liked less than half as much as the k-th can be among the k best.
        liked = likes[codes]
        codes = codes[2 * liked >= np.partition(liked, len(codes) - k)[len(codes) - k]]
    order = np.lexsort((places[codes], -_counted(statistics, codes, now)))
    standing = np.empty(len(codes), np.float32)
    standing[order] = 1.0 - np.arange(len(codes), dtype=np.float32) / len(codes)
    scores = likes[codes] * (1.0 + standing) / 2.0
    best = np.argsort(-scores, kind="stable")[:k]
    return codes[best], scores[best].astype(np.float32)


def likes_as_json(likes: Likes) -> dict[str, list[object]]:
    """What a person said, as plain JSON."""
    return {field: [list(value) if isinstance(value, tuple) else value for value in likes[field]] for field in likes}


def _counted(statistics: Statistics, codes: Codes, now: float) -> NDArray[np.float64]:
    """What people did with items of late."""
    if not len(statistics):
        return np.zeros(len(codes))
    return statistics.at(codes, np.full(len(codes), now)).of(_SPEAKS, DAYS)


def _inside(numbers: NDArray[np.float64], low: float | None, high: float | None) -> Scores:
    held = ~np.isnan(numbers)
    if low is not None:
        held &= numbers >= low
    if high is not None:
        held &= numbers <= high
    return held.astype(np.float32)
