"""Items by how hard they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.models.choice import Allowed, first
from penchant.slate import Codes


@dataclass(frozen=True)
class Levels:
    """Items of groups by difficulty; equally hard ones stand by code, whichever way they are read.

    Attributes:
        ptr: Where each group starts, shape (groups + 1,).
        rising: Item codes, group after group, easiest first.
        falling: The same, hardest first.
        difficulty: Of each of `rising`.
    """

    ptr: NDArray[np.int64]
    rising: Codes
    falling: Codes
    difficulty: NDArray[np.float64]

    @classmethod
    def of(cls, group: Codes, difficulty: NDArray[np.float32]) -> Levels:
        """Put all items in order.

        Args:
            group: Of each item, from 0.
            difficulty: Of each item.
        """
        rising, falling = np.lexsort((difficulty, group)), np.lexsort((-difficulty, group))
        ptr = np.concatenate([[0], np.cumsum(np.bincount(group))]).astype(np.int64)
        return cls(ptr, rising.astype(np.int32), falling.astype(np.int32), difficulty[rising].astype(np.float64))

    def nearest(self, group: int, middle: float, k: int, allowed: Allowed) -> list[Codes]:
        """The k easiest allowed items of a group that are as hard as `middle` or harder, and the k hardest others."""
        start, stop = int(self.ptr[group]), int(self.ptr[group + 1])
        easier = int(np.searchsorted(self.difficulty[start:stop], middle))
        harder = first(self.rising[start + easier : stop], k, allowed)
        return [harder, first(self.falling[stop - easier : stop], k, allowed)]
