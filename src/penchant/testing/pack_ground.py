"""What a pack is tried on: items, requests, candidates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from penchant.catalog import Item, ItemTable
from penchant.clock import DAY
from penchant.dataset import Queries
from penchant.events import Role
from penchant.pack import Pack
from penchant.slate import Candidates, Codes
from penchant.testing.data import joined

NOW = 100 * DAY
"""The moment of every request, Unix seconds."""


class PackGround:
    """A pack, and what it is tried on.

    Attributes:
        pack: The pack to check.
        items: Items of its own, beside those with nothing but an id that every pack is tried on.
    """

    pack: ClassVar[Pack]
    items: ClassVar[tuple[Item, ...]] = ()

    @classmethod
    def catalog(cls) -> tuple[Item, ...]:
        """Three items with every field missing, then `items`."""
        return (*(cls.pack.item(id=f"bare-{n}") for n in range(3)), *cls.items)

    @classmethod
    def table(cls) -> ItemTable:
        """`catalog` as columns, and a row that the catalog does not have."""
        catalog = cls.catalog()
        return ItemTable([*(item.id for item in catalog), "gone"], [*catalog, None])

    @classmethod
    def queries(cls) -> Queries:
        """Nobody; somebody who did one thing of every role to every item; somebody with unknown items alone."""
        n = len(cls.table())
        items = np.tile(np.arange(n, dtype=np.int32), len(Role))
        roles = np.repeat(np.array([int(role) for role in Role], np.int8), n)
        weights = np.select([roles < Role.NEGATIVE, roles == Role.IMPRESSION], [1.0, 0.0], -1.0)
        times = (NOW - 60.0 * np.arange(len(items), 0, -1)).astype(np.float64)
        return joined(
            (
                Queries.single(NOW),
                Queries.single(NOW, items, times, weights.astype(np.float32), roles, seeds=[0]),
                Queries.single(NOW, [-1, n, n + 9], [0.0, 1.0, 2.0], [1.0, 1.0, 1.0], [0, 1, 2], seeds=[-1, n]),
            )
        )


def repeated(names: Iterable[str]) -> list[str]:
    """Names that stand more than once."""
    return [name for name, times in Counter(names).items() if times > 1]


def everything(rows: int, n_items: int) -> Candidates:
    """Every item of a space as a candidate, in each of some rows, all equally relevant."""
    items: Codes = np.tile(np.arange(n_items, dtype=np.int32), rows)
    return Candidates(np.arange(rows + 1, dtype=np.int64) * n_items, items, np.ones(len(items), np.float32))
