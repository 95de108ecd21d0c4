"""A product: what a shop sells."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, field

from penchant.catalog import Item
from penchant.errors import ItemRejected

Money = Annotated[float, Meta(ge=0, lt=1e12)]
Share = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=0)]

_CURRENCY = re.compile("[A-Z]{3}")


class Product(Item, frozen=True, kw_only=True):
    """A product, or one variant of one.

    Attributes:
        category: Path from the shop's own tree, as in `Shoes > Running`.
        taxonomy: Path in a public taxonomy, as Google's.
        brand: Brand name.
        group: Id shared by the variants of one product (its colours and sizes).
        color: Colour name.
        size: Size label.
        material: What it is made of.
        pattern: Pattern or print.
        gender: Whom it is made for.
        age_group: Of what age they are.
        condition: As good as what.
        gtin: Global trade item number.
        mpn: The maker's number.
        labels: Labels of the shop's own.
        sets: Names of the curated sets it belongs to ("the look").
        price: Price of one piece, in `currency`.
        sale_price: Price while the sale lasts.
        sale_from: When the sale begins; at once when missing.
        sale_until: When it ends; never when missing.
        currency: ISO 4217 code.
        cost: What one piece costs the shop, in `currency`.
        margin: Money earned on one piece, in `currency`; may be negative.
        availability: What the shop says; pieces that are counted and gone outweigh `in_stock`.
        available_from: When a preorder or backorder can be had.
        stock: Pieces that can be bought now; None means not counted, so never out of stock.
        stock_at: Pieces by location; with any, their sum is what counts.
        priority: How much the shop wants to show it; 1 is usual.
        rating: Mean rating.
        reviews: Number of reviews.
        return_rate: Share of pieces that come back.
        shipping_days: Days until it arrives.
        released: When it was first sold.
        expires: When it is taken off sale.
        replenishable: Bought again and again, as socks are.
        regions: Regions it may be sold in; empty means all.
    """

    live: ClassVar[tuple[str, ...]] = (
        "active",
        "price",
        "sale_price",
        "sale_from",
        "sale_until",
        "availability",
        "available_from",
        "stock",
        "stock_at",
    )
    counted: ClassVar[tuple[str, ...]] = ("stock", "stock_at")
    derived: ClassVar[tuple[str, ...]] = ("available", "pieces")
    tracked: ClassVar[tuple[str, ...]] = ("active", "price", "sale_price", "available")
    paths: ClassVar[tuple[str, ...]] = ("category", "taxonomy")
    capitals: ClassVar[tuple[str, ...]] = ("currency",)
    windows: ClassVar[tuple[tuple[str, str], ...]] = (("sale_from", "sale_until"), ("released", "expires"))
    offered: ClassVar[tuple[tuple[str, str], ...]] = (("released", "expires"),)
    private: ClassVar[tuple[str, ...]] = ("cost", "margin", "priority", "return_rate", "labels")

    category: str | None = None
    taxonomy: str | None = None
    brand: str | None = None
    group: str | None = None
    color: str | None = None
    size: str | None = None
    material: str | None = None
    pattern: str | None = None
    gender: str | None = None
    age_group: str | None = None
    condition: Literal["new", "refurbished", "used"] | None = None
    gtin: str | None = None
    mpn: str | None = None
    labels: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    price: Money | None = None
    sale_price: Money | None = None
    sale_from: datetime | None = None
    sale_until: datetime | None = None
    currency: str | None = None
    cost: Money | None = None
    margin: float | None = None
    availability: Literal["in_stock", "out_of_stock", "preorder", "backorder"] | None = None
    available_from: datetime | None = None
    stock: Count | None = None
    stock_at: dict[str, Count] = field(default_factory=dict)
    priority: Annotated[float, Meta(ge=0, le=100)] = 1.0
    rating: Annotated[float, Meta(ge=0, le=10)] | None = None
    reviews: Count | None = None
    return_rate: Share | None = None
    shipping_days: Annotated[float, Meta(ge=0)] | None = None
    released: datetime | None = None
    expires: datetime | None = None
    replenishable: bool = False
    regions: tuple[str, ...] = ()

    @property
    def pieces(self) -> int | None:
        """Pieces that can be bought now, wherever they lie; None when they are not counted."""
        return sum(self.stock_at.values()) if self.stock_at else self.stock

    @property
    def available(self) -> bool:
        """Whether it can be ordered: the shop does not say otherwise, and there are pieces left or on order."""
        if self.availability in ("preorder", "backorder"):
            return True
        return self.availability != "out_of_stock" and self.pieces != 0

    def check(self) -> None:
        """Check that the currency is a code, beside what every item is checked for."""
        super().check()
        if self.currency is not None and not _CURRENCY.fullmatch(self.currency):
            raise ItemRejected(
                self.id, f'must be a code of three letters, as "EUR", got "{self.currency:.20}"', "currency"
            )
