from __future__ import annotations

from typing import Any

import pytest

from feed_reading import entries, read, read_fixture, refused
from penchant.errors import FeedFailed

SHIRT: dict[str, Any] = {
    "title": "Linen Shirt",
    "description": "Breathes well.\nWashes cold.",
    "category": "Shirts",
    "taxonomy": "Apparel & Accessories > Clothing > Shirts & Tops",
    "brand": "Tide",
    "group": "linen-shirt",
    "gender": "unisex",
    "age_group": "adult",
    "condition": "new",
    "labels": ["linen", "summer", "new-in", "core"],
    "currency": "EUR",
}
HAT: dict[str, Any] = {
    "category": "Hats",
    "brand": "Tide",
    "price": 15.0,
    "currency": "EUR",
    "stock": 3,
    "availability": "in_stock",
    "active": False,
}


def test_the_old_export_is_read_a_variant_at_a_time() -> None:
    told, wrong = read_fixture("shopify", "shopify_old.csv", currency="EUR")

    assert told == {
        "LS-WH-M": {
            **SHIRT,
            "color": "White",
            "size": "M",
            "image": "https://cdn.example/linen-white.jpg",
            "gtin": "4006381333931",
            "price": 79.0,
            "sale_price": 59.0,
            "cost": 21.5,
            "stock": 7,
            "availability": "in_stock",
            "attributes": {"Fit": "Relaxed"},
        },
        "LS-WH-L": {
            **SHIRT,
            "color": "White",
            "size": "L",
            "image": "https://cdn.example/linen-white.jpg",
            "price": 59.0,
            "cost": 21.5,
            "stock": 0,
            "availability": "out_of_stock",
            "attributes": {"Fit": "Relaxed"},
        },
        "linen-shirt:Sand:M": {
            **SHIRT,
            "color": "Sand",
            "size": "M",
            "image": "https://cdn.example/linen-1.jpg",
            "price": 59.0,
            "stock": 0,
            "availability": "backorder",
            "attributes": {"Fit": "Relaxed", "barcode": "ABC-77"},
        },
        "00042": {
            "title": "Gift Card",
            "brand": "Tide",
            "group": "gift-card",
            "price": 25.0,
            "currency": "EUR",
            "availability": "in_stock",
        },
        "HAT-1": {**HAT, "title": "Old Hat", "description": "Worn out", "group": "old-hat"},
        "HAT-2": {**HAT, "title": "Secret", "group": "secret"},
    }
    assert [tuple(entry) for entry in wrong] == [
        (10, "HAT-1", "Variant SKU", "the id stands already in line 8"),
        (11, "OR-1", "Handle", "the product's first row, with its title, is not before this one"),
        (12, "NO-1", "Handle", "the row has no handle"),
        (13, "DEAR-1", "Variant Price", '"call us" is not a price'),
    ]


def test_the_new_export_is_read() -> None:
    told, wrong = read_fixture("shopify", "shopify_new.csv", currency="NOK")
    bottle = {
        "title": "Trail Bottle",
        "description": "Keeps tea hot.",
        "category": "Bottles",
        "taxonomy": "Sporting Goods > Camping > Bottles",
        "brand": "Fjell",
        "group": "trail-bottle",
        "condition": "used",
        "labels": ["steel", "camping", "gift"],
        "color": "Green",
        "currency": "NOK",
    }

    assert told == {
        "TB-05": {
            **bottle,
            "image": "https://cdn.example/bottle.jpg",
            "gtin": "7038010009457",
            "mpn": "F-05",
            "price": 29.9,
            "sale_price": 24.9,
            "cost": 8.0,
            "stock": 12,
            "availability": "in_stock",
            "attributes": {"Volume": "0.5 l"},
        },
        "TB-10": {
            **bottle,
            "image": "https://cdn.example/bottle-1l.jpg",
            "gtin": "7038010009464",
            "price": 34.9,
            "cost": 11.0,
            "stock": 0,
            "availability": "backorder",
            "attributes": {"Volume": "1 l"},
        },
        "DT-1": {
            "title": "Draft Tent",
            "category": "Tents",
            "brand": "Fjell",
            "group": "draft-tent",
            "price": 199.0,
            "currency": "NOK",
            "availability": "in_stock",
            "active": False,
        },
    }
    assert wrong == []


def test_a_column_can_be_named_for_the_id() -> None:
    text = "Handle,Title,Variant SKU,Variant ID\na,A,S-1,4001\n"

    assert list(entries(read("shopify", text, columns={"id": "Variant ID"}))) == ["4001"]
    with pytest.raises(FeedFailed, match='no column "Variant Id2" for "id"; did you mean "Variant ID"'):
        read("shopify", text, columns={"id": "Variant Id2"})


def test_a_compare_price_that_is_not_higher_is_no_sale() -> None:
    text = "Handle,Title,Variant Price,Variant Compare At Price\na,A,10,0\nb,B,10,10\nc,C,10,12\n"
    told = entries(read("shopify", text))

    assert told["a"] == {"title": "A", "group": "a", "price": 10.0}
    assert told["b"]["price"] == 10.0
    assert "sale_price" not in told["b"]
    assert (told["c"]["price"], told["c"]["sale_price"]) == (12.0, 10.0)


def test_a_broken_row_refuses_itself_alone() -> None:
    assert refused(read("shopify", "Handle,Title,Variant SKU\na,A\nb,B,2\n")) == [(2, "a", "")]


def test_other_tables_are_none() -> None:
    with pytest.raises(FeedFailed, match='no column "Handle"'):
        read("shopify", "id,title\n1,x\n")
