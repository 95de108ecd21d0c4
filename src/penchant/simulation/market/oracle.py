"""Policies that know the truth: the ceiling of what an objective can reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from penchant.simulation.loop import Answers, Asks
from penchant.simulation.market.market import Market

Aim = Literal["clicks", "orders", "revenue", "margin", "net_revenue", "net_profit"]


class Oracle:
    """Ranks what is available by what showing it is truly expected to bring; the best first, as attention falls.

    It knows what people are after, and it sees no further than the slate: not what a purchase does to later visits.
    """

    def __init__(self, market: Market, aim: Aim) -> None:
        """Take a world to look into.

        Args:
            market: Is read, never changed.
            aim: What counts: the name of a measure.
        """
        self._market, self._aim = market, aim

    def answer(self, asks: Asks) -> Answers:
        """The best items by the true expectation of the aim."""
        market, site = self._market, self._market.site
        open_ = np.flatnonzero(market.available())
        paid, wanted = site.shelf.paid, market.wanted(asks)[:, None]
        person = asks.person.astype(np.int64)[:, None]
        chances = site.truths.of(person, open_[None, :], wanted, paid, asks.placement != "home")
        if self._aim == "clicks":
            score = chances.click
        else:
            score = site.truths.worth(open_[None, :], chances.click * chances.buy, chances.back, paid)[self._aim]
        score = np.where(asks.seed[:, None] == open_[None, :], -np.inf, score)
        size = min(asks.size, len(open_))
        best = np.argsort(-score, axis=1, kind="stable")[:, :size]
        items = np.full((len(asks), asks.size), -1, np.int32)
        items[:, :size] = np.where(np.take_along_axis(score, best, axis=1) == -np.inf, -1, open_[best])
        return Answers(items, np.ones(items.shape, np.float32))

    def observe(self, events: pa.Table) -> None:
        """Learn nothing: all is known."""

    def change(self, items: Sequence[dict[str, Any]]) -> None:
        """Nothing to remember: the world is looked into each time."""

    def end_of_day(self, now: float) -> None:
        """Nothing to train."""
