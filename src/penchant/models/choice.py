"""From scores to rows of candidates, inside what is allowed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.slate import Candidates, Codes, Scores, top_k

Allowed = NDArray[np.bool_] | None
"""Items that may be proposed: shape (n_items,) for all rows or (n, n_items); None allows all."""

NOTHING: tuple[Codes, Scores] = (np.zeros(0, np.int32), np.zeros(0, np.float32))
"""An empty row."""


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


def repeated(row: tuple[Codes, Scores], n: int) -> Candidates:
    """The same row n times."""
    codes, scores = row
    return Candidates(np.arange(n + 1, dtype=np.int64) * len(codes), np.tile(codes, n), np.tile(scores, n))
