"""What requests say of their moment, beside who asks and about what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DEVICES = ("desktop", "phone", "tablet", "tv")
"""Devices, by code."""


@dataclass(frozen=True)
class Moment:
    """Of n requests with m candidates in all.

    Attributes:
        device: Code in `DEVICES`, -1 where not told; shape (n,), int8.
        placement: Code in the release's list of placements, -1 for none of them; shape (n,), int16.
        position: Place at which each candidate was shown, from 1; shape (m,), int16. While serving it is 1 for all:
            what a place adds is learned beside the item, and held constant when items are compared.
    """

    device: NDArray[np.int8]
    placement: NDArray[np.int16]
    position: NDArray[np.int16]

    @classmethod
    def plain(cls, n: int, m: int) -> Moment:
        """Nothing told, and the first place for all."""
        return cls(np.full(n, -1, np.int8), np.full(n, -1, np.int16), np.ones(m, np.int16))

    def take(self, start: int, stop: int, first: int, last: int) -> Moment:
        """Requests start to stop, which have the candidates first to last."""
        return Moment(self.device[start:stop], self.placement[start:stop], self.position[first:last])
