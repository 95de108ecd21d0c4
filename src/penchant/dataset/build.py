"""The lake's files and the catalog become a `Dataset`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as pa

from penchant.catalog import Item, ItemTable
from penchant.dataset.dataset import Dataset, Interactions
from penchant.dataset.idmap import IdMap
from penchant.dataset.interactions import COLUMNS, interactions
from penchant.dataset.reversals import reversed_at
from penchant.events import Signal


def build(
    domain: str,
    files: Sequence[Path],
    signals: Sequence[Signal],
    persons: Mapping[str, str],
    items: Mapping[str, Item],
    *,
    now: float | None = None,
    threads: int = 2,
) -> Dataset:
    """Read one domain's events.

    Args:
        domain: Domain name.
        files: Parquet files of the lake.
        signals: The pack's signals.
        persons: Actor to person, for linked actors.
        items: The catalog by id.
        now: Unix seconds; events at or after it are left out. Just after the last event when None.
        threads: Threads DuckDB may use.

    Returns:
        All interactions before `now`; an empty dataset when there are none.
    """
    if not files:
        return _empty(domain, items, now)
    connection = ibis.duckdb.connect(threads=threads)
    try:
        events = connection.read_parquet([str(f) for f in files])
        if now is not None:
            events = events.filter(events["time"] < int(now * 1000))
        rows = connection.create_table("interactions", interactions(events, signals, persons), temp=True)
        people = rows.select("person").distinct().order_by("person").to_pyarrow()["person"].to_pylist()
        known = rows.select("item").distinct().to_pyarrow()["item"].to_pylist()
        names = sorted(set(known) | items.keys())
        person = rows.mutate(person_code=ibis.dense_rank().over(ibis.window(order_by=["person"])))
        space = ibis.memtable(pa.table({"name": names, "item_code": np.arange(len(names))}))
        coded = person.join(space, person["item"] == space["name"])
        table = (
            coded.order_by(["person_code", "time", "seq"])
            .select(
                person=coded["person_code"].cast("int32"),
                item=coded["item_code"].cast("int32"),
                time=coded["time"],
                weight=coded["weight"].cast("float32"),
                role=coded["role"].cast("int8"),
                quantity=coded["quantity"].cast("float32"),
                price=coded["price"].cast("float32"),
                basket=coded["basket"].cast("int32"),
                session=coded["session"].cast("int32"),
            )
            .to_pyarrow()
        )
    finally:
        connection.disconnect()
    column: dict[str, Any] = {name: table[name].to_numpy() for name in COLUMNS}
    column["time"] = column["time"] / 1000.0
    reversals = reversed_at(*(column[name] for name in ("person", "item", "time", "role", "quantity")))
    return Dataset(
        domain,
        IdMap(people),
        IdMap(names),
        Interactions(**column, reversed_at=reversals),
        ItemTable(names, [items.get(name) for name in names]),
        now if now is not None else float(column["time"].max(initial=-1.0)) + 1.0,
    )


def _empty(domain: str, items: Mapping[str, Item], now: float | None) -> Dataset:
    names = sorted(items)
    none = Interactions(
        person=np.zeros(0, np.int32),
        item=np.zeros(0, np.int32),
        time=np.zeros(0),
        weight=np.zeros(0, np.float32),
        role=np.zeros(0, np.int8),
        quantity=np.zeros(0, np.float32),
        price=np.zeros(0, np.float32),
        basket=np.zeros(0, np.int32),
        session=np.zeros(0, np.int32),
        reversed_at=np.zeros(0),
    )
    table = ItemTable(names, [items[name] for name in names])
    return Dataset(domain, IdMap([]), IdMap(names), none, table, now if now is not None else 0.0)
