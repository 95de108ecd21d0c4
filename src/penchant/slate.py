"""Candidates become a slate: the one currency that retrieval, ranking, placements and the server pass on.

Inside, items are dense codes (`int32`, a release's item space); outside, they are ids (`str`). The change
happens once, when a slate is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int32]
Scores = NDArray[np.float32]
Offsets = NDArray[np.int64]


@dataclass(frozen=True)
class Candidates:
    """A ragged batch of scored items: row i is `items[ptr[i]:ptr[i+1]]`, best first.

    Attributes:
        ptr: Row offsets, shape (n + 1,).
        items: Item codes, shape (ptr[-1],).
        scores: Scores, same shape as `items`; comparable inside a row only.
    """

    ptr: Offsets
    items: Codes
    scores: Scores

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.ptr) - 1

    def row(self, i: int) -> tuple[Codes, Scores]:
        """Item codes and scores of row i."""
        a, b = int(self.ptr[i]), int(self.ptr[i + 1])
        return self.items[a:b], self.scores[a:b]

    @property
    def row_of(self) -> Offsets:
        """The row of every item, same shape as `items`."""
        return np.repeat(np.arange(len(self)), np.diff(self.ptr))

    @property
    def place_of(self) -> Offsets:
        """The place of every item in its row, from 0, same shape as `items`."""
        return np.arange(len(self.items)) - np.repeat(self.ptr[:-1], np.diff(self.ptr))

    def take(self, rows: Offsets) -> Candidates:
        """Some rows, in the order named."""
        lengths = np.diff(self.ptr)[rows]
        ptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        at = np.arange(ptr[-1]) + np.repeat(self.ptr[rows] - ptr[:-1], lengths)
        return Candidates(ptr, self.items[at], self.scores[at])

    @classmethod
    def from_rows(cls, rows: Sequence[tuple[Codes, Scores]]) -> Candidates:
        """Concatenate rows."""
        if len(rows) == 1:
            items, scores = rows[0]
            ptr = np.array([0, len(items)], np.int64)
            return cls(ptr, items.astype(np.int32, copy=False), scores.astype(np.float32, copy=False))
        ptr = np.zeros(len(rows) + 1, np.int64)
        np.cumsum([len(items) for items, _ in rows], out=ptr[1:])
        if not rows:
            return cls(ptr, np.zeros(0, np.int32), np.zeros(0, np.float32))
        return cls(
            ptr,
            np.concatenate([items for items, _ in rows]).astype(np.int32, copy=False),
            np.concatenate([scores for _, scores in rows]).astype(np.float32, copy=False),
        )


_MANY = 8_192
_EVERY = 16


def top_k(scores: NDArray[np.floating], k: int) -> tuple[Codes, Scores]:
    """The k best of one score row, best first; equal scores stand in code order, so answers repeat exactly.

    Args:
        scores: Shape (n_items,). `-inf` and NaN mean "not a candidate".
        k: How many at most.

    Returns:
        Item codes and scores, at most k of each.
    """
    n = len(scores)
    if k <= 0 or not n:
        return np.zeros(0, np.int32), np.zeros(0, np.float32)
    # The highest value is NaN when any is.
    clean = np.where(np.isnan(scores), -np.inf, scores) if np.isnan(scores.max()) else scores
    if n > _MANY and k * 64 < n:
        # A few of many: what a sample says cannot be among the best is not looked at again.
        sample = clean[::_EVERY]
        place = len(sample) - (2 * k // _EVERY + _EVERY)
        edge = np.partition(sample, place)[place]
        at = np.flatnonzero(clean >= edge)
        if edge > -np.inf and len(at) >= k:
            codes, best = top_k(clean[at], k) if len(at) < n // 2 else (at, clean[:0])
            if len(best):
                return at[codes].astype(np.int32), best
    if k < n:
        # Everything above the k-th best value, and of its equals the first by code: ties are settled by code, not by
        # chance, and without sorting them.
        edge = np.partition(clean, n - k)[n - k]
        above = np.flatnonzero(clean > edge)
        at = np.sort(np.concatenate([above, np.flatnonzero(clean == edge)[: k - len(above)]]))
    else:
        at = np.arange(n)
    order = at[np.argsort(-clean[at], kind="stable")]
    order = order[np.isfinite(clean[order])]
    return order.astype(np.int32), clean[order].astype(np.float32)


class Reason(msgspec.Struct, frozen=True):
    """Why an item is shown: a stable code and a sentence for people."""

    code: str
    text: str


class SlateItem(msgspec.Struct, frozen=True, kw_only=True):
    """One item of a slate; `fields` are what the request wanted told of it, and absent where it named none."""

    id: str
    position: int
    value: float
    source: tuple[str, ...]
    reasons: tuple[Reason, ...] = ()
    propensity: float = 1.0
    fields: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


class Slate(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to one request of one placement; later events point at `slate_id`."""

    slate_id: str
    placement: str
    domain: str
    release: str | None
    items: tuple[SlateItem, ...]
    experiment: dict[str, str] = {}
    degraded: tuple[str, ...] = ()
