"""What a model reads of one request's history: known items, decayed by age, liked and disliked apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Literal

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.dataset import Queries
from penchant.events import Role
from penchant.models.blend import distinct
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
    _groups: dict[object, _Group] = field(default_factory=dict, repr=False, compare=False)
    """Which rows count and for which items; models with other half-lives share it where there is one request."""

    @classmethod
    def of(cls, queries: Queries, row: int, n_items: int, half_life_days: float | None = None) -> Past:
        """Read one row of a batch; rows about items outside the item space are left out."""
        told = queries.kept.get(("past", n_items)) if len(queries) == 1 else None
        if told is None:
            span = queries.history(row)
            items = queries.items[span]
            signals, age, roles = queries.weights[span], queries.now[row] - queries.times[span], queries.roles[span]
            known = (items >= 0) & (items < n_items)
            if not known.all():
                items, signals, age, roles = items[known], signals[known], age[known], roles[known]
            told = items, signals, age, roles, {}
            if len(queries) == 1:
                queries.kept["past", n_items] = told
        items, signals, age, roles, groups = told
        return cls(items, signals, decay(age, half_life_days), roles, groups)

    def liked(self, roles: tuple[PositiveRole, ...] = POSITIVE) -> tuple[Codes, Weights]:
        """Distinct items of these roles, by code, with the sums of their decayed weights (above 0)."""
        group = self._group(("liked", roles), lambda: (self.signals > 0) & mask_of(roles)[self.roles])
        return group.sums(self.signals[group.at] * self.decays[group.at])

    def counted(self, roles: tuple[PositiveRole, ...]) -> tuple[Codes, Weights]:
        """Like `liked`, but every row counts one, whatever its signal weighs."""
        group = self._group(("liked", roles), lambda: (self.signals > 0) & mask_of(roles)[self.roles])
        return group.sums(self.decays[group.at])

    def latest(self, roles: tuple[PositiveRole, ...], most: int) -> Codes:
        """The last `most` rows of these roles that speak for an item, oldest first; an item may stand twice."""
        keep = np.flatnonzero((self.signals > 0) & mask_of(roles)[self.roles])
        return self.items[keep[-most:] if most > 0 else keep[:0]]

    def net(self, roles: tuple[PositiveRole, ...] = POSITIVE) -> tuple[Codes, Weights]:
        """Distinct items of these roles and of negative signals, with the sums of both, never 0."""
        said = self.signals
        group = self._group(("net", roles), lambda: (said < 0) | ((said > 0) & mask_of(roles)[self.roles]))
        codes, weights = group.sums(said[group.at] * self.decays[group.at])
        some = weights != 0
        return (codes, weights) if some.all() else (codes[some], weights[some])

    def disliked(self) -> tuple[Codes, Weights]:
        """Distinct items of negative signals, by code, with the size (above 0) of their decayed weights."""
        group = self._group("disliked", lambda: self.signals < 0)
        return group.sums(-self.signals[group.at] * self.decays[group.at])

    def _group(self, name: object, keep: Callable[[], NDArray[np.bool_]]) -> _Group:
        found = self._groups.get(name)
        if found is None:
            at = np.flatnonzero(keep())
            found = self._groups[name] = _Group(at, *distinct(self.items[at]))
        return found


@dataclass(frozen=True)
class _Group:
    """Rows that count, their distinct items by code, and the place of each row's item among these."""

    at: NDArray[np.int64]
    items: Codes
    place: NDArray[np.int64]

    def sums(self, weights: Weights) -> tuple[Codes, Weights]:
        """Items, and the sum of the rows' weights for each."""
        total = np.bincount(self.place, weights, minlength=len(self.items))
        return self.items, total.astype(np.float64, copy=False)


def tally(codes: Codes, weights: Weights) -> tuple[Codes, Weights]:
    """Distinct codes, ascending, and the sum of the weights of each."""
    found, place = distinct(codes)
    return found, np.bincount(place, weights, minlength=len(found)).astype(np.float64, copy=False)


@cache
def mask_of(roles: tuple[PositiveRole, ...]) -> NDArray[np.bool_]:
    """Which roles count, by their value; not to be written to."""
    mask = np.zeros(len(Role), bool)
    mask[[int(r) for r in roles_named(roles)]] = True
    mask.flags.writeable = False
    return mask
