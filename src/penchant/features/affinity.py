"""How much a candidate is like what the person turned to, or away from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from penchant.events import Role
from penchant.features.batch import Batch
from penchant.features.feature import Feature, Kin
from penchant.features.meeting import ITSELF
from penchant.features.past import Floats, counted, faded, liked, past
from penchant.features.taste import Taste, tastes
from penchant.features.ties import both, by, itself, ties
from penchant.slate import Reason


def category_affinity(
    name: str,
    field: str,
    about: str,
    *,
    half_life_days: float = 14.0,
    top: bool = False,
    reason: Reason | None = None,
) -> Feature:
    """Share of the person's liking that lies on the candidate's value of `field`, against their favourite's.

    1 is the favourite value, 0 one never touched, NaN a person without likings or an item without the field. With
    `top` the first parts of category paths are compared: shoes for `Shoes > Running`.
    """
    return _affinity(name, about, Taste(field, "top" if top else "category", half_life_days), reason)


def category_aversion(name: str, field: str, about: str, *, half_life_days: float = 14.0) -> Feature:
    """Share of the person's dislike that lies on the candidate's value of `field`, when liking does not outweigh it."""
    return _affinity(name, about, Taste(field, "category", half_life_days, against=True))


def tag_affinity(
    name: str, field: str, about: str, *, half_life_days: float = 14.0, reason: Reason | None = None
) -> Feature:
    """Mean liking over the candidate's tags, against the favourite tag's; NaN as in `category_affinity`."""
    return _affinity(name, about, Taste(field, "tags", half_life_days), reason)


def tag_aversion(name: str, field: str, about: str, *, half_life_days: float = 14.0) -> Feature:
    """Mean dislike over the candidate's tags, against that of the most disliked tag; NaN as in `category_aversion`."""
    return _affinity(name, about, Taste(field, "tags", half_life_days, against=True))


def share_with(
    name: str, field: str, about: str, *roles: Role, within: str = "", reason: Reason | None = None
) -> Feature:
    """Share of the person's events of some roles that were with the candidate's value of `field`.

    Args:
        name: Feature name.
        field: A category field.
        about: One sentence.
        *roles: Roles that count.
        within: A category field; only events with the candidate's value of it count.
        reason: Told when it moved an item up.

    Returns:
        A feature in 0 to 1; NaN without any such event, or for an item without the fields.
    """

    def compute(batch: Batch) -> NDArray[np.float32]:
        count = counted(batch, roles)
        if within:
            tied, of = both(batch, within, field), ties(batch, within)
            some = of.mean(of.total(count))
        else:
            tied = ties(batch, field)
            some = batch.once(("all", roles), lambda: _all(batch, count))[batch.row]
        mine = tied.mean(tied.total(count))
        out = np.full(len(mine), np.nan)
        np.divide(mine, some, out=out, where=tied.has & (some > 0))
        return out.astype(np.float32)

    fields = tuple(dict.fromkeys(f for f in (field, within) if f))
    looks = (("both", within, field), by(within)) if within else (by(field),)
    return Feature(name, "share", fields, about, compute, reason, by=looks)


def sibling(name: str, field: str, about: str, *, reason: Reason | None = None) -> Feature:
    """1 for a candidate that shares `field` with something the person turned to but is not that thing, else 0."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        of, same, count = ties(batch, field), itself(batch), liked(batch).astype(np.float64)
        found = of.has & (of.mean(of.total(count)) > 0) & ~(same.mean(same.total(count)) > 0)
        return found.astype(np.float32)

    return Feature(name, "share", (field,), about, compute, reason, by=(by(field), ITSELF))


def _all(batch: Batch, count: Floats) -> Floats:
    return np.bincount(past(batch).row, count, len(batch.queries)).astype(np.float64)


def _affinity(name: str, about: str, taste: Taste, reason: Reason | None = None) -> Feature:
    def compute(batch: Batch) -> NDArray[np.float32]:
        tied, against = ties(batch, taste.field, taste.reads), taste.against
        # An affinity counts likings alone; an aversion is what dislikes leave after likings.
        weight = faded(batch, taste.half_life_days, against=against)
        total = tied.total(-weight if against else weight)
        best = tied.pairs.best(total)
        if against:
            np.maximum(total, 0.0, out=total)
        # By pair, and then to the candidates: 0 of 0 is nobody's liking, and NaN.
        share = np.minimum(total / tied.pairs.of_rows(np.where(best > 0, best, np.nan)), 1.0)
        return tied.share(share)

    one, tagged = Feature(name, "share", (taste.field,), about, compute, reason), taste.reads == "tags"
    return one if tagged else replace(one, by=(by(taste.field, taste.reads),), kin=Kin(tastes, taste))
