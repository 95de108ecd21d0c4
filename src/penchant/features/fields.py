"""What the catalog itself tells of a candidate, as a number."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.features.batch import Batch
from penchant.features.columns import of_columns
from penchant.features.feature import Feature
from penchant.features.past import cut
from penchant.slate import Reason

LONG = 36_500.0
"""Days are cut here: a hundred years."""


def number_of(
    name: str, field: str, about: str, *, unit: str, low: float = 0.0, high: float = 1.0, reason: Reason | None = None
) -> Feature:
    """A number field as it is, cut to its range; NaN where it is missing."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        return cut(batch.number(field), low, high)

    return Feature(name, unit, (field,), about, compute, reason, low, high)


def size_of(name: str, field: str, about: str, *, high: float = 30.0) -> Feature:
    """log(1 + number) of a number from 0, for counts and lengths that span orders of magnitude."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        number = batch.number(field)
        return cut(np.log1p(np.maximum(number, 0.0)), 0.0, high)

    return Feature(name, "log(1 + n)", (field,), about, compute, high=high)


def told(name: str, field: str, about: str, *values: str) -> Feature:
    """1 where a category or tags field says one of these values, or anything when none is named; else 0."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        tags = batch.table.tags(field)

        def make() -> NDArray[np.bool_]:
            if not values:
                return np.asarray(tags.has)
            found = np.zeros(len(batch.table), bool)
            for value in values:
                found |= tags.naming(value)
            return found

        key = f"told {field} {values}"
        return of_columns(key, (tags.ptr, tags.codes), make)[batch.candidates.items].astype(np.float32)

    return Feature(name, "yes or no", (field,), about, compute)


def days_since_date(name: str, field: str, about: str) -> Feature:
    """Days between a date of the item and the request, 0 when it is still to come; NaN without the date."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        then = batch.number(field)
        return cut((batch.now - then) / DAY, 0.0, LONG)

    return Feature(name, "days", (field,), about, compute, high=LONG)


def days_until_date(name: str, field: str, about: str) -> Feature:
    """Days between the request and a date of the item, 0 when it is over; NaN without the date."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        then = batch.number(field)
        return cut((then - batch.now) / DAY, 0.0, LONG)

    return Feature(name, "days", (field,), about, compute, high=LONG)
