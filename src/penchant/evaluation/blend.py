"""A learned blend: which lists it is made of and how much each counts, chosen on the validation window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from penchant.models import Blend, By, Reads, Share, fuse
from penchant.models.blend import worth
from penchant.slate import Candidates, Codes, Offsets

PLACES = 10
"""A blend is chosen by NDCG at this many places."""

MOST_PEOPLE = 2000
"""Rows a blend is chosen on at most; bounds the search to seconds."""

LEAST = 0.03
"""A list that would get less weight than this is left out."""

_DEPTH = 128
"""Items a row that the search looks at, those that the lists together hold highest; every target is among them."""

_STEPS = (0.1, 0.25, 0.5)
_ROUNDS = 6
_BEST = 8
"""Lists that are still mixed in after the first round."""
_BAGS = 4
_GLANCE = 600
"""Rows of a quick look."""
_FOLDS = 2

Key = tuple[str, Reads]
"""A list's name: the model, and what it reads."""

Weights = NDArray[np.float64]


class Followed(Protocol):
    """What really followed; `Targets` is one."""

    @property
    def ptr(self) -> Offsets:
        """Target offsets, shape (n + 1,)."""
        ...

    @property
    def items(self) -> Codes:
        """Item codes, distinct inside a row."""
        ...


def choose_blend(lists: Mapping[Key, Candidates], targets: Followed, seed: int) -> Blend | None:
    """The mixture whose fused lists have the best mean NDCG@10, as far as the people can tell.

    Forward selection with bagging (Caruana et al., "Ensemble selection from libraries of models", ICML 2004): on random
    halves of the people it starts with the best single list and mixes in the list and share that gain most while
    anything gains; the weights of all halves are averaged. What was learned on one half of the people is judged on the
    other, both ways round. The best list stands alone where it is better there than the mixture by more than a standard
    error. Mixing by score must there be better than mixing by rank by more than it may owe to chance.

    Args:
        lists: Every list for the same rows.
        targets: What followed.
        seed: Seed of the draws.

    Returns:
        The lists that have a weight, heaviest first; one alone when no mixture gains. None without lists, or when
        nothing followed.
    """
    drawn = _drawn(lists, targets, seed, MOST_PEOPLE)
    if drawn is None:
        return None
    keys, parts, wanted, rng = drawn
    if len(keys) == 1:
        return _blend(keys, np.ones(1), "rank")
    pools = _Pool.of(parts, wanted, _WAYS)
    # Where no list proposes what followed, no mixture can gain anything.
    live = np.flatnonzero(pools["rank"].hit.any(axis=1))
    if len(live) < _FOLDS:
        return _blend(keys, _best_alone(pools["rank"])[0], "rank")
    pools = {by: pool.take(live) for by, pool in pools.items()}
    fold = rng.permutation(len(live)) % _FOLDS
    alone = np.zeros(len(live))
    for part in range(_FOLDS):
        learn, judge = np.flatnonzero(fold != part), np.flatnonzero(fold == part)
        alone[judge] = pools["rank"].take(judge).values(_best_alone(pools["rank"].take(learn))[0])
    mixtures = {by: _learned(pool, fold, rng) for by, pool in pools.items()}
    (by_rank, ranked), (by_score, scored) = mixtures["rank"], mixtures["score"]
    # Ranks carry over from one window to the next better than scores do, so scores must be surely better.
    if _sure(scored - ranked) and _sure(scored - alone):
        return _blend(keys, by_score, "score")
    # The best list alone is the best of many by luck as well; a mixture that holds it loses little when it is not.
    weights = _best_alone(pools["rank"])[0] if _sure(alone - ranked, 1.0) else by_rank
    return _blend(keys, weights, "rank")


def useful(lists: Mapping[Key, Candidates], targets: Followed, seed: int) -> tuple[Key, ...]:
    """Lists that a mixture would be made of, by a quick look at some of the rows; empty as with `choose_blend`."""
    drawn = _drawn(lists, targets, seed, _GLANCE)
    if drawn is None:
        return ()
    keys, parts, wanted, _ = drawn
    weights = _selected(_Pool.of(parts, wanted, ("rank",))["rank"])
    return tuple(keys[i] for i in np.flatnonzero(weights >= LEAST))


def blended(lists: Mapping[Key, Candidates], blend: Blend, k: int) -> Candidates:
    """The fused lists of a blend, at most k items a row.

    Raises:
        KeyError: A list of the blend is missing.
    """
    return fuse([(lists[share.model, share.reads], share.weight) for share in blend.shares], k, blend.by)


_WAYS: tuple[By, By] = ("rank", "score")


def _drawn(
    lists: Mapping[Key, Candidates], targets: Followed, seed: int, most: int
) -> tuple[list[Key], list[Candidates], Candidates, np.random.Generator] | None:
    """Lists that propose anything and what followed, for at most so many rows with targets; None without any."""
    keys = [key for key, found in lists.items() if len(found.items)]
    rows = np.flatnonzero(np.diff(targets.ptr) > 0)
    if not keys or not len(rows):
        return None
    rng = np.random.default_rng(seed)
    if len(rows) > most:
        rows = np.sort(rng.choice(rows, most, replace=False))
    wanted = Candidates(targets.ptr, targets.items, np.zeros(len(targets.items), np.float32)).take(rows)
    return keys, [lists[key].take(rows) for key in keys], wanted, rng


def _sure(gain: NDArray[np.float64], errors: float = 2.0) -> bool:
    """Whether the mean gain is above 0 by so many standard errors; 2 is what chance alone reaches once in forty."""
    return bool(gain.mean() > errors * gain.std() / np.sqrt(len(gain)) + 1e-12)


def _blend(keys: Sequence[Key], weights: Weights, by: By) -> Blend:
    kept = np.where(weights < LEAST, 0.0, weights)
    kept /= kept.sum()
    order = [int(i) for i in np.argsort(-kept, kind="stable") if kept[i] > 0]
    return Blend(
        by=by,
        shares=tuple(Share(model=keys[i][0], reads=keys[i][1], weight=round(float(kept[i]), 4)) for i in order),
    )


def _learned(pool: _Pool, fold: NDArray[np.int64], rng: np.random.Generator) -> tuple[Weights, NDArray[np.float64]]:
    """Weights, and the NDCG of every row by those weights that were learned without it.

    In every fold, weights are the mean over random halves of the other rows; of all folds, the mean again.
    """
    values, total = np.zeros(len(fold)), np.zeros(pool.n_lists)
    for part in range(_FOLDS):
        learn, judge = np.flatnonzero(fold != part), np.flatnonzero(fold == part)
        found = np.zeros(pool.n_lists)
        for _ in range(_BAGS):
            half = np.sort(rng.choice(learn, (len(learn) + 1) // 2, replace=False))
            found += _selected(pool.take(half)) / _BAGS
        values[judge] = pool.take(judge).values(found)
        total += found / _FOLDS
    return total, values


def _best_alone(pool: _Pool) -> tuple[Weights, float]:
    axes = np.eye(pool.n_lists)
    means = [float(pool.values(axis).mean()) for axis in axes]
    best = int(np.argmax(means))
    return axes[best], means[best]


def _selected(pool: _Pool) -> Weights:
    """Forward selection with replacement."""
    axes = np.eye(pool.n_lists)
    best, value = _best_alone(pool)
    promising = list(range(pool.n_lists))
    for _ in range(_ROUNDS):
        ranked = []
        base = pool.scores(best)
        for i in promising:
            tried = [(pool.mixed(base, i, step), step) for step in _STEPS]
            gained, step = max(tried)
            ranked.append((gained, -i, step))
        ranked.sort(reverse=True)
        gained, i, step = ranked[0]
        if gained <= value:
            break
        best, value = (1.0 - step) * best + step * axes[-i], gained
        promising = [-i for _, i, _ in ranked[:_BEST]]
    return best


@dataclass(frozen=True)
class _Pool:
    """Every item that the lists propose to a row, with what each list says of it; items of a row rise by code.

    Attributes:
        said: Shape (lists, rows, width), 0 to 1; 0 where a list does not propose the item.
        hit: Which items are targets, shape (rows, width).
        ideal: What the best list would gain, shape (rows,).
    """

    said: NDArray[np.float32]
    hit: NDArray[np.bool_]
    ideal: NDArray[np.float64]

    @property
    def n_lists(self) -> int:
        """Number of lists."""
        return len(self.said)

    @classmethod
    def of(cls, parts: Sequence[Candidates], wanted: Candidates, ways: Sequence[By]) -> dict[By, _Pool]:
        """The same items in each way of saying what a list says of them."""
        n = len(wanted)
        stride = 1 + max(int(part.items.max(initial=0)) for part in [*parts, wanted])
        coded = [part.row_of * stride + part.items for part in parts]
        keys, at = np.unique(np.concatenate(coded), return_inverse=True)
        hit = np.isin(keys, wanted.row_of * stride + wanted.items)
        # What stands low in every list reaches no first places; targets must be there to be counted.
        held = np.bincount(at, np.concatenate([worth(part, "rank") ** 2 for part in parts]), minlength=len(keys))
        row = keys // stride
        order = np.lexsort((-held - len(parts) * hit, row))
        counts = np.bincount(row, minlength=n)
        first = np.cumsum(counts) - counts
        kept = np.zeros(len(keys), bool)
        kept[order] = np.arange(len(keys)) - np.repeat(first, counts) < _DEPTH
        before = np.cumsum(kept) - kept
        place = before - np.repeat(before[np.minimum(first, max(len(keys) - 1, 0))], counts)
        width = max(int(np.bincount(row[kept], minlength=n).max(initial=0)), PLACES)
        said = {by: np.zeros((len(parts), n, width), np.float32) for by in ways}
        ends = np.cumsum([len(codes) for codes in coded])
        for j, (part, mine) in enumerate(zip(parts, np.split(at, ends[:-1]), strict=True)):
            here = kept[mine]
            cells = row[mine[here]], place[mine[here]]
            for by in ways:
                said[by][j][cells] = worth(part, by)[here]
        hits = np.zeros((n, width), bool)
        hits[row[kept], place[kept]] = hit[kept]
        ideal = _ideal(np.diff(wanted.ptr))
        return {by: cls(said[by], hits, ideal) for by in ways}

    def take(self, rows: NDArray[np.int64]) -> _Pool:
        """Some rows."""
        return _Pool(self.said[:, rows], self.hit[rows], self.ideal[rows])

    def scores(self, weights: Weights) -> NDArray[np.float32]:
        """The items' scores under weights that sum to 1, shape (rows, width)."""
        used = np.flatnonzero(weights)
        found: NDArray[np.float32] = np.tensordot(weights[used].astype(np.float32), self.said[used], axes=1)
        return found

    def mixed(self, base: NDArray[np.float32], list_: int, step: float) -> float:
        """Mean NDCG of a mixture with `step` of one more list in it."""
        return float(self._values(np.float32(1.0 - step) * base + np.float32(step) * self.said[list_]).mean())

    def values(self, weights: Weights) -> NDArray[np.float64]:
        """NDCG of every row under weights."""
        return self._values(self.scores(weights))

    def _values(self, scores: NDArray[np.float32]) -> NDArray[np.float64]:
        n, width = scores.shape
        # One whole number an item, its score above its place: equal scores stand by code as in `fuse`, and the best
        # ten carry their places with them.
        ranked = (scores * np.float32(1 << 22)).astype(np.int32) * 256 + np.arange(255, 255 - width, -1, dtype=np.int32)
        top = np.sort(np.partition(ranked, width - PLACES, axis=1)[:, width - PLACES :], axis=1)[:, ::-1]
        hit = self.hit[np.arange(n)[:, None], 255 - (top & 255)] & (top >= 256)
        gained: NDArray[np.float64] = (hit @ _DISCOUNT) / self.ideal
        return gained


_DISCOUNT = 1.0 / np.log2(np.arange(2, PLACES + 2))


def _ideal(sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.concatenate([[1e-12], np.cumsum(_DISCOUNT)])[np.minimum(sizes, PLACES)]
    return found
