from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from penchant.models import Run
from penchant.ranking import Head, Outcome, Rows, fit_head, judge_head
from penchant.ranking.figures import (
    area_under_curve,
    calibration_error,
    error_by_chance,
    log_losses,
    quantile_losses,
    reliability,
)

ONES = np.ones(4)


def test_the_calibration_error_is_the_mean_distance_over_bins_of_equal_weight() -> None:
    predicted = np.array([0.1, 0.3, 0.6, 0.8])
    label = np.array([0.0, 1.0, 1.0, 1.0])

    # Bins {0.1, 0.3} and {0.6, 0.8}: said 0.2 and 0.7, came 0.5 and 1.
    assert calibration_error(predicted, label, ONES, bins=2) == pytest.approx(0.5 * 0.3 + 0.5 * 0.3)
    assert [(one.rows, round(one.predicted, 9), one.observed) for one in reliability(predicted, label, ONES, 2)] == [
        (2, 0.2, 0.5),
        (2, 0.7, 1.0),
    ]


def test_weights_divide_the_bins() -> None:
    predicted, label = np.array([0.1, 0.3, 0.6, 0.8]), np.array([0.0, 1.0, 1.0, 1.0])
    weight = np.array([3.0, 1.0, 1.0, 1.0])

    # Half of the weight is the first row alone.
    assert [one.rows for one in reliability(predicted, label, weight, 2)] == [1, 3]


def test_rows_of_one_prediction_share_a_bin_whatever_their_order() -> None:
    predicted = np.full(6, 0.5)
    label = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])

    assert calibration_error(predicted, label, np.ones(6), bins=3) == 0.0
    assert len(reliability(predicted, label, np.ones(6), 3)) == 1


def test_a_calibrated_head_shows_an_error_by_chance_that_is_foreseen() -> None:
    rng = np.random.default_rng(1)
    chance = rng.uniform(0.05, 0.4, (200, 600))
    label = (rng.random(chance.shape) < chance).astype(np.float64)
    ones = np.ones(600)

    seen = np.mean([calibration_error(p, y, ones) for p, y in zip(chance, label, strict=True)])
    foreseen = np.mean([error_by_chance(p, y, ones) for p, y in zip(chance, label, strict=True)])
    assert foreseen == pytest.approx(seen, rel=0.05)
    # Fifty times the rows: seven times less of it; and being off everywhere is not chance.
    many = np.tile(chance[0], 50), np.tile(label[0], 50), np.ones(30_000)
    assert error_by_chance(*many) == pytest.approx(error_by_chance(chance[0], label[0], ones) / 50**0.5, rel=0.02)
    off = error_by_chance(chance[0] + 0.3, label[0], ones)
    assert off == pytest.approx(error_by_chance(chance[0], label[0], ones))


def test_no_rows_have_no_error() -> None:
    none = np.zeros(0)

    assert error_by_chance(none, none, none) is None

    assert calibration_error(none, none, none) is None
    assert reliability(none, none, none) == ()
    assert area_under_curve(none, none, none) is None


def test_log_loss_of_certain_and_of_half_certain_rows() -> None:
    losses = log_losses(np.array([0.5, 0.25, 1.0, 0.5]), np.array([1.0, 0.0, 1.0, 0.3]))

    np.testing.assert_allclose(losses, [np.log(2), -np.log(0.75), 0.0, np.log(2)], atol=2e-7)
    assert np.isfinite(log_losses(np.array([0.0]), np.array([1.0]))).all()


def test_quantile_loss_weighs_what_was_missed_by_the_quantile() -> None:
    predicted, label = np.array([1.0, 1.0]), np.array([3.0, 0.0])

    assert quantile_losses(predicted, label).tolist() == [1.0, 0.5]
    np.testing.assert_allclose(quantile_losses(predicted, label, 0.9), [1.8, 0.1])


def test_the_area_under_the_curve_counts_pairs_and_ties_half() -> None:
    # Against the rows without: 0.8 beats both, 0.5 beats one and ties with one.
    assert area_under_curve(np.array([0.8, 0.5, 0.5, 0.1]), np.array([1.0, 1.0, 0.0, 0.0]), ONES) == 3.5 / 4
    assert area_under_curve(np.array([0.8, 0.5, 0.5, 0.1]), np.ones(4), ONES) is None


def test_what_came_so_far_is_held_against_as_much_of_what_is_said_as_comes_so_soon() -> None:
    rng = np.random.default_rng(6)
    values = rng.standard_normal((9_000, 1)).astype(np.float32)
    chance = 1 / (1 + np.exp(-2 * values[:, 0]))
    soon = rng.choice([0.2, 0.5], 9_000).astype(np.float32)
    label = (rng.random(9_000) < chance).astype(np.float32)
    whole = Rows(("wish",), values, label, np.ones_like(soon), np.arange(9_000, dtype=np.int32), np.zeros(9_000))
    head = Head("p_goal", Outcome("It happened.", "chance", "reached"))
    fitted = fit_head(head, whole, whole, Run())
    # Of what comes, a fifth or half is there by now; what has not come counts by one chance for all.
    came = label * (rng.random(9_000) < soon)
    weight = np.where(came > 0, 1.0, soon * 0.5 / (1 - 0.5 * soon)).astype(np.float32)
    young = replace(whole, label=came.astype(np.float32), weight=weight, come=soon)

    final, early = judge_head(fitted, whole), judge_head(fitted, young)
    by_one_chance = judge_head(fitted, replace(young, come=None))

    assert final.ece is not None and early.ece is not None and by_one_chance.ece is not None
    assert final.ece < 0.02 and early.ece < 0.035 < by_one_chance.ece
    assert early.ece_by_chance is not None and final.ece_by_chance is not None
    assert early.ece_by_chance > final.ece_by_chance
