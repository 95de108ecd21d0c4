"""Policies that know the truth, each after something else: how much there is to gain by the right objective."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit

from penchant.simulation.channel.channel import Channel
from penchant.simulation.channel.choosing import LEAVES_FEED
from penchant.simulation.channel.watching import Prospect
from penchant.simulation.loop import Answers, Asks
from penchant.slate import Codes, top_k

Aim = Literal["starts", "seconds", "share", "completion", "satisfaction"]

Reals = NDArray[np.float64]


class Oracle:
    """Shows what is best by the world's own word; never the seed."""

    def __init__(self, channel: Channel, aim: Aim) -> None:
        """Take a channel's word for everything.

        Args:
            channel: The world to be served.
            aim: What is after: `starts` by the chance to be started alone; the others by that chance times what is
                expected of a start: `seconds` played, `share` played, `completion`: quantile of the share attended
                to among starts of the same length, or `satisfaction`.
        """
        self._channel, self._aim = channel, aim

    def answer(self, asks: Asks) -> Answers:
        """The best of all that may be shown, in order."""
        there = np.flatnonzero(self._channel.available())
        score = self._score(*self._channel.prospects(asks.person.astype(np.int64), asks.time, there))
        score[asks.seed[:, None] == there] = -np.inf
        items: Codes = np.full((len(asks), asks.size), -1, np.int32)
        for row, best in enumerate(score):
            codes, _ = top_k(best, asks.size)
            items[row, : len(codes)] = there[codes]
        return Answers(items, np.ones(items.shape, np.float32))

    def observe(self, events: pa.Table) -> None:
        """Nothing that is not known."""

    def change(self, items: Sequence[dict[str, Any]]) -> None:
        """Nothing that is not known."""

    def end_of_day(self, now: float) -> None:
        """Nothing to train."""

    def _score(self, utility: Reals, prospect: Prospect) -> Reals:
        starts: Reals = expit(utility - LEAVES_FEED)
        if self._aim == "seconds":
            return starts * prospect.seconds
        if self._aim == "share":
            return starts * prospect.played
        if self._aim == "completion":
            return starts * prospect.quantile
        return starts * prospect.worth if self._aim == "satisfaction" else starts
