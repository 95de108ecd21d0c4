"""Several candidate lists become one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from penchant.slate import Candidates


def merge(parts: Sequence[tuple[Candidates, float]], k: int) -> Candidates:
    """Add up several lists' scores, each list first brought to one scale.

    In each row of each part the best score becomes 1 and the worst `1 / (length + 1)`, with the others in
    proportion between (all 1 when the scores are equal): what a part proposes counts more than what it does not, and
    the more so the shorter the list. An item's score is the sum over parts of weight times that; parts are fused as
    in Fox & Shaw, "Combination of multiple searches" (TREC-2, 1994).

    Args:
        parts: Candidates and a weight (0 or more) each; all of the same number of rows.
        k: Items a row at most.

    Returns:
        As many rows, best first, equal scores by code; scores are divided by the sum of the weights, so 0 to 1.

    Raises:
        ValueError: The parts differ in their number of rows, or there is none.
    """
    if not parts:
        raise ValueError("nothing to merge")
    n = len(parts[0][0])
    if any(len(candidates) != n for candidates, _ in parts):
        raise ValueError("parts differ in their number of rows")
    total = sum(weight for _, weight in parts)
    lengths = np.concatenate([np.diff(c.ptr) for c, _ in parts])
    shares = np.repeat([weight / total if total > 0 else 0.0 for _, weight in parts], n)
    items = np.concatenate([c.items for c, _ in parts])
    values = _scaled(np.concatenate([c.scores for c, _ in parts]), lengths) * np.repeat(shares, lengths)
    stride = int(items.max(initial=0)) + 1
    row = np.repeat(np.tile(np.arange(n), len(parts)), lengths)
    keys, place = np.unique(row * stride + items, return_inverse=True)
    sums = np.bincount(place, values, minlength=len(keys))
    row, items = np.divmod(keys, stride)
    # Keys rise by row and code, and both sorts are stable: equal scores stay in code order.
    order = np.argsort(-sums, kind="stable") if n == 1 else np.lexsort((-sums, row))
    found = np.bincount(row, minlength=n)
    kept = np.minimum(found, max(k, 0))
    keep = order[np.arange(len(keys)) - np.repeat(np.cumsum(found) - found, found) < k]
    out = np.concatenate([np.zeros(1, np.int64), np.cumsum(kept)])
    return Candidates(out, items[keep].astype(np.int32), sums[keep].astype(np.float32))


def _scaled(scores: NDArray[np.float32], lengths: NDArray[np.int64]) -> NDArray[np.float64]:
    """Scores of rows that stand one after the other, each row brought to the scale of `merge`."""
    lengths = lengths[lengths > 0]
    if not len(lengths):
        return np.zeros(0)
    exact = scores.astype(np.float64)
    starts = np.cumsum(lengths) - lengths
    low, high = np.minimum.reduceat(exact, starts), np.maximum.reduceat(exact, starts)
    floor = 1.0 / (lengths + 1.0)
    flat = high == low
    slope = np.where(flat, 0.0, (1.0 - floor) / np.where(flat, 1.0, high - low))
    base = np.where(flat, 1.0, floor - slope * low)
    return np.repeat(base, lengths) + np.repeat(slope, lengths) * exact
