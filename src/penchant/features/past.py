"""Weights of what a history holds, by entry, as features add them up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.events import Role
from penchant.features.batch import Batch
from penchant.features.entries import Entries, entries
from penchant.features.meeting import ITSELF, pairs_of

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def cut(values: Floats, low: float, high: float) -> NDArray[np.float32]:
    """Values as a feature gives them, kept between two bounds; NaN stays."""
    return np.minimum(np.maximum(values, low), high).astype(np.float32)


def past(batch: Batch) -> Entries:
    """All entries of items in the item space; what this module gives stands beside them."""
    return entries(batch)


def liked(batch: Batch) -> Mask:
    """Which entries speak for their item."""
    return batch.once("liked", lambda: past(batch).weights > 0)


def of_roles(batch: Batch, roles: tuple[Role, ...]) -> Mask:
    """Which entries have one of these roles; all when none is named."""

    def make() -> Mask:
        told = past(batch).roles
        if not roles:
            return np.ones(len(told), bool)
        mask: Mask = told == roles[0]
        for role in roles[1:]:
            mask |= told == role
        return mask

    return batch.once(("of roles", roles), make)


def counted(batch: Batch, roles: tuple[Role, ...]) -> Floats:
    """1 for every entry of these roles, else 0."""
    return batch.once(("counted", roles), lambda: of_roles(batch, roles).astype(np.float64))


def last_of_item(batch: Batch, roles: tuple[Role, ...] = ()) -> Mask:
    """Which entries of these roles are the last that their request has of their item: one for each item."""

    def make() -> Mask:
        pairs, at = pairs_of(batch, ITSELF), np.flatnonzero(of_roles(batch, roles))
        # Of those of one item the last to be put down stays.
        last = np.full(pairs.size, -1)
        last[pairs.slot[at]] = at
        return np.asarray(last.take(pairs.slot) == np.arange(len(pairs.slot)))

    return batch.once(("last of item", roles), make)


def since(batch: Batch, roles: tuple[Role, ...] = ()) -> NDArray[np.int64]:
    """How many other items of the same request had their last entry of these roles after each entry."""

    def make() -> NDArray[np.int64]:
        row, upto = past(batch).row, np.cumsum(last_of_item(batch, roles))
        if len(batch.queries) == 1:
            return np.asarray(upto[-1:] - upto, np.int64)
        ends = np.bincount(row, minlength=len(batch.queries)).cumsum()
        return np.asarray(upto[ends[row] - 1] - upto, np.int64)

    return batch.once(("since", roles), make)


def faded(batch: Batch, half_life_days: float, *, against: bool = False) -> Floats:
    """Weight of each entry, halved for every half-life between it and the latest one of its request that counts.

    Ages count from the latest entry and not from the request: after a year away tastes are old, not gone.

    Args:
        batch: The batch.
        half_life_days: Half-life in days.
        against: What speaks against an item counts too; else only what speaks for one. All else weighs 0.
    """

    def make() -> Floats:
        fade: Floats = np.exp2(-aged(batch, against=against) / half_life_days)
        return np.asarray(past(batch).weights * fade, np.float64)

    return batch.once(("faded", half_life_days, against), make)


def aged(batch: Batch, *, against: bool) -> Floats:
    """Days between each entry that counts and the latest of its request that does, infinite for others; see `faded`."""
    return batch.once(("ages", against), lambda: ages_of(batch, past(batch).weights != 0 if against else liked(batch)))


def ages_of(batch: Batch, keep: Mask) -> Floats:
    """Days between each entry of a mask and the latest of its request; infinite outside the mask."""
    found = past(batch)
    if len(batch.queries) == 1:
        times = np.where(keep, found.times, -np.inf)
        latest = times.max(initial=-np.inf)
        return (latest - times) / DAY if latest > -np.inf else np.full(len(found), np.inf)
    latest = np.full(len(batch.queries), -np.inf)
    np.maximum.at(latest, found.row[keep], found.times[keep])
    return np.where(keep, (latest[found.row] - found.times) / DAY, np.inf)
