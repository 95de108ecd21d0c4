"""An ordered list to play through: each item goes with where it began, and follows well on the one before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray
from scipy import sparse

from penchant.dataset import Dataset, Queries
from penchant.models.choice import NOTHING, Allowed, allowed_in
from penchant.models.history import POSITIVE, Past, Roles
from penchant.models.model import Fitted, Run, State
from penchant.models.need import need
from penchant.models.neighbours import Neighbours, cooccurrence, rescored
from penchant.models.sequences import Sequences, Window, sequences
from penchant.slate import Candidates, Codes, Scores, top_k

_FALL = 20.0
"""Place r of a playlist, from 0, scores this over this plus r: the order is all that a score says here."""


@dataclass(frozen=True)
class FittedPlaylist:
    """What follows on each item, and what goes with it.

    Attributes:
        recipe: What it was fitted with.
        follows: How often each item is followed by which others, against the most frequent one.
        together: How often each item is in one sequence with which others, by cosine.
        seconds: Length of each item, 0 where the recipe names no budget, shape (n_items,).
    """

    recipe: Playlist
    follows: Neighbours
    together: Neighbours
    seconds: Scores

    def retrieve(self, queries: Queries, k: int, allowed: Allowed = None) -> Candidates:
        """A playlist that goes on from the seeds, or else from the latest items of the history."""
        n, rows = len(self.seconds), []
        for i in range(len(queries)):
            past = Past.of(queries, i, n)
            seeds = queries.seeds_of(i)
            seeds = seeds[(seeds >= 0) & (seeds < n)]
            played = past.latest(self.recipe.roles, len(past.items))
            begins = seeds if len(seeds) else _latest(played, self.recipe.recent)
            barred = begins if self.recipe.again else np.concatenate([begins, played])
            rows.append(self._played(begins, barred, k, allowed_in(allowed, i)))
        return Candidates.from_rows(rows)

    def similar(self, items: Codes, k: int, allowed: Allowed = None) -> Candidates:
        """A playlist that goes on from each item."""
        n, rows = len(self.seconds), []
        for i, code in enumerate(items):
            begins = np.array([code] if 0 <= code < n else [], np.int32)
            rows.append(self._played(begins, begins, k, allowed_in(allowed, i)))
        return Candidates.from_rows(rows)

    def state(self) -> State:
        """Both item-item matrices, the lengths and the recipe."""
        arrays: dict[str, NDArray[Any]] = {"seconds": self.seconds}
        for name, near in (("follows", self.follows), ("together", self.together)):
            arrays |= {f"{name}_ptr": near.ptr, f"{name}_items": near.items, f"{name}_scores": near.scores}
        return State(arrays, msgspec.to_builtins(self.recipe))

    @classmethod
    def restore(cls, state: State) -> FittedPlaylist:
        """From `state()`."""
        follows, together = (
            Neighbours(*(np.asarray(state.arrays[f"{name}_{part}"]) for part in ("ptr", "items", "scores")))
            for name in ("follows", "together")
        )
        recipe = msgspec.convert(state.settings, Playlist)
        return cls(recipe, follows, together, np.asarray(state.arrays["seconds"]))

    def _played(self, begins: Codes, barred: Codes, k: int, allowed: Allowed) -> tuple[Codes, Scores]:
        """One playlist, made greedily: what is played next depends on what was played before, never on what follows.

        Args:
            begins: What it goes on from, oldest first.
            barred: What may not be played.
            k: Items at most.
            allowed: What may, shape (n_items,), or None for everything.
        """
        most = min(k, self.recipe.most)
        if not len(begins) or most <= 0:
            return NOTHING
        pool, fit = self._pool(begins, barred, allowed)
        # What is not in the pool has a place behind it, where nothing is ever chosen.
        place = np.full(len(self.seconds), len(pool), np.int32)
        place[pool] = np.arange(len(pool))
        fit = np.append(fit, -np.inf)
        ptr, items, pull = self.follows.ptr, self.follows.items, self._pull
        limited, seconds, left = self.recipe.budget is not None, self.seconds[pool], self.recipe.budget or 0.0
        chosen: list[int] = []
        last = int(begins[-1])
        while len(chosen) < most:
            if limited:
                fit[:-1][seconds > left] = -np.inf
            span = slice(int(ptr[last]), int(ptr[last + 1]))
            value = fit.copy()
            value[place[items[span]]] += pull[span]
            best = int(value.argmax())
            if value[best] == -np.inf:
                break
            chosen.append(best)
            fit[best] = -np.inf
            last = int(pool[best])
            left -= float(seconds[best])
        places = np.arange(len(chosen), dtype=np.float32)
        return pool[chosen], (_FALL / (_FALL + places)).astype(np.float32)

    @cached_property
    def _pull(self) -> NDArray[np.float64]:
        """What following on adds, one an entry of `follows`."""
        return self.recipe.follow * self.follows.scores.astype(np.float64)

    def _pool(self, begins: Codes, barred: Codes, allowed: Allowed) -> tuple[Codes, NDArray[np.float64]]:
        """What may be played, by code, and how well it goes with the beginning, up to 1 less the share of `follow`."""
        distinct, newest = np.unique(begins[::-1], return_index=True)
        weight = np.asarray(1.0 / (1.0 + newest), np.float64)
        codes, fit = self.together.votes(distinct, weight)
        keep = ~np.isin(codes, barred)
        if allowed is not None:
            keep &= allowed[codes]
        codes, fit = codes[keep], fit[keep]
        at, _ = top_k(fit, self.recipe.pool)
        at = np.sort(at)
        codes, fit = codes[at], fit[at]
        return codes, (1.0 - self.recipe.follow) * fit / max(float(fit.max(initial=0.0)), 1e-12)


class Playlist(msgspec.Struct, frozen=True, kw_only=True):
    """Sequences of items in playing order, without repeats.

    In two steps, after Jannach, Lerche & Kamehkhosh, "Beyond hitting the hits: generating coherent music playlist
    continuations with the right tracks" (RecSys 2015): first what goes with the beginning, by how often both are played
    in one sequence; then one after the other, what goes with the beginning and follows on the item before it, by how
    often it did (the transitions of Chen, Moore, Turnbull & Joachims, "Playlist prediction via metric embedding",
    KDD 2012, counted). Seeds are the beginning, or else the latest items of the history. Scores only say the order.

    Attributes:
        window: What one sequence is: one `person` or one `session`.
        roles: Roles that count as played.
        span: Places apart two items may stand for the later one to follow on the first; a pair counts one over its
            distance.
        shrink: Added to the divisor of following on and of going together, so that pairs seen by few stand lower.
        neighbours: Items kept that follow on, and that go with, each item.
        follow: Share of following on in the choice of the next item; going with the beginning has the rest, 0 to 1.
        recent: Latest distinct items of the history that are the beginning, where the request names none.
        pool: Items that go best with the beginning, of which the playlist is made.
        again: Whether items of the history may be played again.
        most: Items of a playlist at most.
        field: Number field with an item's length in seconds; items without one are as long as the median.
        budget: Seconds that all items together may last; none sets no limit.
        least_sequences: Sequences of two items or more that the fit needs.
    """

    kind: ClassVar[str] = "playlist"
    fitted: ClassVar[type[Fitted]] = FittedPlaylist
    tries: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "follow": (0.5, 0.2, 0.8),
        "span": (1, 3),
        "shrink": (5.0, 20.0),
        "recent": (3, 10),
    }

    window: Window = "session"
    roles: Roles = POSITIVE
    span: Annotated[int, Meta(ge=1, le=20)] = 1
    shrink: Annotated[float, Meta(ge=0)] = 5.0
    neighbours: Annotated[int, Meta(ge=1, le=5_000)] = 100
    follow: Annotated[float, Meta(ge=0, le=1)] = 0.5
    recent: Annotated[int, Meta(ge=1, le=1_000)] = 3
    pool: Annotated[int, Meta(ge=1, le=10_000)] = 300
    again: bool = False
    most: Annotated[int, Meta(ge=1, le=1_000)] = 50
    field: Annotated[str, Meta(min_length=1)] = "length_s"
    budget: Annotated[float, Meta(gt=0)] | None = None
    least_sequences: Annotated[int, Meta(ge=1)] = 50

    def fit(self, data: Dataset, run: Run) -> FittedPlaylist:
        """Count what follows on what, and what is played together.

        Raises:
            FitFailed: There are too few sequences.
        """
        n = len(data.items)
        played = sequences(data, self.roles, self.window, least=2)
        need(self.kind, "sequences of two items or more", len(played), self.least_sequences)
        steps = _steps(played, self.span, n)
        most = steps.max(axis=1).toarray().ravel() + self.shrink
        steps.data /= np.repeat(most, np.diff(steps.indptr))
        unit = np.repeat(np.arange(len(played)), played.lengths)
        x = sparse.csr_matrix((np.ones(len(unit), np.float32), (unit, played.items)), (len(played), n))
        x.data[:] = 1.0  # twice in one sequence is one sequence
        norm = np.sqrt(np.asarray(x.sum(axis=0), np.float64).ravel())

        def cosine(a: NDArray[np.int64], b: Codes, both: NDArray[np.float64]) -> NDArray[np.float64]:
            return np.where(a != b, both / (norm[a] * norm[b] + self.shrink), 0.0)

        return FittedPlaylist(
            self,
            Neighbours.prune([steps], self.neighbours),
            Neighbours.prune(rescored(cooccurrence(x), cosine), self.neighbours),
            self._seconds(data),
        )

    def _seconds(self, data: Dataset) -> Scores:
        if self.budget is None:
            return np.zeros(len(data.items), np.float32)
        seconds = data.table.number(self.field)
        known = seconds[np.isfinite(seconds)]
        return np.where(np.isfinite(seconds), seconds, np.median(known) if len(known) else 0.0).astype(np.float32)


def _steps(played: Sequences, span: int, n_items: int) -> sparse.csr_matrix:
    """How often each item (column) came after each other one (row), each pair weighed one over its distance."""
    unit = np.repeat(np.arange(len(played)), played.lengths)
    steps = sparse.csr_matrix((n_items, n_items), dtype=np.float64)
    for apart in range(1, span + 1):
        a, b = played.items[:-apart], played.items[apart:]
        keep = (unit[:-apart] == unit[apart:]) & (a != b)
        pairs = (np.full(int(keep.sum()), 1.0 / apart), (a[keep], b[keep]))
        steps = steps + sparse.csr_matrix(pairs, steps.shape)
    steps = steps.tocsr()
    steps.sort_indices()
    return steps


def _latest(played: Codes, most: int) -> Codes:
    """The last distinct items, oldest first."""
    distinct, newest = np.unique(played[::-1], return_index=True)
    return distinct[np.argsort(newest)][:most][::-1]
