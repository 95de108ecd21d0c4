"""The shape of a feature: declared once with a name, a unit, what it reads, its range and a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.features.batch import Batch
from penchant.slate import Reason

Compute = Callable[[Batch], NDArray[np.float32]]


@dataclass(frozen=True)
class Feature:
    """A vectorized function over a ragged batch; serving calls it with a batch of one, training with thousands.

    Attributes:
        name: Its name in objectives, heads and traces.
        unit: Unit of the value: `share` for 0 to 1, or as in `days`, `log ratio`, `count`, `code`.
        reads: Item fields it reads.
        about: One sentence.
        compute: Values aligned with `batch.candidates.items`, float32; NaN where nothing can be said.
        reason: What to tell a person when this feature moved an item up, or None to stay silent.
        low: Least value there can be.
        high: Highest value there can be.
    """

    name: str
    unit: str
    reads: tuple[str, ...]
    about: str
    compute: Compute
    reason: Reason | None = None
    low: float = 0.0
    high: float = 1.0
