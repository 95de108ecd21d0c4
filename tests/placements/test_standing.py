"""The order of a catalog that no event tells anything of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from penchant.catalog import Attribute, Item, ItemTable
from penchant.pack import Order
from penchant.packs.product import Product
from penchant.placements.standing import Standings, kinship, near, standing


def table(*items: Item) -> ItemTable:
    return ItemTable([item.id for item in items], items)


def told(items: Sequence[Item], order: Order) -> str:
    places = standing(table(*items), order)
    return "".join(items[row].id for row in np.argsort(places))


GOODS = (
    Product(id="a", category="Shoes", rating=4.0),
    Product(id="b", category="Shoes", rating=5.0),
    Product(id="c", category="Hats", rating=3.0),
    Product(id="d", category="Hats", priority=2.0),
    Product(id="e", category="Socks", rating=4.5),
)


def test_a_minus_puts_the_highest_first_and_what_lacks_the_field_last() -> None:
    assert told(GOODS, Order(by=("-rating",))) == "beacd"
    assert told(GOODS, Order(by=("rating",))) == "caebd"


def test_without_an_order_the_catalog_stands_as_it_is() -> None:
    assert told(GOODS, Order()) == "abcde"


def test_kinds_take_turns_the_best_of_each_first() -> None:
    # First of each kind: b (5.0), e (4.5), c (3.0); then the second of each: a (4.0), d (none).
    assert told(GOODS, Order(by=("-rating",), turns="category")) == "becad"


def test_what_counts_before_all_else_counts_before_turns() -> None:
    # d is wanted; then the first of each kind among the others.
    assert told(GOODS, Order(first=("-priority",), by=("-rating",), turns="category")) == "dbeca"


def test_texts_stand_by_the_alphabet_also_when_they_came_later() -> None:
    made = table(Product(id="x", brand="Brio"), Product(id="y", brand="Ciro")).changed(
        {"z": Product(id="z", brand="Alto")}
    )

    assert np.argsort(standing(made, Order(by=("brand",)))).tolist() == [2, 0, 1]


def test_a_mean_of_few_is_drawn_to_the_mean_of_all() -> None:
    goods = (
        Product(id="a", rating=5.0, reviews=1),
        Product(id="b", rating=4.6, reviews=90),
        Product(id="c", rating=3.0, reviews=9),
    )
    order = Order(by=("-rating",), means=(("rating", "reviews"),))

    # The mean is 4.2: a is (5 + 42) / 11 = 4.27, b is (414 + 42) / 100 = 4.56, c is (27 + 42) / 19 = 3.63.
    assert told(goods, Order(by=("-rating",))) == "abc"
    assert told(goods, order) == "bac"


@given(st.lists(st.tuples(st.sampled_from([None, "x", "y"]), st.none() | st.integers(0, 3)), max_size=12))
def test_every_row_has_one_place(rows: list[tuple[str | None, int | None]]) -> None:
    goods = [Product(id=f"p{n}", category=kind, reviews=number) for n, (kind, number) in enumerate(rows)]
    places = standing(table(*goods), Order(first=("-priority",), by=("-reviews",), turns="category"))

    assert sorted(places.tolist()) == list(range(len(goods)))


def test_an_order_is_worked_out_again_only_when_what_it_looks_at_changed() -> None:
    kept, order = Standings(), Order(by=("-rating",))
    before = table(*GOODS)
    first = kept.of(before, order)
    stocked = before.with_live([Product(id="a", stock=3)])
    rated = before.changed({"c": Product(id="c", rating=9.0)})

    assert kept.of(stocked, order) is first
    assert np.argsort(kept.of(rated, order)).tolist() == [2, 1, 4, 0, 3]


# What is like what

ATTRIBUTES = (
    Attribute("category", "category", 3.0),
    Attribute("price", "number", 1.0),
    Attribute("labels", "tags", 2.0),
    Attribute("title", "text", 9.0),
)


def test_what_is_alike_is_told_by_the_weights_of_the_attributes() -> None:
    made = table(
        Product(id="a", category="Shoes", price=100.0, labels=("red", "new")),
        Product(id="b", category="Shoes", price=400.0, labels=("red",)),
        Product(id="c", category="Hats", price=100.0),
        Product(id="d"),
    )

    # Of 6: b shares the category (3) and one of two labels (1), c the price (1), d nothing.
    assert kinship(made, ATTRIBUTES, np.array([0], np.int32)).tolist() == [1.0, np.float32(4 / 6), np.float32(1 / 6), 0]
    assert kinship(made, ATTRIBUTES, np.array([3, -1, 9], np.int32)).tolist() == [0, 0, 0, 0]


def test_numbers_are_alike_up_to_twice_or_half() -> None:
    found = near(np.array([100.0, 200.0, 50.0, 100.0 * np.sqrt(2.0), np.nan, 0.0]), 100.0)

    assert np.allclose(found, [1.0, 0.0, 0.0, 0.5, 0.0, 0.0])
    assert near(np.array([0.0, 1.0]), 0.0).tolist() == [1.0, 0.0]
