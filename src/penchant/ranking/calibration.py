"""Calibration: a monotone map from what trees say to what really follows, learned on rows they were not fitted on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PRIOR = 25.0
"""Rows that the trees' own word counts for in each step of the map, and as many outcomes in a factor."""
ENOUGH = 5_000
"""Outcomes of the rarer kind (of shares and amounts: rows) from which the map may have any rising form."""
SOME = 50
"""Likewise, from which it may be a curve of two or three numbers; below, only the level is corrected."""
HARDLY = 20
"""Outcomes of the rarer kind (or rows) below which nothing is calibrated."""


HALVES = 2.0
"""How often what a row counts halves over the stretch of time that calibrates an amount."""
HALVES_OF_HABIT = 6.0
"""The same of what people do by habit: whether they come again hangs on how they were served of late, all of them at
once, so there is more to be gained by what is recent than lost by fewer rows."""

_EDGE = 1e-6
_KNOTS = 41
_STEPS = 50
_NEAR = 1e-7
_ROUNDS = 20
_STILL = 1e-4
_SAMPLE = 200
_FLAT = 0.02
"""Least slope of a curve: items must still be told apart."""

Method = Literal["isotonic", "curve", "factor", "none"]


@dataclass(frozen=True)
class Calibration:
    """A rising map in straight pieces.

    Attributes:
        x: What trees say, rising, shape (k,); the first is 0.
        y: What to make of it, never falling, same shape. Above the last knot it grows in proportion.
        top: Highest value there can be; infinite for amounts.
        method: `isotonic`; `curve` where rows were fewer, so that it has a form of few numbers; `factor` where only the
            level was corrected; `none` where there were hardly any.
    """

    x: Floats
    y: Floats
    top: float
    method: Method

    def __call__(self, raw: NDArray[np.float32]) -> NDArray[np.float32]:
        """Calibrated predictions, float32, same shape."""
        return self.map(raw).astype(np.float32)

    def map(self, raw: NDArray[np.floating]) -> Floats:
        """The map itself, float64."""
        value: Floats = np.interp(raw, self.x, self.y)
        last = float(self.x[-1])
        if last < self.top:
            value = np.where(raw > last, raw.astype(np.float64) * (float(self.y[-1]) / last), value)
        return value


def calibrate(
    raw: NDArray[np.float32],
    label: NDArray[np.float32],
    weight: NDArray[np.float32],
    kind: str,
    counts: NDArray[np.float32] | None = None,
) -> Calibration:
    """Learn the map.

    With enough rows it is isotonic regression by pooling adjacent violators (Ayer, Brunk, Ewing, Reid and Silverman
    1955, "An empirical distribution function for sampling with incomplete information"), read as straight lines
    between the blocks' middles instead of as steps, so that items are told apart within a block (Oron and Flournoy
    2017, "Centered isotonic regression: point and interval estimation for dose-response studies"). Each block is
    shrunk by `PRIOR` rows towards the curve below, so that a handful of lucky rows at the top is not a certainty and a
    block without any outcome is not an impossibility.

    With fewer rows it is a curve: of chances and shares the beta calibration of Kull, Silva Filho and Flach 2017
    ("Beta calibration: a well-founded and easily implemented improvement on logistic calibration for binary
    classifiers"), of amounts a power. Steps of a few thousand rows are off by chance more than such a curve is by its
    form.

    Args:
        raw: What trees say, from 0.
        label: What followed.
        weight: How much each row counts.
        kind: `chance`, `share` or `amount`.
        counts: What each row counts beside its weight, such as `lately` says; how much there is to learn from does not
            hang on it. 1 for all when None.
    """
    top = np.inf if kind == "amount" else 1.0
    x, y, w = raw.astype(np.float64), label.astype(np.float64), weight.astype(np.float64)
    # A row that is too young to tell is no outcome of either kind yet: it counts as its weight against a final one.
    each = w / max(float(w.max(initial=0.0)), _EDGE)
    kinds = (float(each[y > 0.5].sum()), float(each[y <= 0.5].sum()))
    evidence = float(len(y)) if kind != "chance" else min(kinds)
    if evidence < HARDLY or w.sum() <= 0 or x.max() <= 0:
        return Calibration(np.array([0.0, 1.0]), np.array([0.0, 1.0]), top, "none")
    w = w if counts is None else w * counts
    w = w * (len(w) / w.sum())
    if evidence < SOME:
        return _factor(x, y, w, top)
    curve = _curve(x, y, w, top)
    if evidence < ENOUGH:
        return curve
    level, mean, mass = pool(x, y, w)
    # Shrunk blocks may no longer rise, as small ones are shrunk more: they are pooled once more.
    shrunk = (mean * mass + PRIOR * curve.map(level)) / (mass + PRIOR)
    level, mean, _ = pool(level, shrunk, mass + PRIOR)
    keep = level > 0
    return _closed(level[keep], mean[keep], top, "isotonic")


def calibrate_young(
    raw: NDArray[np.float32],
    label: NDArray[np.float32],
    weight: NDArray[np.float32],
    kind: str,
    come: NDArray[np.float32] | None,
    *,
    habit: bool = False,
    counts: NDArray[np.float32] | None = None,
) -> Calibration:
    """Learn the map from rows some of which are too young to tell.

    A young row without the outcome is weighted by how likely it is that none comes, and that hangs on its own chance:
    where nine in ten have it, hardly any of those that still lack it will do without. By one chance for all, high ones
    come out too low and low ones too high. So the map gives each row its chance, the chances give weights, and these
    the next map. Where it stands still it fits the outcomes seen so far as the likeliest (as does the model of Chapelle
    2014, "Modeling delayed feedback in display advertising", whose delays are exponential).

    Args:
        raw: What trees say, from 0.
        label: What followed.
        weight: How much each row counts, by one chance for all.
        kind: `chance`, `share` or `amount`.
        come: Share of the outcomes that come as soon as each row is old; None where all are final.
        habit: Whether an outcome that is likelier also comes sooner; see `soon`.
        counts: As in `calibrate`.
    """
    made = calibrate(raw, label, weight, kind, counts)
    if come is None or made.method == "none":
        return made
    young = np.flatnonzero((come < 1.0) & (label <= 0.5))
    if not len(young):
        return made
    weight, share = weight.copy(), come[young].astype(np.float64)
    for _ in range(_ROUNDS):
        said = np.clip(made.map(raw), _EDGE, 1.0 - _EDGE)
        chance = said[young]
        by_now = soon(chance, share, said) if habit else chance * share
        weight[young] = by_now * (1.0 - chance) / (chance * np.maximum(1.0 - by_now, _EDGE))
        before, made = made, calibrate(raw, label, weight, kind, counts)
        if float(np.abs(made.map(raw[young]) - before.map(raw[young])).max()) < _STILL:
            break
    return made


def lately(time: NDArray[np.float64], halves: float) -> NDArray[np.float32]:
    """What rows of a stretch of time count: the later, the more, as what serves is asked about what comes next.

    Args:
        time: When each row was shown, Unix seconds.
        halves: How often it halves, from the end of the stretch back to its beginning.

    Returns:
        Same shape, up to 1.
    """
    span = float(np.ptp(time)) if len(time) else 0.0
    if span <= 0:
        return np.ones(len(time), np.float32)
    counts: NDArray[np.float32] = (0.5 ** (halves * (time.max() - time) / span)).astype(np.float32)
    return counts


def soon(chance: Floats, share: Floats, all_chances: Floats) -> Floats:
    """Chance that an outcome has come by now, of one that comes the sooner the likelier it is.

    Who comes every day is back tomorrow, who comes once a week is not. All have the same hazard up to a factor (Cox
    1972, "Regression models and life-tables"), so 1 - (1 - p)^u has come when a share u of the hazard is over; u is
    where this is so of the given share of all that comes.

    Args:
        chance: That it comes at all, by row.
        share: Share of all cases that have come when a row is as old, by row.
        all_chances: Of rows like those that the share is of.
    """
    hazard = np.linspace(0.0, 1.0, _KNOTS)
    never = np.quantile(1.0 - all_chances, (np.arange(_SAMPLE) + 0.5) / _SAMPLE)
    came = np.array([float((1.0 - never**over).mean()) for over in hazard])
    by_now: Floats = 1.0 - (1.0 - chance) ** np.interp(share, came / came[-1], hazard)
    return by_now


def pool(x: Floats, y: Floats, weight: Floats) -> tuple[Floats, Floats, Floats]:
    """Isotonic regression of y on x by pooling adjacent violators.

    Args:
        x: Positions, in any order; equal ones are one block from the start.
        y: Values, same shape.
        weight: Weights above 0, same shape.

    Returns:
        By block, in rising order of x: mean x, mean y (strictly rising) and weight.
    """
    at, which = np.unique(x, return_inverse=True)
    mass = np.bincount(which, weight, len(at))
    value = np.bincount(which, weight * y, len(at)) / mass
    # One stack of blocks: sum of weights, weighted x and weighted y.
    blocks: list[tuple[float, float, float]] = []
    for m, a, b in zip(mass.tolist(), (mass * at).tolist(), (mass * value).tolist(), strict=True):
        while blocks and blocks[-1][2] * m >= b * blocks[-1][0]:
            m0, a0, b0 = blocks.pop()
            m, a, b = m + m0, a + a0, b + b0
        blocks.append((m, a, b))
    out = np.array(blocks, np.float64).reshape(-1, 3)
    return out[:, 1] / out[:, 0], out[:, 2] / out[:, 0], out[:, 0]


def level_of(raw: NDArray[np.float32], label: NDArray[np.float32], weight: NDArray[np.float32]) -> Calibration:
    """The map of an amount that corrects its level and nothing else."""
    return _factor(raw.astype(np.float64), label.astype(np.float64), weight.astype(np.float64), np.inf)


def _curve(x: Floats, y: Floats, w: Floats, top: float) -> Calibration:
    """A rising map of two or three numbers, held to what the trees say by one row's weight; see `calibrate`.

    Read off at the quantiles of what the trees said. Where what followed does not rise with that at all, it is hardly
    more than the mean.
    """
    bounded = top == 1.0
    unit = 1.0 if bounded else float((w * x).sum() / w.sum())
    told = np.clip(x / unit, _EDGE, 1.0 - _EDGE if bounded else np.inf)
    columns = [np.log(told), -np.log1p(-told)] if bounded else [np.log(told)]
    found = _fitted(columns, y / unit, w, bounded=bounded)
    if found is None and bounded:
        # One slope for both ends, as in Platt's scaling.
        columns = [columns[0] + columns[1]]
        found = _fitted(columns, y, w, bounded=True)
    if found is None:
        mean = max(float((w * y).sum() / w.sum()) / unit, _EDGE)
        level = math.log(mean / max(1.0 - mean, _EDGE)) if bounded else math.log(mean)
        found = np.array([level - _FLAT * float((w * columns[0]).sum() / w.sum()), _FLAT])
    order = np.unique(np.quantile(np.arange(len(x)), np.linspace(0.0, 1.0, _KNOTS)).astype(np.int64))
    at = np.argsort(x, kind="stable")[order]
    knots, first = np.unique(x[at], return_index=True)
    raised = sum(slope * column[at][first] for slope, column in zip(found[1:], columns, strict=True)) + found[0]
    made = 1.0 / (1.0 + np.exp(-raised)) if bounded else unit * np.exp(raised)
    keep = knots > 0
    return _closed(knots[keep], made[keep], top, "curve")


def _fitted(columns: list[Floats], y: Floats, w: Floats, *, bounded: bool) -> Floats | None:
    """Level and slopes by Newton's method: logistic where bounded, else of a mean's logarithm; None if one falls."""
    rows = [np.ones_like(y), *columns]
    start = np.array([0.0] + [1.0] * len(columns))
    held = np.array([1e-6] + [1.0] * len(columns))

    def raised(at: Floats) -> Floats:
        total: Floats = sum((slope * row for slope, row in zip(at, rows, strict=True)), np.zeros_like(y))
        return np.clip(total, -30.0, 30.0)

    def loss(at: Floats) -> float:
        to = raised(at)
        each = w * ((np.logaddexp(0.0, to) if bounded else np.exp(to)) - y * to)
        return float(each.sum()) + 0.5 * float((held * (at - start) ** 2).sum())

    found, here = start, loss(start)
    for _ in range(_STEPS):
        to = raised(found)
        mean = 1.0 / (1.0 + np.exp(-to)) if bounded else np.exp(to)
        spread = w * (mean * (1.0 - mean) if bounded else mean)
        # Plain sums, whose order does not depend on how many threads a library has.
        slope = np.array([float((row * w * (y - mean)).sum()) for row in rows]) - held * (found - start)
        bend = np.array([[float((one * two * spread).sum()) for two in rows] for one in rows]) + np.diag(held)
        step: Floats = np.linalg.solve(bend, slope)
        there = loss(found + step)
        while there > here and float(np.abs(step).max()) > _NEAR:
            step = 0.5 * step
            there = loss(found + step)
        if there > here:
            break
        found, here = found + step, there
        if float(np.abs(step).max()) < _NEAR:
            break
    return found if (found[1:] >= _FLAT).all() else None


def _factor(x: Floats, y: Floats, w: Floats, top: float) -> Calibration:
    """The level alone: what followed against what was said, as if `PRIOR` outcomes more had come as said."""
    said, came = float((w * x).sum()), float((w * y).sum())
    if said <= 0:
        return Calibration(np.array([0.0, 1.0]), np.array([0.0, 1.0]), top, "none")
    unit = said / float(w.sum())  # of amounts, one outcome is as much as they are on average
    prior = PRIOR * (1.0 if top == 1.0 else unit)
    middle = unit * (came + prior) / (said + prior)
    return _closed(np.array([unit]), np.array([min(middle, top)]), top, "factor")


def _closed(x: Floats, y: Floats, top: float, method: Method) -> Calibration:
    """The knots with ends: nothing is nothing, and the most that can be said keeps its proportion to the last knot."""
    x, y = np.append(0.0, x), np.append(0.0, y)
    if np.isfinite(top) and x[-1] < top:
        x, y = np.append(x, top), np.append(y, max(min(top, y[-1] * top / x[-1]), y[-1]))
    return Calibration(x, np.maximum.accumulate(y), top, method)
