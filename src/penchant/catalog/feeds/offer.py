"""What a product costs: price, sale and cost in one currency."""

from __future__ import annotations

from typing import Any

from penchant.catalog.feeds.moments import in_order
from penchant.catalog.feeds.money import Money
from penchant.catalog.feeds.wrong import Wrong


def read_offer(
    price: Money | None,
    sale: Money | None = None,
    cost: Money | None = None,
    *,
    dates: tuple[str | None, str | None] = (None, None),
    words: tuple[str, str, str] = ("price", "sale_price", "cost"),
) -> dict[str, Any]:
    """Fields of what is offered. The margin is left to the shop: taxes and fees are between price and cost.

    Args:
        price: The usual price.
        sale: The price while the sale lasts; one that equals the usual price is no sale.
        cost: What the shop pays.
        dates: When the sale begins and ends.
        words: How the feed spells price, sale price and cost.

    Raises:
        Wrong: The sale price is above the price, the currencies differ, or the sale ends before it begins.
    """
    fields: dict[str, Any] = {}
    told = [(money, word) for money, word in zip((price, sale, cost), words, strict=True) if money is not None]
    currencies = [(money.currency, word) for money, word in told if money.currency]
    for currency, word in currencies:
        if currency != currencies[0][0]:
            raise Wrong(word, f"{currencies[0][1]} is in {currencies[0][0]}, this is in {currency}")
    if currencies:
        fields["currency"] = currencies[0][0]
    if price is not None:
        fields["price"] = price.amount
    if cost is not None:
        fields["cost"] = cost.amount
    if sale is not None and price is not None and sale.amount > price.amount:
        raise Wrong(words[1], f"the sale price {sale.amount:.12g} is above the price {price.amount:.12g}")
    if sale is not None and (price is None or sale.amount < price.amount):
        fields["sale_price"] = sale.amount
        if not in_order(*dates):
            raise Wrong(words[1], f"the sale begins at {dates[0]} and ends at {dates[1]}")
        fields |= {field: date for field, date in zip(("sale_from", "sale_until"), dates, strict=True) if date}
    return fields
