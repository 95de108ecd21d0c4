"""Policies that need no engine: chance, for the first log of a site and for comparison."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from penchant.simulation.loop import Answers, Asks
from penchant.simulation.luck import extreme

_DRAW = 9_001


class Chance:
    """Shows available items at random, each with the same chance: a log in which nothing is confounded.

    Seeds are never shown themselves.
    """

    def __init__(self, seed: int, available: Callable[[], NDArray[np.bool_]]) -> None:
        """Take the world's own word for what may be shown."""
        self._seed, self._available, self._asked = seed, available, 0

    def answer(self, asks: Asks) -> Answers:
        """A sample without replacement; an item's propensity is the same at every place."""
        self._asked += 1
        open_ = np.flatnonzero(self._available())
        size = min(asks.size, len(open_))
        keys = extreme(self._seed, _DRAW, self._asked, asks.person[:, None], open_[None, :])
        keys[asks.seed[:, None] == open_[None, :]] = -np.inf
        best = np.argsort(-keys, axis=1)[:, :size]
        items = np.full((len(asks), asks.size), -1, np.int32)
        items[:, :size] = open_[best]
        items[:, :size][np.take_along_axis(keys, best, axis=1) == -np.inf] = -1
        share = 1.0 / max(len(open_), 1)
        return Answers(items, np.full(items.shape, share, np.float32))

    def observe(self, events: pa.Table) -> None:
        """Learn nothing."""

    def change(self, items: Sequence[dict[str, Any]]) -> None:
        """Nothing to remember: the world is asked each time."""

    def end_of_day(self, now: float) -> None:
        """Nothing to train."""
