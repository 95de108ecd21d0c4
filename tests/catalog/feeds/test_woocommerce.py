from __future__ import annotations

from typing import Any

import pytest

from feed_reading import entries, read, read_fixture, refused
from penchant.errors import FeedFailed

HOODIE: dict[str, Any] = {
    "description": "Soft fleece.\nPocket",
    "category": "Clothing > Hoodies",
    "brand": "Fern",
    "labels": ["warm", "unisex"],
    "group": "10",
    "material": "Cotton",
    "price": 45.0,
    "currency": "EUR",
    "availability": "in_stock",
}


def test_the_export_is_read() -> None:
    told, wrong = read_fixture("woocommerce", "woocommerce.csv", currency="EUR", timezone="Europe/Berlin")

    assert told == {
        "11": {
            **HOODIE,
            "title": "Hoodie - Blue",
            "image": "https://woo.example/h-blue.jpg",
            "gtin": "4006381333931",
            "color": "Blue",
            "sale_price": 35.0,
            "sale_from": "2026-11-26T23:00:00+00:00",
            "sale_until": "2026-11-30T23:00:00+00:00",
            "cost": 18.2,
            "stock": 3,
            "attributes": {"sku": "HOODIE-B", "categories": "Sale"},
        },
        "12": {
            **HOODIE,
            "title": "Hoodie",
            "image": "https://woo.example/h.jpg",
            "color": "Green",
            "stock": 20,
            "attributes": {"sku": "HOODIE-G", "categories": "Sale"},
        },
        "13": {
            "title": "Knots, tied",
            "description": "All knots.",
            "category": "Books > Rope, knots",
            "price": 9.99,
            "currency": "EUR",
            "availability": "in_stock",
            "attributes": {"sku": "EBOOK", "care": "line dry"},
        },
        "14": {
            "title": "Mug",
            "category": "Kitchen",
            "price": 8.5,
            "currency": "EUR",
            "stock": 0,
            "availability": "out_of_stock",
            "active": False,
            "attributes": {"sku": "MUG", "Colour": ["Red", "Blue"]},
        },
        "15": {
            "title": "Lamp",
            "category": "Home",
            "price": 1250.0,
            "currency": "EUR",
            "stock": 0,
            "availability": "backorder",
            "active": False,
            "attributes": {"sku": "LAMP"},
        },
        "17": {
            "title": "Partner book",
            "url": "https://partner.example/book",
            "category": "Books",
            "price": 12.0,
            "currency": "EUR",
            "availability": "in_stock",
            "attributes": {"sku": "BOOK-X"},
        },
        "21": {
            "title": "Cap - Red",
            "description": "A cap.",
            "image": "https://woo.example/cap.jpg",
            "category": "Clothing > Caps",
            "brand": "Fern",
            "group": "20",
            "color": "Red",
            "size": "One size",
            "price": 19.0,
            "currency": "EUR",
            "stock": 0,
            "availability": "backorder",
            "attributes": {"sku": "CAP-R"},
        },
    }
    assert [tuple(entry) for entry in wrong] == [
        (13, "14", "ID", "the id stands already in line 6"),
        (14, "23", "Sale price", "the sale price 20 is above the price 18"),
        (12, "22", "Parent", 'its parent "id:999" is not in the file'),
    ]


def test_a_parent_may_come_after_its_variations() -> None:
    head = "ID,Type,SKU,Name,Parent,Categories\n"
    parent, child = "1,variable,P,Cap,,Caps\n", "2,variation,,,id:1,\n3,variation,,Red,P,\n"
    wanted = {
        "2": {"title": "Cap", "category": "Caps", "group": "1"},
        "3": {"title": "Red", "category": "Caps", "group": "1", },
    }  # fmt: skip

    assert entries(read("woocommerce", head + parent + child)) == wanted
    assert entries(read("woocommerce", head + child + parent)) == wanted


def test_variations_of_a_parent_that_is_not_published_are_not_shown() -> None:
    text = "ID,Type,Name,Published,Parent\n1,variable,Cap,-1,\n2,variation,Red,1,id:1\n3,simple,Hat,1,\n"
    told = entries(read("woocommerce", text))

    assert told["2"]["active"] is False
    assert "active" not in told["3"]


def test_a_column_can_be_named_for_the_id() -> None:
    text = "ID,Type,SKU,Name\n1,simple,MUG,Mug\n"

    assert list(entries(read("woocommerce", text, columns={"id": "SKU"}))) == ["MUG"]
    assert list(entries(read("woocommerce", text, columns={"id": "ID"}))) == ["1"]


def test_an_export_in_another_language_is_refused() -> None:
    with pytest.raises(FeedFailed, match="export it in English"):
        read("woocommerce", "ID,Typ,Artikelnummer,Name\n1,simple,MUG,Mug\n")


def test_a_sale_that_ends_before_it_begins_is_refused() -> None:
    head = "ID,Type,Regular price,Sale price,Date sale price starts,Date sale price ends\n"

    assert refused(read("woocommerce", head + "1,simple,5,4,2026-11-30,2026-11-27\n")) == [(2, "1", "Sale price")]
    assert refused(read("woocommerce", head + "1,simple,5,4,2026-11-27,2026-11-27\n")) == []
