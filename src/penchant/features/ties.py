"""Which entries of a history share a value with which candidates.

Nearly all that is said of a person and an item is a sum over such entries. They are found once for each field of a
batch; a feature then adds up its own weights over them, entry by entry in the order of the history, so that a request
gives the same bits alone and among thousands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable
from penchant.features.batch import Batch
from penchant.features.columns import of_columns
from penchant.features.entries import own_pairs
from penchant.features.pairs import Pairs
from penchant.features.past import Floats, Mask, past
from penchant.features.ragged import taken

Reads = Literal["category", "tags", "top", "item"]
"""What is shared: a category, tags of a list, the first part of a category path, or the item itself (no field)."""

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Ties:
    """Entries and candidates by the pair of a request and a value that they have.

    Attributes:
        pairs: The pairs. Of tags, its entries and candidates stand once for each tag.
        entry: The entry of each of its entries; None where every entry stands once.
        of: The candidate of each of its candidates; None likewise.
        has: Which candidates have a value.
        values: How many each has.
    """

    pairs: Pairs
    entry: Ints | None
    of: Ints | None
    has: Mask
    values: Ints

    def total(self, weight: Floats) -> Floats:
        """Sums of weights by pair.

        Args:
            weight: One for each entry of the history.
        """
        return self.pairs.sums(weight if self.entry is None else weight[self.entry])

    def latest(self, time: Floats, keep: Mask | None = None) -> Floats:
        """The highest by pair, `-inf` without any.

        Args:
            time: One for each entry of the history.
            keep: Which entries count.
        """
        if self.entry is not None:
            time, keep = time[self.entry], None if keep is None else keep[self.entry]
        return self.pairs.latest(time, keep)

    def mean(self, told: Floats) -> Floats:
        """What each candidate's pair has, of tags their mean; 0 where it has no value."""
        found = told[self.pairs.asked]
        if self.of is None:
            return found
        out = np.bincount(self.of, found, len(self.has)).astype(np.float64, copy=False)
        return np.divide(out, self.values, out=out, where=self.has)

    def share(self, told: Floats) -> NDArray[np.float32]:
        """As `mean`, as a feature's values; NaN where a candidate has no value. Changes what it is given."""
        if self.of is None:
            told[-1] = np.nan
            return told.astype(np.float32).take(self.pairs.asked)
        return np.where(self.has, self.mean(told), np.nan).astype(np.float32)

    def highest(self, told: Floats) -> Floats:
        """What each candidate's pair has, of tags the highest; `-inf` where it has no value."""
        found = told[self.pairs.asked]
        if self.of is None:
            return found
        out = np.full(len(self.has), -np.inf)
        np.maximum.at(out, self.of, found)
        return out


def ties(batch: Batch, field: str, reads: Reads = "category") -> Ties:
    """Entries and candidates that share a value, found once a batch.

    Args:
        batch: The batch.
        field: A field of items.
        reads: What is shared.
    """
    if reads == "item":
        return itself(batch)

    def make() -> Ties:
        if reads == "tags":
            return _of_tags(batch, field)
        codes, n = codes_of(batch.table, field, reads)
        return _of_codes(batch, codes, n)

    return batch.once(("ties", field, reads), make)


def itself(batch: Batch) -> Ties:
    """Entries of the very candidates."""

    def make() -> Ties:
        n = len(batch.candidates.items)
        return Ties(own_pairs(batch), None, None, np.ones(n, bool), np.ones(n, np.int64))

    return batch.once("itself", make)


def both(batch: Batch, one: str, other: str) -> Ties:
    """Entries and candidates that share the values of two category fields."""

    def make() -> Ties:
        a, b = batch.table.category(one), batch.table.category(other)

        def joined() -> tuple[NDArray[np.int32], int]:
            key = np.where((a.codes >= 0) & (b.codes >= 0), a.codes.astype(np.int64) << 32 | b.codes, -1)
            found, code = np.unique(key, return_inverse=True)
            none = int(len(found) > 0 and found[0] < 0)
            return (code - none).astype(np.int32), len(found) - none

        return _of_codes(batch, *of_columns("both", (a.codes, b.codes), joined))

    return batch.once(("both", one, other), make)


def codes_of(table: ItemTable, field: str, reads: Reads) -> tuple[NDArray[np.int32], int]:
    """The value of each item as a code, -1 for none, and how many codes there are."""
    column = table.category(field)
    if reads == "top":
        return of_columns("tops", (column.codes,), lambda: _tops(column.codes, list(column.names)))
    return column.codes, len(column.names)


def _of_codes(batch: Batch, codes: NDArray[np.int32], n: int) -> Ties:
    found, mine = past(batch), codes[batch.candidates.items]
    pairs = Pairs.of(found.row, codes[found.items], batch.row, mine, (len(batch.queries), n))
    has = mine >= 0
    return Ties(pairs, None, None, has, has.astype(np.int64))


def _of_tags(batch: Batch, field: str) -> Ties:
    tags, found, items = batch.table.tags(field), past(batch), batch.candidates.items
    sizes = np.diff(tags.ptr)
    theirs, mine = sizes[found.items], sizes[items]
    entry, of = np.arange(len(found)).repeat(theirs), np.arange(len(items)).repeat(mine)
    left, right = tags.codes[taken(tags.ptr, found.items)], tags.codes[taken(tags.ptr, items)]
    pairs = Pairs.of(found.row[entry], left, batch.row[of], right, (len(batch.queries), len(tags.names)))
    return Ties(pairs, entry, of, mine > 0, mine)


def _tops(codes: NDArray[np.int32], names: list[str]) -> tuple[NDArray[np.int32], int]:
    """Codes of the first parts of paths."""
    tops = [name.split(">", 1)[0].strip() for name in names]
    code = {name: n for n, name in enumerate(sorted(set(tops)))}
    of: NDArray[Any] = np.array([*(code[top] for top in tops), -1], np.int32)
    return of[codes], len(code)
