from __future__ import annotations

import numpy as np
import pytest

from penchant.catalog import Item
from penchant.dataset import Queries
from penchant.errors import FitFailed
from penchant.events import Role
from penchant.models import BasketAffinity, Run
from penchant.testing import Row, dataset

BASKETS = ["shoe sock", "shoe sock", "shoe sock", "shoe bag", "hat bag", "hat bag", "hat bag", "tea", "tea", "tea bag"]
DATA = dataset(
    [Row(f"p{i}", item, i, basket=f"b{i}") for i, items in enumerate(BASKETS) for item in items.split()], now_day=100
)
PLAIN = BasketAffinity(min_support=1, min_lift=0.0, shrink=0.0)


def near(recipe, item, data=DATA):
    codes, scores = recipe.fit(data, Run()).similar(data.items.codes([item]), 10).row(0)
    return {data.items.ids[code]: pytest.approx(float(score)) for code, score in zip(codes, scores, strict=True)}


def ask(recipe, k=10, now=100 * 86_400.0, **request):
    codes, _ = recipe.fit(DATA, Run()).retrieve(Queries.single(now, **request), k).row(0)
    return [DATA.items.ids[code] for code in codes]


def test_a_complement_scores_confidence_times_log_lift():
    # Shoes in 4 of 10 baskets, socks in 3, both in 3: lift 2.5. Bags in 5, with shoes in 1: lift 0.5, below chance.
    assert near(PLAIN, "shoe") == {"sock": 3 / 4 * np.log(2.5)}
    assert near(PLAIN, "hat") == {"bag": 1.0 * np.log(2.0)}


def test_shrinkage_lowers_what_few_baskets_vouch_for():
    recipe = BasketAffinity(min_support=1, min_lift=0.0, shrink=2.0)

    assert near(recipe, "shoe") == {"sock": 3 / 6 * np.log(2.5)}


def test_pairs_below_the_support_or_the_lift_are_dropped():
    assert near(BasketAffinity(min_support=4, shrink=0.0), "shoe") == {}
    assert near(BasketAffinity(min_support=3, min_lift=2.4, shrink=0.0), "shoe") == {"sock": 3 / 4 * np.log(2.5)}
    assert near(BasketAffinity(min_support=3, min_lift=2.6, shrink=0.0), "shoe") == {}


def test_twice_in_one_basket_is_one_basket():
    data = dataset(
        [
            Row("x", "a", 1, basket="1"),
            Row("x", "a", 1, basket="1"),
            Row("x", "b", 1, basket="1"),
            Row("y", "c", 1, basket="2"),
        ]
    )

    assert near(PLAIN, "a", data) == {"b": np.log(2.0)}


def test_only_goals_in_baskets_count():
    rows = [
        Row("x", "a", 1, Role.WEAK, basket="1"),
        Row("x", "b", 1, basket="1"),
        Row("x", "c", 1, basket="1"),
        Row("x", "d", 1),
        Row("y", "e", 1, basket="2"),
    ]

    assert near(PLAIN, "b", dataset(rows)) == {"c": np.log(2.0)}


def test_the_seeds_are_the_basket():
    assert ask(PLAIN, seeds=DATA.items.codes(["shoe"])) == ["sock"]
    assert sorted(ask(PLAIN, seeds=DATA.items.codes(["shoe", "hat"]))) == ["bag", "sock"]


def test_what_is_in_the_basket_is_not_proposed():
    assert ask(PLAIN, seeds=DATA.items.codes(["shoe", "sock"])) == []


def test_the_latest_items_of_the_history_count_as_in_the_basket():
    now = 100 * 86_400.0
    history = {
        "items": DATA.items.codes(["hat", "shoe"]),
        "times": [now - 7_200, now - 3_600],
        "weights": [1.0, 1.0],
        "roles": [0, 0],
    }

    assert sorted(ask(PLAIN, **history)) == ["bag", "sock"]
    latest = BasketAffinity(min_support=1, min_lift=0.0, shrink=0.0, recent=1)
    assert ask(latest, **history) == ["sock"]
    none = BasketAffinity(min_support=1, min_lift=0.0, shrink=0.0, recent=0)
    assert ask(none, **history) == []


def test_the_newer_item_of_the_history_weighs_more():
    now = 100 * 86_400.0
    for newest, wanted in (("shoe", ["sock", "bag"]), ("hat", ["bag", "sock"])):
        times = [now - 86_400 * (10 if name != newest else 0) for name in ("shoe", "hat")]
        order = np.argsort(times)
        request = {"items": DATA.items.codes(["shoe", "hat"])[order], "times": np.array(times)[order]}

        assert ask(PLAIN, **request, weights=[1.0, 1.0], roles=[0, 0]) == wanted


def test_what_is_disliked_is_not_in_the_basket():
    now = 100 * 86_400.0

    assert ask(PLAIN, items=DATA.items.codes(["shoe"]), times=[now], weights=[-1.0], roles=[3]) == []


def test_baskets_of_one_item_are_not_enough():
    with pytest.raises(FitFailed, match="basket: no basket holds two items"):
        PLAIN.fit(dataset([Row("x", "a", 1, basket="1"), Row("x", "b", 1, basket="2"), Row("x", "c", 1)]), Run())


SHELF = tuple(
    Item(id=name, title=name, attributes={"shelf": shelf})
    for name, shelf in (("new", "shoes"), ("old", "shoes"), ("red", "shoes"), ("sock", "socks"), ("sole", "soles"))
)


def shelved():
    rows = [Row(f"p{n}", item, n, basket=f"p{n}") for n in range(6) for item in ("old", "sock")]
    rows += [Row(f"q{n}", item, n, basket=f"q{n}") for n in range(3) for item in ("red", "sock")]
    rows += [Row(f"r{n}", item, n, basket=f"r{n}") for n in range(9) for item in ("sole",)]
    return dataset(rows, SHELF)


def test_an_item_nobody_bought_goes_with_what_its_category_goes_with():
    data = shelved()
    new, sock = data.items.code("new"), data.items.code("sock")
    alone = BasketAffinity().fit(data, Run()).similar(np.array([new], np.int32), 5)
    drawn = BasketAffinity(within="shelf").fit(data, Run()).similar(np.array([new], np.int32), 5)

    assert alone.row(0)[0].tolist() == []
    assert drawn.row(0)[0].tolist() == [sock]


def test_drawn_towards_its_category_a_pair_has_the_confidence_between_the_two():
    data = shelved()
    old, sock = data.items.code("old"), data.items.code("sock")
    fitted = BasketAffinity(within="shelf", shrink=3.0).fit(data, Run())
    items, scores = fitted.similar(np.array([old], np.int32), 5).row(0)

    # Six of six baskets of `old`, and nine of nine of shoes, hold socks: confidence 1; 9 of 18 baskets do at all.
    assert items.tolist() == [sock]
    assert scores.tolist() == pytest.approx([1.0 * np.log(2.0)])


def test_items_of_the_same_category_are_no_complements_of_it():
    data = shelved()
    shoes = data.items.codes(["new", "old", "red"])
    found = BasketAffinity(within="shelf").fit(data, Run()).similar(shoes, 5)

    assert not set(found.items.tolist()) & set(shoes.tolist())
