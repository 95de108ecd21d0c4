"""From scores to rows of candidates, inside what is allowed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.slate import Candidates, Codes, Scores, top_k

Allowed = NDArray[np.bool_] | None
"""Items that may be proposed: shape (n_items,) for all rows or (n, n_items); None allows all."""

NOTHING: tuple[Codes, Scores] = (np.zeros(0, np.int32), np.zeros(0, np.float32))
"""An empty row."""

_CHUNK = 1_024
_EVERY = 16


def allowed_in(allowed: Allowed, row: int) -> Allowed:
    """The mask of one row, shape (n_items,), or None."""
    return allowed if allowed is None or allowed.ndim == 1 else allowed[row]


def best(scores: NDArray[np.floating], k: int, allowed: Allowed = None) -> tuple[Codes, Scores]:
    """The k best allowed items of a score for every item, shape (n_items,); `-inf` and NaN are no candidates."""
    if k <= 0:
        return NOTHING
    return top_k(scores if allowed is None else np.where(allowed, scores, -np.inf), k)


def best_among(codes: Codes, scores: NDArray[np.floating], k: int, allowed: Allowed = None) -> tuple[Codes, Scores]:
    """The k best allowed of a few items: `codes` ascending, with a score each."""
    if allowed is not None:
        keep = allowed[codes]
        codes, scores = codes[keep], scores[keep]
    if k <= 0 or not len(codes):
        return NOTHING
    at, values = top_k(scores, k)
    return codes[at], values


def above_zero_of(scores: NDArray[np.floating], k: int, allowed: Allowed = None) -> tuple[Codes, Scores]:
    """The k best allowed items of a score for every item, of those above 0; equal scores stand in code order.

    A few of very many are looked for above what a sample says that twice as many reach. Only where too few of these are
    allowed is everything above 0 looked at.

    Args:
        scores: Shape (n_items,).
        k: How many at most.
        allowed: Items that may be proposed, shape (n_items,); None allows all.
    """
    if k <= 0 or not len(scores):
        return NOTHING
    sample = scores[::_EVERY]
    sample = sample[sample > 0]
    place = len(sample) - (2 * k // _EVERY + _EVERY)
    if place > 0:
        at = np.flatnonzero(scores >= np.partition(sample, place)[place])
        if allowed is not None:
            at = at[allowed[at]]
        if len(at) >= k:
            return _ordered(at, scores[at], k)
    at = np.flatnonzero(scores > 0)
    if allowed is not None:
        at = at[allowed[at]]
    return _ordered(at, scores[at], k)


def _ordered(codes: NDArray[np.int64], scores: NDArray[np.floating], k: int) -> tuple[Codes, Scores]:
    """The k best; codes rise."""
    order = (-scores).argsort(kind="stable")[:k]
    return codes[order].astype(np.int32), scores[order].astype(np.float32)


def first(order: Codes, k: int, allowed: Allowed = None) -> Codes:
    """The first k allowed items of an order, without looking at the rest of it."""
    if allowed is None or k <= 0:
        return order[: max(k, 0)]
    found: list[Codes] = []
    start, size, missing = 0, _CHUNK, k
    while start < len(order) and missing > 0:
        part = order[start : start + size]
        found.append(part[allowed[part]][:missing])
        missing -= len(found[-1])
        start, size = start + size, 2 * size
    return np.concatenate(found) if found else order[:0]


def repeated(row: tuple[Codes, Scores], n: int) -> Candidates:
    """The same row n times."""
    codes, scores = row
    return Candidates(np.arange(n + 1, dtype=np.int64) * len(codes), np.tile(codes, n), np.tile(scores, n))


def ranked(row: NDArray[np.integer], scores: Scores, codes: NDArray[np.integer]) -> NDArray[np.int64]:
    """The order of many scored items of many rows: row after row, best first, equal scores by code.

    As `np.lexsort((codes, -scores, row))`, ten times as quick: row and score become one number.

    Args:
        row: Which row, below 2 to the 32.
        scores: No NaN.
        codes: Item codes, distinct in a row.
    """
    bits = (scores.astype(np.float32, copy=False) + np.float32(0.0)).view(np.uint32)  # -0 becomes 0
    falling = np.where(bits >> 31, bits, ~bits & np.uint32(0x7FFFFFFF))
    key = (row.astype(np.uint64) << np.uint64(32)) | falling
    order = np.argsort(key, kind="stable")
    key = key[order]
    same = key[1:] == key[:-1]
    if same.any():
        tied = np.zeros(len(key), bool)
        tied[1:] |= same
        tied[:-1] |= same
        at = order[tied]
        order[tied] = at[np.lexsort((codes[at], key[tied]))]
    return order
