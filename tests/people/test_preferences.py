from __future__ import annotations

from typing import Any

import pytest

from penchant.people import likes_of, trait_of


def test_likes_are_read_by_domain_and_field() -> None:
    traits = {
        "preferences.shop.category": ["Shoes", "Hats", "Shoes"],
        "preferences.shop.price": [[None, 20], 50],
        "preferences.shop.id": ["sku-1"],
        "preferences.shop.attributes.fit": "slim",
        "preferences.shopping.brand": ["Other"],
        "preferences.channel.topics": ["yoga"],
        "plan": "pro",
    }

    assert likes_of("shop", traits) == {
        "category": ("Shoes", "Hats"),
        "price": ((None, 20.0), 50.0),
        "id": ("sku-1",),
        "attributes.fit": ("slim",),
    }
    assert likes_of("channel", traits) == {"topics": ("yoga",)}


@pytest.mark.parametrize("told", [None, [], "", [""], {"a": 1}, True, [[None, None]], [["a", 1]], [[1, 2, 3]], [None]])
def test_what_cannot_be_read_counts_for_nothing(told: Any) -> None:
    assert likes_of("shop", {trait_of("shop", "price"): told}) == {}


def test_no_more_than_a_hundred_values_count() -> None:
    found = likes_of("shop", {trait_of("shop", "brand"): [f"b{n}" for n in range(300)]})

    assert len(found["brand"]) == 100
