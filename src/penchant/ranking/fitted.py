"""A head as it is learned: boosted trees, and the calibration of what they say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import numpy as np
import xgboost
from numpy.typing import NDArray

from penchant.errors import FitFailed
from penchant.models import Run, State
from penchant.ranking.calibration import (
    HALVES,
    HALVES_OF_HABIT,
    Calibration,
    calibrate,
    calibrate_young,
    lately,
    level_of,
)
from penchant.ranking.head import Head
from penchant.ranking.rows import POSITION, Rows

TREES = 50
"""Most trees of a head; with `DEPTH`, what serving has time for (docs/decisions/0024-heads-and-formulas.md)."""
DEPTH = 5
RATE = 0.12
LEAST_ROWS = 200
"""Rows that a leaf needs at least, as far as their outcomes are as uncertain as on average; where there are few, a
fiftieth of them all."""
LEAST_EACH = 20
"""Times it must have happened, and not happened, for a chance to be learned."""
LEAST = 200
"""Rows below which no share or amount is learned, and nothing is stopped early."""
LEAST_CHANCE = 100
"""Rows below which no chance is learned; `LEAST_EACH` asks for more of what is rare."""
FOLDS = 5
"""Parts of the rows when later ones are too few to calibrate on."""
_HABIT = "came_back"
_PATIENCE = 10
_BINS = 128
_OBJECTIVES = {"chance": "binary:logistic", "share": "reg:logistic", "amount": "reg:squarederror"}

Kind = Literal["chance", "share", "amount"]


@dataclass(frozen=True)
class FittedHead:
    """A head that predicts.

    Attributes:
        name: As formulas call it.
        kind: `chance`, `share` or `amount`.
        features: Names of what it reads, in the order of the columns.
        booster: The trees, whose sum is counted from 0.
        base: What the sum of trees is added to: the level of the rows it was fitted on.
        calibration: What to make of what they say.
        mean: Mean label of the rows it was fitted on.
        fitted_on: Rows the trees were grown on.
        calibrated_on: Rows they were stopped and calibrated on.
    """

    name: str
    kind: Kind
    features: tuple[str, ...]
    booster: xgboost.Booster
    base: float
    calibration: Calibration
    mean: float
    fitted_on: int
    calibrated_on: int

    @property
    def trees(self) -> int:
        """Number of trees."""
        return int(self.booster.num_boosted_rounds())

    def predict(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Calibrated predictions; a row's is the same whatever other rows there are.

        Args:
            values: Shape (m, f), float32, in the order of `features`; NaN where nothing can be said.

        Returns:
            Shape (m,): chances and shares from 0 to 1, amounts from 0.
        """
        if not len(values):
            return np.zeros(0, np.float32)
        return self.calibrated(self.booster.inplace_predict(values, predict_type="margin", validate_features=False))

    def calibrated(self, margin: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the sum over all trees means, shape (m,)."""
        return self.calibration(said(margin + np.float32(self.base), self.kind))

    def state(self) -> State:
        """The head as arrays and settings; trees in XGBoost's own binary JSON."""
        trees = np.frombuffer(bytes(self.booster.save_raw("ubj")), np.uint8)
        settings: dict[str, Any] = {
            "name": self.name,
            "kind": self.kind,
            "features": list(self.features),
            "calibration": self.calibration.method,
            "base": self.base,
            "mean": self.mean,
            "fitted_on": self.fitted_on,
            "calibrated_on": self.calibrated_on,
        }
        return State({"trees": trees, "x": self.calibration.x, "y": self.calibration.y}, settings)

    @classmethod
    def restore(cls, state: State) -> Self:
        """The same head, to the bit."""
        told, arrays = state.settings, state.arrays
        top = np.inf if told["kind"] == "amount" else 1.0
        knots = np.array(arrays["x"], np.float64), np.array(arrays["y"], np.float64)
        return cls(
            told["name"],
            told["kind"],
            tuple(told["features"]),
            booster_of(bytearray(arrays["trees"].tobytes())),
            told["base"],
            Calibration(*knots, top, told["calibration"]),
            told["mean"],
            told["fitted_on"],
            told["calibrated_on"],
        )


def said(margin: NDArray[np.float32], kind: Kind) -> NDArray[np.float32]:
    """What trees say before calibration: a chance, a share, or an amount from 0."""
    if kind == "amount":
        return np.expm1(np.clip(margin, 0.0, 50.0))
    with np.errstate(over="ignore"):
        out: NDArray[np.float32] = (1.0 / (1.0 + np.exp(-margin))).astype(np.float32)
    return out


def fit_head(head: Head, rows: Rows, calibration: Rows, run: Run) -> FittedHead:
    """Learn a head.

    Trees are grown on `rows`, and no more of them than help on `calibration`; then what they say is calibrated there,
    or, where too little came of those rows, on fifths of all rows by trees of the other four.
    The same rows and seed give the same bytes. It takes one thread; several heads may be fitted at once.

    Args:
        head: What is declared.
        rows: Earlier rows, with this head's labels. Rows whose label is unknown or whose weight is 0 are left out.
        calibration: Later rows; may be few, or none.
        run: Seed and progress.

    Raises:
        FitFailed: There is too little to learn from; says what.
    """
    rows, calibration = rows.usable, calibration.usable
    features = _features(head, rows.names)
    kind = head.outcome.kind
    _check(head, rows)
    values, y, w = _clean(rows.of(features)), _label(rows, kind), rows.weight / np.float32(rows.weight.mean())
    level = float(np.average(y, weights=w))
    base = level if kind == "amount" else math.log(level / (1.0 - level))
    settings = head.settings
    least = settings.get("least_rows", min(LEAST_ROWS, len(rows) / 50))
    direction = {**dict.fromkeys(head.rising, 1), **dict.fromkeys(head.falling, -1)}
    params: dict[str, Any] = {
        "objective": _OBJECTIVES[kind],
        "tree_method": "hist",
        "max_bin": _BINS,
        "max_depth": int(settings.get("depth", DEPTH)),
        "eta": settings.get("rate", RATE),
        # XGBoost counts a leaf's rows by how uncertain their outcomes are.
        "min_child_weight": max(least * (level * (1.0 - level) if kind != "amount" else 1.0), 1.0),
        "lambda": 2.0,
        "colsample_bynode": 0.8,
        # The level is added outside, so that the trees of several heads can be summed up in one call.
        "base_score": 0.0 if kind == "amount" else 0.5,
        "monotone_constraints": "(" + ",".join(str(direction.get(name, 0)) for name in features) + ")",
        "seed": run.seed,
        # Sums of several threads would depend on how many there are; heads are fitted side by side instead.
        "nthread": 1,
        "verbosity": 0,
    }

    def matrix(
        x: NDArray[np.float32], label: NDArray[np.float32], weight: NDArray[np.float32], **more: Any
    ) -> xgboost.DMatrix:
        margin = np.full(len(x), base, np.float32)
        return xgboost.QuantileDMatrix(x, label, weight=weight, base_margin=margin, nthread=1, max_bin=_BINS, **more)

    data = matrix(values, y, w)
    trees = int(settings.get("trees", TREES))
    later = _clean(calibration.of(features)) if len(calibration) else values[:0]
    stops = len(calibration) >= LEAST
    grown = xgboost.train(
        params,
        data,
        trees,
        evals=[(matrix(later, _label(calibration, kind), calibration.weight, ref=data), "later")] if stops else [],
        early_stopping_rounds=_PATIENCE if stops else None,
        verbose_eval=False,
    )
    if stops:
        grown = grown[: grown.best_iteration + 1]
    # What was set for the fit does not belong to what is served.
    booster = booster_of(grown.save_raw("ubj"))

    def told(x: NDArray[np.float32]) -> NDArray[np.float32]:
        if not len(x):
            return np.zeros(0, np.float32)
        return said(booster.inplace_predict(x, predict_type="margin") + np.float32(base), kind)

    witness = calibration.shown(features)
    reads = head.outcome.reads
    counts = None
    # Other people of the same days, as those of what is rare, do not stand for a later time.
    if len(witness) and witness.time.min() >= rows.time.max() and (kind == "amount" or reads == _HABIT):
        counts = lately(witness.time, HALVES_OF_HABIT if reads == _HABIT else HALVES)
    made = _calibrated(told(_clean(witness.of(features))), witness, kind, reads, counts)
    every = Rows.joined([rows, calibration])
    few = made.method == "none" or (made.method == "factor" and len(witness) < len(calibration))
    if few and kind != "amount":
        # Too little came later. What trees of four fifths of all rows say of the last fifth is no worse a witness.
        made = _crossed(params, grown.num_boosted_rounds(), every, features, kind, base, reads)
    if made.method == "none" and kind == "amount":
        # The mean of an amount is above the exponential of its logarithm's: at least the level must be right.
        # (Duan 1983, "Smearing estimate: a nonparametric retransformation method".)
        made = level_of(told(values), rows.label, w)
    run.progress(1.0)
    mean = float(np.average(rows.label, weights=w))
    return FittedHead(head.name, kind, features, booster, base, made, mean, len(rows), len(calibration))


def _crossed(
    params: dict[str, Any],
    trees: int,
    rows: Rows,
    features: Sequence[str],
    kind: Kind,
    base: float,
    reads: str,
) -> Calibration:
    """Calibration from rows that the trees were grown on: of each fifth, by trees of the other four."""
    values, label = _clean(rows.of(features)), _label(rows, kind)
    fold = np.random.default_rng(params["seed"]).permutation(len(values)) % FOLDS
    raw = np.zeros(len(values), np.float32)
    for one in range(FOLDS):
        mine = fold == one
        margin = np.full(int((~mine).sum()), base, np.float32)
        data = xgboost.QuantileDMatrix(
            values[~mine], label[~mine], weight=rows.weight[~mine], base_margin=margin, nthread=1, max_bin=_BINS
        )
        grown = booster_of(xgboost.train(params, data, trees, verbose_eval=False).save_raw("ubj"))
        raw[mine] = said(grown.inplace_predict(values[mine], predict_type="margin") + np.float32(base), kind)
    witness = replace(rows, values=raw[:, None], names=("raw",))
    if POSITION in rows.names:
        place = rows.values[:, [rows.names.index(POSITION)]]
        witness = replace(rows, values=np.hstack([raw[:, None], place]), names=("raw", POSITION))
    witness = witness.shown(features)
    return _calibrated(witness.values[:, 0], witness, kind, reads)


def _calibrated(
    raw: NDArray[np.float32], rows: Rows, kind: Kind, reads: str, counts: NDArray[np.float32] | None = None
) -> Calibration:
    """The map, by how the outcome's delay hangs on its chance; `counts` is what rows count beside their weight.

    What is taken back takes its time, however likely it was; habits do not. Of what is reached, likely outcomes come
    somewhat sooner, and weights by one chance for all come as near as either.
    """
    if reads in ("reversed", _HABIT):
        habit = reads == _HABIT
        return calibrate_young(raw, rows.label, rows.weight, kind, rows.come, habit=habit, counts=counts)
    return calibrate(raw, rows.label, rows.weight, kind, counts)


def booster_of(raw: bytearray) -> xgboost.Booster:
    """Trees as they serve: one thread, ready for several callers."""
    booster = xgboost.Booster({"nthread": 1, "verbosity": 0})
    booster.load_model(raw)
    booster.set_param({"nthread": 1})
    booster.set_attr(best_iteration=None, best_score=None)
    # The first prediction sets things up; later ones only read.
    booster.inplace_predict(np.zeros((1, booster.num_features()), np.float32))
    return booster


def _features(head: Head, names: Sequence[str]) -> tuple[str, ...]:
    wanted = [name for name in (head.features or names) if name not in head.without]
    if lacking := [name for name in wanted if name not in names]:
        raise FitFailed(head.name, f"its rows have no feature {', '.join(lacking)}")
    if not wanted:
        raise FitFailed(head.name, "it has no feature to learn from")
    return tuple(wanted)


def _check(head: Head, rows: Rows) -> None:
    """Raise where there is too little to learn from."""
    n = len(rows)
    least = LEAST_CHANCE if head.outcome.kind == "chance" else LEAST
    if n < least:
        raise FitFailed(head.name, f"there are {n:,} rows with a known outcome; it takes {least:,}")
    if head.outcome.kind == "chance":
        yes = int((rows.label > 0.5).sum())
        for count, words in ((yes, "it happened"), (n - yes, "it did not happen")):
            if count < LEAST_EACH:
                raise FitFailed(
                    head.name,
                    f"in {count:,} of {n:,} rows {words}; to learn what makes a difference takes {LEAST_EACH} of each",
                )
    elif float(rows.label.max()) == float(rows.label.min()):
        raise FitFailed(head.name, f"the outcome is {float(rows.label[0]):g} in all {n:,} rows; nothing differs")


def _label(rows: Rows, kind: Kind) -> NDArray[np.float32]:
    """The label as trees learn it: amounts by their logarithm, as few are far larger than most."""
    if kind == "amount":
        return np.log1p(np.maximum(rows.label, 0)).astype(np.float32)
    return np.clip(rows.label, 0, 1).astype(np.float32)


def _clean(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Without infinities, which XGBoost refuses: they are as if nothing could be said."""
    return np.where(np.isinf(values), np.float32(np.nan), values)
