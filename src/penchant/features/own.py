"""What the person has had to do with this very candidate."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.events import Role
from penchant.features.batch import Batch
from penchant.features.entries import entries
from penchant.features.feature import Feature, Kin
from penchant.features.lately import Lately, days_ago
from penchant.features.meeting import ITSELF, pairs_of
from penchant.features.past import of_roles
from penchant.slate import Reason


def times_had(name: str, about: str, *, roles: tuple[Role, ...] = (), reason: Reason | None = None) -> Feature:
    """Entries of the person's history that are this item.

    Args:
        name: Feature name.
        about: One sentence.
        roles: Entries that count, such as those that say it was shown; empty for all.
        reason: Told when it moved an item up.
    """

    def compute(batch: Batch) -> NDArray[np.float32]:
        return _times(batch, roles).astype(np.float32)

    return Feature(name, "count", (), about, compute, reason, 0.0, math.inf, (ITSELF,))


def days_since_had(name: str, about: str, *, roles: tuple[Role, ...] = (), reason: Reason | None = None) -> Feature:
    """Days since the person's last entry that is this item; NaN if there is none.

    Args:
        name: Feature name.
        about: One sentence.
        roles: Entries that count; empty for all.
        reason: Told when it moved an item up.
    """

    def compute(batch: Batch) -> NDArray[np.float32]:
        pairs = pairs_of(batch, ITSELF)
        latest = pairs.latest(entries(batch).times, _kept(batch, roles))
        days = np.maximum(pairs.of_rows(batch.queries.now) - latest, 0.0) / DAY
        return np.where(np.isfinite(latest), days, np.nan).astype(np.float32).take(pairs.asked)

    kin = Kin(days_ago, Lately(ITSELF, roles, math.inf))
    return Feature(name, "days", (), about, compute, reason, 0.0, math.inf, (ITSELF,), kin)


def share_had(name: str, about: str, *, roles: tuple[Role, ...] = (), reason: Reason | None = None) -> Feature:
    """Share of the person's entries that are this item; NaN without any entry.

    Args:
        name: Feature name.
        about: One sentence.
        roles: Entries that count; empty for all.
        reason: Told when it moved an item up.
    """

    def compute(batch: Batch) -> NDArray[np.float32]:
        row, keep = entries(batch).row, _kept(batch, roles)
        of_all = np.bincount(row if keep is None else row[keep], minlength=len(batch.queries)).take(batch.row)
        with np.errstate(invalid="ignore"):
            return (_times(batch, roles) / of_all).astype(np.float32)

    return Feature(name, "share", (), about, compute, reason, by=(ITSELF,))


def _times(batch: Batch, roles: tuple[Role, ...]) -> NDArray[np.int64]:
    def make() -> NDArray[np.int64]:
        pairs = pairs_of(batch, ITSELF)
        if not roles:
            return pairs.counts().take(pairs.asked)
        each = batch.once("by role", lambda: pairs.counts_by(entries(batch).roles, len(Role)))
        some: NDArray[np.int64] = each[roles[0]] if len(roles) == 1 else each.take(roles, axis=0).sum(axis=0)
        return some.take(pairs.asked)

    return batch.once(("times had", roles), make)


def _kept(batch: Batch, roles: tuple[Role, ...]) -> NDArray[np.bool_] | None:
    return of_roles(batch, roles) if roles else None
