"""Ranking metrics of lists against what really followed: full catalog, binary relevance, one value a person.

A row without targets has nothing to be judged by and gives NaN; means leave it out. An item that a list repeats
counts once, at its first place.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from penchant.slate import Codes, Offsets

Values = NDArray[np.float64]


def hits(lists: Codes, target_ptr: Offsets, targets: Codes) -> NDArray[np.bool_]:
    """Which places of the lists hold a target.

    Args:
        lists: Item codes, shape (n, k), best first; -1 is an empty place.
        target_ptr: Target offsets, shape (n + 1,).
        targets: Item codes, distinct inside a row.

    Returns:
        Shape (n, k).
    """
    n, k = lists.shape
    if not len(targets) or not k:
        return np.zeros((n, k), bool)
    width = np.int64(max(int(targets.max()), int(lists.max(initial=-1))) + 2)
    keys = np.sort(np.repeat(np.arange(n), np.diff(target_ptr)) * width + targets)
    # An empty place asks for the code width - 1, which no target has.
    wanted = np.arange(n)[:, None] * width + np.where(lists < 0, width - 1, lists)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found: NDArray[np.bool_] = (keys[at] == wanted) & ~_repeated(lists)
    return found


def ndcg(hit: NDArray[np.bool_], sizes: NDArray[np.int64], k: int) -> Values:
    """Normalized discounted cumulative gain at k (Järvelin & Kekäläinen 2002), gain 1 for a target.

    Args:
        hit: From `hits`, shape (n, at least k places or all there are).
        sizes: Distinct targets a row, shape (n,).
        k: Places that count; the ideal list is cut at k too.

    Returns:
        Shape (n,), 0 to 1.
    """
    discount = 1.0 / np.log2(np.arange(2, k + 2))
    ideal = np.concatenate([[0.0], np.cumsum(discount)])[np.minimum(sizes, k)]
    gained: Values = hit[:, :k] @ discount[: hit.shape[1]]
    return _of_targets(gained / np.maximum(ideal, 1e-12), sizes)


def recall(hit: NDArray[np.bool_], sizes: NDArray[np.int64], k: int) -> Values:
    """Share of all targets that stand in the first k places; arguments as in `ndcg`."""
    found = np.count_nonzero(hit[:, :k], axis=1)
    return _of_targets(np.divide(found, np.maximum(sizes, 1)), sizes)


def hit_rate(hit: NDArray[np.bool_], sizes: NDArray[np.int64], k: int) -> Values:
    """1 when any target stands in the first k places, else 0; arguments as in `ndcg`."""
    return _of_targets((np.count_nonzero(hit[:, :k], axis=1) > 0).astype(np.float64), sizes)


def mrr(hit: NDArray[np.bool_], sizes: NDArray[np.int64], k: int) -> Values:
    """1 over the place of the first target among the first k places, 0 without one; arguments as in `ndcg`."""
    top = hit[:, :k]
    if not top.shape[1]:
        return _of_targets(np.zeros(len(top)), sizes)
    return _of_targets(np.where(top.any(axis=1), 1.0 / (top.argmax(axis=1) + 1.0), 0.0), sizes)


MEASURES: dict[str, tuple[Callable[[NDArray[np.bool_], NDArray[np.int64], int], Values], int]] = {
    "ndcg@10": (ndcg, 10),
    "recall@20": (recall, 20),
    "hr@10": (hit_rate, 10),
    "mrr@20": (mrr, 20),
}
"""The metrics of every report: name, function and places."""


def measure(lists: Codes, target_ptr: Offsets, targets: Codes) -> dict[str, Values]:
    """Every metric of `MEASURES` for every row; arguments as in `hits`.

    Returns:
        Metric name to one value a row, NaN where a row has no target.
    """
    hit = hits(lists, target_ptr, targets)
    sizes = np.diff(target_ptr)
    return {name: compute(hit, sizes, k) for name, (compute, k) in MEASURES.items()}


def _of_targets(values: NDArray[np.floating], sizes: NDArray[np.int64]) -> Values:
    return np.where(sizes > 0, values, np.nan)


def _repeated(lists: Codes) -> NDArray[np.bool_]:
    """Places whose item stands further up in the same list already."""
    order = np.argsort(lists, axis=1, kind="stable")
    ranked = np.take_along_axis(lists, order, axis=1)
    again = np.zeros(lists.shape, bool)
    again[:, 1:] = ranked[:, 1:] == ranked[:, :-1]
    out = np.zeros(lists.shape, bool)
    np.put_along_axis(out, order, again, axis=1)
    return out
