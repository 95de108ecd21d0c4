"""What people have decided and what will be seen of it days later: purchases that wait, and returns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.simulation.choice import Index


class Pending:
    """Rows of (time, person, item, price, order), given back when their time has come."""

    def __init__(self) -> None:
        """Nothing waits."""
        self._rows: NDArray[np.float64] = np.zeros((5, 0))

    def add(
        self, time: NDArray[np.float64], person: Index, item: Index, price: NDArray[np.float64], order: Index
    ) -> None:
        """Let rows wait."""
        self._rows = np.concatenate([self._rows, np.stack([time, person, item, price, order])], axis=1)

    def due(self, moment: float) -> tuple[NDArray[np.float64], Index, Index, NDArray[np.float64], Index]:
        """Rows whose time is before a moment, in time order; they wait no more."""
        now = self._rows[0] < moment
        rows = self._rows[:, now]
        rows = rows[:, np.argsort(rows[0], kind="stable")]
        self._rows = self._rows[:, ~now]
        time, person, item, price, order = rows
        return time, person.astype(np.int64), item.astype(np.int64), price, order.astype(np.int64)
