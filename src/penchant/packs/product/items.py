"""A product: what a shop sells."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from penchant.catalog import Item

Money = Annotated[float, Meta(ge=0, lt=1e12)]


class Product(Item, frozen=True, kw_only=True):
    """A product, or one variant of one.

    Attributes:
        category: Path from the shop's own tree, as in `Shoes > Running`.
        brand: Brand name.
        group: Id shared by the variants of one product (its colours and sizes).
        color: Colour name.
        size: Size label.
        price: Price of one piece, in `currency`.
        sale_price: Price now, when lower.
        currency: ISO 4217 code.
        margin: Money earned on one piece, in `currency`; may be negative.
        stock: Pieces that can be bought now; None means not counted, so never out of stock.
        replenishable: Bought again and again, as socks are.
        regions: Regions it may be sold in; empty means all.
    """

    category: str | None = None
    brand: str | None = None
    group: str | None = None
    color: str | None = None
    size: str | None = None
    price: Money | None = None
    sale_price: Money | None = None
    currency: str | None = None
    margin: float | None = None
    stock: Annotated[int, Meta(ge=0)] | None = None
    replenishable: bool = False
    regions: tuple[str, ...] = ()
