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
    row = np.concatenate([np.repeat(np.arange(n), np.diff(c.ptr)) for c, _ in parts])
    items = np.concatenate([c.items for c, _ in parts])
    values = np.concatenate([_scaled(c) * (weight / total if total > 0 else 0.0) for c, weight in parts])
    stride = int(items.max(initial=0)) + 1
    keys, place = np.unique(row * stride + items, return_inverse=True)
    sums = np.bincount(place, values, minlength=len(keys))
    row, items = keys // stride, (keys % stride).astype(np.int32)
    order = np.lexsort((items, -sums, row))
    row = row[order]
    first = np.searchsorted(row, np.arange(n + 1))
    keep = np.arange(len(row)) - first[row] < k
    lengths = np.minimum(np.diff(first), max(k, 0))
    ptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return Candidates(ptr, items[order][keep], sums[order][keep].astype(np.float32))


def _scaled(candidates: Candidates) -> NDArray[np.float64]:
    scores, ptr = candidates.scores.astype(np.float64), candidates.ptr
    lengths = np.diff(ptr)
    full = lengths > 0
    low, high = np.zeros(len(lengths)), np.zeros(len(lengths))
    if full.any():
        starts = ptr[:-1][full]
        low[full], high[full] = np.minimum.reduceat(scores, starts), np.maximum.reduceat(scores, starts)
    spread = np.repeat(high - low, lengths)
    share = np.divide(scores - np.repeat(low, lengths), spread, out=np.ones_like(scores), where=spread > 0)
    floor = np.repeat(1.0 / (lengths + 1.0), lengths)
    return floor + (1.0 - floor) * share
