"""What came of a day, by person: what was to be expected, and what luck made of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from penchant.simulation.choice import Index
from penchant.simulation.school.prospects import Prospects

EXPECTED = ("starts", "completions", "failures", "mastery_gain", "actions")
"""Measures that are told as expectations, and as NAME_realised."""


class Tally:
    """The day's sums, each of shape (people,)."""

    def __init__(self, people: int) -> None:
        """Begin with nothing."""
        names = (*EXPECTED, *(f"{name}_realised" for name in EXPECTED), "violations", "unsuitable", "shown")
        self.sums = {name: np.zeros(people) for name in names}

    def add(self, name: str, who: Index, value: ArrayLike) -> None:
        """Add to people, who may come more than once."""
        np.add.at(self.sums[name], who, np.asarray(value, np.float64))

    def expect(self, who: Index, chance: NDArray[np.float64], outlook: Prospects) -> None:
        """Add what is to be expected when each module of a row is begun with some chance."""
        self.add("starts", who, chance.sum(axis=1))
        self.add("completions", who, (chance * outlook.completes).sum(axis=1))
        self.add("failures", who, (chance * outlook.fails).sum(axis=1))
        self.add("mastery_gain", who, (chance * outlook.gain).sum(axis=1))
