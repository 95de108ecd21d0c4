"""How the items of a slate got their order: what ranking saw of each, and what it said."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from penchant.features import Batch
from penchant.placements.fallback import Spare
from penchant.ranking import Objective, Valued

Column = tuple[float | None, ...]
"""A number for each place; None where nothing is known, as of an item of the fallback chain, which nobody ranked."""


@dataclass(frozen=True)
class Trace:
    """Of one slate.

    Attributes:
        steered: The objective.
        valued: What ranking said of every candidate.
        batch: What ranking saw: every candidate, with its relevance.
        at: Which candidate stands at each place; -1 for one of the fallback chain.
    """

    steered: Objective
    valued: Valued
    batch: Batch
    at: NDArray[np.int64]

    @classmethod
    def of(cls, steered: Objective, valued: Valued, batch: Batch, slate: Sequence[int | Spare]) -> Trace:
        """That of a slate of candidates, by their position, and spares."""
        at = np.array([-1 if isinstance(one, Spare) else one for one in slate], np.int64)
        return cls(steered, valued, batch, at)

    @property
    def objective(self) -> str:
        """Name and version of the objective, as in `conversion@1`."""
        return f"{self.steered.name}@{self.steered.version}"

    @property
    def by(self) -> Literal["formula", "sum"]:
        """What gave the values."""
        return self.valued.by

    @property
    def relevance(self) -> Column:
        """In so many digits that it reads back to the same float32; None where no source proposed the item."""
        found = self.placed(self.batch.candidates.scores)
        return tuple(None if one is None else float(str(np.float32(one))) for one in found)

    @property
    def heads(self) -> Mapping[str, Column]:
        """What each head that was asked said."""
        return {name: self.placed(said) for name, said in self.valued.heads.items()}

    def placed(self, column: NDArray[np.generic]) -> Column:
        """A number of every candidate, as the slate has them."""
        found = (float(column[at]) if at >= 0 else math.nan for at in self.at.tolist())
        return tuple(None if math.isnan(one) else one for one in found)
