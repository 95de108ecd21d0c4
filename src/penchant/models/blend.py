"""Several candidate lists become one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from penchant.slate import Candidates, Codes, Scores

BLEND_DEPTH = 100
"""Places of each model's list that a blend sees."""

BLEND_RANK = 20.0
"""An item this many places below the top of a list counts half of what the top counts."""

_BLOCK = 1024

Reads = Literal["person", "seeds"]
"""What a model's list is made from: the person's history (`Retriever`), or the items a request names (`Similar`)."""


By = Literal["rank", "score"]
"""What counts in a blend: only the order inside a list, or its scores between its worst and its best one."""


class Share(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One list of a blend.

    Attributes:
        model: The model's name.
        reads: What its list is made from.
        weight: How much the list counts, above 0.
    """

    model: str
    reads: Reads = "person"
    weight: Annotated[float, Meta(gt=0)]


class Blend(msgspec.Struct, frozen=True, kw_only=True):
    """A learned mixture of lists.

    Attributes:
        by: What counts.
        shares: The lists, heaviest first; weights sum to 1. One list alone is a blend too.
    """

    by: By = "rank"
    shares: tuple[Share, ...]


def fuse(parts: Sequence[tuple[Candidates, float]], k: int, by: By = "rank") -> Candidates:
    """Several lists become one, by what every list says of an item.

    By rank it is weighted reciprocal ranks (Cormack, Clarke & Büttcher, "Reciprocal rank fusion outperforms Condorcet
    and individual rank learning methods", SIGIR 2009): place r (from 0) is worth `BLEND_RANK / (BLEND_RANK + r)`, so
    scores of different models need no common scale. By score an item is worth its place between the list's worst and
    best score, 0 to 1: a list that is sure of its first item can lift it above what two others agree on. An item not
    in a list is worth nothing there.

    Args:
        parts: Candidates, best first, and a weight (0 or more) each; all of the same number of rows.
        k: Items a row at most.
        by: What counts.

    Returns:
        As many rows, best first, equal scores by code; scores are divided by the sum of the weights, so 0 to 1.

    Raises:
        ValueError: The parts differ in their number of rows, or there is none.
    """
    if not parts or len({len(part) for part, _ in parts}) > 1:
        raise ValueError("parts must be at least one, of the same number of rows")
    total = max(sum(weight for _, weight in parts), 1e-12)
    n = len(parts[0][0])
    if n <= _BLOCK:
        return _fused([(part, weight / total) for part, weight in parts], k, by)
    blocks = []
    for start in range(0, n, _BLOCK):
        people = np.arange(start, min(start + _BLOCK, n))
        blocks.append(_fused([(part.take(people), weight / total) for part, weight in parts], k, by))
    ptr = np.concatenate([[0], np.cumsum(np.concatenate([np.diff(block.ptr) for block in blocks]))]).astype(np.int64)
    return Candidates(
        ptr, np.concatenate([block.items for block in blocks]), np.concatenate([block.scores for block in blocks])
    )


@dataclass(frozen=True)
class Lists:
    """The lists of one request side by side, for `fuse` of a single row at a fraction of its cost.

    Attributes:
        items: Codes of all items that stand in any list, rising.
        said: What each list says of each of them, 0 to 1 as `fuse` counts it, 0 where it has not got it; shape (lists,
            items).
        weights: What each list counts.
    """

    items: Codes
    said: NDArray[np.float64]
    weights: NDArray[np.float64]

    @classmethod
    def of(cls, rows: Sequence[tuple[tuple[Codes, Scores], float]], by: By) -> Lists:
        """Put lists side by side.

        Args:
            rows: Item codes, each once, and scores, best first; and a weight (0 or more) each; at least one.
            by: What counts.
        """
        codes = np.concatenate([row[0] for row, _ in rows])
        items, place = distinct(codes)
        said = np.zeros((len(rows), len(items)))
        start = 0
        for one, ((found, scores), _) in zip(said, rows, strict=True):
            one[place[start : start + len(found)]] = _worth_of_one(scores, by)
            start += len(found)
        return cls(items, said, np.array([weight for _, weight in rows], np.float64))

    def best(self, k: int) -> tuple[Codes, Scores]:
        """The k best, as `fuse` has them."""
        share = self.weights / max(sum(self.weights.tolist()), 1e-12)
        # List by list, as `fuse` adds them up.
        total = self.said[0] * share[0]
        for one, weight in zip(self.said[1:], share[1:].tolist(), strict=True):
            total += one * weight
        scores = total.astype(np.float32)
        order = np.argsort(-scores, kind="stable")[: max(k, 0)]
        return self.items[order], scores[order]


def distinct(codes: NDArray[np.int32]) -> tuple[Codes, NDArray[np.int64]]:
    """Distinct codes, rising, and the place of each code among them; as `np.unique`, for few codes in less time."""
    order = codes.argsort(kind="stable")
    ordered = codes[order]
    fresh = np.empty(len(codes), bool)
    fresh[:1] = True
    np.not_equal(ordered[1:], ordered[:-1], out=fresh[1:])
    place = np.empty(len(codes), np.int64)
    place[order] = fresh.cumsum() - 1
    return ordered[fresh], place


_RANKS: NDArray[np.float64] = np.asarray(BLEND_RANK / (BLEND_RANK + np.arange(1_024)), np.float64)


def _worth_of_one(scores: Scores, by: By) -> NDArray[np.float64]:
    """As `worth`, for the scores of one list, best first."""
    n = len(scores)
    if by == "rank":
        ranks: NDArray[np.float64] = (
            _RANKS if n <= len(_RANKS) else BLEND_RANK / (BLEND_RANK + np.arange(n, dtype=np.float64))
        )
        return ranks[:n]
    exact = scores.astype(np.float64)
    if not n:
        return exact
    worst = exact.min()
    span = exact.max() - worst
    found: NDArray[np.float64] = (exact - worst) / span if span > 0 else np.ones(n)
    return found


def worth(list_: Candidates, by: By) -> NDArray[np.float64]:
    """What a list says of each of its items, 0 to 1, as `fuse` counts it; same shape as its items."""
    if by == "rank":
        return np.asarray(BLEND_RANK / (BLEND_RANK + list_.place_of), np.float64)
    lengths = np.diff(list_.ptr)
    scores = list_.scores.astype(np.float64)
    held = np.flatnonzero(lengths)
    starts = list_.ptr[:-1][held]
    best, worst = np.zeros(len(lengths)), np.zeros(len(lengths))
    if len(held):
        best[held], worst[held] = np.maximum.reduceat(scores, starts), np.minimum.reduceat(scores, starts)
    span = np.repeat(best - worst, lengths)
    # A list that tells nothing apart speaks for all of its items alike.
    flat = span <= 0
    found: NDArray[np.float64] = np.where(flat, 1.0, (scores - np.repeat(worst, lengths)) / np.where(flat, 1.0, span))
    return found


def _fused(parts: Sequence[tuple[Candidates, float]], k: int, by: By) -> Candidates:
    """The rows of one block; weights sum to 1."""
    n = len(parts[0][0])
    stride = 1 + max(int(part.items.max(initial=0)) for part, _ in parts)
    coded = np.concatenate([part.row_of * stride + part.items for part, _ in parts])
    said = np.concatenate([worth(part, by) * weight for part, weight in parts])
    keys, at = np.unique(coded, return_inverse=True)
    row, scores = keys // stride, np.bincount(at, said, minlength=len(keys)).astype(np.float32)
    # Keys ascend by row and, inside it, by item: a stable order settles equal scores by code.
    order = np.lexsort((-scores, row))
    counts = np.bincount(row, minlength=n)
    place = np.arange(len(keys)) - np.repeat(np.cumsum(counts) - counts, counts)
    order = order[place < k]
    ptr = np.concatenate([[0], np.cumsum(np.minimum(counts, max(k, 0)))]).astype(np.int64)
    return Candidates(ptr, (keys[order] % stride).astype(np.int32), scores[order])
