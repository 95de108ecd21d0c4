from __future__ import annotations

import numpy as np
import pytest

from penchant.catalog import Item
from penchant.dataset import Queries
from penchant.errors import FitFailed
from penchant.events import Role
from penchant.models import BasketAffinity, Run
from penchant.testing import ModelChecks, Row, dataset

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


def test_strictly_only_pairs_that_baskets_held_are_proposed():
    data = shelved()
    new, old, sock = data.items.codes(["new", "old", "sock"])
    fitted = BasketAffinity(within="shelf", pairs="strict").fit(data, Run())

    assert fitted.similar(np.array([new], np.int32), 5).row(0)[0].tolist() == []
    assert fitted.similar(np.array([old], np.int32), 5).row(0)[0].tolist() == [sock]


def test_without_a_category_there_is_nothing_to_infer():
    strict = BasketAffinity(min_support=1, min_lift=0.0, shrink=0.0, pairs="strict")

    for item in DATA.items.ids:
        assert near(strict, item) == near(PLAIN, item)


def phones(buyers=6, backwards=0, others=8):
    """Buyers of a phone, who buy a case five days later; some the other way round; others who buy tea."""
    rows = []
    for n in range(buyers + backwards):
        early, late = ("phone", "case") if n < buyers else ("case", "phone")
        rows += [Row(f"p{n}", early, 10, basket=f"p{n}-1"), Row(f"p{n}", late, 15, basket=f"p{n}-2")]
    rows += [Row(f"t{n}", item, 10, basket=f"t{n}") for n in range(others) for item in ("tea", "cup")]
    return dataset(rows)


AFTER = BasketAffinity(direction="after", min_support=2, min_lift=0.0, shrink=0.0)


def test_what_is_bought_after_goes_with_what_was_bought_before_and_not_the_reverse():
    # 20 baskets; six phones, all followed by a case; a case is in or after twelve.
    assert near(AFTER, "phone", phones()) == {"case": 1.0 * np.log(6 * 20 / (6 * 12))}
    assert near(AFTER, "case", phones()) == {}
    assert near(BasketAffinity(min_support=2, min_lift=0.0, shrink=0.0), "phone", phones()) == {}


def test_a_pair_that_goes_a_third_of_the_time_this_way_stays():
    # (fwd + 1) / (fwd + bwd + 2): 2 of 7 the other way round are a third, 2 of 8 are less.
    assert near(AFTER, "case", phones(5, 2, others=40)) != {}
    assert near(AFTER, "case", phones(6, 2, others=40)) == {}


def test_baskets_of_one_item_that_nothing_follows_are_not_enough():
    with pytest.raises(FitFailed, match="no basket holds two items, nor is one followed by another item"):
        AFTER.fit(dataset([Row("x", "a", 1, basket="1"), Row("y", "b", 2, basket="2")]), Run())


def test_what_is_in_one_basket_goes_both_ways():
    assert near(AFTER, "tea", phones()) == {"cup": np.log(20 / 8)}
    assert near(AFTER, "cup", phones()) == {"tea": np.log(20 / 8)}


def test_what_comes_too_late_or_too_many_baskets_later_does_not_come_after():
    few = BasketAffinity(direction="after", min_support=2, min_lift=0.0, shrink=0.0, next_days=4.0)
    rows = []
    for n in range(6):
        for step, item in enumerate(("phone", "tea", "case")):
            rows.append(Row(f"p{n}", item, 10 + step, basket=f"p{n}-{step}"))
    rows += [Row(f"c{n}", "cup", 10, basket=f"c{n}") for n in range(8)]
    near_by = BasketAffinity(direction="after", min_support=2, min_lift=0.0, shrink=0.0, next_baskets=1)

    assert near(few, "phone", phones()) == {}
    assert list(near(near_by, "phone", dataset(rows))) == ["tea"]
    assert sorted(near(AFTER, "phone", dataset(rows))) == ["case", "tea"]


def test_a_category_vouches_for_what_comes_after_too():
    shelf = (*(Item(id=n, attributes={"shelf": "phones"}) for n in ("new", "phone")), Item(id="case"))
    data = dataset(
        [
            row
            for n in range(6)
            for row in (
                Row(f"p{n}", "phone", 10, basket=f"p{n}-1"),
                Row(f"p{n}", "case", 15, basket=f"p{n}-2"),
                Row(f"t{n}", "tea", 15, basket=f"t{n}"),
            )
        ],
        shelf,
    )
    recipe = BasketAffinity(direction="after", within="shelf", min_lift=1.0)

    assert list(near(recipe, "new", data)) == ["case"]


class TestBasketAffinityAfter(ModelChecks):
    recipe = BasketAffinity(min_support=1, min_lift=0.5, direction="after")


class TestBasketAffinityStrict(ModelChecks):
    recipe = BasketAffinity(min_support=1, min_lift=0.5, within="category", pairs="strict")


class TestBasketAffinityInferredAfter(ModelChecks):
    recipe = BasketAffinity(min_support=1, min_lift=0.5, within="category", direction="after")
