"""What a fitted model proposes to the judged people, made in blocks so that memory stays bounded."""

from __future__ import annotations

import numpy as np

from penchant.dataset import Queries
from penchant.errors import FitFailed
from penchant.evaluation.targets import Targets
from penchant.models import Retriever
from penchant.slate import Candidates, Codes

BLOCK = 512
"""People asked for at once; bounds the (people, items) mask of what may be proposed."""


def propose(model: Retriever, queries: Queries, targets: Targets, k: int, name: str = "model") -> Candidates:
    """At most k items for every judged person.

    Args:
        model: The fitted model.
        queries: Requests of the judged people, in the order of `targets`.
        targets: What may be proposed to whom.
        k: Items a person.
        name: The model's name, for the error.

    Raises:
        FitFailed: The model proposed what it must not: an item outside the item space, or in `new-only` a seen one.
    """
    ptr, items, scores = [np.zeros(1, np.int64)], [np.zeros(0, np.int32)], [np.zeros(0, np.float32)]
    for start in range(0, len(targets), BLOCK):
        stop = min(start + BLOCK, len(targets))
        allowed = targets.allowed(start, stop)
        found = model.retrieve(queries.take(start, stop), k, allowed)
        rows = np.repeat(np.arange(stop - start), np.diff(found.ptr))
        fine = allowed[found.items] if allowed.ndim == 1 else allowed[rows, found.items]
        if not fine.all():
            raise FitFailed(name, f"proposed {int((~fine).sum())} items that it was told not to")
        ptr.append(found.ptr[1:] + ptr[-1][-1])
        items.append(found.items)
        scores.append(found.scores)
    return Candidates(np.concatenate(ptr), np.concatenate(items), np.concatenate(scores))


def padded(lists: Candidates, k: int) -> Codes:
    """The first k items of every row as a rectangle, shape (n, k), -1 for empty places."""
    lengths = np.diff(lists.ptr)
    rows = np.repeat(np.arange(len(lists)), lengths)
    place = np.arange(len(lists.items)) - np.repeat(lists.ptr[:-1], lengths)
    first = place < k
    out = np.full((len(lists), k), -1, np.int32)
    out[rows[first], place[first]] = lists.items[first]
    return out
