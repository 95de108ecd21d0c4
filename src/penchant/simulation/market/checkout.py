"""The checkout: what is put into carts, bought now or later, and sent back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.simulation.choice import Index
from penchant.simulation.luck import uniform
from penchant.simulation.market.chances import tally
from penchant.simulation.market.mechanisms import LATER_DAYS, SAME_DAY
from penchant.simulation.market.pending import Pending
from penchant.simulation.market.site import Pages, Site, Visits

CARTS = 0.3
"""Share of what is put into carts that is bought; 70 % is left there (Baymard Institute)."""

MOST_DAYS = 30.0
"""Longest wait for a purchase or a return."""

SENT_DAYS = (3.0, 5.0)
"""Least, and mean further, days until a purchase comes back: assumed, most of them inside the 14 days in which buyers
may withdraw in the European Union."""

_BUY, _WHEN, _WAIT, _BACK, _SENT = range(430, 435)


class Checkout:
    """Decides about pages, and keeps what will be seen only days later."""

    def __init__(self, site: Site) -> None:
        """Nothing waits yet."""
        self._site = site
        self._orders, self._refunds = Pending(), Pending()
        self._last = 0

    def close(self, visits: Visits, pages: Pages) -> Index:
        """End visits: decide what is bought, when, and what of it will come back; all of it is booked now.

        Who waits pays the price that was seen.

        Returns:
            Codes of items that ran out by it.
        """
        site, seed, day = self._site, self._site.seed, self._site.day
        person, item = visits.person[pages.row], pages.item
        drawn = uniform(seed, _BUY, day, person, item)
        added, bought = drawn < pages.buy / CARTS, drawn < pages.buy
        leaves = visits.time.copy()
        np.maximum.at(leaves, pages.row, pages.time)
        price = site.shelf.paid[item]
        site.journal.add(
            "Product Added",
            person[added],
            pages.time[added] + 9.0,
            item[added],
            session=visits.number[pages.row[added]],
            quantity=1.0,
            price=price[added],
        )
        person, item, price, row = person[bought], item[bought], price[bought], pages.row[bought]
        later = uniform(seed, _WHEN, day, person, item) < site.mechanisms.delay * (1.0 - SAME_DAY)
        back = uniform(seed, _BACK, day, person, item) < pages.back[bought]
        site.ledger.book(
            person,
            tally(np.ones(len(item)), back.astype(np.float64), price, site.goods.cost[item]),
            pages.by_slate[bought],
            "_realised",
        )
        wait = 1.0 - np.log1p(-uniform(seed, _WAIT, day, person, item)) * LATER_DAYS
        time = leaves[row] + 120.0 + np.where(later, np.minimum(wait, MOST_DAYS), 0.0) * DAY
        # What is bought on one visit is one order; what is bought later is one each.
        key = np.where(later, len(visits) + np.arange(len(row)), row)
        kinds, order = np.unique(key, return_inverse=True)
        order = self._last + order
        self._last += len(kinds)
        self._orders.add(time[later], person[later], item[later], price[later], order[later])
        now = ~later
        self._ordered(time[now], person[now], item[now], price[now], order[now], visits.number[row[now]])
        least, mean = SENT_DAYS
        days = np.minimum(least - np.log(uniform(seed, _SENT, day, person, item)) * mean, MOST_DAYS)
        self._refunds.add((time + days * DAY)[back], person[back], item[back], price[back], order[back])
        site.crowd.bought(person, item, site.goods)
        return site.shelf.take(item[now], day)

    def due(self, moment: float) -> Index:
        """Write down the purchases and returns whose time came before a moment.

        Returns:
            Codes of items that ran out by it.
        """
        time, person, item, price, order = self._orders.due(moment)
        self._ordered(time, person, item, price, order, -1)
        out = self._site.shelf.take(item, self._site.day)
        time, person, item, price, order = self._refunds.due(moment)
        self._site.journal.add("Order Refunded", person, time, item, quantity=1.0, price=price, order=order)
        self._site.shelf.put_back(item)
        return out

    def _ordered(
        self,
        time: NDArray[np.float64],
        person: Index,
        item: Index,
        price: NDArray[np.float64],
        order: Index,
        session: Index | int,
    ) -> None:
        self._site.journal.add(
            "Order Completed", person, time, item, quantity=1.0, price=price, order=order, session=session
        )
