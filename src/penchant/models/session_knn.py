"""People (or sessions) who went a similar way lately, and where they went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from penchant.dataset import Dataset, Queries
from penchant.models.choice import NOTHING, Allowed, allowed_in, best_among
from penchant.models.history import POSITIVE, Roles, Weights, decay
from penchant.models.model import Fitted, Run, State
from penchant.models.need import need
from penchant.models.sequences import Sequences, Window, sequences
from penchant.models.steps import Steps, path_of
from penchant.slate import Candidates, Codes, Offsets, Scores

_FADES_IN = 10
"""Vmis: a neighbour whose newest shared item lies this many steps back has no say."""
_DENSE = 32
"""Sums are made in an array of all sequences when there are at most this many for each that is looked at."""
_LEAST = -40.0
"""Binary logarithm of the least that distance leaves of a vote."""


@dataclass(frozen=True)
class FittedSessionKNN:
    """Sequences by item and items by sequence; sequence codes rise with the time of the last step.

    Attributes:
        recipe: What it was fitted with.
        ptr: Item offsets of each sequence, shape (n_sequences + 1,).
        items: Distinct items of each sequence, in the order of their last place.
        places: That place, from 0.
        ends: Time of each sequence's last step, rising, shape (n_sequences,).
        by_ptr: Sequence offsets of each item, shape (n_items + 1,).
        by_item: The latest sequences that hold each item, the oldest first.
        by_place: The item's last place in each of them.
        rarity: What each item's votes are multiplied by, shape (n_items,).
    """

    recipe: SessionKNN
    ptr: Offsets
    items: Codes
    places: Codes
    ends: NDArray[np.float64]
    by_ptr: Offsets
    by_item: Codes
    by_place: Codes
    rarity: Scores

    def retrieve(self, queries: Queries, k: int, allowed: Allowed = None) -> Candidates:
        """What the nearest sequences hold, by how near they are; seeds count as the newest steps."""
        rows = []
        for i in range(len(queries)):
            steps = Steps.of(path_of(queries, i, len(self.rarity), self.recipe.roles, self.recipe.last))
            own = (queries.items[queries.history(i)], queries.times[queries.history(i)])
            codes, votes = self._votes(steps, own, float(queries.now[i]))
            rows.append(best_among(codes, votes, k, allowed_in(allowed, i)))
        return Candidates.from_rows(rows)

    def similar(self, items: Codes, k: int, allowed: Allowed = None) -> Candidates:
        """What the latest sequences that hold an item hold beside it."""
        rows = []
        nobody = (np.zeros(0, np.int32), np.zeros(0))
        now = float(self.ends[-1]) if len(self.ends) else 0.0
        for i, code in enumerate(items):
            if not 0 <= code < len(self.rarity):
                rows.append(NOTHING)
                continue
            step = Steps.of(np.array([code], np.int32))
            codes, votes = self._votes(step, nobody, now)
            other = codes != code
            rows.append(best_among(codes[other], votes[other], k, allowed_in(allowed, i)))
        return Candidates.from_rows(rows)

    def _votes(self, steps: Steps, own: tuple[Codes, NDArray[np.float64]], now: float) -> tuple[Codes, Weights]:
        recipe = self.recipe
        found, likeness, gap, there = self._alike(steps)
        if not len(found):
            return NOTHING[0], np.zeros(0)
        for mine in self._own(*own):
            likeness[found == mine] = 0.0
        if recipe.style == "vstan":
            likeness /= np.sqrt(self.ptr[found + 1] - self.ptr[found])
        if recipe.half_life_days is not None:
            likeness *= decay(np.maximum(now - self.ends[found], 0.0), recipe.half_life_days)
        # Latest first, so that of equally near ones the latest are taken.
        top = len(found) - 1 - np.argsort(-likeness[::-1], kind="stable")[: recipe.neighbours]
        top = top[likeness[top] > 0]
        found, gap, there = found[top], gap[top], there[top]
        if recipe.style == "vmis":
            share = likeness[top] * np.maximum(1.0 - gap / _FADES_IN, 0.0)
        else:
            share = likeness[top] / (gap + 1.0)
        sizes = self.ptr[found + 1] - self.ptr[found]
        at = _spread(self.ptr[found], sizes)
        votes = np.repeat(share, sizes)
        if recipe.half_life_steps is not None:
            apart = np.abs(self.places[at] - np.repeat(there, sizes))
            votes *= np.exp2(np.maximum(apart / -recipe.half_life_steps, _LEAST))
        sums: Weights = np.bincount(self.items[at], votes, minlength=len(self.rarity)).astype(np.float64, copy=False)
        sums *= self.rarity
        codes = np.flatnonzero(sums > 0).astype(np.int32)
        return codes, sums[codes]

    def _alike(self, steps: Steps) -> tuple[Codes, Weights, NDArray[np.int64], Codes]:
        """Sequences that share an item: code, weight of what is shared, steps since the newest of it, place there."""
        starts = self.by_ptr[steps.items]
        sizes = self.by_ptr[steps.items + 1] - starts
        at = _spread(starts, sizes)
        hits = self.by_item[at]
        dense = len(hits) * _DENSE > len(self.ends)
        if dense:
            held = np.zeros(len(self.ends), bool)
            held[hits] = True
            found = np.flatnonzero(held).astype(np.int32)
        else:
            found = np.unique(hits)
        found = found[-self.recipe.latest :]
        if not len(found):
            return found, np.zeros(0), np.zeros(0, np.int64), found
        late = np.flatnonzero(hits >= found[0])
        step = np.repeat(np.arange(len(steps.items)), sizes)[late]
        if dense:
            place = np.zeros(len(self.ends) - found[0], np.int32)
            place[found - found[0]] = np.arange(len(found))
            slot = place[hits[late] - found[0]]
        else:
            slot = np.searchsorted(found, hits[late]).astype(np.int32)
        weights = _faded(steps, self.recipe.fade)[step]
        sums: Weights = np.bincount(slot, weights, minlength=len(found)).astype(np.float64, copy=False)
        # Steps rise, and of several values for one slot the last stays: that of the newest item in common.
        gap, there = np.zeros(len(found), np.int64), np.zeros(len(found), np.int32)
        gap[slot] = steps.gaps[step]
        there[slot] = self.by_place[at[late]]
        return found, sums, gap, there

    def _own(self, items: Codes, times: NDArray[np.float64]) -> list[int]:
        """Sequences that are the request's own history at the fit: they end at one of its moments, on its items."""
        first, after = np.searchsorted(self.ends, times, "left"), np.searchsorted(self.ends, times, "right")
        ending = np.flatnonzero(after > first)
        if not len(ending):
            return []
        mine = set(items.tolist())
        some = {s for at in ending.tolist() for s in range(int(first[at]), int(after[at]))}
        return [s for s in some if mine.issuperset(self.items[self.ptr[s] : self.ptr[s + 1]].tolist())]

    def state(self) -> State:
        """All arrays and the recipe."""
        return State({name: getattr(self, name) for name in _ARRAYS}, msgspec.to_builtins(self.recipe))

    @classmethod
    def restore(cls, state: State) -> FittedSessionKNN:
        """From `state()`."""
        arrays: dict[str, NDArray[Any]] = {name: np.asarray(state.arrays[name]) for name in _ARRAYS}
        return cls(msgspec.convert(state.settings, SessionKNN), **arrays)


_ARRAYS = ("ptr", "items", "places", "ends", "by_ptr", "by_item", "by_place", "rarity")


class SessionKNN(msgspec.Struct, frozen=True, kw_only=True):
    """Nearest neighbours among sequences.

    `vmis`: Kersbergen, Sprangers & Schelter, "Serenade" (SIGMOD 2022). `vstan`: Ludewig, Mauro, Latifi & Jannach,
    "Empirical analysis of session-based recommendation algorithms" (UMUAI 2021), after Garg et al. (SIGIR 2019). A
    request's own sequence, known by its items and the time of its end, is no neighbour of itself.

    Attributes:
        style: `vstan` compares what is shared to the length of the sequence, and lets a neighbour that shares an
            older step alone say less, one over the steps since; `vmis` counts what is shared as it is, and stops at
            ten steps.
        window: What one sequence is: all a person did, or one session.
        neighbours: Nearest sequences that are asked.
        latest: Sequences that are looked at, the latest ones: of each item, and of all that share one.
        last: Steps of the history that count.
        fade: What a step weighs by its distance from the newest: `even` all alike, `linear` less by the same amount
            each, `quadratic` the square of that, `harmonic` one over the place.
        rarity: How much more the votes for an item weigh that stands in few sequences: this times the logarithm of
            all sequences over those.
        half_life_steps: Steps from the newest shared one, in the neighbour, at which a vote counts half; None counts
            the whole neighbour alike.
        half_life_days: Days after its end at which a neighbour counts half; None counts all alike.
        roles: Roles that count, in the data and in the history.
        steps: Steps of a sequence in the data that are kept, the last ones.
        least_sequences: Sequences of two steps or more that the data must hold.
    """

    kind: ClassVar[str] = "session-knn"
    fitted: ClassVar[type[Fitted]] = FittedSessionKNN
    tries: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "half_life_steps": (14.0, None, 3.0, 1.0),
        "rarity": (0.5, 0.0, 1.0),
        "fade": ("even", "linear"),
        "last": (30, 10),
        "neighbours": (500, 200),
    }

    style: Literal["vstan", "vmis"] = "vstan"
    window: Window = "person"
    neighbours: Annotated[int, Meta(ge=1, le=10_000)] = 500
    latest: Annotated[int, Meta(ge=1, le=100_000)] = 2_500
    last: Annotated[int, Meta(ge=1, le=200)] = 30
    fade: Literal["even", "linear", "quadratic", "harmonic"] = "even"
    rarity: Annotated[float, Meta(ge=0, le=100)] = 0.5
    half_life_steps: Annotated[float, Meta(gt=0, le=10_000)] | None = 14.0
    half_life_days: Annotated[float, Meta(gt=0, le=36_500)] | None = 30.0
    roles: Roles = POSITIVE
    steps: Annotated[int, Meta(ge=2, le=10_000)] = 1_000
    least_sequences: Annotated[int, Meta(ge=1)] = 50

    def fit(self, data: Dataset, run: Run) -> FittedSessionKNN:
        """Index all sequences by item.

        Raises:
            FitFailed: There are too few sequences.
        """
        found = sequences(data, self.roles, self.window, most=self.steps, least=2)
        need(self.kind, "sequences of two steps or more", len(found), self.least_sequences)
        return self._index(found, len(data.items))

    def _index(self, found: Sequences, n_items: int) -> FittedSessionKNN:
        n = len(found)
        rank = np.empty(n, np.int64)
        rank[np.argsort(found.ends, kind="stable")] = np.arange(n)
        sequence = np.repeat(rank, found.lengths)
        place = np.arange(len(found.items)) - np.repeat(found.ptr[:-1], found.lengths)
        # The last place of each item in each sequence; sequences in the order of their ends, items in that of places.
        order = np.lexsort((place, found.items, sequence))
        s, i = sequence[order], found.items[order]
        final = np.append((s[1:] != s[:-1]) | (i[1:] != i[:-1]), True)
        order = order[final]
        order = order[np.lexsort((place[order], sequence[order]))]
        s, i, p = sequence[order], found.items[order], place[order].astype(np.int32)
        ptr = np.concatenate([[0], np.cumsum(np.bincount(s, minlength=n))]).astype(np.int64)
        by = np.lexsort((s, i))
        count = np.bincount(i, minlength=n_items)
        from_end = np.repeat(np.cumsum(count), count) - 1 - np.arange(len(by))
        by = by[from_end < self.latest]
        by_ptr = np.concatenate([[0], np.cumsum(np.minimum(count, self.latest))]).astype(np.int64)
        rare = 1.0 + self.rarity * np.log(n / np.maximum(count, 1))
        return FittedSessionKNN(
            self,
            ptr,
            i,
            p,
            np.sort(found.ends),
            by_ptr,
            s[by].astype(np.int32),
            p[by],
            rare.astype(np.float32),
        )


def _faded(steps: Steps, fade: str) -> Weights:
    if fade == "even":
        return np.ones(len(steps.items))
    if fade == "harmonic":
        return 1.0 / (steps.gaps.astype(np.float64) + 1.0)
    share = 1.0 - steps.gaps.astype(np.float64) / steps.length
    return share if fade == "linear" else share**2


def _spread(starts: Offsets, sizes: Offsets) -> Offsets:
    """The places of several runs, one run after the other."""
    ends = np.cumsum(sizes)
    if not len(ends):
        return np.zeros(0, np.int64)
    out: Offsets = np.arange(ends[-1]) + np.repeat(starts - ends + sizes, sizes)
    return out
