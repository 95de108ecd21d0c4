"""Calibration: a monotone map from what trees say to what really follows, learned on rows they were not fitted on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PRIOR = 25.0
"""Rows that the trees' own word counts for in each step of the map, and as many outcomes in a factor."""
ENOUGH = 500
"""Outcomes of the rarer kind (of shares and amounts: rows) from which the map may have any rising form."""
HARDLY = 20
"""Outcomes of the rarer kind (or rows) below which nothing is calibrated."""


@dataclass(frozen=True)
class Calibration:
    """A rising map in straight pieces.

    Attributes:
        x: What trees say, rising, shape (k,); the first is 0.
        y: What to make of it, never falling, same shape. Above the last knot it grows in proportion.
        top: Highest value there can be; infinite for amounts.
        method: `isotonic`; `factor` where rows were few, so that only the level was corrected; `none` where they were
            hardly any.
    """

    x: Floats
    y: Floats
    top: float
    method: Literal["isotonic", "factor", "none"]

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
    raw: NDArray[np.float32], label: NDArray[np.float32], weight: NDArray[np.float32], kind: str
) -> Calibration:
    """Learn the map.

    With enough rows it is isotonic regression by pooling adjacent violators (Ayer, Brunk, Ewing, Reid and Silverman
    1955, "An empirical distribution function for sampling with incomplete information"), read as straight lines
    between the blocks' middles instead of as steps, so that items are told apart within a block (Oron and Flournoy
    2017, "Centered isotonic regression: point and interval estimation for dose-response studies"). Each block is
    shrunk by `PRIOR` rows towards what the trees said, at the right level on the whole, so that a handful of lucky
    rows at the top is not a certainty and a block without any outcome is not an impossibility.

    Args:
        raw: What trees say, from 0.
        label: What followed.
        weight: How much each row counts.
        kind: `chance`, `share` or `amount`.
    """
    top = np.inf if kind == "amount" else 1.0
    x, y, w = raw.astype(np.float64), label.astype(np.float64), weight.astype(np.float64)
    evidence = float(len(y)) if kind != "chance" else float(min((y > 0.5).sum(), (y <= 0.5).sum()))
    if evidence < HARDLY or w.sum() <= 0 or x.max() <= 0:
        return Calibration(np.array([0.0, 1.0]), np.array([0.0, 1.0]), top, "none")
    w = w * (len(w) / w.sum())
    if evidence < ENOUGH:
        return _factor(x, y, w, top)
    factor = _factor(x, y, w, top)
    level, mean, mass = pool(x, y, w)
    # Shrunk blocks may no longer rise, as small ones are shrunk more: they are pooled once more.
    shrunk = (mean * mass + PRIOR * factor.map(level)) / (mass + PRIOR)
    level, mean, _ = pool(level, shrunk, mass + PRIOR)
    keep = level > 0
    return _closed(level[keep], mean[keep], top, "isotonic")


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


def _factor(x: Floats, y: Floats, w: Floats, top: float) -> Calibration:
    """The level alone: what followed against what was said, as if `PRIOR` outcomes more had come as said."""
    said, came = float((w * x).sum()), float((w * y).sum())
    if said <= 0:
        return Calibration(np.array([0.0, 1.0]), np.array([0.0, 1.0]), top, "none")
    unit = said / float(w.sum())  # of amounts, one outcome is as much as they are on average
    prior = PRIOR * (1.0 if top == 1.0 else unit)
    middle = unit * (came + prior) / (said + prior)
    return _closed(np.array([unit]), np.array([min(middle, top)]), top, "factor")


def _closed(x: Floats, y: Floats, top: float, method: Literal["isotonic", "factor"]) -> Calibration:
    """The knots with ends: nothing is nothing, and the most that can be said keeps its proportion to the last knot."""
    x, y = np.append(0.0, x), np.append(0.0, y)
    if np.isfinite(top) and x[-1] < top:
        x, y = np.append(x, top), np.append(y, max(min(top, y[-1] * top / x[-1]), y[-1]))
    return Calibration(x, np.maximum.accumulate(y), top, method)
