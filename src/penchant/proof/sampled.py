"""A site of many, of whom a sample is compared: the sample meets the policy, everybody else what chance picks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from penchant.simulation.loop import Answers, Asks, Policy


class Sampled:
    """Answers the first people of a world by one policy, and all others by another one.

    What an engine learns from is a whole site, and what it is measured by is a few hundred people who ask it one by
    one: so purchases, which are rare, can be learned from as many as a site has, at the price of few.
    """

    def __init__(self, policy: Policy, others: Policy, people: int) -> None:
        """Take both.

        Args:
            policy: Answers the sample, and is told everything that happens.
            others: Answers everybody else, and is told nothing.
            people: How many are in the sample: those of the lowest codes, which mean nothing in a world.
        """
        self._policy, self._others, self._people = policy, others, people

    @property
    def degraded(self) -> Mapping[str, int]:
        """What answers of the policy said of themselves, and how often."""
        found: Mapping[str, int] = getattr(self._policy, "degraded", {})
        return found

    def answer(self, asks: Asks) -> Answers:
        """Ask whoever is to answer each."""
        sample = asks.person < self._people
        if sample.all():
            return self._policy.answer(asks)
        items = np.full((len(asks), asks.size), -1, np.int32)
        propensity = np.ones(items.shape, np.float32)
        slates = [""] * len(asks)
        for policy, rows in ((self._policy, np.flatnonzero(sample)), (self._others, np.flatnonzero(~sample))):
            if not len(rows):
                continue
            found = policy.answer(_some(asks, rows))
            items[rows], propensity[rows] = found.items, found.propensity
            for row, slate in zip(rows.tolist(), found.slates, strict=False):
                slates[row] = slate
        return Answers(items, propensity, tuple(slates))

    def observe(self, events: pa.Table) -> None:
        """Tell the policy what everybody did."""
        self._policy.observe(events)

    def change(self, items: Sequence[dict[str, Any]]) -> None:
        """Tell the policy of items."""
        self._policy.change(items)

    def end_of_day(self, now: float) -> None:
        """The policy's night."""
        self._policy.end_of_day(now)


def _some(asks: Asks, rows: NDArray[np.int64]) -> Asks:
    """Some of the requests, in the order named."""
    context = {name: [told[row] for row in rows.tolist()] for name, told in asks.context.items()}
    return replace(asks, person=asks.person[rows], time=asks.time[rows], seed=asks.seed[rows], context=context)
