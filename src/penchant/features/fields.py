"""What the catalog itself tells of a candidate, as a number."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.features.batch import Batch
from penchant.features.columns import of_columns
from penchant.features.feature import Feature
from penchant.features.past import cut
from penchant.features.whole import of_items
from penchant.slate import Reason

LONG = 36_500.0
"""Days are cut here: a hundred years."""


def number_of(
    name: str, field: str, about: str, *, unit: str, low: float = 0.0, high: float = 1.0, reason: Reason | None = None
) -> Feature:
    """A number field as it is, cut to its range; NaN where it is missing."""
    key = ("cut", field, low, high)

    def whole(batch: Batch) -> NDArray[np.float32]:
        def make() -> NDArray[np.float32]:
            numbers = batch.numbers(field)
            return of_columns(key, (numbers,), lambda: cut(numbers, low, high))

        return batch.kept(key, make)

    return of_items(whole, name=name, unit=unit, reads=(field,), about=about, reason=reason, low=low, high=high)


def size_of(name: str, field: str, about: str, *, high: float = 30.0) -> Feature:
    """log(1 + number) of a number from 0, for counts and lengths that span orders of magnitude."""
    key = ("size", field, high)

    def whole(batch: Batch) -> NDArray[np.float32]:
        def make() -> NDArray[np.float32]:
            numbers = batch.numbers(field)
            return of_columns(key, (numbers,), lambda: cut(np.log1p(np.maximum(numbers, 0.0)), 0.0, high))

        return batch.kept(key, make)

    return of_items(whole, name=name, unit="log(1 + n)", reads=(field,), about=about, high=high)


def told(name: str, field: str, about: str, *values: str) -> Feature:
    """1 where a category or tags field says one of these values, or anything when none is named; else 0."""
    key = ("told", field, values)

    def whole(batch: Batch) -> NDArray[np.float32]:
        def make() -> NDArray[np.float32]:
            tags = batch.table.tags(field)
            found = tags.has if not values else np.zeros(len(batch.table), bool)
            for value in values:
                found = found | tags.naming(value)
            return found.astype(np.float32)

        return batch.kept(key, make)

    return of_items(whole, name=name, unit="yes or no", reads=(field,), about=about)


def days_since_date(name: str, field: str, about: str) -> Feature:
    """Days between a date of the item and the request, 0 when it is still to come; NaN without the date."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        return cut((_now(batch) - batch.number(field)) / DAY, 0.0, LONG)

    return Feature(name, "days", (field,), about, compute, high=LONG)


def days_until_date(name: str, field: str, about: str) -> Feature:
    """Days between the request and a date of the item, 0 when it is over; NaN without the date."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        return cut((batch.number(field) - _now(batch)) / DAY, 0.0, LONG)

    return Feature(name, "days", (field,), about, compute, high=LONG)


def _now(batch: Batch) -> NDArray[np.float64]:
    """The moment of each candidate's request; of one request it stands for all."""
    now = batch.queries.now
    return now if len(now) == 1 else batch.now
