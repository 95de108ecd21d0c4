"""Items that were shown, and that labels are asked of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.slate import Codes


@dataclass(frozen=True)
class Asked:
    """m shown items.

    Attributes:
        person: Person codes; -1 for people of whom no event is known.
        item: Item codes.
        time: When each was shown, Unix seconds.
    """

    person: Codes
    item: Codes
    time: NDArray[np.float64]

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.item)
