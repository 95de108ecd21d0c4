"""How much of an item was taken in, as a rank among items that are about as long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

BUCKETS = 10
"""Duration buckets at most."""

LEAST = 100
"""Rows of a bucket at least."""

_KNOTS = 101


@dataclass(frozen=True)
class Ranks:
    """Quantiles of the share taken in, by duration bucket.

    People watch a short item to its end more often than a long one, and a long one for more seconds: neither tells
    whether they liked it. A rank among what is as long does (Zhan et al. 2022, "Deconfounding duration bias in
    watch-time prediction for video recommendation", KDD).

    Attributes:
        edges: Lengths at which the next bucket begins, rising, shape (buckets - 1,).
        knots: Quantiles of the share by bucket, evenly spaced, shape (buckets + 1, knots); the last row is of items of
            unknown length.
    """

    edges: NDArray[np.float32]
    knots: NDArray[np.float32]

    @classmethod
    def learn(cls, share: NDArray[np.float32], length: NDArray[np.float32]) -> Self:
        """From shares taken in of items that were begun; buckets hold equally many of them.

        Args:
            share: 0 to 1; none is NaN.
            length: Of the item in seconds; NaN where unknown.
        """
        told = length[~np.isnan(length)]
        n = int(np.clip(len(told) // LEAST, 1, BUCKETS))
        edges = np.unique(np.quantile(told, np.arange(1, n) / n)) if len(told) else np.zeros(0)
        made = cls(edges.astype(np.float32), np.zeros((0, _KNOTS), np.float32))
        bucket, places = made.bucket(length), np.linspace(0.0, 1.0, _KNOTS)
        rows = []
        for one in range(len(edges) + 2):
            mine = share[bucket == one]
            # Where nobody is known, the rank is the share itself.
            rows.append(np.quantile(mine, places) if len(mine) else places)
        return cls(made.edges, np.array(rows, np.float32))

    def bucket(self, length: NDArray[np.float32]) -> NDArray[np.int64]:
        """The bucket of each length."""
        found = np.searchsorted(self.edges, length, side="right")
        return np.where(np.isnan(length), len(self.edges) + 1, found)

    def rank(self, share: NDArray[np.float32], length: NDArray[np.float32]) -> NDArray[np.float32]:
        """The share of people who took in less, half of those who took in as much among them; NaN stays NaN."""
        bucket = self.bucket(length)
        out = np.full(len(share), np.nan, np.float32)
        for one, knots in enumerate(self.knots):
            mine = np.flatnonzero((bucket == one) & ~np.isnan(share))
            below = np.searchsorted(knots, share[mine])
            upto = np.searchsorted(knots, share[mine], side="right")
            out[mine] = (below + upto) / (2.0 * len(knots))
        return out

    def settings(self) -> dict[str, Any]:
        """As JSON-able values."""
        return {"edges": self.edges.tolist(), "knots": np.round(self.knots, 4).tolist()}

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> Self:
        """From what `settings` gave."""
        return cls(np.array(settings["edges"], np.float32), np.array(settings["knots"], np.float32))
