"""What a fitted model proposes to the judged rows, made in blocks so that memory stays bounded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.errors import FitFailed
from penchant.evaluation.targets import Targets
from penchant.models import Retriever, Similar
from penchant.slate import Candidates, Codes

BLOCK = 512
"""Rows asked for at once; bounds the (rows, items) mask of what may be proposed."""


def propose(model: Retriever, targets: Targets, k: int, name: str = "model") -> Candidates:
    """At most k items for every judged row, from its history.

    Args:
        model: The fitted model.
        targets: The requests, and what may be proposed to whom.
        k: Items a row.
        name: The model's name, for the error.

    Raises:
        FitFailed: The model proposed what it was told not to, as an item outside the item space.
    """
    parts = []
    for start in range(0, len(targets), BLOCK):
        stop = min(start + BLOCK, len(targets))
        allowed = targets.allowed(start, stop)
        found = model.retrieve(targets.queries.take(start, stop), k, allowed)
        _check(found, stop - start, allowed, name)
        parts.append(found)
    return _joined(parts)


def propose_similar(model: Similar, targets: Targets, k: int, name: str = "model") -> Candidates:
    """At most k items for every judged row, from its one seed; otherwise as `propose`.

    Rows with the same seed get the same list, so each seed is asked for once.
    """
    seeds, row = np.unique(targets.queries.seeds, return_inverse=True)
    parts = []
    for start in range(0, len(seeds), BLOCK):
        asked = seeds[start : start + BLOCK].astype(np.int32)
        found = model.similar(asked, k, targets.space)
        _check(found, len(asked), targets.space, name)
        if (np.repeat(asked, np.diff(found.ptr)) == found.items).any():
            raise FitFailed(name, "proposed the very item it was asked about")
        parts.append(found)
    return _joined(parts).take(row.astype(np.int64))


def padded(lists: Candidates, k: int) -> Codes:
    """The first k items of every row as a rectangle, shape (n, k), -1 for empty places."""
    first = lists.place_of < k
    out = np.full((len(lists), k), -1, np.int32)
    out[lists.row_of[first], lists.place_of[first]] = lists.items[first]
    return out


def _check(found: Candidates, rows: int, allowed: NDArray[np.bool_], name: str) -> None:
    if len(found) != rows:
        raise FitFailed(name, f"answered {len(found)} of {rows} requests")
    fine = allowed[found.items] if allowed.ndim == 1 else allowed[found.row_of, found.items]
    if not fine.all():
        raise FitFailed(name, f"proposed {int((~fine).sum())} items that it was told not to")


def _joined(parts: list[Candidates]) -> Candidates:
    sizes = np.concatenate([np.zeros(0, np.int64), *(np.diff(part.ptr) for part in parts)])
    ptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    items = np.concatenate([np.zeros(0, np.int32), *(part.items for part in parts)])
    scores = np.concatenate([np.zeros(0, np.float32), *(part.scores for part in parts)])
    return Candidates(ptr, items, scores)
