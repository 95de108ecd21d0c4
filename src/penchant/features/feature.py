"""The shape of a feature: declared once with a name, a unit, what it reads and a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable
from penchant.dataset import Queries
from penchant.slate import Candidates, Reason

Compute = Callable[[Queries, Candidates, ItemTable], NDArray[np.float32]]


@dataclass(frozen=True)
class Feature:
    """A vectorized function over a ragged batch; serving calls it with a batch of one, training with thousands.

    Attributes:
        name: Its name in objectives and traces.
        unit: Unit of the value, `share` for 0 to 1.
        reads: Item fields it reads.
        about: One sentence.
        compute: Values aligned with `candidates.items`, float32; NaN where nothing can be said.
        reason: What to tell a person when this feature moved an item up, or None to stay silent.
    """

    name: str
    unit: str
    reads: tuple[str, ...]
    about: str
    compute: Compute
    reason: Reason | None = None
