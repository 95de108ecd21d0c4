from __future__ import annotations

import numpy as np
import pytest

from penchant.catalog import Item
from penchant.errors import FitFailed
from penchant.events import Role
from penchant.models import Popular, PopularByCategory, Run
from penchant.testing import Row, dataset


def names(data, found, row=0):
    return [data.items.ids[code] for code in found.row(row)[0]]


def ask(data, recipe, person, k=10, allowed=None):
    people = data.people.codes([person])
    return recipe.fit(data, Run()).retrieve(data.queries(people), k, allowed)


SHOP = dataset(
    [
        Row("ann", "shoe", 86),
        Row("bob", "shoe", 86),
        Row("ann", "shoe", 86),
        Row("bob", "sock", 100),
        Row("eve", "sock", 93, Role.WEAK, 0.1),
        Row("eve", "hat", 99, Role.WEAK, 0.1),
    ],
    [Item(id="tie"), Item(id="shoe"), Item(id="sock"), Item(id="hat")],
    now_day=100,
)


def test_every_goal_counts_one():
    found = ask(SHOP, Popular(), "eve")

    assert names(SHOP, found) == ["shoe", "sock", "tie", "hat"]
    assert found.row(0)[1].tolist() == [3.0, 1.0, 0.0, 0.0]


def test_old_goals_count_less():
    found = ask(SHOP, Popular(half_life_days=7.0), "eve")

    assert names(SHOP, found)[:2] == ["sock", "shoe"]
    np.testing.assert_allclose(found.row(0)[1][:2], [1.0, 3 * 0.25])


def test_other_roles_count_when_named():
    found = ask(SHOP, Popular(roles=("goal", "weak")), "ann")

    assert dict(zip(names(SHOP, found), found.row(0)[1].tolist(), strict=True)) == {
        "shoe": 3.0,
        "sock": 2.0,
        "hat": 1.0,
        "tie": 0.0,
    }


def test_a_goal_that_was_taken_back_does_not_count():
    data = dataset([Row("ann", "shoe", 10, reversed_day=20), Row("ann", "sock", 10)], now_day=100)

    assert names(data, ask(data, Popular(), "ann")) == ["sock", "shoe"]
    assert ask(data, Popular(), "ann").row(0)[1].tolist() == [1.0, 0.0]


def test_the_answer_is_the_same_for_everyone():
    model = Popular().fit(SHOP, Run())

    found = model.retrieve(SHOP.queries(np.arange(3, dtype=np.int32)), 2)

    assert names(SHOP, found, 0) == names(SHOP, found, 1) == names(SHOP, found, 2) == ["shoe", "sock"]


def test_with_a_mask_the_next_popular_items_move_up():
    allowed = SHOP.items.codes(["shoe"])[0] != np.arange(4)

    assert names(SHOP, ask(SHOP, Popular(), "ann", 2, allowed)) == ["sock", "tie"]


CATEGORIES = {"runner": "shoes", "boot": "shoes", "thin": "socks", "thick": "socks", "gift": None}
WARDROBE = dataset(
    [
        *[Row("crowd", "runner", 50)] * 4,
        *[Row("crowd", "boot", 50)] * 2,
        *[Row("crowd", "thick", 50)] * 8,
        *[Row("crowd", "gift", 50)] * 9,
        Row("ann", "runner", 99, Role.WEAK, 0.1),
        Row("ann", "boot", 99, Role.WEAK, 0.2),
        Row("ann", "thin", 99, Role.WEAK, 0.1),
        Row("bob", "gift", 99),
        Row("eve", "thick", 99, Role.NEGATIVE),
    ],
    [Item(id=name, attributes={"category": c} if c else {}) for name, c in CATEGORIES.items()],
    now_day=100,
)
BY_CATEGORY = PopularByCategory(field="category", half_life_days=None, history_half_life_days=None)


def test_popularity_is_weighed_by_the_share_of_the_category():
    found = ask(WARDROBE, BY_CATEGORY, "ann")

    # Three quarters of her weight lie on shoes, one on socks; nobody bought thin socks.
    assert names(WARDROBE, found) == ["runner", "thick", "boot"]
    np.testing.assert_allclose(found.row(0)[1], [4 * 0.75, 8 * 0.25, 2 * 0.75])


def test_shares_move_with_the_newest_events():
    rows = [
        *[Row("crowd", name, 50) for name in ("runner", "thick")],
        *[Row("ann", "runner", 90, Role.WEAK, 1.0)] * 3,
        Row("ann", "thin", 100, Role.WEAK, 1.0),
    ]
    data = dataset(rows, [Item(id=n, attributes={"category": c} if c else {}) for n, c in CATEGORIES.items()])

    old = PopularByCategory(field="category", history_half_life_days=None)
    new = PopularByCategory(field="category", history_half_life_days=1.0)

    assert names(data, ask(data, old, "ann", 1)) == ["runner"]
    assert names(data, ask(data, new, "ann", 1)) == ["thick"]


@pytest.mark.parametrize("person", ["bob", "eve"])
def test_without_a_liked_category_popularity_decides(person):
    found = ask(WARDROBE, BY_CATEGORY, person, 2)

    assert names(WARDROBE, found) == ["gift", "thick"]


def test_a_catalog_without_the_category_cannot_be_fitted():
    with pytest.raises(FitFailed, match='popular-by: no item has a value in "category"'):
        BY_CATEGORY.fit(dataset([Row("ann", "shoe", 1)]), Run())
