"""What really came of a day, by person: expected given what was shown, and as luck had it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from penchant.simulation.choice import Index
from penchant.simulation.loop import Truth

MEASURES = ("orders", "returns", "revenue", "margin", "net_revenue", "net_profit")
"""What pages bring, whether people came to them by a slate or by themselves."""


class Ledger:
    """Sums of one day."""

    def __init__(self, people: int) -> None:
        """Start with zeros, so that every day tells all measures."""
        names = [*MEASURES, *(f"slate_{name}" for name in MEASURES), "clicks"]
        names = [*names, *(f"{name}_realised" for name in names), "visits", "views", "shown", "out_of_stock_shown"]
        self._sums: dict[str, NDArray[np.float64]] = {name: np.zeros(people) for name in names}

    def add(self, name: str, person: Index, amount: NDArray[np.floating | np.bool_]) -> None:
        """Add amounts to one measure; person and amount are of one shape."""
        self._sums[name] += np.bincount(person.ravel(), amount.ravel(), len(self._sums[name]))

    def book(
        self, person: Index, amounts: Mapping[str, NDArray[np.float64]], by_slate: NDArray[np.bool_], suffix: str = ""
    ) -> None:
        """Add what pages bring: to the whole, and to the slates' part where they led there.

        Args:
            person: Person codes.
            amounts: Measures, each of the shape of `person`.
            by_slate: Which came by a slate; same shape.
            suffix: `_realised`, or nothing for what is expected.
        """
        for name, amount in amounts.items():
            self.add(f"{name}{suffix}", person, amount)
            self.add(f"slate_{name}{suffix}", person, amount * by_slate)

    def truth(self) -> Truth:
        """The day's sums."""
        return Truth(self._sums)
