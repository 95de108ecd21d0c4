"""The lake's files and the catalog become a `Dataset`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from penchant.catalog import History, Item, ItemTable
from penchant.dataset.attention import Attention
from penchant.dataset.dataset import Dataset, Interactions
from penchant.dataset.idmap import IdMap
from penchant.dataset.interactions import (
    COLUMNS,
    complete,
    interactions,
    of_attention,
    of_impressions,
    of_viewings,
    of_whole_orders,
    with_persons,
    with_whole_orders,
    without,
)
from penchant.dataset.orders import settle
from penchant.dataset.shown import Shown
from penchant.dataset.viewings import watched
from penchant.events import PLAYER, Motion, Signal
from penchant.slate import Codes

_SETTLED = ("person", "item", "order", "time", "role", "quantity", "price", "corrects")


def build(
    domain: str,
    files: Sequence[Path],
    signals: Sequence[Signal],
    persons: Mapping[str, str],
    items: Mapping[str, Item] | ItemTable,
    *,
    history: History | None = None,
    now: float | None = None,
    threads: int = 2,
    excluded: Collection[str] = (),
    only: Collection[str] | None = None,
) -> Dataset:
    """Read one domain's events.

    Args:
        domain: Domain name.
        files: Parquet files of the lake.
        signals: The pack's signals.
        persons: Actor to person, for linked actors.
        items: The catalog, by id or as a table in any order.
        history: What tracked fields of items were; it may know of other items too.
        now: Unix seconds; events at or after it are left out. Just after the last event when None.
        threads: Threads DuckDB may use.
        excluded: People whose events are left out, as those who do not allow it.
        only: When given, events of all others are left out too.

    Returns:
        All interactions before `now`; an empty dataset when there are none.
    """
    catalog = _ids(items)
    if not files:
        names = sorted(catalog)
        table = _table(items, names)
        kept = history.aligned(names) if history is not None else None
        return Dataset(domain, IdMap([]), IdMap(names), _no_rows(), table, now if now is not None else 0.0, kept)

    def people(events: Any) -> Any:
        return without(with_persons(events, persons), excluded, only)

    connection = ibis.duckdb.connect(threads=threads)
    try:
        events = complete(connection.read_parquet([str(f) for f in files], union_by_name=True))
        if now is not None:
            events = events.filter(events["time"] < int(now * 1000))
        viewed, whole = of_viewings(events), of_whole_orders(events, signals)
        count = events.aggregate(viewed=viewed.sum(), whole=whole.sum()).to_pyarrow().to_pylist()[0]
        viewings = _viewings(people(events.filter(viewed))) if count["viewed"] else None
        if count["whole"]:
            events = with_whole_orders(events, signals, people)
        made = interactions(events, signals, people, viewings)
        rows = connection.create_table("interactions", made, temp=True)
        told = of_attention(people(events), viewings, signals).to_pyarrow()
        shows = of_impressions(people(events), signals).to_pyarrow()
        people_ = rows.select("person").distinct().order_by("person").to_pyarrow()["person"].to_pylist()
        known = rows.select("item").distinct().to_pyarrow()["item"].to_pylist()
        names = sorted(set(known) | catalog)
        person = rows.mutate(person_code=ibis.dense_rank().over(ibis.window(order_by=["person"])))
        space = ibis.memtable(pa.table({"name": names, "item_code": np.arange(len(names))}))
        coded = person.join(space, person["item"] == space["name"])
        table = (
            coded.order_by(["person_code", "time", "seq", "item_code"])
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
                progress=coded["progress"].cast("float32"),
                seconds=coded["seconds"].cast("float32"),
                event=coded["event"],
                order=coded["order"].cast("int32"),
                corrects=coded["corrects"],
            )
            .to_pyarrow()
        )
    finally:
        connection.disconnect()
    named = tuple(sorted(pc.unique(table["event"]).to_pylist()))
    column: dict[str, Any] = {name: table[name].to_numpy() for name in COLUMNS if name != "event"}
    column["event"] = pc.index_in(table["event"], pa.array(named, pa.string())).to_numpy().astype(np.int16)
    column["time"] = column["time"] / 1000.0
    settled = settle(*(column[name] for name in _SETTLED))
    for name in ("order", "corrects"):
        del column[name]
    column |= {"quantity": settled.quantity, "price": settled.price, "reversed_at": settled.reversed_at}
    rows = Interactions(**column)
    persons_, items_ = IdMap(people_), IdMap(names)
    return Dataset(
        domain,
        persons_,
        items_,
        rows if settled.keep.all() else rows.where(settled.keep),
        _table(items, names),
        now if now is not None else float(column["time"].max(initial=-1.0)) + 1.0,
        history.aligned(names) if history is not None else None,
        named,
        _attention(told, persons_, items_),
        _shown(shows, persons_, items_),
    )


def _ids(items: Mapping[str, Item] | ItemTable) -> set[str]:
    if isinstance(items, ItemTable):
        return {name for name, there in zip(items.ids, items.present.tolist(), strict=True) if there}
    return set(items)


def _table(items: Mapping[str, Item] | ItemTable, names: Sequence[str]) -> ItemTable:
    if isinstance(items, ItemTable):
        return items.aligned(names)
    return ItemTable(names, [items.get(name) for name in names])


def _viewings(events: Any) -> Any:
    """How far people had watched at each event of a player, as an Ibis table."""
    columns = ("seq", "person", "item", "session", "time", "name", "playhead", "length")
    table = events.select(*columns).to_pyarrow()
    names = table["name"].combine_chunks().dictionary_encode()
    motions = np.array([PLAYER.get(name, Motion.PLAYS) for name in names.dictionary.to_pylist()], np.int8)
    found = watched(
        _codes(table["person"]),
        _codes(table["item"]),
        _codes(table["session"]),
        table["time"].to_numpy(),
        motions[names.indices.to_numpy()],
        table["playhead"].to_numpy(),
        table["length"].to_numpy(),
    )
    return ibis.memtable(
        pa.table(
            {
                "seq": table["seq"],
                "viewing": found.viewing,
                "watched": pa.array(found.seconds, from_pandas=True),  # NaN, where nobody knows, becomes null
                "share": pa.array(found.progress, from_pandas=True),
            }
        )
    )


def _codes(texts: pa.ChunkedArray) -> Codes:
    """A number for each text, in the order of the texts; -1 for null."""
    encoded = texts.combine_chunks().dictionary_encode()
    rank = np.empty(len(encoded.dictionary) + 1, np.int32)
    rank[-1] = -1
    rank[pc.sort_indices(encoded.dictionary).to_numpy()] = np.arange(len(encoded.dictionary))
    codes: Codes = rank[encoded.indices.fill_null(-1).to_numpy()]
    return codes


def _attention(table: pa.Table, people: IdMap, items: IdMap) -> Attention | None:
    """What events tell of attention; None when none tells anything."""
    person, item = _coded(table["person"], people), _coded(table["item"], items)
    time = table["time"].to_numpy() / 1000.0
    keep = np.flatnonzero((person >= 0) & (item >= 0))
    if not len(keep):
        return None
    order = keep[np.lexsort((table["seq"].to_numpy()[keep], time[keep], person[keep]))]
    told = (table[name].to_numpy().astype(np.float32)[order] for name in ("progress", "seconds", "length"))
    return Attention(person[order], item[order], time[order], *told)


def _shown(table: pa.Table, people: IdMap, items: IdMap) -> Shown | None:
    """What senders say was shown; None when none says anything."""
    person, item = _coded(table["person"], people), _coded(table["item"], items)
    keep = (person >= 0) & (item >= 0)
    if not keep.any():
        return None
    position = table["position"].cast(pa.float64()).to_numpy()
    slates = sorted(pc.unique(table["slate"].drop_null()).to_pylist())
    slate = _coded(table["slate"], IdMap(slates))
    time = table["time"].to_numpy() / 1000.0
    return Shown.of_impressions(person[keep], item[keep], time[keep], position[keep], slate[keep], slates)


def _coded(texts: pa.ChunkedArray, ids: IdMap) -> Codes:
    """Codes of texts; -1 for what has none."""
    found = pc.index_in(texts, pa.array(ids.ids, pa.string())).fill_null(-1)
    codes: Codes = found.to_numpy().astype(np.int32)
    return codes


def _no_rows() -> Interactions:
    return Interactions(
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
        progress=np.zeros(0, np.float32),
        seconds=np.zeros(0, np.float32),
        event=np.zeros(0, np.int16),
    )
