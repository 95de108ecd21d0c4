"""What a model is fitted on: interactions of one domain up to a moment, and its catalog as columns."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import History, ItemTable
from penchant.dataset.attention import Attention
from penchant.dataset.idmap import IdMap
from penchant.dataset.queries import Queries
from penchant.dataset.shown import Shown
from penchant.events import Role
from penchant.slate import Codes


@dataclass(frozen=True)
class Interactions:
    """Rows sorted by person, then time; all arrays have one length.

    Attributes:
        person: Person codes.
        item: Item codes.
        time: Unix seconds.
        weight: Signal weight; below 0 for negative signals.
        role: `Role` values.
        quantity: Pieces; 1 where not told.
        price: Price of a piece; NaN where not told.
        basket: Basket number (an order, or the goals of one session); -1 for rows in none.
        session: Session number (a gap of 30 minutes starts a new one).
        reversed_at: When a later reversal (a return) took this goal back wholly, Unix seconds; inf = never.
        progress: Share of the item taken in by then, 0 to 1, or what a check says of success; NaN where untold.
        seconds: Seconds of attention it had had by then; NaN where untold.
        event: What the event was called, a code of the dataset's `events`; -1 where untold.
    """

    person: Codes
    item: Codes
    time: NDArray[np.float64]
    weight: NDArray[np.float32]
    role: NDArray[np.int8]
    quantity: NDArray[np.float32]
    price: NDArray[np.float32]
    basket: NDArray[np.int32]
    session: NDArray[np.int32]
    reversed_at: NDArray[np.float64]
    progress: NDArray[np.float32]
    seconds: NDArray[np.float32]
    event: NDArray[np.int16]

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.item)

    def where(self, mask: NDArray[np.bool_]) -> Interactions:
        """The rows of a mask, in the same order."""
        return Interactions(*(getattr(self, name)[mask] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Dataset:
    """One domain's data, as of `now`: nothing in it is later.

    Attributes:
        domain: Domain name.
        people: Person ids and codes.
        items: Item ids and codes: every item with an event before `now`, and every item of the catalog.
        interactions: Rows of `people` and `items`.
        table: The catalog aligned with `items`.
        now: Unix seconds.
        history: What tracked fields of `items` were, as far as it was kept.
        events: Names of events by code.
        attention: What all events tell of attention; None where nothing is told but by the interactions themselves.
        shown: What people were shown, as far as senders said; None where nobody did.
    """

    domain: str
    people: IdMap
    items: IdMap
    interactions: Interactions
    table: ItemTable
    now: float
    history: History | None = None
    events: tuple[str, ...] = ()
    attention: Attention | None = None
    shown: Shown | None = None

    @property
    def ptr(self) -> NDArray[np.int64]:
        """Row offsets of people: person p's rows are `ptr[p]:ptr[p+1]`, shape (n_people + 1,)."""
        return np.searchsorted(self.interactions.person, np.arange(len(self.people) + 1)).astype(np.int64)

    def positive(self, *roles: Role) -> Interactions:
        """Rows with a weight above 0 of the given roles (all positive roles when none is named).

        A goal that was reversed by `now` is left out: it did not happen.
        """
        rows = self.interactions
        mask = (rows.weight > 0) & ~(rows.reversed_at <= self.now)
        if roles:
            mask &= np.isin(rows.role, np.array([int(r) for r in roles], np.int8))
        return rows.where(mask)

    def before(self, cut: float) -> Dataset:
        """The same data as it was known at `cut`: later rows gone, later reversals not yet known.

        Tracked fields of items are what they were then; all others, and those nobody kept records of, as they are.
        """
        rows = self.interactions.where(self.interactions.time < cut)
        unknown = rows.reversed_at >= cut
        rows = replace(rows, reversed_at=np.where(unknown, np.inf, rows.reversed_at))
        attention = None if self.attention is None else self.attention.before(cut)
        shown = None if self.shown is None else self.shown.before(cut)
        return replace(self, interactions=rows, now=cut, table=self.table_at(cut), attention=attention, shown=shown)

    def table_at(self, cut: float) -> ItemTable:
        """The catalog with what tracked fields were at a moment, as far as records were kept."""
        history = self.history
        if history is None or not history.fields:
            return self.table
        known, was = history.known, history.at
        return self.table.with_numbers(
            {field: np.where(known, was(field, cut), self.table.number(field)) for field in history.fields}
        )

    def queries(self, people: Codes) -> Queries:
        """Requests of these people at `now`, with their whole histories (reversed goals left out) and no seeds."""
        rows, ptr = self.interactions, self.ptr
        keep = ~(rows.reversed_at <= self.now)
        spans = [np.arange(ptr[p], ptr[p + 1]) for p in people]
        spans = [s[keep[s]] for s in spans]
        offsets = np.zeros(len(people) + 1, np.int64)
        np.cumsum([len(s) for s in spans], out=offsets[1:])
        at = np.concatenate(spans) if spans else np.zeros(0, np.int64)
        return Queries(
            offsets,
            rows.item[at],
            rows.time[at],
            rows.weight[at],
            rows.role[at],
            np.full(len(people), self.now),
            np.zeros(len(people) + 1, np.int64),
            np.zeros(0, np.int32),
        )
