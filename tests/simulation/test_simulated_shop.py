from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.catalog import read_item
from penchant.clock import DAY
from penchant.packs.product.items import Product
from penchant.simulation import World, shop
from penchant.simulation.log import SCHEMA


def test_the_same_seed_and_moment_give_the_same_world(now: float) -> None:
    one, two, other = shop(3, now, people=60), shop(3, now, people=60), shop(4, now, people=60)

    assert one.items == two.items
    assert one.events.equals(two.events)
    assert not one.events.equals(other.events)


def test_it_is_large_enough_and_has_the_columns(shop_world: World) -> None:
    assert (shop_world.domain, shop_world.pack) == ("shop", "product")
    assert shop_world.events.schema.equals(SCHEMA)
    assert 1_100 <= len(shop_world.items) <= 1_350
    assert 130_000 <= shop_world.events.num_rows <= 180_000


def test_every_item_is_a_product(shop_world: World) -> None:
    products = [read_item(Product, fields) for fields in shop_world.items]

    assert len({p.id for p in products}) == len(products)
    sold_out = sum(p.stock == 0 for p in products) / len(products)
    assert 0.05 < sold_out < 0.11
    assert {p.category for p in products if p.replenishable} == {"Socks", "Insoles", "Nutrition"}
    assert all(p.price is not None and p.margin is not None and 0 < p.margin < p.price for p in products)


def test_running_shoes_come_in_groups_of_three_to_five_colours_from_several_brands(shop_world: World) -> None:
    shoes = [x for x in shop_world.items if x["category"] == "Shoes > Running"]
    groups = defaultdict(list)
    for shoe in shoes:
        groups[shoe["group"]].append(shoe)

    assert len(shoes) > 0.25 * len(shop_world.items)
    assert len({shoe["brand"] for shoe in shoes}) >= 6
    assert all(40 <= shoe["price"] <= 220 for shoe in shoes)
    for group in groups.values():
        assert 3 <= len(group) <= 5
        assert len({x["color"] for x in group}) == len(group)
        assert len({(x["brand"], x["price"]) for x in group}) == 1


def test_events_are_sorted_unique_and_inside_the_time(shop_world: World, now: float) -> None:
    times = shop_world.events["time"].cast("int64").to_pylist()

    assert times == sorted(times)
    assert (now - 60 * DAY) * 1000 < times[0] and times[-1] <= now * 1000
    assert len(set(shop_world.events["id"].to_pylist())) == len(times)
    assert set(shop_world.events["item"].to_pylist()) <= {item["id"] for item in shop_world.items}


def test_the_funnel_narrows(shop_world: World) -> None:
    count = Counter(shop_world.events["event"].to_pylist())

    assert set(count) == {
        "Product Viewed",
        "Product Added",
        "Product Removed",
        "Product Added to Wishlist",
        "Order Completed",
        "Order Refunded",
    }
    assert count["Product Viewed"] > 5 * count["Product Added"]
    assert count["Product Added"] > count["Order Completed"] > 8 * count["Order Refunded"] > 0
    assert count["Product Removed"] > 0


def test_orders_have_price_and_pieces_and_follow_a_cart(shop_world: World, shop_rows: list[dict[str, Any]]) -> None:
    price = {item["id"]: item["price"] for item in shop_world.items}
    carted = set()
    for row in shop_rows:
        person = row["anonymous_id"][: len("shop-00000")]
        if row["event"] == "Product Added":
            carted.add((person, row["item"]))
        if row["event"] == "Order Completed":
            assert (person, row["item"]) in carted
            assert row["order"] is not None
            assert row["price"] == price[row["item"]] and row["currency"] == "EUR"
            assert row["quantity"] >= 1


def test_a_refund_takes_back_a_line_of_an_order_days_before(shop_rows: list[dict[str, Any]]) -> None:
    lines = {}
    for row in shop_rows:
        key = (row["order"], row["item"], row["anonymous_id"][: len("shop-00000")])
        if row["event"] == "Order Completed":
            lines[key] = row
        if row["event"] == "Order Refunded":
            assert row["quantity"] == lines[key]["quantity"]
            assert 2.9 * DAY < row["time"] - lines[key]["time"] < 14.1 * DAY


def test_nobody_orders_one_model_twice_unless_it_is_used_up(shop_world: World, shop_rows: list[dict[str, Any]]) -> None:
    kind = {item["id"]: (item["group"], item["replenishable"]) for item in shop_world.items}
    bought, again = set(), 0
    for row in shop_rows:
        if row["event"] == "Order Completed":
            group, replenishable = kind[row["item"]]
            key = (row["anonymous_id"][: len("shop-00000")], group)
            assert replenishable or key not in bought
            again += key in bought
            bought.add(key)

    assert again > 100


def test_people_are_anonymous_first_and_some_become_known(shop_rows: list[dict[str, Any]]) -> None:
    known: dict[str, str] = {}
    for row in shop_rows:
        device, user = row["anonymous_id"], row["user_id"]
        assert known.get(device, user) == user
        if user is not None:
            known[device] = user

    first = {}
    for row in shop_rows:
        first.setdefault(row["anonymous_id"], row["user_id"])
    assert 0.4 < len(known) / len(first) < 0.9
    assert sum(user is None for user in first.values()) > 0.8 * len(first)
    assert len(known) > len(set(known.values())) > 1_000


def test_running_shoes_are_bought_with_socks_and_insoles(shop_world: World, shop_rows: list[dict[str, Any]]) -> None:
    category = {item["id"]: item["category"] for item in shop_world.items}
    baskets = defaultdict(set)
    for row in shop_rows:
        if row["event"] == "Order Completed":
            baskets[row["order"]].add(category[row["item"]])
    everywhere = Counter(x for basket in baskets.values() for x in basket)
    shoes = [basket for basket in baskets.values() if "Shoes > Running" in basket]
    beside = Counter(x for basket in shoes for x in basket)

    def lift(name: str) -> float:
        return (beside[name] / len(shoes)) / (everywhere[name] / len(baskets))

    assert lift("Socks") > 1.5
    assert lift("Insoles") > 1.5
    assert all(lift(name) < 1 for name in everywhere if name not in {"Shoes > Running", "Socks", "Insoles"})


def test_neighbours_of_what_a_person_saw_beat_popularity(
    shop_world: World, contest: Callable[[World, str], tuple[float, float]]
) -> None:
    popular, neighbours = contest(shop_world, "Product Viewed")

    assert neighbours > 2.5 * popular


@pytest.mark.parametrize("people", [1, 5])
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31 - 1), days=st.floats(1.0, 20.0))
def test_a_tiny_world_is_a_world(people: int, seed: int, days: float) -> None:
    world = shop(seed, 1_780_012_345.0, people=people, days=days)

    assert world.events.schema.equals(SCHEMA)
