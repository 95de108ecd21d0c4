"""Which entries of a history share a value with which candidates.

Nearly all that is said of a person and an item is a sum over such entries. They are found once for each field of a
batch; a feature then adds up its own weights over them, entry by entry in the order of the history, so that a request
gives the same bits alone and among thousands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from penchant.features.batch import Batch
from penchant.features.columns import of_columns
from penchant.features.feature import By
from penchant.features.meeting import ITSELF, pairs_of
from penchant.features.pairs import Pairs
from penchant.features.past import Floats, Mask, past
from penchant.features.ragged import taken_of
from penchant.slate import Codes

Reads = Literal["category", "tags", "top", "item"]
"""What is shared: a category, tags of a list, the first part of a category path, or the item itself (no field)."""

Ints = NDArray[np.int64]

_WIDEST = 8
"""Tags of an item up to which those of all items stand in a table."""
_MOST = 8 << 20
"""Places of such a table."""


@dataclass(frozen=True)
class Ties:
    """Entries and candidates by the pair of a request and a value that they have.

    Attributes:
        pairs: The pairs. Of tags, its entries and candidates stand once for each tag.
        entry: The entry of each of its entries; None where every entry stands once.
        of: The candidate of each of its candidates; None likewise, and where they are `wide`.
        has: Which candidates have a value.
        values: How many each has, of tags; None where it is one.
        wide: Of tags of one request: as how many values each candidate stands in its candidates, all first ones, then
            all second ones, what it has fewer of as no value; 0 where they stand by `of`.
    """

    pairs: Pairs
    entry: Ints | None
    of: Ints | None
    has: Mask
    values: Ints | None = None
    wide: int = 0

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
        found = told.take(self.pairs.asked)
        if self.wide:
            out = np.zeros(len(self.has))
            for values in found.reshape(self.wide, -1):
                out += values
        elif self.of is None:
            return found
        else:
            out = np.bincount(self.of, found, len(self.has)).astype(np.float64, copy=False)
        return np.divide(out, self.values, out=out, where=self.has)  # type: ignore[arg-type]

    def share(self, told: Floats) -> NDArray[np.float32]:
        """As `mean`, as a feature's values; NaN where a candidate has no value. Changes what it is given."""
        if self.values is None:
            told[-1] = np.nan
            return told.astype(np.float32).take(self.pairs.asked)
        return np.where(self.has, self.mean(told), np.nan).astype(np.float32)

    def highest(self, told: Floats) -> Floats:
        """What each candidate's pair has, of tags the highest; `-inf` where it has no value."""
        found = told.take(self.pairs.asked)
        if self.values is None:
            return found
        out = np.full(len(self.has), -np.inf)
        if self.wide:
            for values in found.reshape(self.wide, -1):
                np.maximum(out, values, out=out)
        elif self.of is not None:
            np.maximum.at(out, self.of, found)
        return out


def ties(batch: Batch, field: str, reads: Reads = "category") -> Ties:
    """Entries and candidates that share a value, found once a batch.

    Args:
        batch: The batch.
        field: A field of items.
        reads: What is shared.
    """
    if reads == "tags":
        return batch.once(("tags", field), lambda: _of_tags(batch, field))
    return _of_codes(batch, by(field, reads))


def itself(batch: Batch) -> Ties:
    """Entries of the very candidates."""
    return _of_codes(batch, ITSELF)


def both(batch: Batch, one: str, other: str) -> Ties:
    """Entries and candidates that share the values of two category fields."""
    return _of_codes(batch, ("both", one, other))


def by(field: str, reads: Reads = "category") -> By:
    """What `ties` of a field look at; not of tags."""
    return ITSELF if reads == "item" else (reads, field, "")


def declared(field: str, reads: Reads = "category") -> tuple[By, ...]:
    """What a feature declares that asks for the `ties` of a field; nothing is found beforehand of tags."""
    return () if reads == "tags" else (by(field, reads),)


def _of_codes(batch: Batch, wanted: By) -> Ties:
    def make() -> Ties:
        pairs = pairs_of(batch, wanted)
        # The last slot is of codes below 0.
        return Ties(pairs, None, None, pairs.asked < pairs.size - 1)

    return batch.once(("ties", wanted), make)


def _of_tags(batch: Batch, field: str) -> Ties:
    tags, found, items = batch.table.tags(field), past(batch).items, batch.at
    sizes = of_columns("sizes of tags", (tags.ptr,), lambda: np.diff(tags.ptr))
    shape = (len(batch.queries), len(tags.names))
    if shape[0] == 1:
        wide = of_columns("wide tags", (tags.ptr, tags.codes), lambda: _wide(tags.ptr, tags.codes))
        if wide is not None:
            return _of_wide(batch, wide, shape)
    theirs, mine = sizes.take(found), sizes.take(items)
    entry, left = taken_of(tags.ptr, found, theirs)
    of, right = taken_of(tags.ptr, items, mine)
    row = past(batch).row.take(entry)
    pairs = Pairs.of(row, tags.codes.take(left), batch.row.take(of), tags.codes.take(right), shape)
    return Ties(pairs, entry, of, mine > 0, mine)


def _wide(ptr: Ints, codes: Codes) -> Codes | None:
    """The tags of each item side by side, -1 behind its last; None where some have many, or items are very many."""
    sizes = np.diff(ptr)
    most = int(sizes.max(initial=1))
    if most > _WIDEST or len(sizes) * most > _MOST:
        return None
    wide = np.full((len(sizes), most), -1, np.int32)
    at = np.arange(len(sizes)).repeat(sizes)
    wide[at, np.arange(len(at)) - ptr[:-1].take(at)] = codes
    return wide


def _of_wide(batch: Batch, wide: Codes, shape: tuple[int, int]) -> Ties:
    """As by lists of tags, of one request: no list is looked up, and every item has as many places."""
    found, k = past(batch), wide.shape[1]
    own, asked = wide.take(found.items, axis=0).ravel(), wide.take(batch.at, axis=0)
    entry = np.arange(len(found)).repeat(k)
    none = np.zeros(max(len(own), asked.size), np.int64)
    pairs = Pairs.of(none[: len(own)], own, none[: asked.size], asked.T.ravel(), shape)
    mine = np.zeros(len(asked), np.int64)
    for codes in asked.T:
        mine += codes >= 0
    return Ties(pairs, entry, None, mine > 0, mine, k)
