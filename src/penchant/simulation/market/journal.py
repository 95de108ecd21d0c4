"""What happens in a closed loop, gathered and told as tables of events."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from penchant.simulation.choice import Index
from penchant.simulation.loop import LIVING

_NUMBERS = ("quantity", "price", "dwell")


class Journal:
    """Events not told yet; every argument of `add` is an array of one length or one value for all."""

    def __init__(self, prefix: str, people: list[str], items: list[str], currency: str) -> None:
        """Start empty.

        Args:
            prefix: Prefix of the ids of events, orders and sessions.
            people: User ids by code.
            items: Item ids by code.
            currency: Of all prices.
        """
        self._prefix, self._currency = prefix, currency
        self._people, self._items = pa.array(people, pa.string()), pa.array(items, pa.string())
        self._told = 0
        self._rows: list[dict[str, NDArray[np.generic]]] = []

    def add(
        self,
        event: str,
        person: Index,
        time: NDArray[np.float64],
        item: Index,
        *,
        session: ArrayLike = -1,
        order: ArrayLike = -1,
        position: ArrayLike = 0,
        slate: ArrayLike = "",
        quantity: ArrayLike = np.nan,
        price: ArrayLike = np.nan,
        dwell: ArrayLike = np.nan,
    ) -> None:
        """Append events; NaN, -1, 0 and "" stand for "not told".

        Args:
            event: Vocabulary name.
            person: Person codes, shape (n,).
            time: Unix seconds.
            item: Item codes.
            session: Numbers of visits.
            order: Order numbers.
            position: Place in the slate, from 1.
            slate: Slate ids.
            quantity: Pieces.
            price: Price of one piece.
            dwell: Seconds of attention.
        """
        told = {
            "person": person,
            "time": np.round(time * 1000.0),
            "item": item,
            "session": np.asarray(session),
            "order": np.asarray(order),
            "position": np.asarray(position),
            "slate": np.asarray(slate, object),
            "quantity": np.asarray(quantity, np.float64),
            "price": np.asarray(price, np.float64),
            "dwell": np.asarray(dwell, np.float64),
            "event": np.asarray(event, object),
        }
        if len(person):
            self._rows.append({name: np.broadcast_to(column, (len(person),)) for name, column in told.items()})

    def take(self) -> pa.Table:
        """All that is not told yet, sorted by time, with the columns of `LIVING`; then the journal is empty."""
        if not self._rows:
            return LIVING.empty_table()
        columns = {name: np.concatenate([rows[name] for rows in self._rows]) for name in self._rows[0]}
        self._rows = []
        order = np.argsort(columns["time"], kind="stable")
        columns = {name: column[order] for name, column in columns.items()}
        n = len(order)
        priced = np.isnan(columns["price"])
        told = {
            "id": pa.array([f"{self._prefix}-{i:08d}" for i in range(self._told, self._told + n)], pa.string()),
            "event": pa.array(columns["event"].tolist(), pa.string()),
            "time": pa.array(columns["time"].astype(np.int64)).cast(LIVING.field("time").type),
            "user_id": self._people.take(pa.array(columns["person"])),
            "item": self._items.take(pa.array(columns["item"])),
            "currency": pa.array(np.full(n, self._currency, object), pa.string(), mask=priced),
            "order": self._numbered("order", columns["order"]),
            "session": self._numbered("visit", columns["session"]),
            "slate": pa.array(columns["slate"].tolist(), pa.string(), mask=columns["slate"] == ""),
            "position": pa.array(columns["position"].astype(np.int32), mask=columns["position"] == 0),
            **{name: pa.array(columns[name], mask=np.isnan(columns[name])) for name in _NUMBERS},
        }
        self._told += n
        return pa.table([told.get(field.name, pa.nulls(n, field.type)) for field in LIVING], schema=LIVING)

    def _numbered(self, noun: str, numbers: NDArray[np.generic]) -> pa.Array:
        names = [f"{self._prefix}-{noun}-{number}" if number >= 0 else None for number in numbers.tolist()]
        return pa.array(names, pa.string())
