"""What a shop's own writer writes of its products is what is read back."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from hypothesis import given, settings
from hypothesis import strategies as st

from feed_reading import entries, read

TEXT = (
    st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=20)
    .map(lambda text: " ".join(text.split()))
    .filter(lambda text: text and "&" not in text and "<" not in text)
)
WORD = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=8)
MONEY = st.integers(1, 10**8).map(lambda cents: cents / 100)
MOMENT = st.integers(1_600_000_000, 2_200_000_000).map(lambda at: datetime.fromtimestamp(at, UTC).isoformat())
PATH = st.lists(TEXT.filter(lambda text: ">" not in text), min_size=1, max_size=3).map(" > ".join)
FIELDS = st.fixed_dictionaries(
    {"currency": st.sampled_from(["EUR", "USD", "GBP"]), "price": MONEY},
    optional={
        "title": TEXT,
        "description": st.lists(TEXT, min_size=1, max_size=3).map("\n".join),
        "url": WORD.map(lambda word: f"https://shop.example/{word}?a=1&b=2"),
        "image": WORD.map(lambda word: f"https://img.example/{word}.jpg"),
        "category": PATH,
        "taxonomy": PATH,
        "brand": TEXT,
        "group": TEXT,
        "color": TEXT,
        "size": TEXT,
        "material": TEXT,
        "pattern": TEXT,
        "gender": st.sampled_from(["male", "female", "unisex"]),
        "age_group": st.sampled_from(["adult", "kids"]),
        "condition": st.sampled_from(["new", "refurbished", "used"]),
        "gtin": st.integers(10**12, 10**13 - 1).map(str),
        "mpn": WORD,
        "labels": st.lists(TEXT, min_size=1, max_size=5, unique=True),
        "sale": st.floats(0.01, 0.99),
        "dates": st.tuples(MOMENT, MOMENT).map(sorted).filter(lambda dates: dates[0] < dates[1]),
        "cost": MONEY,
        "availability": st.sampled_from(["in_stock", "out_of_stock", "preorder", "backorder"]),
        "available_from": MOMENT,
        "stock": st.integers(0, 10**6),
        "shipping_days": st.integers(0, 60),
        "expires": MOMENT,
    },
)
WORDS = {"url": "link", "image": "image_link", "category": "product_type", "taxonomy": "google_product_category"} | {
    "group": "item_group_id", "available_from": "availability_date", "stock": "quantity", "expires": "expiration_date"
}  # fmt: skip


def product(drawn: dict[str, Any]) -> dict[str, Any]:
    """Fields as they are read back."""
    fields = dict(drawn)
    share, dates = fields.pop("sale", None), fields.pop("dates", None)
    if share is not None and (sale := round(fields["price"] * share, 2)) < fields["price"]:
        fields["sale_price"] = sale
        if dates:
            fields["sale_from"], fields["sale_until"] = dates
    return fields


def words(id: str, fields: dict[str, Any]) -> dict[str, str]:
    """Fields as a Merchant feed spells them."""
    told = {"id": id}
    for field, value in fields.items():
        if field in ("price", "sale_price", "cost"):
            told["cost_of_goods_sold" if field == "cost" else field] = f"{value:.2f} {fields['currency']}"
        elif field == "labels":
            told |= {f"custom_label_{number}": label for number, label in enumerate(value)}
        elif field == "sale_from":
            told["sale_price_effective_date"] = f"{value}/{fields['sale_until']}"
        elif field == "shipping_days":
            told["shipping"] = f"DE::Post:4.90 EUR::0::{value}"
        elif field not in ("currency", "sale_until"):
            told[WORDS.get(field, field)] = str(value)
    return told


def table(rows: list[dict[str, str]], separator: str) -> str:
    columns = list(dict.fromkeys(word for row in rows for word in row))
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, columns, delimiter=separator)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def rss(rows: list[dict[str, str]], prefix: str) -> str:
    def element(word: str, text: str) -> str:
        if word == "shipping":
            transit = f"<{prefix}max_transit_time>{text.rpartition(':')[2]}</{prefix}max_transit_time>"
            return f"<{prefix}shipping>{transit}</{prefix}shipping>"
        return f"<{prefix}{word}>{escape(text)}</{prefix}{word}>"

    items = ("".join(element(word, text) for word, text in row.items()) for row in rows)
    body = "".join(f"<item>{item}</item>" for item in items)
    return f'<rss xmlns:g="http://base.google.com/ns/1.0"><channel>{body}</channel></rss>'


@settings(max_examples=60, deadline=None)
@given(st.lists(FIELDS.map(product), min_size=1, max_size=3))
def test_every_form_says_the_same(products: list[dict[str, Any]]) -> None:
    wanted = {f"p{number}": fields for number, fields in enumerate(products)}
    rows = [words(id, fields) for id, fields in wanted.items()]

    assert entries(read("merchant", table(rows, "\t"))) == wanted
    assert entries(read("merchant", table(rows, ","))) == wanted
    assert entries(read("merchant", rss(rows, "g:"))) == wanted
    assert entries(read("merchant", rss(rows, ""))) == wanted
