"""Where the person moves on a scale, by group: the prices they look at in a category, the lengths they finish."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.features.batch import Batch
from penchant.features.columns import mean_by, median_by, of_columns, rank_by
from penchant.features.feature import Feature
from penchant.features.past import Floats, ages_of, cut, liked, past
from penchant.features.ties import Ties, by, ties
from penchant.features.whole import of_items
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
    """Of the pairs of requests and groups, by slot.

    Attributes:
        tied: The pairs.
        mass: Weight of the person's likings in the group.
        shift: Their sum of weight times how far each lay above its group's mean.
        weight: Weight of each entry.
        moved: Weight times how far it lay above, of each entry.
    """

    tied: Ties
    mass: Floats
    shift: Floats
    weight: Floats
    moved: Floats


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
        # Where nothing was liked there is no level, whatever is shrunk.
        shift = np.where(found.mass > 0, shift, np.nan).take(found.tied.pairs.asked)
        distance = (_lying(batch, field, group) - shift) / spread
        distance *= distance
        return np.exp(-0.5 * np.minimum(distance, 1e3)).astype(np.float32)

    return Feature(name, "share", (field, group), about, compute, reason, by=(by(group),))


def above_level(name: str, about: str, scale: Scale) -> Feature:
    """How far a number lies above the person's level in its group, as the logarithm of their ratio.

    Unlike in `number_fit`, a group is drawn towards where the person lies in all others: who buys dear shoes is
    expected among dear coats. Who liked nothing yet is expected at the group's mean.
    """

    def compute(batch: Batch) -> NDArray[np.float32]:
        found, row, n = _levels(batch, scale), past(batch).row, len(batch.queries)
        total, sums = np.bincount(row, found.weight, n), np.bincount(row, found.moved, n)
        overall = found.tied.pairs.of_rows(sums / np.maximum(total + scale.shrinkage, 1e-12))
        shift = (found.shift + scale.shrinkage * overall) / np.maximum(found.mass + scale.shrinkage, 1e-12)
        above = _lying(batch, scale.field, scale.group)
        return cut(above - shift.take(found.tied.pairs.asked), -FAR, FAR)

    return Feature(
        name, "log ratio", (scale.field, scale.group), about, compute, low=-FAR, high=FAR, by=(by(scale.group),)
    )


def above_median(name: str, field: str, group: str, about: str) -> Feature:
    """How far a number lies above the median of its group, as the logarithm of their ratio."""
    key = ("above median", field, group)

    def whole(batch: Batch) -> NDArray[np.float32]:
        def make() -> NDArray[np.float32]:
            number, groups = batch.table.number(field), batch.table.category(group)

            def above() -> NDArray[np.float32]:
                log = _log(number)
                return cut(log - median_by(log, groups.codes, len(groups.names))[groups.codes], -FAR, FAR)

            return of_columns("above median", (number, groups.codes), above)

        return batch.kept(key, make)

    return of_items(whole, name=name, unit="log ratio", reads=(field, group), about=about, low=-FAR, high=FAR)


def rank_within(name: str, field: str, group: str, about: str) -> Feature:
    """Where a number stands among those of its group: near 0 is the least, near 1 the highest."""
    key = ("rank", field, group)

    def whole(batch: Batch) -> NDArray[np.float32]:
        def make() -> NDArray[np.float32]:
            number, codes = batch.numbers(field), batch.codes(group)
            return of_columns("rank", (number, codes), lambda: rank_by(number, codes).astype(np.float32))

        return batch.kept(key, make)

    return of_items(whole, name=name, unit="share", reads=(field, group), about=about)


def above_highest(name: str, field: str, about: str) -> Feature:
    """How far a number lies above the highest the person ever liked, as the logarithm of their ratio."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        found, number = past(batch), batch.numbers(field)
        log = batch.kept(("log", field), lambda: of_columns("log", (number,), lambda: _log(number)))
        most = np.full(len(batch.queries), np.nan)
        own = log.take(found.items)
        told = np.where(liked(batch), own, np.nan)
        # The greater of a number and NaN is the number.
        if len(most) == 1:
            most[0] = np.fmax.reduce(told, initial=np.nan)
        else:
            np.fmax.at(most, found.row, told)
        return cut(log.take(batch.at) - most.take(batch.row), -FAR, FAR)

    return Feature(name, "log ratio", (field,), about, compute, low=-FAR, high=FAR)


def _above(batch: Batch, field: str, group: str) -> Floats:
    """How far each item's number lies above the mean of its group, as the logarithm of their ratio."""

    def make() -> Floats:
        number, groups = batch.table.number(field), batch.table.category(group)

        def above() -> Floats:
            log = _log(number)
            return log - mean_by(log, groups.codes, len(groups.names))[groups.codes]

        return of_columns("above mean", (number, groups.codes), above)

    return batch.kept(("above mean", field, group), make)


def _lying(batch: Batch, field: str, group: str) -> Floats:
    """The same of each candidate."""
    return batch.once(("candidates lying", field, group), lambda: _above(batch, field, group).take(batch.at))


def _levels(batch: Batch, scale: Scale) -> _Levels:
    def lying() -> tuple[Floats, Floats]:
        """How far each entry lay above its group's mean, 0 where that is not told; and ages of those that count."""
        above = _above(batch, scale.field, scale.group).take(past(batch).items)
        has = np.isfinite(above)
        return np.where(has, above, 0.0), ages_of(batch, has & liked(batch))

    def make() -> _Levels:
        above, ages = batch.once(("lying", scale.field, scale.group), lying)
        weight = np.asarray(past(batch).weights * np.exp2(-ages / scale.half_life_days), np.float64)
        moved, tied = weight * above, ties(batch, scale.group)
        return _Levels(tied, tied.total(weight), tied.total(moved), weight, moved)

    return batch.once(("levels", scale), make)


def _log(number: Floats) -> Floats:
    """Natural logarithm; NaN where there is none."""
    return np.log(np.where(number > 0, number, np.nan))
