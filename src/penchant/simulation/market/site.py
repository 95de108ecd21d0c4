"""The parts of a market that its steps share, and what passes between the steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from penchant.simulation.choice import Index
from penchant.simulation.luck import uniform
from penchant.simulation.market.chances import Truths
from penchant.simulation.market.crowd import Crowd
from penchant.simulation.market.goods import Goods
from penchant.simulation.market.journal import Journal
from penchant.simulation.market.ledger import Ledger
from penchant.simulation.market.mechanisms import ShopMechanisms
from penchant.simulation.market.shelf import Shelf

_DWELL = 490
_COLUMNS = ("row", "item", "time", "buy", "back", "by_slate")

Floats = NDArray[np.float64]


@dataclass
class Site:
    """What all steps of a day need; `day` and `ledger` change every day.

    Attributes:
        seed: Of all luck.
        goods: All items.
        crowd: All people.
        truths: How people answer.
        shelf: Stock and prices.
        journal: Events not told yet.
        ledger: What comes of today.
        day: Today, from 0.
    """

    seed: int
    goods: Goods
    crowd: Crowd
    truths: Truths
    shelf: Shelf
    journal: Journal
    ledger: Ledger
    day: int = 0

    @property
    def mechanisms(self) -> ShopMechanisms:
        """Factors."""
        return self.truths.mechanisms


@dataclass(frozen=True)
class Visits:
    """Who comes in one part of a day; one row a visit, at most one a person and day.

    Attributes:
        person: Person codes.
        time: Unix seconds.
        number: Of the visit; unique.
        wants: Kind each is after.
    """

    person: Index
    time: Floats
    number: Index
    wants: Index

    def __len__(self) -> int:
        """Number of visits."""
        return len(self.person)

    def rows(self, rows: Index, later: float) -> Visits:
        """Some of the visits, some seconds later."""
        return Visits(self.person[rows], self.time[rows] + later, self.number[rows], self.wants[rows])


@dataclass(frozen=True)
class Pages:
    """Product pages that were opened.

    Attributes:
        row: Visit each belongs to.
        item: Item codes.
        time: Unix seconds.
        buy: Chance that it is bought there, now or later.
        back: Chance that it is returned then.
        by_slate: Which were opened from a slate.
    """

    row: Index
    item: Index
    time: Floats
    buy: Floats
    back: Floats
    by_slate: NDArray[np.bool_]

    def __len__(self) -> int:
        """Number of pages."""
        return len(self.row)

    def take(self, rows: Index) -> Pages:
        """Some of the pages, in the order of `rows`."""
        return Pages(*(getattr(self, name)[rows] for name in _COLUMNS))

    def of_visits(self, rows: Index) -> Pages:
        """The same pages, of visits that have other numbers now.

        Args:
            rows: New row of each visit.
        """
        return Pages(rows[self.row], self.item, self.time, self.buy, self.back, self.by_slate)

    @classmethod
    def joined(cls, parts: list[Pages]) -> Pages:
        """All pages of all parts."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in _COLUMNS))

    @classmethod
    def none(cls) -> Pages:
        """No page at all."""
        return cls(*(np.zeros(0, kind) for kind in (np.int64, np.int64, float, float, float, np.bool_)))


def tell_views(site: Site, visits: Visits, pages: Pages, slate: ArrayLike = "", position: ArrayLike = 0) -> None:
    """Write down that pages were opened, and how long people stayed: longer where they are likely to buy.

    Args:
        site: The market's parts.
        visits: That `pages.row` points into.
        pages: What was opened.
        slate: Ids of the slates that led there.
        position: Places in them, from 1.
    """
    person = visits.person[pages.row]
    noise = uniform(site.seed, _DWELL, site.day, person, pages.item)
    site.ledger.add("views", person, np.ones(len(pages)))
    site.journal.add(
        "Product Viewed",
        person,
        pages.time + 1.0,
        pages.item,
        session=visits.number[pages.row],
        slate=slate,
        position=position,
        price=site.shelf.paid[pages.item],
        dwell=(10.0 + 50.0 * np.minimum(pages.buy / 0.15, 1.0)) * (0.5 + noise),
    )
