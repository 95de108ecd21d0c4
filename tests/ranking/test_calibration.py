from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from penchant.ranking.calibration import (
    ENOUGH,
    HARDLY,
    SOME,
    calibrate,
    calibrate_young,
    lately,
    level_of,
    pool,
    soon,
)

ONES = np.ones(5)


def test_neighbours_that_fall_are_pooled_until_all_rise() -> None:
    x, y, weight = pool(np.arange(1.0, 6.0), np.array([1.0, 3.0, 2.0, 2.0, 5.0]), ONES)

    assert x.tolist() == [1.0, 3.0, 5.0]
    assert y.tolist() == [1.0, 7 / 3, 5.0]
    assert weight.tolist() == [1.0, 3.0, 1.0]


def test_a_late_low_value_pulls_down_all_blocks_before_it() -> None:
    x, y, weight = pool(np.array([1.0, 2.0, 3.0]), np.array([2.0, 3.0, -5.0]), np.array([1.0, 1.0, 2.0]))

    assert (x.tolist(), y.tolist(), weight.tolist()) == ([2.25], [-1.25], [4.0])


def test_equal_positions_are_one_block_and_equal_values_too() -> None:
    x, y, weight = pool(np.array([0.2, 0.1, 0.2, 0.3]), np.array([1.0, 0.0, 0.0, 0.5]), np.ones(4))

    np.testing.assert_allclose(x, [0.1, 0.7 / 3])
    assert y.tolist() == [0.0, 0.5]
    assert weight.tolist() == [1.0, 3.0]


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0.1, 10)), min_size=1, max_size=40))
def test_pooled_values_rise_and_keep_the_mean(rows: list[tuple[float, float, float]]) -> None:
    x, y, weight = (np.array(column) for column in zip(*rows, strict=True))

    at, value, mass = pool(x, y, weight)

    assert (np.diff(value) > 0).all()
    assert (np.diff(at) > 0).all()
    assert mass.sum() == pytest.approx(weight.sum())
    assert (mass * value).sum() == pytest.approx((weight * y).sum())


def rows_of(chance: float, n: int, raw: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    label = (np.arange(n) < chance * n).astype(np.float32)
    return np.full(n, raw, np.float32), label, np.ones(n, np.float32)


def test_hardly_any_outcomes_change_nothing() -> None:
    made = calibrate(*rows_of((HARDLY - 1) / 1000, 1000, 0.3), "chance")

    assert made.method == "none"
    assert made(np.array([0.0, 0.25, 1.0], np.float32)).tolist() == [0.0, 0.25, 1.0]


def test_few_outcomes_correct_the_level() -> None:
    made = calibrate(*rows_of(0.04, 1000, 0.2), "chance")

    # 200 were said and 40 came; 25 more that came as said soften it.
    assert made.method == "factor" and SOME > 40
    np.testing.assert_allclose(made(np.array([0.2, 0.1], np.float32)), [0.2 * 65 / 225, 0.1 * 65 / 225], rtol=1e-6)


def drawn(kind: str, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What is said, the truth, what follows, and weights: too bold and too high, as trees that saw few rows are."""
    rng = np.random.default_rng(5)
    z = rng.normal(-1.5, 1.0, n)
    if kind == "amount":
        truth = np.exp(0.7 * z + 1.0)
        return (2.0 * truth**1.4).astype(np.float32), truth, truth * rng.exponential(1.0, n), np.ones(n, np.float32)
    truth = 1 / (1 + np.exp(-0.6 * z - 0.2))
    label = rng.random(n) < truth if kind == "chance" else rng.beta(3 * truth, 3 * (1 - truth))
    return (1 / (1 + np.exp(-z))).astype(np.float32), truth, label, np.ones(n, np.float32)


@pytest.mark.parametrize(("kind", "off"), [("chance", 0.02), ("share", 0.015), ("amount", 0.12)])
def test_some_outcomes_bend_the_map_to_a_curve_that_is_near_the_truth(kind: str, off: float) -> None:
    raw, truth, label, weight = drawn(kind, 2_000)

    made = calibrate(raw, label.astype(np.float32), weight, kind)

    assert made.method == "curve"
    before, after = (float(np.abs(said - truth).mean() / truth.mean()) for said in (raw, made(raw)))
    assert after < before / 4
    assert after * truth.mean() < off


def test_where_outcomes_fall_with_what_was_said_hardly_more_than_the_mean_is_left() -> None:
    raw = np.linspace(0.1, 0.9, 1_000).astype(np.float32)
    label = (np.random.default_rng(1).random(1_000) < 1 - raw).astype(np.float32)

    told = calibrate(raw, label, np.ones(1_000, np.float32), "chance")(raw)

    assert (np.diff(told) > 0).all()
    np.testing.assert_allclose(told, label.mean(), atol=0.03)


def test_what_is_said_too_boldly_of_few_is_drawn_to_the_middle() -> None:
    rng = np.random.default_rng(2)
    z = rng.normal(-2.0, 0.5, 800)
    truth = 1 / (1 + np.exp(-z))
    raw = (1 / (1 + np.exp(-2.5 * z - 1.0))).astype(np.float32)
    label = (rng.random(800) < truth).astype(np.float32)

    told = calibrate(raw, label, np.ones(800, np.float32), "chance")(raw)

    assert np.abs(told - truth).mean() < np.abs(raw - truth).mean() / 2


def test_an_amount_is_corrected_without_a_bound() -> None:
    made = level_of(np.array([1.0, 3.0], np.float32), np.array([2.0, 6.0], np.float32), np.ones(2, np.float32))

    # 4 were said and 8 came; 25 outcomes of 2 soften it: (8 + 50) / (4 + 50).
    np.testing.assert_allclose(made(np.array([2.0, 200.0], np.float32)), [2 * 58 / 54, 200 * 58 / 54], rtol=1e-6)


def test_enough_outcomes_may_bend_the_map() -> None:
    n = 40_000
    raw = np.linspace(0.001, 0.999, n).astype(np.float32)
    label = (np.random.default_rng(3).random(n) < raw**2).astype(np.float32)

    made = calibrate(raw, label, np.ones(n, np.float32), "chance")

    assert made.method == "isotonic"
    told = np.linspace(0.1, 0.9, 9).astype(np.float32)
    np.testing.assert_allclose(made(told), told**2, atol=0.03)


def test_a_lucky_handful_at_the_top_is_no_certainty_and_no_outcome_is_no_impossibility() -> None:
    low, high = rows_of(0.0, 4 * ENOUGH, 0.1), rows_of(1.0, 3, 0.6)
    middle = rows_of(0.5, 2 * ENOUGH, 0.5)
    raw, label, weight = (np.concatenate(parts) for parts in zip(low, middle, high, strict=True))

    made = calibrate(raw, label, weight, "chance")

    bottom, top = made(np.array([0.1, 0.6], np.float32)).tolist()
    assert 0 < bottom < 0.01
    assert 0.5 < top < 0.9


@given(
    st.lists(st.tuples(st.floats(0, 1, width=32), st.booleans()), min_size=0, max_size=60),
    st.integers(1, 40),
    st.sampled_from(["chance", "share", "amount"]),
)
def test_the_map_never_falls_and_stays_in_its_bounds(rows: list[tuple[float, bool]], times: int, kind: str) -> None:
    raw = np.array([row[0] for row in rows] * times, np.float32)
    label = np.array([row[1] for row in rows] * times, np.float32)

    made = calibrate(raw, label, np.ones(len(raw), np.float32), kind)

    told = made(np.linspace(0, 1 if kind != "amount" else 50, 200).astype(np.float32))
    assert (np.diff(told) >= 0).all()
    assert told[0] >= 0
    assert kind == "amount" or told[-1] <= 1
    assert np.isfinite(told).all()


def young_rows(n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What is said, which is true; what has come by now; weights by one chance for all; and the share that has come."""
    rng = np.random.default_rng(8)
    raw = rng.choice([0.2, 0.5, 0.9], n)
    soon = rng.choice([0.3, 0.6, 1.0], n)
    came = rng.random(n) < raw * soon
    mean = raw.mean()
    weight = np.where(came, 1.0, soon * (1 - mean) / (1 - mean * soon))
    return raw.astype(np.float32), came.astype(np.float32), weight.astype(np.float32), soon.astype(np.float32)


@pytest.mark.parametrize("n", [6_000, 60_000])
def test_young_rows_draw_high_chances_no_longer_to_the_middle(n: int) -> None:
    raw, came, weight, soon = young_rows(n)
    asked = np.array([0.2, 0.5, 0.9], np.float32)

    plain, made = calibrate(raw, came, weight, "chance"), calibrate_young(raw, came, weight, "chance", soon)

    assert made.method == ("curve" if n < 2 * ENOUGH else "isotonic")
    assert plain(asked)[2] < 0.84
    np.testing.assert_allclose(made(asked), asked, atol=0.025)


def test_rows_that_are_all_final_are_calibrated_as_ever() -> None:
    raw, _, label, weight = drawn("chance", 2_000)
    label = label.astype(np.float32)

    made = calibrate_young(raw, label, weight, "chance", np.ones(2_000, np.float32))

    assert made.y.tobytes() == calibrate(raw, label, weight, "chance").y.tobytes()
    assert calibrate_young(raw, label, weight, "chance", None).y.tobytes() == made.y.tobytes()


def test_who_comes_often_comes_soon() -> None:
    chances = np.array([0.2, 0.9])
    # Of half the hazard 1 - 0.8^0.5 and 1 - 0.1^0.5 have come, of 1.1 that come at all.
    came = (2 - 0.8**0.5 - 0.1**0.5) / 1.1

    by_now = soon(chances, np.full(2, came), np.repeat(chances, 500))

    np.testing.assert_allclose(by_now, [1 - 0.8**0.5, 1 - 0.1**0.5], atol=2e-3)
    np.testing.assert_allclose(soon(chances, np.zeros(2), chances), [0, 0], atol=1e-9)
    np.testing.assert_allclose(soon(chances, np.ones(2), chances), chances)


def test_habits_are_calibrated_from_young_rows() -> None:
    rng = np.random.default_rng(9)
    raw = rng.choice([0.2, 0.5, 0.9], 20_000)
    hazard = rng.choice([0.3, 0.6, 1.0], len(raw))
    came = rng.random(len(raw)) < 1 - (1 - raw) ** hazard
    shares = {over: np.mean(1 - (1 - raw) ** over) / raw.mean() for over in (0.3, 0.6, 1.0)}
    come, mean = np.array([shares[over] for over in hazard]), raw.mean()
    weight = np.where(came, 1.0, come * (1 - mean) / (1 - mean * come))
    said, label, weighs, share = (one.astype(np.float32) for one in (raw, came, weight, come))
    asked = np.array([0.2, 0.5, 0.9], np.float32)

    made = calibrate_young(said, label, weighs, "chance", share, habit=True)(asked)

    np.testing.assert_allclose(made, asked, atol=0.02)
    assert calibrate(said, label, weighs, "chance")(asked)[2] < made[2]
    assert calibrate_young(said, label, weighs, "chance", share)(asked)[2] > 0.912


def test_later_rows_count_more_and_halve_as_often_as_is_said_back_to_the_first() -> None:
    assert lately(np.array([100.0, 150.0, 200.0]), 2.0).tolist() == [0.25, 0.5, 1.0]


def test_rows_of_one_moment_count_the_same() -> None:
    assert lately(np.full(3, 100.0), 2.0).tolist() == [1.0, 1.0, 1.0]
    assert lately(np.zeros(0), 2.0).tolist() == []


@pytest.mark.parametrize("kind", ["chance", "share", "amount"])
def test_where_outcomes_become_rarer_what_is_recent_sets_the_level(kind: str) -> None:
    rng = np.random.default_rng(4)
    time = np.arange(40_000.0)
    raw = rng.uniform(0.2, 0.6, len(time))
    truth = raw * np.where(time < 20_000, 1.0, 0.5)
    label = (rng.random(len(time)) < truth if kind == "chance" else truth).astype(np.float32)

    def mean_of(counts: NDArray[np.float32] | None) -> float:
        ones = np.ones(len(time), np.float32)
        return float(calibrate(raw.astype(np.float32), label, ones, kind, counts).map(raw).mean())

    # Of weights that halve twice, two thirds lie in the later half.
    assert mean_of(None) == pytest.approx(0.4 * 0.75, abs=0.01)
    assert mean_of(lately(time, 2.0)) == pytest.approx(0.4 * (1.0 / 3 + 0.5 * 2.0 / 3), abs=0.01)


def test_young_rows_keep_what_they_count() -> None:
    rng = np.random.default_rng(5)
    raw = rng.uniform(0.1, 0.9, 8_000).astype(np.float32)
    label = (rng.random(len(raw)) < raw).astype(np.float32)
    come = np.where(np.arange(len(raw)) < 4_000, 1.0, 0.5).astype(np.float32)
    only_old = np.where(np.arange(len(raw)) < 4_000, 1.0, 0.0).astype(np.float32)
    label[4_000:] = 0.0  # were these to count, the map would be half as high

    made = calibrate_young(raw, label, np.ones(len(raw), np.float32), "chance", come, counts=only_old)

    np.testing.assert_allclose(made.map(raw), raw, atol=0.05)
