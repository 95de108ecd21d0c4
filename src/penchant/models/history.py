"""What a model reads of one request's history: known items, decayed by age, liked and disliked apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Literal

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.dataset import Queries
from penchant.events import Role
from penchant.slate import Codes

PositiveRole = Literal["goal", "strong", "weak"]
"""Name of a role that speaks for an item, as recipes and config write it."""

Roles = Annotated[tuple[PositiveRole, ...], Meta(min_length=1)]
"""Roles as a recipe's field: at least one."""

POSITIVE: tuple[PositiveRole, ...] = ("goal", "strong", "weak")
"""Every role that speaks for an item."""

Weights = NDArray[np.float64]


def roles_named(names: Sequence[PositiveRole]) -> tuple[Role, ...]:
    """The roles of these names."""
    return tuple(Role[name.upper()] for name in names)


def decay(age: NDArray[np.float64], half_life_days: float | None) -> Weights:
    """What age leaves of a weight: 1 now, one half after each half-life, and no less than 2 to the -40.

    Args:
        age: Seconds.
        half_life_days: None leaves 1 at any age.
    """
    if half_life_days is None:
        return np.ones(len(age))
    # The floor keeps the oldest events above nothing at all, also in float32.
    return np.exp2(np.clip(age / (-half_life_days * DAY), -40.0, 0.0))


@dataclass(frozen=True)
class Past:
    """The known part of one history, oldest first; all arrays have one length.

    Attributes:
        items: Item codes, all inside the item space.
        signals: Signal weights; below 0 for negative signals.
        decays: What age has left of each row, 0 to 1.
        roles: `Role` values.
    """

    items: Codes
    signals: NDArray[np.float32]
    decays: Weights
    roles: NDArray[np.int8]

    @classmethod
    def of(cls, queries: Queries, row: int, n_items: int, half_life_days: float | None = None) -> Past:
        """Read one row of a batch; rows about items outside the item space are left out."""
        span = queries.history(row)
        items = queries.items[span]
        decays = decay(queries.now[row] - queries.times[span], half_life_days)
        known = (items >= 0) & (items < n_items)
        if known.all():
            return cls(items, queries.weights[span], decays, queries.roles[span])
        return cls(items[known], queries.weights[span][known], decays[known], queries.roles[span][known])

    def liked(self, roles: tuple[PositiveRole, ...] = POSITIVE) -> tuple[Codes, Weights]:
        """Distinct items of these roles, by code, with the sums of their decayed weights (above 0)."""
        keep = (self.signals > 0) & _mask(roles)[self.roles]
        return tally(self.items[keep], self.signals[keep] * self.decays[keep])

    def counted(self, roles: tuple[PositiveRole, ...]) -> tuple[Codes, Weights]:
        """Like `liked`, but every row counts one, whatever its signal weighs."""
        keep = (self.signals > 0) & _mask(roles)[self.roles]
        return tally(self.items[keep], self.decays[keep])

    def latest(self, roles: tuple[PositiveRole, ...], most: int) -> Codes:
        """The last `most` rows of these roles that speak for an item, oldest first; an item may stand twice."""
        keep = np.flatnonzero((self.signals > 0) & _mask(roles)[self.roles])
        return self.items[keep[-most:] if most > 0 else keep[:0]]

    def net(self, roles: tuple[PositiveRole, ...] = POSITIVE) -> tuple[Codes, Weights]:
        """Distinct items of these roles and of negative signals, with the sums of both, never 0."""
        keep = (self.signals < 0) | ((self.signals > 0) & _mask(roles)[self.roles])
        codes, weights = tally(self.items[keep], self.signals[keep] * self.decays[keep])
        return codes[weights != 0], weights[weights != 0]

    def disliked(self) -> tuple[Codes, Weights]:
        """Distinct items of negative signals, by code, with the size (above 0) of their decayed weights."""
        keep = self.signals < 0
        return tally(self.items[keep], -self.signals[keep] * self.decays[keep])


def tally(codes: Codes, weights: Weights) -> tuple[Codes, Weights]:
    """Distinct codes, ascending, and the sum of the weights of each."""
    distinct, place = np.unique(codes, return_inverse=True)
    return distinct, np.bincount(place, weights, minlength=len(distinct)).astype(np.float64, copy=False)


@cache
def _mask(roles: tuple[PositiveRole, ...]) -> NDArray[np.bool_]:
    mask = np.zeros(len(Role), bool)
    mask[[int(r) for r in roles_named(roles)]] = True
    mask.flags.writeable = False
    return mask
