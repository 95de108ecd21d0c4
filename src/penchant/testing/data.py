"""Small data sets for tests: by hand from a few rows, or a tiny world with a bit of everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from penchant.catalog import Item, ItemTable
from penchant.clock import DAY
from penchant.dataset import Dataset, IdMap, Interactions, Queries
from penchant.events import Role
from penchant.slate import Offsets

_SIGNS = {Role.NEGATIVE: -1.0, Role.REVERSAL: -1.0, Role.IMPRESSION: 0.0}
_SESSION_GAP = 1_800.0


@dataclass(frozen=True)
class Row:
    """One event of a hand-made data set.

    Attributes:
        person: Person id.
        item: Item id.
        day: When, in days since the epoch.
        role: What it says.
        weight: Signal weight; None is 1, -1 for a turning away, 0 for an impression.
        basket: Name of its basket; rows without one are in none.
        quantity: Pieces.
        price: Price of a piece.
        reversed_day: When it was taken back, in days; None is never.
        progress: Share of the item taken in.
        seconds: Seconds of attention.
        event: What the event was called; empty where nobody said.
    """

    person: str
    item: str
    day: float
    role: Role = Role.GOAL
    weight: float | None = None
    basket: str | None = None
    quantity: float = 1.0
    price: float = np.nan
    reversed_day: float | None = None
    progress: float = np.nan
    seconds: float = np.nan
    event: str = ""


def dataset(rows: Sequence[Row], items: Sequence[Item] = (), now_day: float = 100.0, domain: str = "test") -> Dataset:
    """A data set from rows.

    Args:
        rows: Events, in any order; sessions end after 30 minutes without an event.
        items: The catalog. Codes follow it, then items that only events know, by id.
        now_day: The moment of the data set, in days since the epoch; no row may be later.
        domain: Domain name.

    Returns:
        People are coded by id.
    """
    if any(row.day > now_day for row in rows):
        raise ValueError("a row is later than now_day")
    catalog = {item.id: item for item in items}
    people = IdMap(sorted({row.person for row in rows}))
    known = IdMap([*catalog, *sorted({row.item for row in rows} - catalog.keys())])
    rows = sorted(rows, key=lambda row: (people.code(row.person), row.day))
    baskets = {name: i for i, name in enumerate(sorted({row.basket for row in rows if row.basket is not None}))}
    person = people.codes(row.person for row in rows)
    time = np.array([row.day * DAY for row in rows], np.float64)
    starts = (np.diff(person, prepend=-1) != 0) | (np.diff(time, prepend=0.0) > _SESSION_GAP)
    names = tuple(sorted({row.event for row in rows if row.event}))
    weights = [_SIGNS.get(row.role, 1.0) if row.weight is None else row.weight for row in rows]
    reversals = [np.inf if row.reversed_day is None else row.reversed_day * DAY for row in rows]
    interactions = Interactions(
        person=person,
        item=known.codes(row.item for row in rows),
        time=time,
        weight=np.array(weights, np.float32),
        role=np.array([int(row.role) for row in rows], np.int8),
        quantity=np.array([row.quantity for row in rows], np.float32),
        price=np.array([row.price for row in rows], np.float32),
        basket=np.array([-1 if row.basket is None else baskets[row.basket] for row in rows], np.int32),
        session=(np.cumsum(starts) - 1).astype(np.int32),
        reversed_at=np.array(reversals, np.float64),
        progress=np.array([row.progress for row in rows], np.float32),
        seconds=np.array([row.seconds for row in rows], np.float32),
        event=np.array([names.index(row.event) if row.event else -1 for row in rows], np.int16),
    )
    table = ItemTable(known.ids, [catalog.get(name) for name in known.ids])
    return Dataset(domain, people, known, interactions, table, now_day * DAY, events=names)


def tiny_items() -> tuple[Item, ...]:
    """Eighteen items in three categories, with a category, tags, a price and a title; some lack one of them."""
    items = []
    words = ("one", "two", "three", "four")
    for i in range(18):
        category = ("shoes", "socks", "books")[i % 3]
        fields = {"category": category, "tags": (category[:2], f"color-{i % 4}"), "price": 5.0 + 7.0 * i}
        if i % 7 == 3:
            del fields["category"]
        if i % 5 == 4:
            del fields["price"]
        items.append(Item(id=f"i{i:02d}", title=f"{category} number {words[i % 4]}", attributes=fields))
    return tuple(items)


def tiny_dataset(seed: int = 1) -> Dataset:
    """Thirty people who lean to one category each, on the items of `tiny_items`.

    It holds what a model must stand: repeats, negative signals, impressions, a purchase that was taken back, an item
    that nobody touched, an item that the catalog does not have, a person who only saw things.

    Args:
        seed: Seed of the people's choices.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for p in range(30):
        person = f"p{p:02d}"
        lean = p % 3
        for visit in range(int(rng.integers(1, 5))):
            day = float(rng.uniform(40, 99))
            for step in range(int(rng.integers(2, 5))):
                category = lean if rng.random() < 0.8 else int(rng.integers(3))
                item = f"i{category + 3 * int(rng.integers(5)):02d}"  # i15, i16 and i17 stay untouched
                at = day + step / 1_440
                rows.append(Row(person, item, at, Role.WEAK, 0.1))
                if rng.random() < 0.6:
                    rows.append(Row(person, item, at + 1e-4, basket=f"{person}-{visit}", price=10.0))
                elif rng.random() < 0.3:
                    rows.append(Row(person, item, at + 1e-4, Role.NEGATIVE))
        rows.append(Row(person, f"i{int(rng.integers(15)):02d}", 99.5, Role.IMPRESSION))
    rows.append(Row("p00", "i01", 80.0, basket="taken-back", reversed_day=85.0))
    rows.append(Row("p01", "ghost", 90.0, basket="ghost"))
    rows.append(Row("p01", "i00", 90.0, basket="ghost"))
    rows.append(Row("onlooker", "i00", 99.0, Role.IMPRESSION))
    return dataset(rows, tiny_items())


def tiny_queries(data: Dataset, seed: int = 2) -> Queries:
    """Every person's request, then odd ones: no history, only unknown items, only dislikes; a few name seeds.

    Args:
        data: Where people and items are from.
        seed: Seed of the seeds.
    """
    rng = np.random.default_rng(seed)
    known = data.queries(np.arange(len(data.people), dtype=np.int32))
    n = len(data.items)
    odd = (
        Queries.single(data.now),
        Queries.single(data.now, [-1, n, n + 7], [0.0, 1.0, 2.0], [1.0, 1.0, 1.0], [0, 0, 0]),
        Queries.single(data.now, [0, 1], [0.0, 1.0], [-1.0, -1.0], [3, 3]),
        Queries.single(
            data.now, [2, -1, 2, 0], [0.0, 1.0, 2.0, 3.0], [1.0, 1.0, 0.1, -1.0], [0, 0, 2, 3], [1, n, -1, 1]
        ),
    )
    seeded = rng.integers(0, 3, len(known))
    known = replace(
        known,
        seed_ptr=np.concatenate([[0], np.cumsum(seeded)]).astype(np.int64),
        seeds=rng.integers(0, n, int(seeded.sum())).astype(np.int32),
    )
    return joined((known, *odd))


def joined(parts: Sequence[Queries]) -> Queries:
    """Batches one after the other."""
    return Queries(
        _offsets([np.diff(part.ptr) for part in parts]),
        np.concatenate([part.items for part in parts]),
        np.concatenate([part.times for part in parts]),
        np.concatenate([part.weights for part in parts]),
        np.concatenate([part.roles for part in parts]),
        np.concatenate([part.now for part in parts]),
        _offsets([np.diff(part.seed_ptr) for part in parts]),
        np.concatenate([part.seeds for part in parts]),
    )


def _offsets(lengths: Sequence[Offsets]) -> Offsets:
    return np.concatenate([np.zeros(1, np.int64), *lengths]).cumsum().astype(np.int64)
