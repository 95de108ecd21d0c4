"""What a feature is asked about: requests, their candidates, the catalog, and what was known of items at the time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable
from penchant.dataset import Queries
from penchant.features.columns import dense, of_table
from penchant.features.moment import Moment
from penchant.features.ragged import rows_of
from penchant.features.statistics import Counts, Statistics
from penchant.slate import Candidates, Codes

T = TypeVar("T")


@dataclass(frozen=True)
class Batch:
    """A ragged batch: one request while serving, thousands while training, and the same arithmetic for both.

    Attributes:
        queries: n requests with their histories.
        candidates: n rows of items; scores are relevance, 0 to 1, NaN where nobody retrieved.
        table: The catalog in the candidates' item space.
        statistics: What items had gathered by then; empty when nothing is known.
        moment: What else the requests said: device, placement, position.
    """

    queries: Queries
    candidates: Candidates
    table: ItemTable
    statistics: Statistics = field(default_factory=Statistics.empty)
    moment: Moment | None = None
    _shared: dict[object, object] = field(default_factory=dict, repr=False, compare=False)

    def once(self, key: object, make: Callable[[], T]) -> T:
        """What several features need, worked out by the first that asks.

        Args:
            key: Names it: the function and its settings.
            make: Works it out.
        """
        found: Any = self._shared.get(key, self)
        if found is self:
            found = self._shared[key] = make()
        made: T = found
        return made

    def kept(self, key: object, make: Callable[[], T]) -> T:
        """What follows from the catalog alone, worked out by the first batch that asks and kept with the table.

        Args:
            key: Names it: the function and its settings.
            make: Works it out; by `of_columns` where it shall outlast changes of other columns.
        """
        found: Any = self._of_table.get(key, self)
        if found is self:
            found = self._of_table[key] = make()
        made: T = found
        return made

    def take(self, start: int, stop: int) -> Batch:
        """Requests start to stop, as a batch of their own."""
        ptr = self.candidates.ptr
        a, b = int(ptr[start]), int(ptr[stop])
        rows = Candidates(ptr[start : stop + 1] - a, self.candidates.items[a:b], self.candidates.scores[a:b])
        moment = None if self.moment is None else self.moment.take(start, stop, a, b)
        return Batch(self.queries.take(start, stop), rows, self.table, self.statistics, moment)

    @cached_property
    def _of_table(self) -> dict[object, Any]:
        return of_table(self.table)

    # Of the candidates; arrays are shared, and not to be written to.

    @cached_property
    def row(self) -> NDArray[np.int64]:
        """The request of each candidate, shape (candidates.ptr[-1],)."""
        return rows_of(self.candidates.ptr)

    @cached_property
    def at(self) -> NDArray[np.int64]:
        """The item of each candidate, as arrays are indexed fastest."""
        return self.candidates.items.astype(np.int64)

    @cached_property
    def now(self) -> NDArray[np.float64]:
        """The moment of each candidate's request, Unix seconds."""
        return self.queries.now.take(self.row)

    def category(self, field: str) -> Codes:
        """Code of each candidate's value of a category field; -1 without one."""
        return self.once(("category", field), lambda: self.codes(field).take(self.at))

    def number(self, field: str) -> NDArray[np.float64]:
        """Each candidate's value of a number field; NaN without one."""
        return self.once(("number", field), lambda: self.numbers(field).take(self.at))

    def codes(self, field: str) -> Codes:
        """The category field of all items."""
        return self.kept(("codes", field), lambda: dense(self.table.category(field).codes))

    def numbers(self, field: str) -> NDArray[np.float64]:
        """The number field of all items."""
        return self.kept(("numbers", field), lambda: dense(self.table.number(field)))

    @cached_property
    def counts(self) -> Counts:
        """What was known of each candidate at its request's moment."""
        return self.statistics.at(self.candidates.items, self.now)

    def counts_by(self, field: str) -> Counts:
        """What was known of each candidate's value of a category field; nothing without a value."""

        def make() -> Counts:
            values = self.table.category(field)
            groups = self.statistics.by(field, values.codes, len(values.names))
            return groups.at(self.category(field), self.now)

        return self.once(("counts by", field), make)

    @cached_property
    def totals(self) -> Counts:
        """What was known of all items together at the moment of each request, shape (n,): take it by `row`."""
        return self.statistics.all.at(np.zeros(len(self.queries), np.int32), self.queries.now)

    @cached_property
    def hourly(self) -> dict[object, Any] | None:
        """See `Statistics.hourly`, of the requests' moments."""
        return self.statistics.hourly(self.queries.now)
