"""How good a head is on rows it has not seen: figures, and what a reliability curve is drawn from."""

from __future__ import annotations

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

from penchant.ranking.chain import AnyHead, Chain
from penchant.ranking.rows import Rows

BINS = 15
"""Bins of the calibration error, each with as much weight as the others."""
_LEAST = 1e-7

Floats = NDArray[np.float64]


class ReliabilityBin(msgspec.Struct, frozen=True):
    """Rows of about the same prediction: one point of a reliability curve.

    Attributes:
        predicted: Mean prediction.
        observed: Mean of what followed; of rows that are too young to tell, what came over the share that comes so
            soon, which may be above 1 where there are few.
        rows: Number of rows.
    """

    predicted: float
    observed: float
    rows: int


class HeadFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A head against what followed.

    Attributes:
        head: Its name.
        kind: `chance`, `share` or `amount`.
        rows: Rows it is judged on.
        mean_label: Mean of what followed.
        mean_predicted: Mean prediction.
        log_loss: Of chances and shares, in nats a row.
        log_loss_constant: That of the best constant, the mean of these very rows; lower is better.
        quantile_loss: Of shares and amounts at the median: half the mean distance, in the label's unit.
        quantile_loss_constant: That of the best constant, the median of these very rows.
        auc: Chance that a row where it happened stands above one where it did not; of chances only.
        ece: Expected calibration error: mean distance between predicted and observed over `bins`; for amounts as a
            share of `mean_label`. Of rows that are too young to tell, what came is held against as much of what was
            predicted as comes so soon.
        bins: The reliability curve, by rising prediction.
        calibration: How it was calibrated: `isotonic`, `curve`, `factor` or `none`; `product` for a chain, whose parts
            are.
        fitted_on: Rows the trees were grown on; of a chain, of the part with the fewest.
        calibrated_on: Rows they were stopped and calibrated on.
        trees: Number of trees.
        ece_by_chance: What `ece` would be expected to be on so few rows if the head were calibrated; None in reports of
            before.
    """

    head: str
    kind: str
    rows: int
    mean_label: float | None
    mean_predicted: float | None
    log_loss: float | None
    log_loss_constant: float | None
    quantile_loss: float | None
    quantile_loss_constant: float | None
    auc: float | None
    ece: float | None
    bins: tuple[ReliabilityBin, ...]
    calibration: str
    fitted_on: int
    calibrated_on: int
    trees: int
    ece_by_chance: float | None = None


def judge_head(fitted: AnyHead, rows: Rows) -> HeadFigures:
    """Figures of a head on rows that neither its trees nor its calibration have seen.

    Args:
        fitted: The head, or a chain of heads.
        rows: Rows with this head's own labels; those with an unknown label or no weight are left out, and, of a head
            that reads where items stand, those that nobody was shown.
    """
    rows = rows.usable.shown(fitted.features)
    y, w = rows.label.astype(np.float64), rows.weight.astype(np.float64)
    p = fitted.predict(rows.of(fitted.features)).astype(np.float64)
    # Of rows that are too young to tell, what came is held against as much of what is said as comes so soon.
    soon = np.maximum(rows.settled.astype(np.float64), _LEAST)
    told = (p, y / soon, soon) if rows.come is not None else (p, y, w)
    bins = reliability(*told)
    error, chance = calibration_error(*told), error_by_chance(*told)
    bounded, amount = fitted.kind != "amount", fitted.kind != "chance"
    mean = _mean(y, w)
    if fitted.kind == "amount":
        error, chance = (None if one is None or not mean else one / mean for one in (error, chance))
    return HeadFigures(
        head=fitted.name,
        kind=fitted.kind,
        rows=len(rows),
        mean_label=mean,
        mean_predicted=_mean(p, w),
        log_loss=_mean(log_losses(p, y), w) if bounded else None,
        log_loss_constant=_mean(log_losses(np.full(len(y), mean or 0.0), y), w) if bounded else None,
        quantile_loss=_mean(quantile_losses(p, y), w) if amount else None,
        quantile_loss_constant=_mean(quantile_losses(np.full(len(y), _median(y, w)), y), w) if amount else None,
        auc=area_under_curve(p, y, w) if fitted.kind == "chance" else None,
        ece=error,
        bins=bins,
        calibration="product" if isinstance(fitted, Chain) else fitted.calibration.method,
        fitted_on=fitted.fitted_on,
        calibrated_on=fitted.calibrated_on,
        trees=fitted.trees,
        ece_by_chance=chance,
    )


def log_losses(predicted: Floats, label: Floats) -> Floats:
    """Cross entropy of each row, in nats; label is 0 or 1, or a share. Predictions are kept off 0 and 1 by 1e-7."""
    p = np.clip(predicted, _LEAST, 1.0 - _LEAST)
    loss: Floats = -(label * np.log(p) + (1.0 - label) * np.log1p(-p))
    return loss


def quantile_losses(predicted: Floats, label: Floats, quantile: float = 0.5) -> Floats:
    """Pinball loss of each row, in the label's unit.

    Koenker, R. and Bassett, G. (1978). Regression quantiles.
    """
    short = label - predicted
    loss: Floats = np.maximum(quantile * short, (quantile - 1.0) * short)
    return loss


def reliability(predicted: Floats, label: Floats, weight: Floats, bins: int = BINS) -> tuple[ReliabilityBin, ...]:
    """Predicted against observed in bins of equal weight; rows of equal prediction share a bin."""
    which, mass = _binned(predicted, weight, bins)
    told = []
    for one in np.flatnonzero(mass > 0):
        at = which == one
        w = weight[at]
        mean = float(np.dot(w, predicted[at]) / w.sum()), float(np.dot(w, label[at]) / w.sum())
        told.append(ReliabilityBin(*mean, int(at.sum())))
    return tuple(told)


def calibration_error(predicted: Floats, label: Floats, weight: Floats, bins: int = BINS) -> float | None:
    """Expected calibration error over bins of equal weight; None without rows.

    Naeini, M. P., Cooper, G. F. and Hauskrecht, M. (2015). Obtaining well calibrated probabilities using Bayesian
    binning. (Equal-mass bins: Nixon et al. 2019, "Measuring calibration in deep learning".)
    """
    if not len(label):
        return None
    which, mass = _binned(predicted, weight, bins)
    apart = np.abs(np.bincount(which, weight * (predicted - label), bins))
    return float(apart.sum() / mass.sum())


def error_by_chance(predicted: Floats, label: Floats, weight: Floats, bins: int = BINS) -> float | None:
    """The calibration error to be expected of a calibrated head, from how far single rows are off; None without rows.

    The mean distance of a normal variable from its own mean is sqrt(2 / pi) standard deviations.
    """
    if not len(label):
        return None
    which, mass = _binned(predicted, weight, bins)
    apart = label - predicted
    # Around the bin's own mean: that the head is off there must not count as chance.
    middle = np.bincount(which, weight * apart, bins) / np.maximum(mass, _LEAST)
    spread = np.bincount(which, (weight * (apart - middle[which])) ** 2, bins)
    return float(math.sqrt(2.0 / math.pi) * np.sqrt(spread).sum() / mass.sum())


def area_under_curve(predicted: Floats, label: Floats, weight: Floats) -> float | None:
    """Chance that a row with label 1 is predicted above one with label 0, ties counting half; None without both."""
    hit = label > 0.5
    value, which = np.unique(predicted, return_inverse=True)
    yes = np.bincount(which[hit], weight[hit], len(value)) if hit.any() else np.zeros(len(value))
    no = np.bincount(which[~hit], weight[~hit], len(value)) if (~hit).any() else np.zeros(len(value))
    pairs = float(yes.sum() * no.sum())
    if not pairs:
        return None
    below = np.cumsum(no) - no
    return float((yes * (below + 0.5 * no)).sum() / pairs)


def _binned(predicted: Floats, weight: Floats, bins: int) -> tuple[NDArray[np.int64], Floats]:
    """The bin of each row, and the weight of each bin."""
    value, which = np.unique(predicted, return_inverse=True)
    mass = np.bincount(which, weight, len(value))
    middle = np.cumsum(mass) - 0.5 * mass
    total = float(mass.sum())
    of = np.minimum((middle * (bins / total)).astype(np.int64), bins - 1) if total > 0 else np.zeros(len(value), int)
    mine: NDArray[np.int64] = of[which]
    return mine, np.bincount(mine, weight, bins).astype(np.float64)


def _mean(values: Floats, weight: Floats) -> float | None:
    total = float(weight.sum())
    mean = float((values * weight).sum()) / total if total > 0 else math.nan
    return mean if math.isfinite(mean) else None


def _median(values: Floats, weight: Floats) -> float:
    if not len(values):
        return 0.0
    order = np.argsort(values, kind="stable")
    mass = np.cumsum(weight[order])
    return float(values[order][int(np.searchsorted(mass, 0.5 * mass[-1]))])
