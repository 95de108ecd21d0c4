from __future__ import annotations

from typing import Any

import pytest

from feed_reading import entries, read, read_fixture, refused
from penchant.errors import FeedFailed

SHOP = {"currency": "USD", "url": "https://shop.example/feeds/all", "timezone": "Europe/Berlin"}
STRIDER: dict[str, Any] = {
    "title": "Strider 3 Running Shoe – Men’s",
    "description": "Light daily trainer.\nWeighs 240 g.",
    "url": "https://shop.example/p/strider-3?size=41&color=blue",
    "image": "https://img.example/strider-3-blue.jpg",
    "category": "Shoes > Running > Men",
    "taxonomy": "187",
    "brand": "Strider",
    "group": "RUN-3",
    "color": "Blue/White",
    "size": "41",
    "gender": "male",
    "age_group": "adult",
    "condition": "new",
    "gtin": "4006381333931",
    "availability": "in_stock",
    "stock": 14,
    "shipping_days": 4.0,
    "price": 119.95,
    "sale_price": 89.95,
    "sale_from": "2026-11-26T23:00:00+00:00",
    "sale_until": "2026-11-30T22:59:00+00:00",
    "currency": "EUR",
}


def test_a_table_with_tabs_is_read() -> None:
    told, wrong = read_fixture("merchant", "merchant.tsv", **SHOP)

    assert list(told) == ["RUN-41-BLU", "RUN-42-BLU", "TV-55", "OIL-5", "LAST"]
    assert told["RUN-41-BLU"] == {**STRIDER, "labels": ["bestseller", "autumn"]}
    assert told["RUN-42-BLU"] == {
        "title": "Strider 3 Running Shoe – Men’s",
        "description": 'Light daily trainer. 15" last.',
        "url": "https://shop.example/p/strider-3?size=42&color=blue",
        "image": "https://img.example/strider-3-blue.jpg",
        "category": "Shoes > Running > Men",
        "taxonomy": "Apparel & Accessories > Shoes",
        "brand": "Strider",
        "group": "RUN-3",
        "color": "Blue/White",
        "size": "42",
        "condition": "new",
        "availability": "out_of_stock",
        "stock": 0,
        "price": 119.95,
        "currency": "EUR",
    }
    assert told["TV-55"] == {
        "title": '55" OLED TV, wall mount',
        "description": "Big & bright",
        "url": "https://shop.example/p/tv-55",
        "image": "https://img.example/tv%2055.jpg",
        "category": "TV > OLED",
        "brand": "Lumen",
        "condition": "refurbished",
        "availability": "preorder",
        "available_from": "2026-12-23T23:00:00+00:00",
        "price": 1299.0,
        "currency": "EUR",
        "attributes": {"energy_efficiency_class": "G"},
    }
    assert told["OIL-5"] == {
        "title": '"Best" olive oil 5 l',
        "description": "Cold pressed.",
        "url": "https://shop.example/p/oil",
        "category": "Food",
        "condition": "used",
        "availability": "in_stock",
        "price": 39.5,
        "currency": "EUR",
    }
    assert told["LAST"] == {"title": "Gift wrap", "availability": "in_stock", "price": 0.0, "currency": "EUR"}
    assert [tuple(entry) for entry in wrong] == [
        (7, "", "id", "the entry has no id"),
        (8, "BAD-1", "sale_price", "the sale price 12 is above the price 10"),
        (9, "BAD-2", "sale_price", "price is in EUR, this is in USD"),
        (10, "BAD-3", "availability",
         '"maybe" is no availability (have: in_stock, out_of_stock, preorder, backorder)'),
        (11, "TV-55", "id", "the id stands already in line 5"),
    ]  # fmt: skip


def test_a_table_with_commas_is_read() -> None:
    told, wrong = read_fixture("merchant", "merchant.csv", **SHOP)

    assert told == {
        "101": {
            "title": "Chèvre bûche",
            "description": "Fromage de chèvre, 180 g.\nAu lait cru.",
            "url": "https://fromage.example/101",
            "image": "https://img.example/101.jpg",
            "category": "Cheese, soft > Goat",
            "brand": "Maison Née",
            "availability": "in_stock",
            "price": 1234.5,
            "cost": 617.25,
            "currency": "USD",
            "shipping_days": 3.0,
            "expires": "2026-12-31T23:00:00+00:00",
            "attributes": {"Milk": "raw", "Weight": "180 g"},
        },
        "102": {
            "title": "Comté 24 mois",
            "description": "Aged\nNutty",
            "url": "https://m.fromage.example/102",
            "image": "https://img.example/102.jpg",
            "category": "Cheese > Hard",
            "brand": "Maison Née",
            "availability": "backorder",
            "price": 9.9,
            "currency": "USD",
            "active": False,
            "attributes": {"sole_type": "rubber"},
        },
        "103": {
            "title": "Brie",
            "description": 'He said "creamy".',
            "url": "https://fromage.example/103",
            "category": "Cheese > Soft",
            "brand": "Maison Née",
            "availability": "out_of_stock",
            "price": 9.0,
            "currency": "USD",
            "active": False,
        },
    }
    assert [tuple(entry) for entry in wrong] == [
        (6, "104", "g:link", '"javascript:alert(1)" is not an address of the web'),
        (7, "105", "g:price", '"-5 USD" is below zero'),
        (8, "106", "", "the row has 8 columns, the header has 19"),
        (9, "107", "", "the row has 21 columns, the header has 19"),
    ]


def test_rss_with_the_prefix_is_read() -> None:
    told, wrong = read_fixture("merchant", "merchant_g.rss", **SHOP)

    assert told == {
        "RUN-41-BLU": {
            **STRIDER,
            "labels": ["bestseller"],
            "attributes": {
                "product_type": "Sale > Shoes",
                "product_highlight": ["Reflective", "Vegan"],
                "Drop": "8 mm",
            },
        },
        "MUG-1": {
            "title": "Enamel mug",
            "url": "https://shop.example/p/mug",
            "availability": "out_of_stock",
            "price": 12.0,
            "cost": 4.1,
            "sale_price": 9.0,
            "sale_from": "2026-03-28T11:00:00+00:00",
            "sale_until": "2026-03-29T22:00:00+00:00",
            "currency": "EUR",
            "expires": "2027-02-01T02:00:00+00:00",
        },
    }
    assert [tuple(entry) for entry in wrong] == [
        (3, "", "id", "the entry has no id"),
        (4, "MUG-1", "g:id", "the id stands already in entry 2"),
        (5, "BAD", "g:price", '"ask us" is not a price'),
    ]


def test_rss_without_the_prefix_is_read() -> None:
    told, wrong = read_fixture("merchant", "merchant_plain.rss", **SHOP)

    assert told == {
        "1": {
            "title": "Bergkäse",
            "description": "Würzig & fest",
            "url": "https://kaese.example/1",
            "image": "https://img.example/1.jpg",
            "category": "Käse > Hart",
            "brand": "Alp",
            "availability": "in_stock",
            "price": 24.9,
            "currency": "EUR",
            "attributes": {"condition": "neu"},
        },
        "2": {
            "title": "Quark",
            "availability": "preorder",
            "available_from": "2026-12-01T08:00:00+00:00",
            "price": 2.49,
            "currency": "USD",
        },
    }
    assert wrong == []


def test_atom_is_read() -> None:
    told, wrong = read_fixture("merchant", "merchant.atom", **SHOP)

    assert told == {
        "OIL-5": {
            "title": "Olive oil 5 l",
            "description": "Cold pressed.",
            "url": "https://shop.example/p/oil",
            "availability": "backorder",
            "available_from": "2026-12-05T07:00:00+00:00",
            "stock": 3,
            "price": 39.5,
            "currency": "EUR",
        },
        "VIN-1": {"title": "Vinegar", "url": "https://shop.example/p/vinegar", "price": 4.0, "currency": "EUR"},
    }
    assert wrong == []


@pytest.mark.parametrize(
    ("said", "read_as"),
    [
        ("in stock", "in_stock"),
        ("in_stock", "in_stock"),
        ("In Stock", "in_stock"),
        ("available for order", "in_stock"),
        ("https://schema.org/InStock", "in_stock"),
        ("out of stock", "out_of_stock"),
        ("OUT_OF_STOCK", "out_of_stock"),
        ("sold out", "out_of_stock"),
        ("pre-order", "preorder"),
        ("on backorder", "backorder"),
    ],
)
def test_availability_is_read_in_every_spelling(said: str, read_as: str) -> None:
    assert entries(read("merchant", f"id,availability\n1,{said}\n")) == {"1": {"availability": read_as}}


@pytest.mark.parametrize(
    ("columns", "values", "days"),
    [
        ("shipping", '"US:CA:Overnight:16.00 USD:1:1:2:3"', 4.0),
        ("shipping", '"US:::5 USD,DE:::5 USD:0:1:1:2,AT:::9 USD:0:1:3:6"', 3.0),
        ("shipping(country:price:min_transit_time)", "US:5 USD:2", 2.0),
        ("shipping(country:max_transit_time),max_handling_time", "US:2,1.5", 3.5),
        ("shipping", "US:CA:Overnight:16.00 USD", None),
    ],
)
def test_the_days_until_arrival_are_the_longest_of_the_fastest_service(
    columns: str, values: str, days: float | None
) -> None:
    told = entries(read("merchant", f"id,{columns}\n1,{values}\n"))

    assert told["1"].get("shipping_days") == days


@pytest.mark.parametrize(
    ("columns", "values", "active"),
    [
        ("pause", "ads", False),
        ("pause", "all", False),
        ("pause", "", True),
        ("excluded_destination", "Shopping_ads", True),
        ("excluded_destination", '"Shopping_ads,Free_listings"', False),
        ("included_destination", "Free_listings", True),
    ],
)
def test_paused_products_are_not_shown(columns: str, values: str, active: bool) -> None:
    assert entries(read("merchant", f"id,{columns}\n1,{values}\n"))["1"].get("active", True) is active


@pytest.mark.parametrize(
    ("columns", "values", "word"),
    [
        ("price", "cheap", "price"),
        ("Price,Sale Price", "1 USD,2 USD", "Sale Price"),
        ("price,cost_of_goods_sold", "5 USD,1 EUR", "cost_of_goods_sold"),
        ("quantity", "many", "quantity"),
        ("quantity", "1.5", "quantity"),
        ("expiration date", "soon", "expiration date"),
        ("sale_price,sale_price_effective_date", "1,2026-01-02/2026-01-01", "sale_price_effective_date"),
        ("image_link", "ftp://img.example/1", "image_link"),
        ("link", "http://[broken", "link"),
        ("shipping(country:max_transit_time)", "US:soon", "shipping(country:max_transit_time)"),
    ],
)
def test_a_row_that_cannot_be_taken_names_its_column_as_the_feed_does(columns: str, values: str, word: str) -> None:
    assert refused(read("merchant", f"id,{columns}\n1,{values}\n2{',' * values.count(',')},\n")) == [(2, "1", word)]


def test_a_refused_row_leaves_its_id_to_a_later_one() -> None:
    told = read("merchant", "id,price\n1,cheap\n1,5\n1,6\n")

    assert entries(told) == {"1": {"price": 5.0}}
    assert refused(told) == [(2, "1", "price"), (4, "1", "id")]


def test_numbers_that_a_spreadsheet_has_spoiled_are_left_out() -> None:
    assert entries(read("merchant", "id,gtin,mpn\n1,4.00638E+12,X\n")) == {"1": {"mpn": "X"}}


def test_attributes_are_bounded() -> None:
    columns = ",".join(f"extra {number}" for number in range(80))
    told = entries(read("merchant", f"id,{columns}\n1{',' + 'y' * 900}{',x' * 79}\n"))["1"]["attributes"]

    assert len(told) == 50
    assert told["extra_0"] == "y" * 500


def test_a_sale_that_saves_nothing_is_no_sale() -> None:
    told = entries(read("merchant", "id,price,sale_price\n1,5 USD,5 USD\n"))

    assert told == {"1": {"price": 5.0, "currency": "USD"}}


def test_a_table_without_ids_is_none() -> None:
    with pytest.raises(FeedFailed, match='no column "id"; did you mean "ids"'):
        read("merchant", "ids,title\n1,x\n")


@pytest.mark.parametrize(
    ("options", "reason"),
    [({"currency": "euro"}, "three letters"), ({"timezone": "Mars/Base"}, "no time zone")],
)
def test_wrong_options_are_said(options: dict[str, str], reason: str) -> None:
    with pytest.raises(FeedFailed, match=reason):
        read("merchant", "id\n1\n", **options)


def test_a_word_told_often_has_a_list() -> None:
    told = entries(read("merchant", "id,note,Note,g:note,NOTE\n1,a,b,c,a\n"))

    assert told == {"1": {"attributes": {"note": ["a", "b", "c"]}}}
