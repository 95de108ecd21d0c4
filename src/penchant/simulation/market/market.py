"""A shop that lives: people come, look, buy, wait, send back, and come again."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.simulation.choice import Index
from penchant.simulation.loop import Asks, Policy, Truth
from penchant.simulation.luck import uniform
from penchant.simulation.market.chances import Truths
from penchant.simulation.market.checkout import Checkout
from penchant.simulation.market.crowd import VISITS, draw_crowd
from penchant.simulation.market.goods import draw_goods
from penchant.simulation.market.journal import Journal
from penchant.simulation.market.ledger import Ledger
from penchant.simulation.market.mechanisms import ShopMechanisms
from penchant.simulation.market.search import search, want
from penchant.simulation.market.shelf import Shelf
from penchant.simulation.market.site import Pages, Site, Visits
from penchant.simulation.market.slates import ask
from penchant.simulation.visits import HOURS

WAVES = 6
"""Parts of a day; who comes in one part meets the shop as it was at its beginning."""

_SOLD = 0.09
"""Pieces the shop expects to sell a visit, for its first orders."""

_COMES, _HOUR = 401, 402


class Market:
    """A shop whose visitors answer to what a policy shows them (a `LivingWorld`)."""

    domain = "shop"
    pack = "product"

    def __init__(
        self, people: int, seed: int, start: float, mechanisms: ShopMechanisms | None = None, horizon: float = 120.0
    ) -> None:
        """Open the shop.

        Args:
            people: Number of people.
            seed: Of all luck.
            start: Unix seconds of the first day's beginning.
            mechanisms: Factors; all as published when left out.
            horizon: Days for which new models are foreseen.
        """
        self.start = start
        mechanisms = mechanisms or ShopMechanisms()
        goods = draw_goods(seed, start, horizon, mechanisms)
        crowd = draw_crowd(seed, people, goods)
        self.ids: list[str] = [item["id"] for item in goods.fields]
        self.people = [f"shopper-{p:05d}" for p in range(people)]
        sold = people * VISITS * _SOLD / int((goods.comes <= start).sum()) * np.exp(goods.quality)
        self.site = Site(
            seed,
            goods,
            crowd,
            Truths(goods, crowd, mechanisms),
            Shelf(seed, goods, start, mechanisms, sold),
            Journal("market", self.people, self.ids, "EUR"),
            Ledger(people),
        )
        self._checkout = Checkout(self.site)

    @property
    def now(self) -> float:
        """Unix seconds up to which the shop was lived through."""
        return self.site.shelf.now

    def catalog(self) -> list[dict[str, Any]]:
        """The items there are now, sold out or not."""
        shelf = self.site.shelf
        return shelf.fields(np.flatnonzero(self.site.goods.comes <= shelf.now))

    def available(self) -> NDArray[np.bool_]:
        """Which items are sold already and in stock."""
        return self.site.shelf.available()

    def wanted(self, asks: Asks) -> Index:
        """The kind people are after who ask: that of the page they are on, or what they came for. Oracles read it."""
        wants = self.site.crowd.wants[asks.person]
        return np.where(asks.seed >= 0, self.site.goods.kind[np.maximum(asks.seed, 0)], wants)

    def day(self, policy: Policy) -> Truth:
        """Live through the next day."""
        site = self.site
        site.ledger = Ledger(len(self.people))
        since = self.start + site.day * DAY
        self._change(policy, site.shelf.morning(site.day))
        person = np.arange(len(self.people))
        person = person[uniform(site.seed, _COMES, site.day, person) < site.crowd.rate]
        busy = np.r_[0.0, np.cumsum(HOURS) / HOURS.sum()]
        hour = np.interp(uniform(site.seed, _HOUR, site.day, person), busy, np.arange(25.0))
        order = np.argsort(hour, kind="stable")
        person, hour = person[order], hour[order]
        for wave in range(WAVES):
            self._due(policy, since + wave * DAY / WAVES)
            now = hour * WAVES // 24 == wave
            if now.any():
                self._wave(policy, person[now], since + 3600.0 * hour[now])
        self._due(policy, since + DAY)
        site.day += 1
        site.shelf.now = self.start + site.day * DAY
        return site.ledger.truth()

    def _wave(self, policy: Policy, person: Index, time: NDArray[np.float64]) -> None:
        """The visits of a part of a day: the start page, a look around, one product's page, the checkout."""
        site = self.site
        visits = Visits(person, time, site.day * len(self.people) + person, want(site, person))
        site.ledger.add("visits", person, np.ones(len(person)))
        found = search(site, visits)
        home = ask(site, policy, visits, "home", np.full(len(person), -1), found)
        policy.observe(site.journal.take())

        # The page people stay on: the first they clicked, or else the first they found.
        seed, before = np.full(len(person), -1), Pages.joined([found, home])
        for pages in (found, home):
            seed[pages.row[::-1]] = pages.item[::-1]
        stays = np.flatnonzero(seed >= 0)
        place = np.full(len(person), -1)
        place[stays] = np.arange(len(stays))
        seen = before.of_visits(place)
        beside = ask(site, policy, visits.rows(stays, 240.0), "also-like", seed[stays], seen)
        gone = self._checkout.close(visits, Pages.joined([before, beside.of_visits(stays)]))
        policy.observe(site.journal.take())
        self._change(policy, gone)

    def _due(self, policy: Policy, moment: float) -> None:
        """Tell the purchases and returns that were decided earlier and happened before a moment."""
        gone = self._checkout.due(moment)
        told = self.site.journal.take()
        if told.num_rows:
            policy.observe(told)
        self._change(policy, gone)

    def _change(self, policy: Policy, items: Index) -> None:
        if len(items):
            policy.change(self.site.shelf.fields(items))
