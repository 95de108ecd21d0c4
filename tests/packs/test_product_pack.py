from __future__ import annotations

import numpy as np

from penchant.catalog import ItemTable
from penchant.dataset import Queries
from penchant.events import Role
from penchant.pack import Facts, Judged
from penchant.packs.product import PACK, Product

RULES = {constraint.name: constraint.allow for constraint in PACK.constraints}
METRICS = {metric.name: metric.compute for metric in PACK.metrics}

ITEMS = [
    Product(id="boot", stock=3),
    Product(id="sold-out", stock=0),
    Product(id="uncounted"),
    Product(id="german", stock=1, regions=("DE", "AT")),
    Product(id="socks", stock=9, replenishable=True),
]
TABLE = ItemTable([*(item.id for item in ITEMS), "gone"], [*ITEMS, None])


def passes(rule: str, *history: tuple[str, Role], region: str | None = None) -> set[str]:
    queries = Queries.single(
        100.0,
        [TABLE.row(name) for name, _ in history],
        [float(n) for n in range(len(history))],
        [1.0] * len(history),
        [int(role) for _, role in history],
    )
    return {TABLE.ids[row] for row in np.flatnonzero(RULES[rule](TABLE, Facts(queries, region)))}


EVERYTHING = set(TABLE.ids)


def test_what_is_sold_out_is_kept_out_and_what_is_not_counted_is_not() -> None:
    assert passes("in-stock") == EVERYTHING - {"sold-out"}


def test_what_may_not_be_sold_here_is_kept_out() -> None:
    assert passes("sellable-region", region="AT") == EVERYTHING
    assert passes("sellable-region", region="FR") == EVERYTHING - {"german"}
    assert passes("sellable-region") == EVERYTHING - {"german"}


def test_what_was_bought_is_kept_out_unless_it_is_used_up() -> None:
    bought = [("boot", Role.GOAL), ("socks", Role.GOAL), ("uncounted", Role.STRONG)]

    assert passes("not-bought", *bought) == EVERYTHING - {"boot"}


def test_what_was_chosen_already_is_kept_out() -> None:
    assert passes("not-chosen", ("boot", Role.STRONG), ("socks", Role.WEAK)) == EVERYTHING - {"boot"}


def judged(lists: list[list[int]], targets: list[list[int]], values: list[list[float]]) -> Judged:
    queries = Queries(
        np.zeros(len(lists) + 1, np.int64),
        np.zeros(0, np.int32),
        np.zeros(0),
        np.zeros(0, np.float32),
        np.zeros(0, np.int8),
        np.full(len(lists), 100.0),
        np.zeros(len(lists) + 1, np.int64),
        np.zeros(0, np.int32),
    )
    return Judged(
        np.array(lists, np.int32),
        queries,
        np.cumsum([0, *(len(row) for row in targets)]),
        np.array([code for row in targets for code in row], np.int32),
        np.array([value for row in values for value in row], np.float32),
        TABLE,
    )


def test_revenue_is_the_share_of_money_that_went_to_the_first_ten() -> None:
    lists = [[0, 1, -1], [4, -1, -1], [2, 3, 4], [0, 1, 2]]
    found = METRICS["revenue@10"](judged(lists, [[0, 2], [0], [2, 3], []], [[30.0, 70.0], [10.0], [np.nan, 8.0], []]))

    assert found[:3].tolist() == [0.3, 0.0, 1.0]
    assert np.isnan(found[3])


def test_money_behind_the_tenth_place_does_not_count() -> None:
    lists = [[1] * 10 + [0]]

    assert METRICS["revenue@10"](judged(lists, [[0]], [[5.0]])).tolist() == [0.0]


def test_the_share_out_of_stock_counts_filled_places() -> None:
    lists = [[0, 1, -1], [1, 1, 5], [2, 3, 4], [-1, -1, -1]]
    found = METRICS["out-of-stock@10"](judged(lists, [[]] * 4, [[]] * 4))

    np.testing.assert_allclose(found, [1 / 2, 2 / 3, 0.0, 0.0])
