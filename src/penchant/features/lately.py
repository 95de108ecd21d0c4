"""How long ago one person last had to do with what candidates are, for many fields and roles in one go."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.events import Role
from penchant.features.batch import Batch
from penchant.features.feature import By
from penchant.features.meeting import met
from penchant.features.past import Floats, of_roles, past


@dataclass(frozen=True)
class Lately:
    """What is looked for.

    Attributes:
        by: What entries share with candidates.
        roles: Roles of events that count; empty for all.
        most: Days beyond which it says no more how long ago it was.
    """

    by: By
    roles: tuple[Role, ...]
    most: float


def days_ago(batch: Batch, wanted: tuple[Lately, ...], rows: Sequence[NDArray[np.float32]]) -> Collection[int]:
    """Days since the last such event of one request, the same to the bit as each alone; see `Kin`."""
    meeting = met(batch)
    if meeting is None:
        return ()
    k, size, at = len(wanted), meeting.n + 2, [meeting.at[one.by] for one in wanted]
    kept = np.array([of_roles(batch, one.roles) for one in wanted])
    flat = np.full(k * size, -np.inf)
    slot = meeting.slot.take(at, axis=0)
    slot += np.arange(0, k * size, size)[:, None]
    np.maximum.at(flat, slot.ravel(), np.where(kept, past(batch).times, -np.inf).ravel())
    latest = flat.reshape(k, size)
    latest[:, -1] = -np.inf
    days = np.where(np.isfinite(latest), batch.queries.now - latest, np.nan)
    days /= DAY
    np.maximum(days, 0.0, out=days)
    told = np.minimum(days, _most(wanted)).astype(np.float32)
    for values, of, row in zip(told, at, rows, strict=True):
        values.take(meeting.asked[of], out=row, mode="clip")
    return range(k)


@lru_cache(maxsize=64)
def _most(wanted: tuple[Lately, ...]) -> Floats:
    return np.array([one.most for one in wanted], np.float64)[:, None]
