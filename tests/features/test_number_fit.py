from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from penchant.catalog import Item, ItemTable
from penchant.dataset import Queries
from penchant.features import Batch, number_fit
from penchant.slate import Candidates

Ask = Callable[..., NDArray[np.float32]]

BAND = number_fit("band", "price", "kind", "Near what the person looks at.", spread=0.5, half_life_days=10.0)
LEVEL = (np.log(100.0) + np.log(200.0)) / 2
"""Mean log price of the shoes."""


def bell(price: float, level: float, spread: float = 0.5) -> float:
    return float(np.exp(-0.5 * ((np.log(price) - level) / spread) ** 2))


def test_one_look_is_a_hint(ask: Ask) -> None:
    # One unit of weight at 100 against one unit at the shoes' own mean.
    level = (np.log(100.0) + LEVEL) / 2

    np.testing.assert_allclose(ask(BAND, (0, 0, 1.0))[:2], [bell(100, level), bell(200, level)], 1e-5)


def test_ten_looks_are_a_habit(ask: Ask) -> None:
    level = (10 * np.log(100.0) + LEVEL) / 11
    found = ask(BAND, *[(0, 0, 1.0)] * 10)

    np.testing.assert_allclose(found[:2], [bell(100, level), bell(200, level)], 1e-5)
    assert found[0] > ask(BAND, (0, 0, 1.0))[0]


def test_without_shrinkage_the_level_is_the_persons_own(ask: Ask) -> None:
    own = number_fit("band", "price", "kind", "Near.", spread=0.5, shrinkage=0.0)

    np.testing.assert_allclose(ask(own, (0, 0, 0.2))[:2], [1.0, bell(200, np.log(100.0))], 1e-5)


def test_a_wider_bell_forgives_more(ask: Ask) -> None:
    wide = number_fit("band", "price", "kind", "Near.", spread=2.0)

    assert ask(wide, (0, 0, 1.0))[1] > ask(BAND, (0, 0, 1.0))[1]


def test_levels_are_kept_apart_by_group(ask: Ask) -> None:
    # Socks alone: 10 is their mean and the person's level; nothing is said of shoes.
    np.testing.assert_allclose(ask(BAND, (2, 0, 1.0)), [np.nan, np.nan, 1.0, np.nan, np.nan])


def test_old_looks_count_less(ask: Ask) -> None:
    level = (0.5 * np.log(100.0) + np.log(200.0) + LEVEL) / 2.5

    np.testing.assert_allclose(ask(BAND, (0, 10, 1.0), (1, 0, 1.0))[1], bell(200, level), 1e-5)


@pytest.mark.parametrize("later", [(3, 0, 1.0), (4, 0, 1.0), (0, 0, -1.0), (0, 0, 0.0), (-1, 0, 1.0), (99, 0, 1.0)])
def test_what_says_nothing_of_prices_does_not_age_those_that_do(ask: Ask, later: tuple[int, float, float]) -> None:
    np.testing.assert_array_equal(ask(BAND, (0, 40, 1.0), later), ask(BAND, (0, 40, 1.0)))


def test_nothing_can_be_said_without_a_price_a_group_or_a_history(ask: Ask) -> None:
    found = ask(BAND, (0, 0, 1.0))

    assert np.isnan(found[3]) and np.isnan(found[4])
    assert np.isnan(ask(BAND)).all()
    assert np.isnan(ask(BAND, (0, 0, -1.0))).all()


def test_a_price_of_nothing_is_no_price() -> None:
    items = [Item(id=str(n), attributes={"kind": "x", "price": price}) for n, price in enumerate([0.0, -5.0, 3.0])]
    table = ItemTable([item.id for item in items], items)
    queries = Queries.single(1.0, [0, 2], [0.0, 0.0], [1.0, 1.0], [0, 0])
    candidates = Candidates(np.array([0, 3]), np.arange(3, dtype=np.int32), np.ones(3, np.float32))

    np.testing.assert_allclose(BAND.compute(Batch(queries, candidates, table)), [np.nan, np.nan, 1.0])
