from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from feed_reading import entries, read
from penchant.catalog.feeds import merchant_words, shopify
from penchant.packs.product.items import Product

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "feeds-products.md").read_text(encoding="utf-8")
SECTIONS = {part.partition("\n")[0]: part for part in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]}


def named(section: str) -> set[str]:
    return {word.casefold() for word in re.findall(r"`([^`\n]+)`", SECTIONS[section])}


def test_every_word_of_merchant_is_described() -> None:
    numbered = {f"custom_label_{number}" for number in (1, 2, 3)}

    assert merchant_words._READ - numbered - named("Google Merchant") == set()


def test_every_column_of_shopify_is_described() -> None:
    others = {"compare at price", *(f"google shopping / custom label {number}" for number in (1, 2, 3, 4))}

    assert set(shopify._WORDS) - others - named("Shopify") == set()


@pytest.mark.parametrize("section", ["Google Merchant", "Shopify", "WooCommerce"])
def test_every_field_in_a_table_is_one_of_a_product(section: str) -> None:
    rows = [line.split(" | ") for line in SECTIONS[section].splitlines() if line.startswith("| `")]
    fields = {name for row in rows if "attribute" not in row[1] for name in re.findall(r"`([a-z_]+)`", row[1])}

    assert len(fields) > 10
    assert fields - {field.name for field in msgspec.structs.fields(Product)} == set()


def test_the_example_is_read() -> None:
    table = re.search(r"```csv\n(.*?)```", PAGE, re.DOTALL)
    mapping = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert table and mapping
    columns = msgspec.toml.decode(mapping[1], type=dict[str, str])

    assert entries(read("tabular", table[1], columns=columns, currency="EUR")) == {
        "A-1": {
            "title": "Wanderstiefel",
            "price": 149.9,
            "currency": "EUR",
            "stock_at": {"berlin": 4},
            "active": True,
            "labels": ["braun", "grün"],
            "attributes": {"fit": "weit"},
        }
    }
