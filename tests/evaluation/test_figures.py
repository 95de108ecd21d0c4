from __future__ import annotations

import math

import pytest

from penchant.evaluation.figures import figures, filled, forgetting
from penchant.events import Role
from penchant.packs.product import Product
from penchant.testing.data import Row, dataset

CATALOG = [Product(id="a", price=3), Product(id="b"), Product(id="off", active=False), Product(id="silent")]
ROWS = [
    Row("ann", "a", 10, basket="1", price=3.0),
    Row("ann", "b", 10, basket="1"),
    Row("ann", "a", 14, price=3.0),
    Row("ann", "a", 20, price=3.0, reversed_day=21),
    Row("bob", "b", 30),
    Row("cy", "gone", 5, Role.WEAK),
    Row("cy", "a", 5, Role.WEAK),
    Row("cy", "silent", 40, Role.IMPRESSION),
]


def test_a_domain_is_counted() -> None:
    found = figures(dataset(ROWS, CATALOG))

    assert (found.events, found.people, found.people_goal, found.people_two) == (8, 3, 2, 1)
    # The goal that was taken back did not happen; a came again once, after four days.
    assert (found.goals, found.reversed, found.repeats, found.repeat_days) == (4, 1, 1, 4.0)
    assert (found.repeat_share, found.two_share, found.priced) == (0.25, 0.5, 0.5)
    assert (found.baskets_two, found.sessions_two) == (1, 2)
    assert (found.by_role[Role.GOAL], found.by_role[Role.WEAK], found.by_role[Role.NEGATIVE]) == (5, 2, 0)
    assert found.days == 35.0


def test_catalog_and_events_are_held_against_each_other() -> None:
    found = figures(dataset(ROWS, CATALOG))

    # An impression alone is nothing that anybody did.
    assert (found.items, found.items_silent) == (3, 1)
    assert (found.events_unknown, found.items_unknown) == (1, 1)
    assert filled(dataset(ROWS, CATALOG), "price") == pytest.approx(1 / 3)
    assert math.isnan(filled(dataset(ROWS), "price"))


def test_without_events_nothing_is_counted() -> None:
    found = figures(dataset([], CATALOG))

    assert (found.events, found.goals, found.people) == (0, 0, 0)
    assert math.isnan(found.repeat_share) and math.isnan(found.repeat_days) and math.isnan(found.last)
    assert forgetting(dataset([], CATALOG)) == {}


def test_what_is_popular_today_is_found_by_a_short_half_life() -> None:
    # Twenty items were popular long ago, more than ever since; another ten are popular now.
    old = [Row(f"p{n}", f"old{n % 20}", 10 + n / 1000) for n in range(200)]
    new = [Row(f"p{n}", f"new{n % 10}", day) for day in (80, 95) for n in range(20)]

    found = forgetting(dataset([*old, *new]))

    assert found[1.0] == found[7.0] == 1.0
    assert found[None] == 0.0


def test_of_one_moment_nothing_is_said_about_forgetting() -> None:
    assert forgetting(dataset([Row("ann", "a", 10)])) == {}
