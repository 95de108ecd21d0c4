"""What a single request has worked out in one go is what each feature works out alone."""

from __future__ import annotations

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import numpy as np
import pytest
from numpy.typing import NDArray

from penchant.catalog import Item, ItemTable
from penchant.clock import DAY
from penchant.dataset import Queries
from penchant.events import Role
from penchant.features import (
    Batch,
    Feature,
    Priced,
    category_affinity,
    category_aversion,
    days_since_had,
    days_since_with,
    items_with,
    matrix,
    number_of,
    price_now,
    share_of_latest,
    size_of,
    tag_affinity,
    tag_aversion,
    whole,
)
from penchant.features.codes import codes_of
from penchant.features.columns import dense, of_columns
from penchant.features.feature import By
from penchant.features.meeting import ITSELF, meet, pairs_of
from penchant.features.pairs import Pairs
from penchant.slate import Candidates
from penchant.testing import joined

NOW = 100 * DAY
BY: tuple[By, ...] = (
    ("category", "kind", ""),
    ("top", "kind", ""),
    ("category", "brand", ""),
    ("both", "kind", "brand"),
    ITSELF,
)
HISTORIES: list[list[tuple[int, float, float]]] = [
    [],
    [(0, 5.0, 1.0), (2, 4.0, -0.5), (0, 3.0, 0.25), (3, 1.0, 0.5)],
    [(4, 2.0, 1.0)],
]


def everything(table: ItemTable, *history: tuple[int, float, float], now: float = NOW) -> Batch:
    codes, ages, weights = zip(*history, strict=True) if history else ((), (), ())
    queries = Queries.single(now, codes, [NOW - age * DAY for age in ages], weights, [int(Role.WEAK)] * len(codes))
    n = len(table)
    return Batch(queries, Candidates(np.array([0, n]), np.arange(n, dtype=np.int32), np.ones(n, np.float32)), table)


@pytest.mark.parametrize("history", HISTORIES)
def test_fields_that_meet_have_the_sums_of_each_alone(
    table: ItemTable, history: list[tuple[int, float, float]]
) -> None:
    batch, alone = everything(table, *history), everything(table, *history)
    meet(batch, BY)

    for by in BY:
        found, own = pairs_of(batch, by), pairs_of(alone, by)
        weights = batch.queries.weights.astype(np.float64)
        assert found.sums(weights).take(found.asked).tolist() == own.sums(weights).take(own.asked).tolist()
        assert ((found.asked == found.size - 1) == (codes_of(table, by)[0] < 0)).all()


def test_what_one_request_leaves_is_not_met_by_the_next(table: ItemTable) -> None:
    first, second = everything(table, (0, 1.0, 1.0)), everything(table, (3, 1.0, 1.0))
    meet(first, BY)
    meet(second, BY)

    found = pairs_of(second, ITSELF)

    assert found.counts().take(found.asked).tolist() == [0, 0, 0, 1, 0]


def broken(_: Batch) -> NDArray[np.float32]:
    raise ZeroDivisionError("asked alone")


TASTES = (
    category_affinity("kind", "kind", "About.", half_life_days=3.0),
    category_affinity("top", "kind", "About.", top=True),
    category_affinity("brand", "brand", "About.", half_life_days=30.0),
    category_aversion("not_brand", "brand", "About.", half_life_days=7.0),
)
OF_ITEMS = (number_of("price", "price", "About.", unit="money", high=150.0), size_of("size", "price", "About."))


AGO = (
    days_since_with("kind_days", "kind", "About.", Role.WEAK),
    days_since_with("any_days", "brand", "About."),
    days_since_had("had_days", "About.", roles=(Role.GOAL, Role.WEAK)),
    days_since_had("bought_days", "About.", roles=(Role.GOAL,)),
)


@pytest.mark.parametrize("features", [TASTES, TASTES[:3], OF_ITEMS, AGO, TASTES + OF_ITEMS + AGO])
@pytest.mark.parametrize("history", HISTORIES)
def test_features_of_a_kind_are_worked_out_together(
    table: ItemTable, features: tuple[Feature, ...], history: list[tuple[int, float, float]]
) -> None:
    alone = np.array([feature.compute(everything(table, *history)) for feature in features]).T

    together = matrix([replace(feature, compute=broken) for feature in features], everything(table, *history))

    assert together.failed == {}
    np.testing.assert_array_equal(together.values, alone)


def test_a_kind_that_breaks_is_worked_out_one_by_one(table: ItemTable) -> None:
    stray = Batch(Queries.single(NOW), Candidates(np.array([0, 1]), np.array([99], np.int32), np.ones(1)), table)

    made = matrix((*TASTES, *OF_ITEMS, *AGO), stray)

    assert set(made.failed) == {feature.name for feature in (*TASTES, *OF_ITEMS, *AGO)}
    assert np.isnan(made.values).all()


def test_a_sale_that_begins_between_two_requests_is_seen_by_the_second() -> None:
    fields = {"price": 10.0, "sale_price": 8.0, "sale_from": NOW, "sale_until": NOW + DAY}
    table = ItemTable(["a", "b"], [Item(id="a", attributes=fields), Item(id="b", attributes={"price": 5.0})])
    feature, moments = price_now("price_now", "About.", Priced()), [NOW - 1.0, NOW, NOW + DAY / 2, NOW + DAY, NOW]

    one_by_one = [matrix([feature], everything(table, now=now)).values[:, 0].tolist() for now in moments]
    rows = Candidates(np.arange(6) * 2, np.tile(np.arange(2, dtype=np.int32), 5), np.ones(10, np.float32))
    many = matrix([feature], Batch(joined([Queries.single(now) for now in moments]), rows, table))

    assert one_by_one == [[10.0, 5.0], [8.0, 5.0], [8.0, 5.0], [10.0, 5.0], [8.0, 5.0]]
    assert many.values[:, 0].reshape(5, 2).tolist() == one_by_one


def test_a_table_told_anew_has_its_own_numbers(table: ItemTable) -> None:
    feature = number_of("price", "price", "About.", unit="money", high=1e6)
    other = table.with_numbers({"price": np.arange(5.0)})

    values = [matrix([feature], everything(one)).values[:3, 0].tolist() for one in (table, other, table)]

    assert values == [[100.0, 200.0, 10.0], [0.0, 1.0, 2.0], [100.0, 200.0, 10.0]]


def test_tags_of_one_request_say_what_they_say_among_many(table: ItemTable) -> None:
    features = (
        tag_affinity("tags", "tags", "About."),
        tag_aversion("not_tags", "tags", "About."),
        items_with("items_with", "tags", "About.", Role.WEAK, reads="tags"),
        days_since_with("tag_days", "tags", "About.", Role.WEAK, reads="tags"),
        share_of_latest("latest", "tags", "About.", Role.WEAK, latest=2, reads="tags"),
    )
    alone = [everything(table, *history) for history in HISTORIES]
    n = len(table)
    rows = Candidates(np.arange(4) * n, np.tile(np.arange(n, dtype=np.int32), 3), np.ones(3 * n, np.float32))
    many = matrix(features, Batch(joined([one.queries for one in alone]), rows, table))

    values = np.concatenate([matrix(features, one).values for one in alone])

    assert many.failed == {}
    np.testing.assert_array_equal(values, many.values)
    # Of the runner's tags the road shoe has both, the other shoe one; what has no tags says nothing.
    assert values[n:, 2].tolist()[:3] == [1.0, 1.0, 1.0] and np.isnan(values[n:, 2][3:5]).all()


NUMBERS = tuple(number_of(f"n{n}", f"n{n}", "About.", unit="money", high=1e6) for n in range(12))


def test_columns_that_change_are_told_anew_and_the_others_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "_blocks", ())
    numbers = {f"n{n}": np.arange(3.0) + 10.0 * n for n in range(12)}
    rows = ({field: float(column[n]) for field, column in numbers.items()} for n in range(3))
    items = [Item(id=f"i{n}", attributes=row) for n, row in enumerate(rows)]
    table = ItemTable([item.id for item in items], items)
    matrix(NUMBERS, everything(table))
    told = []
    # One column changes, then most of them, and then the first table is asked again.
    for changed in ({"n3": 7.0}, {f"n{n}": 100.0 + n for n in range(9)}, {}):
        asked = table.with_numbers({f"attributes.{field}": np.full(3, value) for field, value in changed.items()})
        wanted = np.array([np.full(3, changed[field]) if field in changed else numbers[field] for field in numbers]).T
        for one, values in ((table, np.array([*numbers.values()]).T), (asked, wanted)):
            np.testing.assert_array_equal(matrix(NUMBERS, everything(one)).values, values)
        told.append(len(whole._blocks))

    assert told == [1, 2, 2]


def test_objectives_of_one_catalog_share_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "_blocks", ())
    items = [Item(id=f"i{n}", attributes={f"n{m}": n + 10.0 * m for m in range(12)}) for n in range(3)]
    table = ItemTable([item.id for item in items], items)

    # The second asks for other columns than the first, but for one; then both are asked again.
    for asked in (NUMBERS[:5], NUMBERS[4:], NUMBERS[:5], NUMBERS[4:]):
        matrix(asked, everything(table))

    assert [block.values.shape for block in whole._blocks] == [(3, 12)]


def test_those_who_ask_at_once_make_one_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole, "_blocks", ())
    asked = [number.kin.said for number in NUMBERS if number.kin is not None]
    columns = {one: np.full(3, n, np.float32) for n, one in enumerate(asked)}
    together = Barrier(4)

    def ask() -> object:
        together.wait(10)
        return whole._block(columns, 3)

    with ThreadPoolExecutor(4) as pool:
        made = [one.result() for one in [pool.submit(ask) for _ in range(4)]]

    assert len(whole._blocks) == 1 and all(one is made[0] for one in made)


def test_a_column_of_one_value_is_gathered_from_values_side_by_side() -> None:
    column, told = np.broadcast_to(np.float64(np.nan), 3), np.arange(3.0)

    made = dense(column)

    assert made.flags.c_contiguous and np.isnan(made).all() and dense(column) is made
    assert dense(told) is told


def test_what_is_made_of_a_column_is_made_once_and_goes_with_it() -> None:
    class Told:
        """Something that is made, and seen to go."""

    column, gone = np.array([1.0, 2.0]), []
    told = of_columns("told", (column,), Told)
    again = of_columns("told", (column,), Told)
    assert told is again

    watched = weakref.finalize(told, gone.append, True)
    del told, again, column
    gc.collect()

    assert gone == [True] and not watched.alive


def test_pairs_tell_how_many_of_each_kind_there_are() -> None:
    row, code = np.array([0, 0, 0, 1]), np.array([2, 2, -1, 0], np.int32)
    pairs = Pairs.of(row, code, np.array([0, 1, 1]), np.array([2, 0, 2], np.int32), (2, 3))

    counts = pairs.counts_by(np.array([1, 0, 1, 1], np.int8), 2)

    assert counts[:, pairs.asked].tolist() == [[1, 0, 0], [1, 1, 0]]
    assert (counts.sum(axis=0) == pairs.counts()).all()
