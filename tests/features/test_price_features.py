"""What things cost now, and how a person takes to sales: worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from math import log

import numpy as np
import pytest

from penchant.clock import DAY
from penchant.events import Role
from penchant.features import (
    Priced,
    Scale,
    above_highest,
    above_level,
    above_median,
    discount,
    margin_now,
    margin_share,
    margin_told,
    price_now,
    rank_within,
    sale_fit,
    sale_share,
)

NOW = 100 * DAY
NAN = np.nan
PRICED = Priced()
Tell = Callable[..., list[float]]

SHELF: list[dict[str, object]] = [
    {"price": 10.0, "sale_price": 8.0, "sale_from": NOW - 5 * DAY, "sale_until": NOW + DAY, "cost": 5.0},
    {"price": 10.0, "sale_price": 8.0, "sale_from": NOW + DAY, "margin": 4.0, "cost": 5.0},
    {"price": 10.0, "sale_price": 6.0, "sale_until": NOW, "cost": 12.0},
    {"price": 10.0, "sale_price": 12.0},
    {"cost": 3.0},
]
GOAL, STRONG, WEAK = Role.GOAL, Role.STRONG, Role.WEAK


def test_a_sale_counts_while_it_lasts(tell: Tell) -> None:
    np.testing.assert_equal(tell(price_now("now", "About.", PRICED), SHELF), [8.0, 10.0, 10.0, 10.0, NAN])
    np.testing.assert_equal(tell(discount("off", "About.", PRICED), SHELF), [0.2, 0.0, 0.0, 0.0, NAN])


def test_a_margin_is_what_was_told_or_else_what_is_left_of_the_price_now(tell: Tell) -> None:
    np.testing.assert_equal(tell(margin_now("m", "About.", PRICED), SHELF), [3.0, 4.0, -2.0, NAN, NAN])
    assert tell(margin_told("t", "About.", PRICED), SHELF) == [1, 1, 1, 0, 0]
    np.testing.assert_equal(tell(margin_share("s", "About.", PRICED), SHELF), [0.375, 0.4, -0.2, NAN, NAN])


def test_what_was_on_sale_when_it_was_chosen_is_a_bargain_then(tell: Tell) -> None:
    # The first sale began five days ago; the second has not begun; the third was on until now.
    chosen = [(0, 9, 1.0, GOAL), (2, 3, 1.0, STRONG), (0, 2, 1.0, GOAL), (1, 1, 1.0, GOAL), (0, 1, 0.2, WEAK)]

    assert tell(sale_share("s", "About.", PRICED, GOAL, STRONG), SHELF, *chosen) == [0.5] * 5
    one = chosen[2:3]
    assert tell(sale_fit("f", "About.", PRICED, GOAL), SHELF, *one) == [1, 0, 0, 0, 0]


def test_nobody_knows_how_somebody_takes_to_sales_who_chose_nothing(tell: Tell) -> None:
    assert np.isnan(tell(sale_share("s", "About.", PRICED, GOAL), SHELF, (0, 1, 0.2, WEAK))).all()
    assert np.isnan(tell(sale_fit("s", "About.", PRICED, GOAL), SHELF)).all()


CLOTHES: list[dict[str, object]] = [
    {"price": 100.0, "kind": "shoe"},
    {"price": 400.0, "kind": "shoe"},
    {"price": 10.0, "kind": "sock"},
    {"price": 40.0, "kind": "sock"},
    {"price": 40.0, "kind": "sock"},
    {"kind": "sock"},
    {"price": 5.0},
]


def test_prices_are_set_against_the_middle_of_their_category(tell: Tell) -> None:
    # Shoes: halfway between the two in logarithms, 200. Socks: 40.
    found = tell(above_median("m", "price", "kind", "About."), CLOTHES)

    np.testing.assert_allclose(found, [-log(2), log(2), -log(4), 0.0, 0.0, NAN, NAN], atol=1e-4)


def test_prices_are_ranked_inside_their_category_and_equals_stand_together(tell: Tell) -> None:
    found = tell(rank_within("r", "price", "kind", "About."), CLOTHES)

    np.testing.assert_allclose(found, [1 / 4, 3 / 4, 1 / 6, 4 / 6, 4 / 6, NAN, NAN], atol=1e-4)


def test_who_buys_dear_shoes_is_expected_among_dear_socks(tell: Tell) -> None:
    # Shoes are 200 in the mean of logarithms; one purchase at 400 lies log 2 above it. With as much weight on what is
    # usual the person lies half as far above it in all categories; in shoes, half of log 2 and of that half.
    level = above_level("l", "About.", Scale("price", "kind", shrinkage=1.0))
    found = tell(level, CLOTHES, (1, 0, 1.0, GOAL))
    shoes, socks = log(200) + 0.75 * log(2), (log(10) + 2 * log(40)) / 3 + 0.5 * log(2)

    np.testing.assert_allclose(
        found[:4], [log(100) - shoes, log(400) - shoes, log(10) - socks, log(40) - socks], atol=1e-4
    )
    assert np.isnan(found[5:]).all()


def test_somebody_unknown_is_expected_at_what_is_usual(tell: Tell) -> None:
    found = tell(above_level("l", "About.", Scale("price", "kind")), CLOTHES)

    np.testing.assert_allclose(found[:2], [-log(2), log(2)], atol=1e-4)


def test_what_is_dearer_than_anything_before_stands_out(tell: Tell) -> None:
    found = tell(
        above_highest("h", "price", "About."), CLOTHES, (2, 3, 1.0, WEAK), (0, 2, 0.2, WEAK), (1, 1, -1.0, GOAL)
    )

    np.testing.assert_allclose(found[:3], [0.0, log(4), log(0.1)], atol=1e-4)
    assert np.isnan(tell(above_highest("h", "price", "About."), CLOTHES)).all()


@pytest.mark.parametrize("made", [price_now, discount, margin_now, margin_told, margin_share])
def test_a_feature_of_prices_says_which_fields_it_reads(made: Callable[..., object]) -> None:
    reads = made("n", "About.", Priced(price="list")).reads  # type: ignore[attr-defined]

    assert reads[:2] == ("list", "sale_price")
