"""Whether something is due: how long it is since the last time, against the person's usual pause."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.events import Role
from penchant.features.batch import Batch
from penchant.features.feature import Feature
from penchant.features.past import cut, of_roles, past
from penchant.features.ties import Reads, declared, ties
from penchant.slate import Reason

_FEW = 256
"""Goals up to which it is quicker to look first whether any is of the same as another."""
OVER = 6.0
"""Doublings beyond which it says no more how long something is overdue."""


def due(
    name: str, about: str, field: str = "", *, reads: Reads = "item", only: str = "", reason: Reason | None = None
) -> Feature:
    """How long the last goal is past, against the person's mean pause between goals, as log2 of their ratio.

    0 is just due, below 0 too early, above 0 late. Goals of one moment are one.

    Args:
        name: Feature name.
        about: One sentence.
        field: A field of items; goals with the candidate's value of it count. Without it, goals with the candidate.
        reads: How the field is read.
        only: A yes-or-no field: of items that say no, nothing is said.
        reason: Told when it moved an item up.

    Returns:
        A feature; NaN without two goals at different moments.
    """

    def compute(batch: Batch) -> NDArray[np.float32]:
        tied, found = ties(batch, field, reads), past(batch)
        at = np.flatnonzero(of_roles(batch, (Role.GOAL,)) & (tied.pairs.slot < tied.pairs.n))
        slot, time, size = tied.pairs.slot[at], found.times[at], tied.pairs.size
        if len(at) < _FEW and len(set(slot.tolist())) == len(at):  # most people never come back to anything
            return np.full(len(batch.candidates.items), np.nan, np.float32)
        order = slot.argsort(kind="stable")
        slot, time = slot[order], time[order]
        fresh = np.append(True, (slot[1:] != slot[:-1]) | (time[1:] != time[:-1]))[: len(slot)]
        times = np.bincount(slot[fresh], minlength=size)
        repeated = times > 1
        if not repeated.any():
            return np.full(len(batch.candidates.items), np.nan, np.float32)
        last, first = np.full(size, -np.inf), np.full(size, np.inf)
        np.maximum.at(last, slot, time)
        np.minimum.at(first, slot, time)
        pause = np.full(size, np.nan)
        np.divide(last - first, times - 1, out=pause, where=repeated)
        asked = tied.pairs.asked
        past_days = np.where(repeated, last, np.nan).take(asked)
        value = np.log2(np.maximum(batch.now - past_days, 1.0) / pause.take(asked))
        if only:
            value = np.where(batch.number(only) == 1, value, np.nan)
        return cut(value, -OVER, OVER)

    about_fields = tuple(f for f in (field, only) if f)
    return Feature(name, "log2 ratio", about_fields, about, compute, reason, -OVER, OVER, declared(field, reads))
