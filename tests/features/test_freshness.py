from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import Item, ItemTable
from penchant.dataset import Queries
from penchant.features import Batch, freshness
from penchant.slate import Candidates

FRESH = freshness("fresh", "out", "How new.", half_life_days=5.0)


def test_what_is_new_is_one_and_halves_with_every_half_life(ask: Callable[..., NDArray[np.float32]]) -> None:
    # i4 came out now, i3 ten days ago; the others have no date.
    np.testing.assert_allclose(ask(FRESH), [np.nan, np.nan, np.nan, 0.25, 1.0])


def test_what_is_yet_to_come_is_no_newer_than_new() -> None:
    table = ItemTable(["x"], [Item(id="x", attributes={"out": 2e6})])
    candidates = Candidates(np.array([0, 1]), np.zeros(1, np.int32), np.ones(1, np.float32))

    assert FRESH.compute(Batch(Queries.single(1e6), candidates, table)).tolist() == [1.0]
