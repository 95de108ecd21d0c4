"""How fresh a candidate is at the moment of the request."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.features.batch import Batch
from penchant.features.feature import Feature
from penchant.slate import Reason


def freshness(name: str, field: str, about: str, *, half_life_days: float, reason: Reason | None = None) -> Feature:
    """1 for something that came out now, halved with every half-life since; NaN without the date."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        now = batch.queries.now if len(batch.queries) == 1 else batch.now
        age = (now - batch.number(field)) / DAY
        return np.exp2(-np.maximum(age, 0) / half_life_days).astype(np.float32)

    return Feature(name, "share", (field,), about, compute, reason)
