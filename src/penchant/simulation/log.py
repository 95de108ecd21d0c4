"""The event log of a world while it is made: blocks of equal events, then one sorted table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from penchant.simulation.choice import Index

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("event", pa.string()),
        ("time", pa.timestamp("ms", tz="UTC")),
        ("user_id", pa.string()),
        ("anonymous_id", pa.string()),
        ("item", pa.string()),
        ("quantity", pa.float64()),
        ("price", pa.float64()),
        ("currency", pa.string()),
        ("order", pa.string()),
        ("progress", pa.float64()),
    ]
)
"""Columns of every world's events."""


@dataclass(frozen=True)
class Identity:
    """How people show themselves: an anonymous id a device, and from some moment on a known id too.

    Attributes:
        site: Prefix of anonymous ids, so that sites never share one by accident.
        known_from: When each person becomes known, Unix seconds; inf = never. Shape (people,).
        second_from: When each person changes to a second device; inf = never. Shape (people,).
    """

    site: str
    known_from: NDArray[np.float64]
    second_from: NDArray[np.float64]

    def columns(self, person: Index, time: NDArray[np.float64]) -> tuple[Any, Any]:
        """The columns user_id and anonymous_id of rows, as Arrow arrays."""
        people = len(self.known_from)
        users = pa.array([f"user-{p:05d}" for p in range(people)], pa.string())
        devices = pa.array([f"{self.site}-{p:05d}-{d}" for p in range(people) for d in "ab"], pa.string())
        known = time >= self.known_from[person]
        second = time >= self.second_from[person]
        return users.take(pa.array(person, mask=~known)), devices.take(pa.array(2 * person + second))


class Log:
    """Gathers blocks of events; every argument of `add` is an array of one length or one value for all."""

    def __init__(self, prefix: str, items: list[str], currency: str | None = None) -> None:
        """Start an empty log.

        Args:
            prefix: Prefix of event ids.
            items: Item ids, by item code.
            currency: Currency of events that have a price.
        """
        self._prefix, self._items, self._currency = prefix, items, currency
        self._names: list[str] = []
        self._blocks: list[tuple[NDArray[Any], ...]] = []

    def add(
        self,
        event: str,
        person: Index,
        time: NDArray[np.float64],
        item: Index,
        *,
        quantity: ArrayLike = np.nan,
        price: ArrayLike = np.nan,
        order: ArrayLike = -1,
        progress: ArrayLike = np.nan,
    ) -> None:
        """Append a block of one event; NaN and -1 stand for "not told".

        Args:
            event: Vocabulary name.
            person: Person codes, shape (n,).
            time: Unix seconds, shape (n,).
            item: Item codes, shape (n,).
            quantity: Pieces.
            price: Price of one piece.
            order: Order numbers.
            progress: Share taken in, 0 to 1.
        """
        if event not in self._names:
            self._names.append(event)
        n = len(person)
        numbers = [np.broadcast_to(np.asarray(x, np.float64), (n,)) for x in (quantity, price, progress)]
        orders = np.broadcast_to(np.asarray(order, np.int64), (n,))
        name = np.full(n, self._names.index(event), np.int64)
        self._blocks.append((name, person, time, item, *numbers, orders))

    def table(self, identity: Identity, since: float, until: float) -> Any:
        """All events in (since, until], sorted by time; ids number them in that order.

        Args:
            identity: How people show themselves.
            since: Unix seconds.
            until: Unix seconds.

        Returns:
            An Arrow table with the columns of `SCHEMA`.
        """
        columns = [np.concatenate(parts) for parts in zip(*self._blocks, strict=True)]
        time = np.round(columns[2] * 1000.0)
        # Events of one millisecond stay in the order of the blocks: a start is added before its end.
        order = np.argsort(time, kind="stable")
        order = order[(time[order] > since * 1000.0) & (time[order] <= until * 1000.0)]
        name, person, _, item, quantity, price, progress, orders = (column[order] for column in columns)
        time = time[order]

        user_id, anonymous_id = identity.columns(person, time / 1000.0)
        priced = ~np.isnan(price)
        numbers, codes = np.unique(orders, return_inverse=True)
        order_ids = pa.array([f"{self._prefix}-order-{n:06d}" for n in numbers], pa.string())
        return pa.table(
            [
                pa.array([f"{self._prefix}-{i:07d}" for i in range(len(order))], pa.string()),
                pa.array(self._names, pa.string()).take(pa.array(name)),
                pa.array(time.astype(np.int64)).cast(SCHEMA.field("time").type),
                user_id,
                anonymous_id,
                pa.array(self._items, pa.string()).take(pa.array(item)),
                pa.array(quantity, mask=np.isnan(quantity)),
                pa.array(price, mask=~priced),
                pa.array([self._currency], pa.string()).take(pa.array(np.zeros(len(order), np.int64), mask=~priced)),
                order_ids.take(pa.array(codes, mask=orders < 0)),
                pa.array(progress, mask=np.isnan(progress)),
            ],
            schema=SCHEMA,
        )
