"""A learned blend: how much each model's list counts, chosen on the validation window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.evaluation.ranking_metrics import ndcg
from penchant.slate import Candidates, Codes, Offsets

DEPTH = 100
"""Places of each model's list that a blend sees."""

PLACES = 10
"""The weights are chosen by NDCG at this many places."""

MOST_PEOPLE = 2000
"""People the weights are chosen on at most; bounds the search to seconds."""

LEAST = 0.02
"""A model that would get less weight than this is left out."""

RANK = 20.0
"""An item this many places below the top of a list counts half of what the top counts."""

_STEPS = (0.05, 0.15, 0.35, 0.5)
_ROUNDS = 6
_TRIES = 80
_BLOCK = 1024

Weights = NDArray[np.float64]


def fuse(parts: Sequence[tuple[Candidates, float]], k: int) -> Candidates:
    """Several lists become one by weighted reciprocal ranks.

    Cormack, Clarke & Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning methods"
    (SIGIR 2009), with a weight a list: place r (from 0) is worth `RANK / (RANK + r)`, an item not in a list nothing.
    Only the order inside a list counts, so scores of different models need no common scale.

    Args:
        parts: Candidates, best first, and a weight (0 or more) each; all of the same number of rows.
        k: Items a row at most.

    Returns:
        As many rows, best first, equal scores by code; scores are divided by the sum of the weights, so 0 to 1.

    Raises:
        ValueError: The parts differ in their number of rows, or there is none.
    """
    if not parts or len({len(part) for part, _ in parts}) > 1:
        raise ValueError("parts must be at least one, of the same number of rows")
    total = max(sum(weight for _, weight in parts), 1e-12)
    rows = []
    for start in range(0, len(parts[0][0]), _BLOCK):
        people = np.arange(start, min(start + _BLOCK, len(parts[0][0])))
        rows += _fused([(_rows(part, people), weight / total) for part, weight in parts], k)
    return Candidates.from_rows(rows)


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
        parts = [_rows(part, people) for part in lists]
        wanted = _rows(Candidates(target_ptr, targets, np.zeros(len(targets), np.float32)), people)
        stride = 1 + max(int(part.items.max(initial=0)) for part in [*parts, wanted])
        coded = [_numbers(part) * stride + part.items for part in parts]
        keys = np.unique(np.concatenate(coded))
        row = keys // stride
        counts = np.bincount(row, minlength=len(people))
        place = np.arange(len(keys)) - (np.cumsum(counts) - counts)[row]
        shape = (len(people), max(int(counts.max(initial=0)), PLACES))
        shares = np.zeros((*shape, len(parts)), np.float32)
        for j, (part, codes) in enumerate(zip(parts, coded, strict=True)):
            at = np.searchsorted(keys, codes)
            shares[row[at], place[at], j] = RANK / (RANK + _places(part))
        hit, empty = np.zeros(shape, bool), np.ones(shape, bool)
        hit[row, place] = np.isin(keys, _numbers(wanted) * stride + wanted.items)
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


def _fused(parts: Sequence[tuple[Candidates, float]], k: int) -> list[tuple[Codes, NDArray[np.float32]]]:
    """The rows of one block."""
    n = len(parts[0][0])
    stride = 1 + max(int(part.items.max(initial=0)) for part, _ in parts)
    coded = np.concatenate([_numbers(part) * stride + part.items for part, _ in parts])
    worth = np.concatenate([RANK / (RANK + _places(part)) * weight for part, weight in parts])
    keys, at = np.unique(coded, return_inverse=True)
    row, sums = keys // stride, np.bincount(at, worth, minlength=len(keys))
    counts = np.bincount(row, minlength=n)
    first = np.cumsum(counts) - counts
    scores = np.full((n, int(counts.max(initial=0))), -1.0, np.float32)
    scores[row, np.arange(len(keys)) - first[row]] = sums
    # Keys ascend by item inside a row, so a stable order settles equal scores by code.
    best = np.argsort(-scores, axis=1, kind="stable")[:, : max(k, 0)]
    items = (keys % stride).astype(np.int32)
    out = []
    for i, length in enumerate(np.minimum(counts, k).tolist()):
        top = best[i, :length]
        out.append((items[first[i] + top], scores[i, top]))
    return out


def _numbers(lists: Candidates) -> NDArray[np.int64]:
    """The row of every item."""
    return np.repeat(np.arange(len(lists)), np.diff(lists.ptr))


def _places(lists: Candidates) -> NDArray[np.int64]:
    """The place of every item in its row, from 0."""
    return np.arange(len(lists.items)) - np.repeat(lists.ptr[:-1], np.diff(lists.ptr))


def _rows(lists: Candidates, people: NDArray[np.int64]) -> Candidates:
    """Some rows of the lists."""
    lengths = np.diff(lists.ptr)[people]
    ptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    at = np.arange(ptr[-1]) + np.repeat(lists.ptr[people] - ptr[:-1], lengths)
    return Candidates(ptr, lists.items[at], lists.scores[at])
