"""From plain arrays to what penchant learns from: a data set, requests, and who is judged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from penchant.catalog import Item, ItemTable
from penchant.dataset import Dataset, IdMap, Interactions, Queries
from penchant.evaluation import Targets
from penchant.events import Role
from penchant.pack import Pack, Task
from penchant.packs.content import PACK as CONTENT
from penchant.packs.learning import PACK as LEARNING
from penchant.packs.product import PACK as PRODUCT

PACKS: Mapping[str, Pack] = {pack.name: pack for pack in (PRODUCT, CONTENT, LEARNING)}

PAUSE = 1_800.0
"""Seconds without an event that end a session."""

_FIELDS = {"product": "category", "content": "creator", "learning": "topic"}
"""Where an item's label goes."""


def dataset(
    pack: Pack, person: Any, item: Any, time: Any, goal: Any, basket: Any, *, n_people: int, n_items: int, now: float,
    texts: Any = (), labels: Any = (),
) -> Dataset:  # fmt: skip
    """Rows sorted by person and then time, as a domain's data set.

    Args:
        pack: Whose items they are.
        person: Codes.
        item: Codes.
        time: Unix seconds, before `now`.
        goal: Whether the row is a goal; the others are impressions.
        basket: Codes of what was done together; None when nobody knows.
        n_people: People there are.
        n_items: Items there are.
        now: The moment.
        texts: A title an item, or nothing.
        labels: A category, creator or topic an item, or nothing.
    """
    n = len(item)
    fresh = (np.diff(person, prepend=-1) != 0) | (np.diff(time, prepend=-np.inf) > PAUSE)
    session = np.cumsum(fresh) - 1
    together = session if basket is None else basket
    rows = Interactions(
        person=np.asarray(person, np.int32),
        item=np.asarray(item, np.int32),
        time=np.asarray(time, np.float64),
        weight=np.asarray(goal, np.float32),
        role=np.where(goal, int(Role.GOAL), int(Role.IMPRESSION)).astype(np.int8),
        quantity=np.ones(n, np.float32),
        price=np.full(n, np.nan, np.float32),
        basket=np.where(goal, together, -1).astype(np.int32),
        session=session.astype(np.int32),
        reversed_at=np.full(n, np.inf),
        progress=np.full(n, np.nan, np.float32),
        seconds=np.full(n, np.nan, np.float32),
        event=np.full(n, -1, np.int16),
    )
    ids = [str(code) for code in range(n_items)]
    table = ItemTable(ids, _items(pack, ids, texts, labels))
    return Dataset(pack.name, IdMap([str(code) for code in range(n_people)]), IdMap(ids), rows, table, now)


def _items(pack: Pack, ids: list[str], texts: Any, labels: Any) -> list[Item | None]:
    if not len(texts):
        return [None] * len(ids)
    made: list[Item | None] = []
    for name, text, label in zip(ids, texts, labels, strict=True):
        fields: dict[str, Any] = {"title": str(text)}
        if label:
            fields[_FIELDS[pack.name]] = str(label)
        if pack.name == "content" and text:
            fields["topics"] = tuple(str(text).replace("|", ",").split(","))[:10]
        made.append(pack.item(id=name, **fields))
    return made


def requests(prefixes: list[Any], now: float) -> Queries:
    """One request a session: what came before, a second apart and all just now, and the last of it as the seed."""
    lengths = [len(part) for part in prefixes]
    ptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    items = np.concatenate([np.asarray(part, np.int32) for part in prefixes])
    back = np.repeat(ptr[1:], lengths) - np.arange(len(items))
    n = len(prefixes)
    return Queries(
        ptr,
        items,
        now - back.astype(np.float64),
        np.ones(len(items), np.float32),
        np.full(len(items), int(Role.GOAL), np.int8),
        np.full(n, now),
        np.arange(n + 1, dtype=np.int64),
        items[ptr[1:] - 1],
    )


def targets(
    task: Task, data: Dataset, queries: Queries, group: Any, ptr: Any, items: Any, repeat: Any, seen: list[Any]
) -> Targets:
    """Who is judged, from what a benchmark says.

    Args:
        task: What is judged.
        data: What is known.
        queries: The requests.
        group: What the bootstrap draws, a row each.
        ptr: Target offsets.
        items: Targets.
        repeat: Which of them are repeats.
        seen: Items that may not be proposed to a row, one array each; empty ones in `next`.
    """
    lengths = [len(part) for part in seen]
    space = np.zeros(len(data.items), bool)
    space[data.interactions.item] = True
    return Targets(
        task=task,
        queries=queries,
        group=np.asarray(group, np.int32),
        ptr=np.asarray(ptr, np.int64),
        items=np.asarray(items, np.int32),
        values=np.full(len(items), np.nan, np.float32),
        repeat=np.asarray(repeat, bool),
        fresh=np.zeros(len(items), bool),
        space=space,
        seen_ptr=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        seen=np.concatenate([np.zeros(0, np.int32), *seen]).astype(np.int32),
        warm=len(np.unique(group)),
        cold=0,
        unknown_share=0.0,
        repeat_share=float(np.mean(repeat)) if len(repeat) else float("nan"),
    )


def seen_by(data: Dataset, people: Any) -> list[Any]:
    """What each of some people had any event with."""
    ptr = data.ptr
    return [np.unique(data.interactions.item[ptr[p] : ptr[p + 1]]) for p in people]
