"""The market's shelf: what is there, how many pieces, at what price today."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY, iso
from penchant.simulation.choice import Index
from penchant.simulation.luck import uniform
from penchant.simulation.market.goods import Goods
from penchant.simulation.market.mechanisms import ON_SALE, OUT_OF_STOCK, ShopMechanisms

LEAD_DAYS = 4.0
"""Mean days until a sold-out item is there again: assumed; with the pieces ordered, it makes the published share."""

SALE_DAYS = 6.0
"""Mean days of a sale: assumed, 3 to 9."""

DEPTHS = np.array([0.10, 0.15, 0.20, 0.20, 0.25, 0.30, 0.40])
"""How much a sale takes off: about a fifth on average, as EDITED (2017) tells of first reductions."""

_PIECES, _LEAD, _SALE, _DEPTH, _LENGTH = range(301, 306)

Floats = NDArray[np.float64]


class Shelf:
    """Stock and prices, which change by the day. A sold-out item is ordered anew at once and comes days later.

    Pieces are counted down to 0; who buys later than the last piece, be it on the same hours or by a purchase that was
    delayed, is served from the next delivery.
    """

    def __init__(self, seed: int, goods: Goods, start: float, mechanisms: ShopMechanisms, expected: Floats) -> None:
        """Fill the shelf.

        Args:
            seed: Of the world.
            goods: All items.
            start: When the world begins.
            mechanisms: Factors.
            expected: Pieces of each item the shop expects to sell on a day, for its first order.
        """
        self.seed, self.goods, self.start, self.mechanisms = seed, goods, start, mechanisms
        items = np.arange(len(goods))
        # In a cycle of c days of stock and a lead of d days an item is out for d / (c + d).
        self._cover = LEAD_DAYS * (1.0 - OUT_OF_STOCK) / OUT_OF_STOCK
        self._rate = expected.copy()
        order = self._ordered(items)
        left = uniform(seed, _PIECES, items)
        self.stock: NDArray[np.int64] = np.where(goods.comes <= start, np.ceil(left * order), order).astype(np.int64)
        self.back: Floats = np.full(len(items), np.inf)
        out = (uniform(seed, _PIECES, items, 1) < OUT_OF_STOCK) & (goods.comes < start) & self.counted
        self.stock[out] = 0
        self.back[out] = np.ceil(self._lead(items[out], -1) * left[out])
        self.paid = goods.price.copy()
        self.ends: Floats = np.full(len(items), -1.0)
        self._begins: Floats = np.full(len(items), -1.0)
        self.now, self._sold = start, np.zeros(len(items))

    @property
    def counted(self) -> bool:
        """Whether items can run out at all."""
        return self.mechanisms.stockouts > 0.0

    def available(self) -> NDArray[np.bool_]:
        """Which items are sold already and in stock, shape (items,)."""
        there: NDArray[np.bool_] = self.goods.comes <= self.now
        return there & (self.stock > 0) if self.counted else there

    def morning(self, day: int) -> Index:
        """Deliveries, sales that begin and end, new models.

        Returns:
            Codes of items that changed or came, sorted.
        """
        self.now = self.start + day * DAY
        items = np.arange(len(self.goods))
        changed = (self.goods.comes == self.now) & (day > 0)
        self._rate += 0.1 * (self._sold - self._rate) * (day > 0)
        changed |= (self._sold > 0) & self.counted & (day > 0)
        self._sold[:] = 0.0
        came = self.back <= day
        self.stock[came] = self._ordered(items[came])
        self.back[came] = np.inf
        over = self.ends == day
        self.paid[over], self.ends[over] = self.goods.price[over], -1.0
        group = self.goods.group
        chance = self.mechanisms.promotions * ON_SALE / (1.0 - ON_SALE) / SALE_DAYS
        # The first morning finds sales under way.
        first = min(ON_SALE * self.mechanisms.promotions, 1.0)
        begins = uniform(self.seed, _SALE, day, group) < (chance if day else first)
        begins &= (self.ends < 0) & (self.goods.comes <= self.now - 14 * DAY)
        depth = DEPTHS[(uniform(self.seed, _DEPTH, day, group) * len(DEPTHS)).astype(np.int64)]
        lowest = np.minimum(np.ceil(100.0 * 1.05 * self.goods.cost) / 100.0, self.goods.price)
        sale = np.maximum(np.round(self.goods.price * (1.0 - depth), 2), lowest)
        begins &= sale < self.goods.price
        self.paid[begins] = sale[begins]
        length = 3.0 + np.floor(7.0 * uniform(self.seed, _LENGTH, day, group))
        self._begins[begins], self.ends[begins] = day, (day + length)[begins]
        return np.flatnonzero((changed | came | over | begins) & (self.goods.comes <= self.now))

    def take(self, item: Index, day: int) -> Index:
        """Pieces are sold.

        Returns:
            Codes of items that ran out by it, sorted.
        """
        np.add.at(self._sold, item, 1.0)
        if not self.counted:
            return np.zeros(0, np.int64)
        before = self.stock > 0
        np.subtract.at(self.stock, item, 1)
        np.maximum(self.stock, 0, out=self.stock)
        out = np.flatnonzero(before & (self.stock == 0))
        self.back[out] = day + np.ceil(self._lead(out, day))
        return out

    def put_back(self, item: Index) -> None:
        """Pieces came back and can be sold again; items that had run out stay out until the delivery."""
        if self.counted:
            np.add.at(self.stock, item[self.stock[item] > 0], 1)

    def fields(self, items: Index) -> list[dict[str, object]]:
        """Plain items as the catalog has them now."""
        told = []
        for i in items.tolist():
            on_sale = self.ends[i] >= 0
            told.append(
                {
                    **self.goods.fields[i],
                    "cost": float(self.goods.cost[i]),
                    "margin": round(float(self.paid[i] - self.goods.cost[i]), 2),
                    "sale_price": float(self.paid[i]) if on_sale else None,
                    "sale_from": iso(self.start + self._begins[i] * DAY) if on_sale else None,
                    "sale_until": iso(self.start + self.ends[i] * DAY) if on_sale else None,
                    "stock": int(self.stock[i]) if self.counted else None,
                }
            )
        return told

    def _ordered(self, items: Index) -> Floats:
        return np.maximum(np.round(self._cover * self._rate[items]), 2.0)

    def _lead(self, items: Index, day: int) -> Floats:
        """Days until a delivery: half to one and a half times the mean."""
        lead: Floats = self.mechanisms.stockouts * LEAD_DAYS * (0.5 + uniform(self.seed, _LEAD, day, items))
        return lead
