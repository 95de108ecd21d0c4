"""Where the person moves on a scale, by group: the prices they look at in a category, the lengths they finish."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.features.batch import Batch
from penchant.features.columns import mean_by, median_by, of_columns, rank_by
from penchant.features.feature import Feature
from penchant.features.past import Floats, cut, halved, liked, past
from penchant.features.ties import ties
from penchant.slate import Reason

FAR = 10.0
"""Logarithms of ratios are cut here: beyond it, one thing is twenty thousand times the other."""


@dataclass(frozen=True)
class Scale:
    """How levels of a number are read inside groups.

    Attributes:
        field: A number above 0, such as a price or a length.
        group: Category field inside which levels are compared.
        shrinkage: Weight of what is known without the person, in units of signal weight: one look is a hint and ten
            are a habit.
        half_life_days: Decay of the history.
    """

    field: str
    group: str
    shrinkage: float = 1.0
    half_life_days: float = 30.0


@dataclass(frozen=True)
class _Levels:
    """Aligned with the candidates.

    Attributes:
        log: Logarithm of the candidate's number.
        mean: Mean logarithm of its group.
        mass: Weight of the person's likings in its group.
        shift: Their sum of weight times how far each lay above its group's mean.
        overall: How far the person's likings of all groups lie above their groups' means, drawn towards 0.
    """

    log: Floats
    mean: Floats
    mass: Floats
    shift: Floats
    overall: Floats


def number_fit(
    name: str,
    field: str,
    group: str,
    about: str,
    *,
    spread: float = 0.3,
    shrinkage: float = 1.0,
    half_life_days: float = 30.0,
    reason: Reason | None = None,
) -> Feature:
    """How near a number is to where the person moves, on a log scale, inside the candidate's group.

    The person's level in a group is the weighted mean of log(number) over their history in that group, drawn
    towards the group's own mean by `shrinkage` units of weight, so one look is a hint and ten are a habit. The
    value is a bell of width `spread` (0.3 is about ±30 %) around the level: 1 on it, near 0 far away.

    Args:
        name: Feature name.
        field: A number above 0, such as a price or a length.
        group: Category field inside which levels are compared.
        about: One sentence.
        spread: Width of the bell, in log units.
        shrinkage: Weight of the group's mean.
        half_life_days: Decay of the history.
        reason: Told when it moved an item up.

    Returns:
        A feature in 0 to 1; NaN without the number or without positive history in the group.
    """
    scale = Scale(field, group, shrinkage, half_life_days)

    def compute(batch: Batch) -> NDArray[np.float32]:
        found = _levels(batch, scale)
        shift = found.shift / np.maximum(found.mass + shrinkage, 1e-12)
        distance = (found.log - found.mean - shift) / spread
        value = np.exp(-0.5 * np.minimum(distance * distance, 1e3))
        return np.where(found.mass > 0, value, np.nan).astype(np.float32)

    return Feature(name, "share", (field, group), about, compute, reason)


def above_level(name: str, about: str, scale: Scale) -> Feature:
    """How far a number lies above the person's level in its group, as the logarithm of their ratio.

    Unlike in `number_fit`, a group is drawn towards where the person lies in all others: who buys dear shoes is
    expected among dear coats. Who liked nothing yet is expected at the group's mean.
    """

    def compute(batch: Batch) -> NDArray[np.float32]:
        found = _levels(batch, scale)
        shift = (found.shift + scale.shrinkage * found.overall) / np.maximum(found.mass + scale.shrinkage, 1e-12)
        return cut(found.log - found.mean - shift, -FAR, FAR)

    return Feature(name, "log ratio", (scale.field, scale.group), about, compute, low=-FAR, high=FAR)


def above_median(name: str, field: str, group: str, about: str) -> Feature:
    """How far a number lies above the median of its group, as the logarithm of their ratio."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        number, groups = batch.table.number(field), batch.table.category(group)
        n = len(groups.names)

        def make() -> Floats:
            log = _log(number)
            return log - median_by(log, groups.codes, n)[groups.codes]

        above = of_columns("above median", (number, groups.codes), make)
        return cut(above[batch.candidates.items], -FAR, FAR)

    return Feature(name, "log ratio", (field, group), about, compute, low=-FAR, high=FAR)


def rank_within(name: str, field: str, group: str, about: str) -> Feature:
    """Where a number stands among those of its group: near 0 is the least, near 1 the highest."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        number, groups = batch.table.number(field), batch.table.category(group)
        rank = of_columns("rank", (number, groups.codes), lambda: rank_by(number, groups.codes))
        return rank[batch.candidates.items].astype(np.float32)

    return Feature(name, "share", (field, group), about, compute)


def above_highest(name: str, field: str, about: str) -> Feature:
    """How far a number lies above the highest the person ever liked, as the logarithm of their ratio."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        found, number = past(batch), batch.table.number(field)
        log = _log(number[found.items])
        highest = np.full(len(batch.queries), -np.inf)
        keep = liked(batch) & np.isfinite(log)
        np.maximum.at(highest, found.row[keep], log[keep])
        most = highest[batch.row]
        above = _log(batch.number(field)) - np.where(np.isfinite(most), most, np.nan)
        return cut(above, -FAR, FAR)

    return Feature(name, "log ratio", (field,), about, compute, low=-FAR, high=FAR)


def _levels(batch: Batch, scale: Scale) -> _Levels:
    def make() -> _Levels:
        found, number = past(batch), batch.table.number(scale.field)
        groups = batch.table.category(scale.group)

        def means() -> Floats:
            return mean_by(_log(number), groups.codes, len(groups.names))

        mean = of_columns("mean log", (number, groups.codes), means)
        tied = ties(batch, scale.group)
        above = _log(number[found.items]) - mean[groups.codes[found.items]]
        has = np.isfinite(above)
        weight = halved(batch, scale.half_life_days, liked(batch) & has)
        moved = weight * np.where(has, above, 0.0)
        total, sums = (np.bincount(found.row, part, len(batch.queries)) for part in (weight, moved))
        return _Levels(
            _log(batch.number(scale.field)),
            mean[batch.category(scale.group)],
            tied.mean(tied.total(weight)),
            tied.mean(tied.total(moved)),
            (sums / np.maximum(total + scale.shrinkage, 1e-12))[batch.row],
        )

    return batch.once(("levels", scale), make)


def _log(number: Floats) -> Floats:
    """Natural logarithm; NaN where there is none."""
    return np.log(np.where(number > 0, number, np.nan))
