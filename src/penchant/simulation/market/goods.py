"""The market's goods: the assortment there is at the start, the models that come later, and the truth about each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY, iso
from penchant.simulation.choice import Index
from penchant.simulation.luck import normal, uniform
from penchant.simulation.market.mechanisms import BAITED, MARGIN, MARGIN_SPREAD, TURNOVER, ShopMechanisms
from penchant.simulation.products import COMPLEMENTS, KINDS, Products, draw_products

STYLES = 4
"""Hidden dimensions of taste."""

ASSORTMENT = 1 / 3
"""Share of the models of `KINDS` that are sold at the start; the others may come later."""

NARROWER = 0.7
"""Spread of the prices of a kind, as a share of that in the demo shop: one shop sells one level of goods."""

_QUALITY, _BAIT, _MISFIT, _MARGIN, _LOOKS, _AGE, _ORDER, _APPEAL, _COMES = range(101, 110)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Goods:
    """All items there ever are, those that come later last. What no field of an item shows is marked hidden.

    Attributes:
        fields: Plain fields of each item that never change.
        kind: Index in `KINDS`.
        brand: Index in `BRANDS`.
        color: Index in `COLORS`; -1 without.
        group: Model number, from 0.
        price: Usual price.
        cost: What a piece costs the shop.
        dear: Log of the price over the usual price of its kind.
        big: Log of the usual price of its kind over that of all kinds.
        comes: When it is first sold, Unix seconds.
        quality: Hidden. Utility everyone sees in it.
        looks: Hidden. Style, shape (items, STYLES).
        promise: Hidden. How much pictures and title promise: added to the logit of a click.
        letdown: Hidden. How far it falls short of a promise: taken from the logit of a purchase, and some of it added
            to that of a return.
        misfit: Hidden. How much worse it fits than others of its kind, in logits of a return.
        goes_with: Share of purchases of the row's kind that take the column's along.
    """

    fields: list[dict[str, Any]]
    kind: Index
    brand: Index
    color: Index
    group: Index
    price: Floats
    cost: Floats
    dear: Floats
    big: Floats
    comes: Floats
    quality: Floats
    looks: Floats
    promise: Floats
    letdown: Floats
    misfit: Floats
    goes_with: Floats

    def __len__(self) -> int:
        """Number of items."""
        return len(self.kind)

    @property
    def returned(self) -> Floats:
        """Share of pieces of its kind that come back, by item."""
        return np.array([kind.returned for kind in KINDS])[self.kind]

    @property
    def replenishable(self) -> NDArray[np.bool_]:
        """Which are bought again and again."""
        return np.array([kind.replenishable for kind in KINDS])[self.kind]


def draw_goods(seed: int, start: float, days: float, mechanisms: ShopMechanisms) -> Goods:
    """The assortment; a mechanism that is off leaves all else as it was.

    Args:
        seed: Of the world.
        start: When the world begins, Unix seconds.
        days: For how many days new models are drawn.
        mechanisms: Factors.
    """
    products = draw_products(np.random.default_rng([seed, 61]))
    rows, comes = _order(seed, products, start, days, mechanisms.arrivals)
    kind, brand, color = (c[rows] for c in (products.kind, products.brand, products.color))
    model, code = products.group[rows], rows
    middle = np.array([np.log(products.price[products.of_kind(k)]).mean() for k in range(len(KINDS))])
    dear = NARROWER * (np.log(products.price[rows]) - middle[kind])
    price = np.maximum(np.round(np.exp(middle[kind] + dear)) - 0.1, 1.9)
    baited = uniform(seed, _BAIT, model) < BAITED
    strength = np.where(baited, 0.7 + 0.6 * uniform(seed, _BAIT, model, 1), 0.0)
    share = MARGIN + mechanisms.margins * MARGIN_SPREAD * normal(seed, _MARGIN, model)
    cost = np.round(price * (1.0 - np.clip(share, 0.06, 0.84)), 2)
    goes_with = np.zeros((len(KINDS), len(KINDS)))
    prefixes = [k.prefix for k in KINDS]
    for prefix, others in COMPLEMENTS.items():
        for other, part in others:
            goes_with[prefixes.index(prefix), prefixes.index(other)] = part
    fields = [
        _fields(products.items[row], float(paid), float(at)) for row, paid, at in zip(rows, price, comes, strict=True)
    ]
    return Goods(
        fields=fields,
        kind=kind,
        brand=brand,
        color=color,
        group=np.unique(model, return_inverse=True)[1],
        price=price,
        cost=cost,
        dear=dear,
        big=middle[kind] - middle.mean(),
        comes=comes,
        quality=0.55 * normal(seed, _QUALITY, model) + 0.2 * normal(seed, _QUALITY, code, 7),
        looks=normal(seed, _LOOKS, model[:, None], np.arange(STYLES)),
        promise=mechanisms.bait * (1.2 * strength + 0.3 * normal(seed, _APPEAL, model)),
        letdown=mechanisms.bait * strength,
        misfit=0.8 * normal(seed, _MISFIT, model),
        goes_with=goes_with,
    )


def _order(seed: int, products: Products, start: float, days: float, factor: float) -> tuple[Index, Floats]:
    """Rows of the catalog in the order of codes, and when each comes: whole models at a time."""
    models = np.arange(int(products.group.max()) + 1)
    first = np.searchsorted(products.group, models)
    kind, size = products.kind[first], np.bincount(products.group)
    shuffled = np.lexsort((uniform(seed, _ORDER, models), kind))
    place = np.empty(len(models), np.int64)
    place[shuffled] = np.arange(len(models)) - np.searchsorted(kind[shuffled], kind[shuffled])
    here = place < np.ceil(ASSORTMENT * np.bincount(kind)[kind])
    age = (30.0 + 700.0 * uniform(seed, _AGE, models)) * DAY
    # The later models come one by one at an even pace, give or take a few days.
    later = np.flatnonzero(~here)
    later = later[np.argsort(uniform(seed, _COMES, later))]
    pace = factor * TURNOVER / 30.0 * size[here].sum()
    day = np.cumsum(size[later]) / max(pace, 1e-12) - 3.0 * uniform(seed, _COMES, later, 1)
    later, day = later[day <= days], np.floor(day[day <= days])
    groups = np.concatenate([np.flatnonzero(here), later])
    comes = np.concatenate([start - age[here], start + np.maximum(day, 1.0) * DAY])
    rows = np.concatenate([first[g] + np.arange(size[g]) for g in groups])
    return rows, np.repeat(comes, size[groups])


def _fields(item: dict[str, Any], price: float, comes: float) -> dict[str, Any]:
    told = ("id", "title", "url", "category", "brand", "group", "color", "currency", "replenishable")
    return {**{name: item[name] for name in told}, "price": round(price, 2), "released": iso(comes)}
