"""Several candidate lists become one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from penchant.slate import Candidates, Codes

BLEND_DEPTH = 100
"""Places of each model's list that a blend sees."""

BLEND_RANK = 20.0
"""An item this many places below the top of a list counts half of what the top counts."""

_BLOCK = 1024


def fuse(parts: Sequence[tuple[Candidates, float]], k: int) -> Candidates:
    """Several lists become one by weighted reciprocal ranks.

    Cormack, Clarke & Büttcher, "Reciprocal rank fusion outperforms Condorcet and individual rank learning methods"
    (SIGIR 2009), with a weight a list: place r (from 0) is worth `BLEND_RANK / (BLEND_RANK + r)`, an item not in a
    list nothing. Only the order inside a list counts, so scores of different models need no common scale.

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
        rows += _fused([(part.take(people), weight / total) for part, weight in parts], k)
    return Candidates.from_rows(rows)


def _fused(parts: Sequence[tuple[Candidates, float]], k: int) -> list[tuple[Codes, NDArray[np.float32]]]:
    """The rows of one block."""
    n = len(parts[0][0])
    stride = 1 + max(int(part.items.max(initial=0)) for part, _ in parts)
    coded = np.concatenate([part.row_of * stride + part.items for part, _ in parts])
    worth = np.concatenate([BLEND_RANK / (BLEND_RANK + part.place_of) * weight for part, weight in parts])
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
