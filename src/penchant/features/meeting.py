"""What a request's history shares with its candidates, found for many fields in one go.

Of one request the calls cost more than the arithmetic: the codes of all fields that its features look at stand in one
table, and are read, placed and looked up together. What comes out is what `Pairs.of` gives for each field alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from threading import local

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable
from penchant.features.batch import Batch
from penchant.features.codes import codes_of
from penchant.features.columns import of_columns
from penchant.features.entries import entries
from penchant.features.feature import By
from penchant.features.pairs import Pairs

Whole = NDArray[np.int64]

ITSELF: By = ("item", "", "")
"""The candidate and nothing else."""
_MOST = 64 << 20
"""Cells of a table of codes; of larger catalogs each field is looked up alone."""


@dataclass(frozen=True)
class Meeting:
    """Slots of the entries and candidates of one request, for several fields; see `Pairs`.

    Attributes:
        at: The row of each field.
        n: Number of entries, and of slots of pairs; slot n is what is not among them, n + 1 what has no value.
        slot: Slot of each entry, shape (fields, n).
        asked: Slot of each candidate, shape (fields, m).
        row: The row of each slot, which is 0.
    """

    at: Mapping[By, int]
    n: int
    slot: Whole
    asked: Whole
    row: Whole


@dataclass(frozen=True)
class _Stack:
    """Codes of several fields, none twice: `codes` of each item, a row each; `none` those of items without a value."""

    at: Mapping[By, int]
    codes: NDArray[np.int32]
    none: Whole
    size: int


def meet(batch: Batch, by: tuple[By, ...]) -> None:
    """Find, for all these fields, what the history and the candidates of a single request share.

    Args:
        batch: One request.
        by: None twice.
    """
    if not by or len(by) * len(batch.table) > _MOST:
        return
    batch.once("meeting", lambda: _met(batch, batch.kept(("stack", by), lambda: _stack(batch.table, by))))


def met(batch: Batch) -> Meeting | None:
    """What `meet` found; None where it was not asked."""
    return batch.once("meeting", lambda: None)


def pairs_of(batch: Batch, by: By) -> Pairs:
    """Slots of what a history shares with candidates, one by one where they did not `meet`.

    Args:
        batch: Of one request or of many.
        by: What is shared.
    """

    def make() -> Pairs:
        meeting = met(batch)
        at = None if meeting is None else meeting.at.get(by)
        if meeting is not None and at is not None:
            return Pairs(meeting.n, meeting.slot[at], meeting.asked[at], meeting.row, 1)
        found, (codes, n) = entries(batch), codes_of(batch.table, by)
        shape = (len(batch.queries), n)
        return Pairs.of(found.row, codes.take(found.items), batch.row, codes.take(batch.at), shape)

    return batch.once(("pairs", by), make)


def _met(batch: Batch, stack: _Stack) -> Meeting:
    found = entries(batch).items
    own, wanted = (stack.codes.take(items, axis=0).T.astype(np.int64, order="C") for items in (found, batch.at))
    n, cells = len(found), _cells(stack.size)
    try:
        # Cells hold 0 between requests; the last entry of a pair lends it its place.
        cells[own] = np.arange(-n, 0)
        cells[stack.none] = 1
        slot, asked = cells.take(own, mode="clip"), cells.take(wanted, mode="clip")
    finally:
        cells[own] = 0
        cells[stack.none] = 0
    slot += n
    asked += n
    return Meeting(stack.at, n, slot, asked, np.zeros(n + 2, np.int64))


def _stack(table: ItemTable, wanted: tuple[By, ...]) -> _Stack:
    told = [codes_of(table, one) for one in wanted]

    def make() -> _Stack:
        sizes = np.array([max(n, 1) + 1 for _, n in told])
        first = np.cumsum(sizes) - sizes
        none = first + sizes - 1
        codes = np.empty((len(table), len(told)), np.int32)
        for row, ((own, _), start, without) in zip(codes.T, zip(told, first, none, strict=True), strict=True):
            row[:] = np.where(own >= 0, own + start, without)
        return _Stack({one: at for at, one in enumerate(wanted)}, codes, none, int(sizes.sum()))

    return of_columns(("stack", wanted), tuple(codes for codes, _ in told), make)


class _Held(local):
    """Cells of each thread, all 0 between requests."""

    cells: Whole = np.zeros(0, np.int64)


_held = _Held()


def _cells(size: int) -> Whole:
    if len(_held.cells) < size:
        _held.cells = np.zeros(size, np.int64)
    return _held.cells
