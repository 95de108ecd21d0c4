"""The words of Google Merchant feeds, and what one entry makes of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from penchant.catalog.feeds.attributes import free_attributes
from penchant.catalog.feeds.cells import Cells
from penchant.catalog.feeds.offer import read_offer
from penchant.catalog.feeds.prose import one_line
from penchant.catalog.feeds.wrong import Wrong

LABELS = tuple(f"custom_label_{number}" for number in range(5))
_CONDITIONS = {"new": "new", "refurbished": "refurbished", "renewed": "refurbished", "used": "used"}
_READ = frozenset((
    "id", "title", "description", "link", "mobile_link", "image_link", "availability", "availability_date", "price",
    "sale_price", "sale_price_effective_date", "cost_of_goods_sold", "brand", "gtin", "mpn",
    "google_product_category", "item_group_id", "color", "size", "material", "pattern", "gender", "age_group",
    "expiration_date", "shipping", "min_handling_time", "max_handling_time", "quantity", "inventory",
    "sell_on_google_quantity", "pause", "included_destination", "excluded_destination", "product_detail",
    "product_type", "condition",
    *LABELS,
))  # fmt: skip
_LEFT_OUT = frozenset((
    "additional_image_link", "lifestyle_image_link", "video_link", "virtual_model_link", "canonical_link",
    "link_template", "mobile_link_template", "checkout_link_template", "ads_redirect", "adwords_redirect",
    "identifier_exists", "tax", "tax_category", "shipping_label", "shipping_weight", "shipping_length",
    "shipping_width", "shipping_height", "ships_from_country", "transit_time_label", "return_policy_label",
    "promotion_id", "ads_labels", "ads_grouping", "adwords_labels", "adwords_grouping", "display_ads_id",
    "display_ads_title", "display_ads_link", "display_ads_value", "display_ads_similar_ids",
    "shopping_ads_excluded_country", "excluded_countries_for_shopping_ads", "external_seller_id", "installment",
    "subscription_cost", "loyalty_points", "loyalty_program", "structured_title", "structured_description",
    "handling_cutoff_time", "free_shipping_threshold",
))  # fmt: skip
"""Words about advertising, carriage and tax, which tell nothing of the product itself."""
_SERVICE_DAYS = (("min_handling_time", "max_handling_time"), ("min_transit_time", "max_transit_time"))


def word_of(name: str) -> str:
    """A word however it is spelled: `g:Image Link`, `image link` and `image_link` are one."""
    name = name.strip().casefold().removeprefix("g:")
    return re.sub(r"[\s_\-]+", "_", name.strip())


def merchant_fields(
    cells: Cells, words: Iterable[str], services: Sequence[Mapping[str, str]], details: Sequence[Mapping[str, str]]
) -> dict[str, Any]:
    """Fields of a product.

    Args:
        cells: The entry.
        words: Every word that it says.
        services: Each `shipping` by its parts.
        details: Each `product_detail` by its parts.

    Raises:
        Wrong: A word says what cannot be taken.
    """
    fields: dict[str, Any] = {
        "title": cells.line("title"),
        "description": cells.prose("description"),
        "url": cells.link("link", "mobile_link"),
        "image": cells.link("image_link"),
        "taxonomy": cells.path("google_product_category"),
        "brand": cells.line("brand"),
        "group": cells.line("item_group_id"),
        "color": cells.line("color"),
        "size": cells.line("size"),
        "material": cells.line("material"),
        "pattern": cells.line("pattern"),
        "gender": _lower(cells.line("gender")),
        "age_group": _lower(cells.line("age_group")),
        "gtin": read_gtin(cells.line("gtin")),
        "mpn": cells.line("mpn"),
        "labels": list(dict.fromkeys(one_line(text) for label in LABELS for text in cells.every(label))),
        "availability": cells.availability("availability"),
        "available_from": cells.moment("availability_date"),
        "expires": cells.moment("expiration_date", end=True),
        "stock": cells.count("quantity", "inventory", "sell_on_google_quantity"),
        "shipping_days": _shipping_days(services, cells),
    }
    price, sale = cells.money("price"), cells.money("sale_price")
    dates = cells.interval("sale_price_effective_date") if sale is not None else None
    spelled = (cells.word("price"), cells.word("sale_price"), cells.word("cost_of_goods_sold"))
    cost = cells.money("cost_of_goods_sold")
    fields |= read_offer(price, sale, cost, dates=dates or (None, None), words=spelled)
    if _paused(cells):
        fields["active"] = False
    categories = [one_line(text) for text in cells.every("product_type")]
    condition = cells.line("condition")
    known = _CONDITIONS.get(condition.casefold().partition("_")[0].partition(" ")[0]) if condition else None
    fields["category"] = cells.path("product_type")
    fields["condition"] = known
    pairs = [("product_type", text) for text in categories[1:]]
    pairs += [("condition", condition)] if condition and known is None else []
    fields["attributes"] = free_attributes([*pairs, *_others(cells, words), *_details(details)])
    return {field: value for field, value in fields.items() if value not in (None, "", [], {})}


def parts_of(text: str, names: Sequence[str]) -> Iterator[dict[str, str]]:
    """The parts of `US:CA:Overnight:16.00 USD:1:1:2:3, …` by name."""
    for group in text.split(","):
        parts = group.split(":")
        if len(parts) > 1 or len(names) == 1:
            yield {name: part.strip() for name, part in zip(names, parts, strict=False) if part.strip()}


def read_gtin(text: str | None) -> str | None:
    """A trade number as text; one that a spreadsheet has rounded (`5.90123E+12`) is lost, so it is left out."""
    if text is None or re.fullmatch(r"\d+([.,]\d+)?[eE]\+?\d+", text):
        return None
    return text.lstrip("'")


def _lower(text: str | None) -> str | None:
    return text.casefold() if text else None


def _paused(cells: Cells) -> bool:
    pause = (cells.raw("pause") or "").casefold()
    if pause and pause not in ("no", "false", "0"):
        return True
    named = [word_of(name) for text in cells.every("excluded_destination") for name in text.split(",")]
    return {"shopping_ads", "free_listings"} <= set(named) or "all" in named


def _shipping_days(services: Sequence[Mapping[str, str]], cells: Cells) -> float | None:
    """The longest time that the fastest service needs; only services that tell of the way count."""
    longest = []
    for service in services:
        handling, transit = (_days(service, low, high, cells) for low, high in _SERVICE_DAYS)
        if handling is None:
            handling = cells.number("max_handling_time", "min_handling_time")
        if transit is not None:
            longest.append((handling or 0.0) + transit)
    return min(longest, default=None)


def _days(service: Mapping[str, str], low: str, high: str, cells: Cells) -> float | None:
    for name in (high, low):
        text = service.get(name)
        if text:
            if not re.fullmatch(r"\d{1,3}(\.\d+)?", text):
                raise Wrong(cells.word("shipping"), f"{name} is not a number of days")
            return float(text)
    return None


def _others(cells: Cells, words: Iterable[str]) -> Iterator[tuple[str, str]]:
    for word in words:
        if word not in _READ and word not in _LEFT_OUT:
            for text in cells.every(word):
                yield word, one_line(text)


def _details(details: Sequence[Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    for detail in details:
        yield one_line(detail.get("attribute_name", "")), one_line(detail.get("attribute_value", ""))
