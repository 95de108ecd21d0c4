"""A slate that is not all of one kind: calibrated to the person's own mix, or without one as diverse as may be.

With a history, places are chosen for value and for how near the slate comes to the mix of kinds that the person turns
to (Steck, H. (2018). Calibrated recommendations. RecSys), by the same measure, the Kullback-Leibler divergence, over
the shares of the whole slate. So what one more item of a kind adds depends on its own kind alone, and falls with each:
choosing the best one by one is choosing the best together. Without a history, an item counts less when its kind is on
the slate (Carbonell, J. and Goldstein, J. (1998). The use of MMR, diversity-based reranking. SIGIR).

Both gains lie between 0 and 1, as value does here, so what a place may lose is bounded by the weight.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable
from penchant.dataset import Queries
from penchant.pack import Diversity
from penchant.placements.liking import FADES
from penchant.placements.room import Seats
from penchant.slate import Codes, Scores

DIVERSITY = "diversity"
"""Source name of an item that variety put on the slate, beside those that proposed it."""
ALPHA = 0.01
"""Share of the person's own mix in that of a slate, so that a kind that is missing is not infinitely far; Steck's."""
UNSEEN = 0.25
"""What a kind that is not on the slate adds where no mix is known: about that of one in eight that is due."""

Kind = tuple[int, ...]
"""Values of a field that an item has, as codes; -1 alone where it has none."""


class Mix:
    """The kinds on a slate as it fills, and what more of each adds to variety."""

    def __init__(self, due: dict[int, float], places: int) -> None:
        """Start with an empty slate.

        Args:
            due: The person's mix by value of the field, at most 1 in all; empty without a history.
            places: Places in all.
        """
        self._due, self._count = due, dict[int, float]()
        self._slack = ALPHA / (1.0 - ALPHA) * max(places, 1)
        self._scale = log(1.0 + 1.0 / self._slack)

    def has(self, kind: Kind) -> None:
        """One more of a kind is on the slate; several values share an item."""
        for value in kind:
            self._count[value] = self._count.get(value, 0.0) + 1.0 / len(kind)

    def gain(self, kind: Kind) -> float:
        """What one more of a kind adds to variety, 0 to 1; the more of it there are, the less."""
        count, due = self._count, self._due
        if not due:
            return UNSEEN * sum(value not in count for value in kind) / len(kind)
        if len(kind) == 1:  # of most fields an item has one value
            return self._of_one(due.get(kind[0], 0.0), count.get(kind[0], 0.0))
        added, more = 0.0, 1.0 / len(kind)
        for value in kind:
            share = due.get(value, 0.0)
            if share > 0:
                have = count.get(value, 0.0) + self._slack * share
                added += share * log((have + more) / have)
        return added / self._scale

    def gains(self, kinds: Collection[Kind]) -> list[float]:
        """What one more of each of these kinds of a single value adds to variety; see `gain`."""
        count, due = self._count, self._due
        if not due:
            return [self.gain(kind) for kind in kinds]
        # Of many kinds that are not there yet few are due differently.
        shares = [due.get(kind[0], 0.0) for kind in kinds]
        alike = {share: self._of_one(share, 0.0) for share in set(shares)}
        found = zip(kinds, shares, strict=True)
        return [self.gain(kind) if kind[0] in count else alike[share] for kind, share in found]

    def _of_one(self, share: float, count: float) -> float:
        """What one more item of a value adds that is due so much, and that so many items have."""
        if share <= 0:
            return 0.0
        have = count + self._slack * share
        return share * log((have + 1.0) / have) / self._scale


@dataclass(frozen=True)
class Variety:
    """What one request wants of variety.

    Attributes:
        wanted: Field and weight.
        table: The catalog.
        queries: The request, a batch of one.
    """

    wanted: Diversity
    table: ItemTable
    queries: Queries

    def choose(
        self, value: Scores, ranked: NDArray[np.int64], seats: Seats, passes: Iterable[bool], alone: Sequence[int]
    ) -> list[int]:
        """Fill the places that are left one by one, each with what is best by value and variety together.

        Args:
            value: Value of each candidate.
            ranked: Candidates that may come, the highest value first.
            seats: The places.
            passes: Whether what is owed to quotas is kept for them, in this turn and the next.
            alone: What value alone would choose, in order.

        Returns:
            What was chosen, in this order.
        """
        values = value[ranked].astype(np.float64)
        weight, low = self.wanted.weight, min(0.0, float(values[-1]))
        height = float(values[0]) - low
        if not alone or height <= 0:
            return self._as_ranked(alone, seats)
        # Nothing below can make up by variety for what it lacks: what value alone chose would still have room.
        reach = float(value[list(alone)].min()) - weight / (1.0 - weight) * height
        values = values[: int(np.searchsorted(-values, -reach, side="right"))]
        near: list[int] = ranked[: len(values)].tolist()
        kinds = _kinds(self.table, self.wanted.field, seats.of(near))
        there = _kinds(self.table, self.wanted.field, seats.of(list(seats.taken)))
        count = Counter(kinds)
        if len(count.keys() | there) < 2:
            return self._as_ranked(alone, seats)
        mix = Mix(self._due(count), seats.size)
        for kind in there:
            mix.has(kind)
        worth: list[float] = ((1.0 - weight) / height * (values - low)).tolist()
        chosen: list[int] = []
        for kept in passes:
            chosen += _greedy(near, worth, weight, kinds, mix, seats, kept=kept)
        return chosen

    @property
    def _tags(self) -> bool:
        """Whether an item may have several values of the field."""
        return self.table.schema.columns.get(self.wanted.field) == "tags"

    @staticmethod
    def _as_ranked(alone: Sequence[int], seats: Seats) -> list[int]:
        return [i for i in alone if seats.take(i, kept=False)]

    def _due(self, kinds: Counter[Kind]) -> dict[int, float]:
        """The person's mix, drawn to that of the candidates, the more the shorter the history is."""
        queries = self.queries
        liked = (queries.weights > 0) & (queries.items >= 0) & (queries.items < len(self.table))
        items = queries.items[liked]
        had = len(set(items.tolist()))
        if not had:
            return {}
        left = FADES / (FADES + had)
        weights = queries.weights[liked].tolist()
        share, many = (1.0 - left) / sum(weights), kinds.total()
        if not self._tags:
            due = {kind[0]: left * n / many for kind, n in kinds.items()}
            codes = self.table.category(self.wanted.field).codes[items].tolist()
            for code, weight in zip(codes, weights, strict=True):
                if code in due:
                    due[code] += share * weight
            return due
        due = {}
        for kind, n in kinds.items():
            for value in kind:
                due[value] = due.get(value, 0.0) + left * n / many / len(kind)
        for kind, weight in zip(_kinds(self.table, self.wanted.field, items), weights, strict=True):
            for value in kind:
                if value in due:
                    due[value] += share * weight / len(kind)
        return due


def _greedy(
    near: Sequence[int],
    worth: Sequence[float],
    weight: float,
    kinds: Sequence[Kind],
    mix: Mix,
    seats: Seats,
    *,
    kept: bool,
) -> list[int]:
    """Candidates for all places that are left, the best by worth and variety together first.

    Args:
        near: Candidates, the most worth first.
        worth: Of each of them.
        weight: What a gain of variety counts.
        kinds: Of each of them.
        mix: What is on the slate.
        seats: The places.
        kept: Leave alone what is owed to quotas.
    """
    first: dict[Kind, int] = {}
    following = [-1] * len(kinds)
    for rank in range(len(kinds) - 1, -1, -1):
        following[rank] = first.get(kinds[rank], -1)
        first[kinds[rank]] = rank
    gain = mix.gain

    def stands(rank: int, kind: Kind) -> tuple[float, int, Kind]:
        return -worth[rank] - weight * gain(kind), rank, kind

    # The first of each kind. Where kinds share values, what is said of it can have fallen since, and only fallen, so it
    # is looked at again when it would be the best (Minoux, M. (1978). Accelerated greedy algorithms for maximizing
    # submodular set functions).
    shared = max(map(len, first), default=1) > 1
    gains = [gain(kind) for kind in first] if shared else mix.gains(first)
    heap = [(-worth[rank] - weight * more, rank, kind) for (kind, rank), more in zip(first.items(), gains, strict=True)]
    heapq.heapify(heap)
    chosen: list[int] = []
    while heap and seats.left > 0:
        _, rank, kind = heap[0]
        if shared:
            now = stands(rank, kind)
            if now > heap[0]:
                heapq.heapreplace(heap, now)
                if heap[0][2] != kind:
                    continue
        if seats.take(near[rank], kept=kept):
            chosen.append(near[rank])
            mix.has(kind)
        if (after := following[rank]) >= 0:
            heapq.heapreplace(heap, stands(after, kind))
        else:
            heapq.heappop(heap)
    return chosen


def _kinds(table: ItemTable, field: str, items: Codes) -> list[Kind]:
    """The kind of each item."""
    if table.schema.columns.get(field) != "tags":
        return list(zip(table.category(field).codes[items].tolist(), strict=True))
    tags = table.tags(field)
    begin, end = tags.ptr[items].tolist(), tags.ptr[items + 1].tolist()
    return [tuple(tags.codes[a:b].tolist()) or (-1,) for a, b in zip(begin, end, strict=True)]
