from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from penchant.catalog import ItemTable, read_item
from penchant.dataset import Queries
from penchant.errors import ItemRejected
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


DAY = 86_400.0


def moment(day: float) -> datetime:
    return datetime.fromtimestamp(day * DAY, UTC)


def allowed(rule: str, items: list[Product], day: float = 10, **context: object) -> set[str]:
    table = ItemTable([item.id for item in items], items)
    facts = Facts(Queries.single(day * DAY), None, context)
    return {table.ids[row] for row in np.flatnonzero(RULES[rule](table, facts))}


def test_what_the_shop_says_and_what_is_counted_decide_whether_it_can_be_bought() -> None:
    items = [
        Product(id="said", availability="in_stock"),
        Product(id="gone", availability="in_stock", stock=0),
        Product(id="denied", availability="out_of_stock", stock=4),
        Product(id="ahead", availability="preorder", stock=0, available_from=moment(20)),
        Product(id="late", availability="backorder", stock=0),
        Product(id="soon", stock=3, available_from=moment(20)),
        Product(id="there", stock=3, available_from=moment(9)),
        Product(id="places", stock=0, stock_at={"rome": 1}),
        Product(id="nowhere", stock=5, stock_at={"rome": 0}),
    ]

    assert allowed("in-stock", items) == {"said", "ahead", "late", "there", "places"}


@pytest.mark.parametrize(("day", "on_sale"), [(9.9, True), (10, False), (11, False)])
def test_what_is_taken_off_sale_is_kept_out_from_that_moment_on(day: float, on_sale: bool) -> None:
    items = [Product(id="old", expires=moment(10)), Product(id="ahead", expires=moment(10), availability="preorder")]

    assert allowed("in-stock", items, day) == ({"old", "ahead"} if on_sale else set())


def test_a_request_for_a_location_is_shown_what_lies_there() -> None:
    items = [
        Product(id="here", stock_at={"rome": 1, "oslo": 0}),
        Product(id="there", stock_at={"oslo": 1}),
        Product(id="sold", stock_at={"rome": 0, "oslo": 1}),
        Product(id="somewhere", stock=4),
        Product(id="voucher"),
        Product(id="ahead", stock=0, availability="backorder"),
    ]

    assert allowed("in-stock", items, location="rome") == {"here", "voucher", "ahead"}
    # Nobody counts there, so nothing is known of it.
    assert allowed("in-stock", items, location="paris") == allowed("in-stock", items)
    assert allowed("in-stock", items, location=7) == allowed("in-stock", items) == {item.id for item in items}


def test_money_is_not_lost_where_the_margin_is_known() -> None:
    items = [
        Product(id="unknown", price=10),
        Product(id="none", margin=0),
        Product(id="loses", margin=-0.5, price=10, cost=1),
        Product(id="earns", price=10, cost=9),
        Product(id="reduced", price=10, cost=9, sale_price=8),
        Product(id="reduced-soon", price=10, cost=9, sale_price=8, sale_from=moment(11)),
        Product(id="was-reduced", price=10, cost=9, sale_price=8, sale_until=moment(10)),
    ]

    assert allowed("margin-floor", items) == {"unknown", "none", "earns", "reduced-soon", "was-reduced"}


def test_a_currency_is_a_code() -> None:
    assert read_item(Product, {"id": "a", "currency": "eur"}).currency == "EUR"
    with pytest.raises(ItemRejected, match="three letters"):
        read_item(Product, {"id": "a", "currency": "€"})


def test_a_sale_and_a_product_end_after_they_begin() -> None:
    for start, end in (("sale_from", "sale_until"), ("released", "expires")):
        with pytest.raises(ItemRejected, match=f"must be after {start}"):
            read_item(Product, {"id": "a", start: "2026-12-01", end: "2026-11-01"})


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

    np.testing.assert_allclose(found, [1 / 2, 2 / 3, 0.0, np.nan])


def test_where_the_catalog_tells_no_stock_nothing_is_said_of_it() -> None:
    plain = [Product(id="boot"), Product(id="socks", price=3)]
    one = replace(judged([[0, 1]], [[]], [[]]), table=ItemTable([item.id for item in plain], plain))

    assert np.isnan(METRICS["out-of-stock@10"](one)).all()


def test_what_the_shop_says_is_gone_is_out_of_stock_though_nobody_counts() -> None:
    told = [Product(id="boot", availability="out_of_stock"), Product(id="socks")]
    one = replace(judged([[0, 1]], [[]], [[]]), table=ItemTable([item.id for item in told], told))

    assert METRICS["out-of-stock@10"](one).tolist() == [0.5]


def test_margin_is_the_share_of_what_was_earned_that_the_first_ten_earned() -> None:
    items = [
        Product(id="told", price=10, margin=5, cost=1),
        Product(id="cost", price=10, cost=8),
        Product(id="loss", price=10, cost=12),
        Product(id="unknown", price=10),
        Product(id="free", price=0, margin=1),
    ]
    lists = [[0, -1], [1, 2], [3, 4], [0, 1]]
    targets, values = [[0, 1], [1, 2, 3], [3, 4], []], [[20.0, 50.0], [10.0, 10.0, 90.0], [5.0, 5.0], []]
    one = replace(judged(lists, targets, values), table=ItemTable([item.id for item in items], items))

    found = METRICS["margin@10"](one)

    # 20 at a half is 10, 50 at a fifth is 10. What loses money earns nothing, and what nobody knows is left out.
    np.testing.assert_allclose(found, [0.5, 1.0, np.nan, np.nan])


def test_what_came_back_is_counted_among_what_was_shown_and_bought() -> None:
    lists = [[0, 1, 2], [0, 1, -1], [3, -1, -1], [0, 1, 2]]
    one = judged(lists, [[0, 4], [], [0], [1]], [[1.0, 1.0], [], [1.0], [1.0]])

    found = METRICS["returned@10"](
        replace(one, returned_ptr=np.array([0, 2, 3, 3, 3]), returned=np.array([1, 3, 0], np.int32))
    )

    # First: 0 was kept, 1 came back. Second: 0 came back. Third: nothing that was shown was bought.
    np.testing.assert_allclose(found, [1 / 2, 1.0, np.nan, 0.0])
    assert np.isnan(METRICS["returned@10"](one)).all()
