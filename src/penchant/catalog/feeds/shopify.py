"""Shopify's product CSV: the rows of one handle tell of one product, a variant each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from penchant.catalog.feeds.attributes import free_attributes
from penchant.catalog.feeds.cells import Cells, Told, checked_id
from penchant.catalog.feeds.columns import column_of
from penchant.catalog.feeds.entry import Dialect, Entry, Options, Refused
from penchant.catalog.feeds.firsts import Firsts
from penchant.catalog.feeds.merchant_words import read_gtin
from penchant.catalog.feeds.offer import read_offer
from penchant.catalog.feeds.option_words import field_of_option
from penchant.catalog.feeds.prose import one_line
from penchant.catalog.feeds.table import read_table
from penchant.catalog.feeds.unpacked import unpacked
from penchant.catalog.feeds.wrong import Wrong
from penchant.errors import FeedFailed

NAME = "shopify"
_WORDS = {
    "url handle": "handle",
    "body (html)": "description",
    "product category": "product_category",
    "published": "published",
    "published on online store": "published",
    "variant sku": "sku",
    "variant barcode": "barcode",
    "variant price": "price",
    "variant compare at price": "compare_at",
    "compare at price": "compare_at",
    "compare-at price": "compare_at",
    "variant inventory tracker": "tracker",
    "inventory tracker": "tracker",
    "variant inventory qty": "quantity",
    "inventory quantity": "quantity",
    "variant inventory policy": "policy",
    "continue selling when out of stock": "policy",
    "image src": "image",
    "product image url": "image",
    "variant image": "variant_image",
    "variant image url": "variant_image",
    "cost per item": "cost",
    "google shopping / mpn": "mpn",
    "google shopping / manufacturer part number (mpn)": "mpn",
    "google shopping / google product category": "google_category",
    "google shopping / gender": "gender",
    "google shopping / age group": "age_group",
    "google shopping / condition": "condition",
    **{f"google shopping / custom label {number}": f"label_{number}" for number in range(5)},
}
"""Columns of the old and the new export; others are their own word in lower case."""
_METAFIELD = re.compile(r"(.+?)\s*\((?:product|variant)\.metafields\.[^)]*\)", re.IGNORECASE)
_OF_VARIANTS = frozenset(
    ("sku", "barcode", "price", "compare_at", "tracker", "quantity", "policy", "variant_image", "cost", "mpn")
)
_OPTIONS = ("option1", "option2", "option3")
_NEVER_VARIANT = "default title"


def read_shopify(file: BinaryIO, options: Options) -> Iterator[Entry | Refused]:
    """Read Shopify's export.

    Raises:
        FeedFailed: It is no such export, or breaks off.
    """
    told = Told(options, NAME)
    table = read_table(unpacked(file, NAME), NAME, options.encoding)
    words = [_word(column) for column in table.columns]
    if "handle" not in words or not {"title", "price", "sku"} & set(words):
        raise FeedFailed(NAME, "read", 'the table has no column "Handle" or "URL handle" beside "Title"')
    own_id = column_of("id", options.columns, table.columns, NAME)
    spelled = dict(zip(reversed(words), reversed(table.columns), strict=True))
    firsts = Firsts()
    head: dict[str, str] = {}
    for line, row, problem in table.rows:
        values: dict[str, str] = {}
        for word, text in zip(words, row, strict=False):
            if text and not text.isspace():
                values.setdefault(word, text)
        handle = values.get("handle", "").strip()
        id = ""
        try:
            if problem:
                raise Wrong("", problem)
            if not handle:
                raise Wrong(spelled["handle"], "the row has no handle")
            if "title" in values or ("title" not in words and handle != head.get("handle", "").strip()):
                head = values
            if not _is_variant(values):
                continue
            if handle != head.get("handle", "").strip():
                raise Wrong(spelled["handle"], "the product's first row, with its title, is not before this one")
            inherited = {word: text for word, text in head.items() if word not in _OF_VARIANTS}
            # A value of the first row's variant is not one of this row's, but the names of the options are.
            for option in _OPTIONS:
                inherited.pop(f"{option} value", None)
            merged = inherited | values
            # Pictures of the product are told on any of its rows, the main one on the first.
            if "image" in head:
                merged["image"] = head["image"]
            cells = Cells({word: (text,) for word, text in merged.items()}, told, spelled)
            id = (row[own_id].strip().lstrip("'") if own_id is not None else "") or _id(cells, handle)
            id = checked_id(id, spelled.get("sku", spelled["handle"]))
            fields = _fields(cells, handle, merged)
        except Wrong as wrong:
            yield Refused(line, (id or values.get("sku", "").strip() or handle)[:200], wrong.word, wrong.reason)
            continue
        first = firsts.take(id, line)
        if first is None:
            yield Entry(line, id, "product", fields)
        else:
            yield Refused(line, id, spelled.get("sku", spelled["handle"]), f"the id stands already in line {first}")


def _word(column: str) -> str:
    name = " ".join(column.casefold().split())
    return _WORDS.get(name, name)


def _is_variant(values: Mapping[str, str]) -> bool:
    """Rows with a picture alone are none."""
    return any(word in values for word in ("price", "sku", "option1 value"))


def _values(cells: Cells) -> list[tuple[str, str]]:
    """Names and values of the variant's options; a product without variants has none."""
    pairs = []
    for option in _OPTIONS:
        value = cells.line(f"{option} value")
        if value and value.casefold() != _NEVER_VARIANT:
            pairs.append((cells.line(f"{option} name") or option.capitalize(), value))
    return pairs


def _id(cells: Cells, handle: str) -> str:
    # Shopify writes '00123, so that spreadsheets leave the zeros.
    sku = (cells.raw("sku") or "").lstrip("'")
    return sku or ":".join([handle, *(value for _, value in _values(cells))])


def _fields(cells: Cells, handle: str, told: Mapping[str, str]) -> dict[str, Any]:
    tags = [one_line(tag) for tag in (cells.raw("tags") or "").split(",")]
    labels = [tag for tag in tags if tag] + [label for n in range(5) if (label := cells.line(f"label_{n}"))]
    barcode = (cells.line("barcode") or "").lstrip("'")
    is_gtin = bool(re.fullmatch(r"\d{8}|\d{12,14}", barcode))
    condition = (cells.line("condition") or "").casefold()
    fields: dict[str, Any] = {
        "title": cells.line("title"),
        "description": cells.prose("description"),
        "image": cells.link("variant_image", "image"),
        "category": cells.path("type"),
        "taxonomy": cells.path("google_category", "product_category"),
        "brand": cells.line("vendor"),
        "group": handle,
        "gender": (cells.line("gender") or "").casefold(),
        "age_group": (cells.line("age_group") or "").casefold(),
        "condition": condition if condition in ("new", "refurbished", "used") else None,
        "gtin": read_gtin(barcode) if is_gtin else None,
        "mpn": cells.line("mpn"),
        "labels": list(dict.fromkeys(labels)),
    }
    pairs = []
    for name, value in _values(cells):
        field = field_of_option(name)
        if field and not fields.get(field):
            fields[field] = value
        else:
            pairs.append((name, value))
    price, compare = cells.money("price"), cells.money("compare_at")
    words = (cells.word("compare_at"), cells.word("price"), cells.word("cost"))
    if price is not None and compare is not None and compare.amount > price.amount:
        fields |= read_offer(compare, price, cells.money("cost"), words=words)
    else:
        fields |= read_offer(price, None, cells.money("cost"), words=words)
    fields |= _supply(cells)
    if not _is_shown(cells):
        fields["active"] = False
    for word, text in told.items():
        if "metafields" in word and (named := _METAFIELD.fullmatch(cells.word(word).strip())):
            field = field_of_option(named[1])
            if not (field and fields.get(field)):
                pairs.append((named[1], one_line(text)))
    pairs += [("barcode", barcode)] if barcode and not is_gtin else []
    fields["attributes"] = free_attributes(pairs)
    return {field: value for field, value in fields.items() if value not in (None, "", [], {})}


def _supply(cells: Cells) -> dict[str, Any]:
    """Stock and availability; what nobody counts is in stock."""
    if cells.has("tracker") and not cells.raw("tracker"):
        return {"availability": "in_stock"}
    stock = cells.count("quantity")
    if stock is None:
        return {}
    if stock > 0:
        return {"stock": stock, "availability": "in_stock"}
    policy = (cells.raw("policy") or "").casefold()
    return {"stock": 0, "availability": "backorder" if policy in ("continue", "true", "yes", "1") else "out_of_stock"}


def _is_shown(cells: Cells) -> bool:
    status = (cells.raw("status") or "active").casefold()
    return status == "active" and cells.flag("published") is not False


DIALECT = Dialect(NAME, "Shopify's product export: one item for each variant.", ("product",), read_shopify)
