"""Product and ProductGroup of schema.org, as fields of a product."""

from __future__ import annotations

from typing import Any

from penchant.catalog.feeds.attributes import free_attributes
from penchant.catalog.feeds.cells import category_path
from penchant.catalog.feeds.ld_node import Node, type_name
from penchant.catalog.feeds.money import Money, read_money
from penchant.catalog.feeds.offer import read_offer
from penchant.catalog.feeds.wrong import Wrong

TYPES = frozenset(("Product", "IndividualProduct", "ProductModel", "SomeProducts", "ProductGroup", "Vehicle", "Car"))
OF_THE_GROUP = (
    "name", "description", "brand", "manufacturer", "category", "image", "material", "pattern", "audience",
    "aggregateRating", "color", "size", "releaseDate", "itemCondition",
)  # fmt: skip
"""What a variant has from its group when it does not say it itself."""
_GTINS = ("gtin", "gtin13", "gtin14", "gtin12", "gtin8", "isbn")
_CONDITIONS = {
    "newcondition": "new", "new": "new", "refurbishedcondition": "refurbished", "refurbished": "refurbished",
    "usedcondition": "used", "used": "used", "damagedcondition": "used",
}  # fmt: skip
_USUAL = frozenset(("listprice", "strikethroughprice", "srp", "msrp", "regularprice"))
_RANKS = ("in_stock", "preorder", "backorder", None, "out_of_stock")
"""What can be had soonest first; what is not told may be had."""
_HIGHEST_RATING = 10.0
_MOST_OFFERS = 100


def product_id(node: Node) -> str | None:
    """What names a product: its stock keeping unit, else its other ids."""
    offers = node.nodes("offers")
    sku = node.text("sku") or (offers[0].text("sku") if len(offers) == 1 else None)
    return sku or node.text("productID") or node.id or node.identifier


def product_fields(node: Node, group: Node | None) -> dict[str, Any]:
    """The fields of a product that a thing tells.

    Args:
        node: The product, with what it has from its group.
        group: What it is a variant of.

    Raises:
        Wrong: A price, availability, date or link that cannot be read.
    """
    fields: dict[str, Any] = {
        "title": node.text("name"),
        "description": node.prose("description"),
        "url": node.link(),
        "image": node.image(),
        "category": _category(node),
        "brand": node.text("brand") or node.text("manufacturer"),
        "group": _group(node, group),
        "color": node.text("color"),
        "size": node.text("size"),
        "material": node.text("material"),
        "pattern": node.text("pattern"),
        "gtin": node.text(*_GTINS),
        "mpn": node.text("mpn"),
        "condition": _condition(node),
        "released": node.cells.moment("releaseDate"),
        **_audience(node),
        **_rating(node),
        **_offered(node),
    }
    pairs = [(pair.text("name") or "", pair.text("value") or "") for pair in node.nodes("additionalProperty")]
    fields["attributes"] = free_attributes(pairs)
    return {field: value for field, value in fields.items() if value not in (None, "", [], {})}


def _group(node: Node, group: Node | None) -> str | None:
    for one in (*([group] if group else []), *node.nodes("isVariantOf")):
        id = one.text("productGroupID") or one.id
        if id:
            return id[:200]
    return node.text("inProductGroupWithID")


def _category(node: Node) -> str | None:
    texts = node.texts("category")
    # A list is of several categories; the longest path says most.
    return max(filter(None, map(category_path, texts)), key=lambda path: path.count(">"), default=None)


def _condition(node: Node) -> str | None:
    for one in (node, *node.nodes("offers")):
        if text := one.cells.raw("itemCondition"):
            return _CONDITIONS.get(type_name(text).lower())
    return None


def _audience(node: Node) -> dict[str, Any]:
    audience = node.node("audience")
    gender = audience.cells.raw("suggestedGender") if audience else None
    return {"gender": type_name(gender).lower()} if gender else {}


def _rating(node: Node) -> dict[str, Any]:
    """Mean and number of ratings; on a scale that ends above 10 the mean is made one of 5."""
    rating = node.node("aggregateRating")
    if rating is None:
        return {}
    try:
        mean, best = rating.cells.number("ratingValue"), rating.cells.number("bestRating") or 5.0
        count = rating.cells.count("reviewCount", "ratingCount")
    except Wrong:
        return {}
    if mean is not None and best > _HIGHEST_RATING:
        mean = mean * 5.0 / best
    if mean is None or not 0.0 <= mean <= _HIGHEST_RATING:
        return {}
    return {"rating": round(mean, 3), "reviews": count}


def _offered(node: Node) -> dict[str, Any]:
    """Price and availability: of the offer that can be had soonest, of these the cheapest."""
    offers = [one for offer in node.nodes("offers") for one in _single(offer)]
    told = [(_offer(offer), offer) for offer in offers[:_MOST_OFFERS]]
    if not told:
        return {}
    return min(told, key=lambda one: (_RANKS.index(one[0].get("availability")), _amount(one[0])))[0]


def _amount(fields: dict[str, Any]) -> float:
    return float(fields.get("sale_price", fields.get("price", 1e18)))


def _single(offer: Node) -> list[Node]:
    """The offers that an aggregate holds; itself when it holds none."""
    return (offer.nodes("offers") if "AggregateOffer" in offer.types else []) or [offer]


def _offer(offer: Node) -> dict[str, Any]:
    if offer.values("ineligibleRegion"):
        raise Wrong("ineligibleRegion", "only lists of regions where it may be sold can be kept")
    cells = offer.cells
    price, usual = _prices(offer)
    until = cells.moment("priceValidUntil", end=True)
    availability = cells.availability("availability")
    fields: dict[str, Any] = {
        "availability": availability,
        "available_from": cells.moment("availabilityStarts") if availability in ("preorder", "backorder") else None,
        "expires": cells.moment("availabilityEnds", end=True),
        "stock": _stock(offer),
        "regions": [region.upper()[:20] for region in offer.texts("eligibleRegion")][:300],
    }
    if usual is not None and price is not None and price.amount < usual.amount:
        fields |= read_offer(usual, price, dates=(None, until), words=("priceSpecification", "price", ""))
    else:
        fields |= read_offer(price)
    return {field: value for field, value in fields.items() if value not in (None, [])}


def _prices(offer: Node) -> tuple[Money | None, Money | None]:
    """What an offer costs now, and what it costs usually if it says so."""
    currency = offer.text("priceCurrency")
    now = _money(offer, currency, "price", "lowPrice")
    usual = None
    for one in offer.nodes("priceSpecification"):
        money = _money(one, one.text("priceCurrency") or currency, "price", "minPrice")
        kind = type_name(one.cells.raw("priceType") or "").lower()
        if kind in _USUAL:
            usual = usual or money
        elif not one.values("referenceQuantity"):
            now = now or money
    return now, usual


def _money(node: Node, currency: str | None, *words: str) -> Money | None:
    code = currency.strip().upper() if currency and currency.strip() else None
    for word in words:
        text = node.text(word)
        if text is None:
            continue
        try:
            if code and not (len(code) == 3 and code.isascii() and code.isalpha()):
                raise ValueError("the currency is no code of three letters")
            return read_money(text, code or node.graph.told.currency)
        except ValueError as error:
            raise Wrong(word, str(error)) from None
    return None


def _stock(offer: Node) -> int | None:
    level = offer.node("inventoryLevel")
    return level.cells.count("value") if level else offer.cells.count("inventoryLevel")
