"""A slate before it is put into words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.features import Batch
from penchant.placements.fallback import Spare
from penchant.placements.retrieval import Retrieved
from penchant.placements.selection import Chosen
from penchant.ranking import Valued
from penchant.slate import Codes, Scores


@dataclass(frozen=True)
class Filled:
    """What fills the places of one request.

    Attributes:
        found: What sources proposed.
        codes: Those candidates, and after them what rules brought.
        batch: `codes` as ranking saw them.
        valued: Value of `codes` by the objective.
        factors: What rules multiply it by.
        ages: What age multiplies it by; None where nothing ages.
        worth: What rules and age leave of it: what `codes` are ordered by.
        pinned: Positions in `codes` of pins, by place.
        chosen: How ranking chose among them.
        slate: Positions in `codes`, and spares where ranking left places empty.
        left: Rows that may be shown, shape (n_items,).
        failed: Links of the fallback chain that raised.
        touched: Whether a rule is about anything of it.
    """

    found: Retrieved
    codes: Codes
    batch: Batch
    valued: Valued
    factors: NDArray[np.float64]
    ages: NDArray[np.float64] | None
    worth: Scores
    pinned: frozenset[int]
    chosen: Chosen
    slate: tuple[int | Spare, ...]
    left: NDArray[np.bool_]
    failed: dict[str, str]
    touched: bool

    @property
    def rows(self) -> list[int]:
        """Rows of the slate, in order."""
        return [one.code if isinstance(one, Spare) else int(self.codes[one]) for one in self.slate]
