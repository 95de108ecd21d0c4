"""When and how often the person last had to do with what a candidate is like."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.events import Role
from penchant.features.batch import Batch
from penchant.features.feature import Feature, Kin
from penchant.features.fields import LONG
from penchant.features.lately import Lately, days_ago
from penchant.features.meeting import ITSELF
from penchant.features.past import cut, last_of_item, of_roles, past, since
from penchant.features.ties import Reads, declared, ties
from penchant.slate import Reason

MANY = 10_000.0
"""Counts are cut here."""


def days_since_with(
    name: str, field: str, about: str, *roles: Role, reads: Reads = "category", reason: Reason | None = None
) -> Feature:
    """Days since the person's last event of some roles with the candidate's value of `field`; NaN without any."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        tied, keep = ties(batch, field, reads), of_roles(batch, roles)
        latest = tied.latest(past(batch).times, keep)
        if tied.values is not None:
            latest, now = tied.highest(latest), batch.now
            return cut(np.where(np.isfinite(latest), now - latest, np.nan) / DAY, 0.0, LONG)
        # By pair, and then to the candidates.
        now = tied.pairs.of_rows(batch.queries.now)
        days = np.where(np.isfinite(latest), now - latest, np.nan) / DAY
        return cut(days, 0.0, LONG).take(tied.pairs.asked)

    found = declared(field, reads)
    kin = Kin(days_ago, Lately(found[0], roles, LONG)) if found else None
    return Feature(name, "days", (field,), about, compute, reason, high=LONG, by=found, kin=kin)


def items_since_with(name: str, field: str, about: str, *roles: Role, reads: Reads = "category") -> Feature:
    """How many other items the person turned to since the last one with the candidate's value of `field`.

    0 when it is what they had to do with last; NaN when they never had anything with it.
    """

    def compute(batch: Batch) -> NDArray[np.float32]:
        tied, keep = ties(batch, field, reads), last_of_item(batch, roles)
        latest = tied.latest(-since(batch, roles).astype(np.float64), keep)
        if tied.values is None:
            told = np.minimum(np.where(np.isfinite(latest), -latest, np.nan), MANY).astype(np.float32)
            return told.take(tied.pairs.asked)
        steps = -tied.highest(latest)
        return np.minimum(np.where(np.isfinite(steps), steps, np.nan), MANY).astype(np.float32)

    looks = (*declared(field, reads), ITSELF)
    return Feature(name, "count", (field,), about, compute, high=MANY, by=looks)


def items_with(
    name: str, field: str, about: str, *roles: Role, reads: Reads = "category", reason: Reason | None = None
) -> Feature:
    """Items with the candidate's value of `field` that the person had events of some roles with; of tags the mean."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        tied = ties(batch, field, reads)
        count = tied.mean(tied.total(last_of_item(batch, roles).astype(np.float64)))
        return np.where(tied.has, np.minimum(count, MANY), np.nan).astype(np.float32)

    looks = (*declared(field, reads), ITSELF)
    return Feature(name, "count", (field,), about, compute, reason, high=MANY, by=looks)


def share_of_latest(
    name: str, field: str, about: str, *roles: Role, latest: int = 10, reads: Reads = "category"
) -> Feature:
    """Share of the latest items the person turned to that have the candidate's value of `field`: too much of a thing.

    Args:
        name: Feature name.
        field: A field of items.
        about: One sentence.
        *roles: Events that count.
        latest: How many items are looked at.
        reads: How the field is read; of tags the mean counts.

    Returns:
        A feature in 0 to 1; NaN for somebody without any such event, and for an item without the field.
    """

    def compute(batch: Batch) -> NDArray[np.float32]:
        tied, found = ties(batch, field, reads), past(batch)
        keep = (last_of_item(batch, roles) & (since(batch, roles) < latest)).astype(np.float64)
        mine = tied.mean(tied.total(keep))
        of = np.bincount(found.row, keep, len(batch.queries))[batch.row]
        out = np.full(len(mine), np.nan)
        np.divide(mine, of, out=out, where=tied.has & (of > 0))
        return cut(out, 0.0, 1.0)

    return Feature(name, "share", (field,), about, compute, by=(*declared(field, reads), ITSELF))
