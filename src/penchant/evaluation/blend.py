"""A learned blend: how much each model's list counts, chosen on the validation window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.evaluation.ranking_metrics import ndcg
from penchant.models import BLEND_RANK, fuse
from penchant.slate import Candidates, Codes, Offsets

PLACES = 10
"""The weights are chosen by NDCG at this many places."""

MOST_PEOPLE = 2000
"""People the weights are chosen on at most; bounds the search to seconds."""

LEAST = 0.02
"""A model that would get less weight than this is left out."""

_STEPS = (0.05, 0.15, 0.35, 0.5)
_ROUNDS = 6
_TRIES = 80

Weights = NDArray[np.float64]


def choose_weights(lists: Mapping[str, Candidates], target_ptr: Offsets, targets: Codes, seed: int) -> dict[str, float]:
    """Weights of the models whose fused lists have the best mean NDCG@10.

    Forward selection (Caruana et al., "Ensemble selection from libraries of models", ICML 2004): it starts with the
    best single model, mixes in the model and share that gain most while anything gains, and ends with a seeded
    random walk around what it found.

    Args:
        lists: Each model's lists for the same people.
        target_ptr: Target offsets, shape (n + 1,).
        targets: Item codes, distinct inside a row.
        seed: Seed of the sample of people and of the walk.

    Returns:
        Weights by name, above 0, summing to 1, largest first; one name when no mixture gains. Empty without lists.
    """
    if not lists:
        return {}
    rng = np.random.default_rng(seed)
    n = len(target_ptr) - 1
    people = np.arange(n) if n <= MOST_PEOPLE else np.sort(rng.choice(n, MOST_PEOPLE, replace=False))
    pool = _Pool.of(list(lists.values()), target_ptr, targets, people)
    names, axes = list(lists), np.eye(len(lists))
    best, value = max(((axis, pool.value(axis)) for axis in axes), key=lambda pair: pair[1])
    for _ in range(_ROUNDS):
        mixed = [(1.0 - step) * best + step * axis for axis in axes for step in _STEPS]
        found, gained = max(((weights, pool.value(weights)) for weights in mixed), key=lambda pair: pair[1])
        if gained <= value:
            break
        best, value = found, gained
    for _ in range(_TRIES if (best > 0).sum() > 1 else 0):
        moved = np.maximum(best + rng.normal(0.0, 0.15, len(best)) * (rng.random(len(best)) < 0.4), 0.0)
        moved /= max(moved.sum(), 1e-9)
        gained = pool.value(moved)
        if gained > value:
            best, value = moved, gained
    kept = np.where(best < LEAST, 0.0, best)
    kept /= kept.sum()
    order = [int(i) for i in np.argsort(-kept, kind="stable") if kept[i] > 0]
    return {names[i]: round(float(kept[i]), 4) for i in order}


def blended(lists: Mapping[str, Candidates], weights: Mapping[str, float], k: int) -> Candidates:
    """The fused lists of the models that have a weight, at most k items a row."""
    return fuse([(lists[name], weight) for name, weight in weights.items()], k)


@dataclass(frozen=True)
class _Pool:
    """Every item that any model proposes to a person, with what each model's list gives it.

    Attributes:
        shares: Shape (people, width, models); 0 where a model does not propose the item.
        hit: Which items are targets, shape (people, width).
        empty: Places that pad a person's row, shape (people, width).
        sizes: Targets of each person, shape (people,).
    """

    shares: NDArray[np.float32]
    hit: NDArray[np.bool_]
    empty: NDArray[np.bool_]
    sizes: NDArray[np.int64]

    @classmethod
    def of(cls, lists: list[Candidates], target_ptr: Offsets, targets: Codes, people: NDArray[np.int64]) -> _Pool:
        parts = [part.take(people) for part in lists]
        wanted = Candidates(target_ptr, targets, np.zeros(len(targets), np.float32)).take(people)
        stride = 1 + max(int(part.items.max(initial=0)) for part in [*parts, wanted])
        coded = [part.row_of * stride + part.items for part in parts]
        keys = np.unique(np.concatenate(coded))
        row = keys // stride
        counts = np.bincount(row, minlength=len(people))
        place = np.arange(len(keys)) - (np.cumsum(counts) - counts)[row]
        shape = (len(people), max(int(counts.max(initial=0)), PLACES))
        shares = np.zeros((*shape, len(parts)), np.float32)
        for j, (part, codes) in enumerate(zip(parts, coded, strict=True)):
            at = np.searchsorted(keys, codes)
            shares[row[at], place[at], j] = BLEND_RANK / (BLEND_RANK + part.place_of)
        hit, empty = np.zeros(shape, bool), np.ones(shape, bool)
        hit[row, place] = np.isin(keys, wanted.row_of * stride + wanted.items)
        empty[row, place] = False
        return cls(shares, hit, empty, np.diff(wanted.ptr))

    def value(self, weights: Weights) -> float:
        """Mean NDCG of the lists that these weights make."""
        scores = self.shares @ weights.astype(np.float32)
        scores[self.empty] = -1.0
        top = np.argpartition(-scores, PLACES - 1, axis=1)[:, :PLACES]
        order = np.argsort(-np.take_along_axis(scores, top, axis=1), axis=1, kind="stable")
        hit = np.take_along_axis(self.hit, np.take_along_axis(top, order, axis=1), axis=1)
        return float(np.nanmean(ndcg(hit, self.sizes, PLACES)))
