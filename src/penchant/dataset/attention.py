"""How much attention people gave to items, event by event."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.slate import Codes


@dataclass(frozen=True)
class Attention:
    """Rows sorted by person, then time; all arrays have one length. What a row tells holds at its time.

    A player tells every few seconds how far somebody got, and signals read few of these events. Here stand all of them,
    so that what was taken in is known to the last one.

    Attributes:
        person: Person codes.
        item: Item codes.
        time: Unix seconds.
        progress: Share of the item taken in by then, 0 to 1; NaN where untold.
        seconds: Seconds of attention by then; NaN where untold.
        length: Length of the item in seconds, as the event said; NaN where untold.
    """

    person: Codes
    item: Codes
    time: NDArray[np.float64]
    progress: NDArray[np.float32]
    seconds: NDArray[np.float32]
    length: NDArray[np.float32]

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.item)

    def where(self, mask: NDArray[np.bool_]) -> Attention:
        """The rows of a mask, in the same order."""
        return Attention(*(getattr(self, name)[mask] for name in self.__dataclass_fields__))

    def before(self, cut: float) -> Attention:
        """What was known at a moment."""
        return self.where(self.time < cut)
