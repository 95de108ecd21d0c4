"""A small wardrobe, and a way to ask a feature about all of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from penchant.catalog import Item, ItemTable
from penchant.clock import DAY
from penchant.dataset import Queries
from penchant.events import Role
from penchant.features import Batch, Feature
from penchant.slate import Candidates

WARDROBE = [
    {"kind": "shoe", "brand": "Alto", "price": 100.0, "tags": ["run", "road"], "series": "s", "place": 1},
    {"kind": "shoe", "brand": "Brio", "price": 200.0, "tags": ["run"], "series": "s", "place": 2},
    {"kind": "sock", "brand": "Alto", "price": 10.0, "tags": ["yoga"], "series": "s", "place": 4},
    {"kind": "shoe", "series": "t", "place": 1, "out": 90 * DAY},
    {"price": 50.0, "out": 100 * DAY, "tags": []},
]
NOW = 100 * DAY


@pytest.fixture(scope="session")
def table() -> ItemTable:
    """Two priced shoes, a sock, a shoe without a price, a thing of no kind; items i0 to i4."""
    items = [Item(id=f"i{n}", attributes=fields) for n, fields in enumerate(WARDROBE)]
    return ItemTable([item.id for item in items], items)


@pytest.fixture
def ask(table: ItemTable) -> Callable[..., NDArray[np.float32]]:
    """Values of a feature for all items: `ask(feature, (code, days ago, weight), ...)`, oldest first."""

    def values(feature: Feature, *history: tuple[int, float, float], role: Role = Role.GOAL) -> NDArray[np.float32]:
        codes, ages, weights = zip(*history, strict=True) if history else ((), (), ())
        times = [NOW - age * DAY for age in ages]
        queries = Queries.single(NOW, codes, times, weights, [int(role)] * len(codes))
        items = np.arange(len(table), dtype=np.int32)
        return feature.compute(Batch(queries, Candidates(np.array([0, len(items)]), items, np.ones(len(items))), table))

    return values


@pytest.fixture
def tell() -> Callable[..., list[float]]:
    """Values of a feature for some items: `tell(feature, fields of each item, (code, days ago, weight, role), ...)`."""

    def values(
        feature: Feature, items: list[dict[str, object]], *history: tuple[int, float, float, Role]
    ) -> list[float]:
        made = [Item(id=f"i{n}", attributes=fields) for n, fields in enumerate(items)]
        codes, ages, weights, roles = zip(*history, strict=True) if history else ((), (), (), ())
        queries = Queries.single(NOW, codes, [NOW - age * DAY for age in ages], weights, [int(role) for role in roles])
        asked = Candidates(np.array([0, len(made)]), np.arange(len(made), dtype=np.int32), np.ones(len(made)))
        found = feature.compute(Batch(queries, asked, ItemTable([item.id for item in made], made)))
        return [round(float(value), 4) for value in found]

    return values
