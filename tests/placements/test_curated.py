from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from penchant.catalog import ItemTable
from penchant.pack import Placement, Source
from penchant.placements import Answer, Rule

Fill = Callable[..., Answer]
Shelf = Callable[..., ItemTable]
Listing = Callable[..., Any]

EDITORIAL = Source(model="editorial", first=True, reason=("picked", "picked"))
CURATED = Source(model="curated", reads="seeds", shares="sets", first=True, reason=("the_look", "belongs to it"))
A = Source(model="a")


def placement(*sources: Source, **fields: Any) -> Placement:
    return Placement(name="home", about="The start.", sources=sources, **{"fallback": (), **fields})


def told(made: Answer) -> list[tuple[str, tuple[str, ...]]]:
    return [(item.id, item.source) for item in made.items]


def picks(*items: str, **fields: Any) -> Rule:
    return Rule(action="list", items=items, **fields)


def a_set(*items: str, **fields: Any) -> Rule:
    return Rule(action="set", items=items, **fields)


def test_an_editorial_list_is_shown_in_its_order_without_any_release(fill: Fill, make_shelf: Shelf) -> None:
    made = fill(placement(EDITORIAL), {}, make_shelf(*[{}] * 4), rules=[picks("i3", "ghost", "i1")], known=0)

    assert told(made) == [("i3", ("editorial",)), ("i1", ("editorial",)), ("i0", ("catalog",)), ("i2", ("catalog",))]
    assert [[reason.code for reason in item.reasons] for item in made.items] == [["picked"], ["picked"], [], []]
    assert made.degraded == ()


def test_lists_stand_by_priority_and_each_item_once(fill: Fill, make_shelf: Shelf) -> None:
    rules = [picks("i0", "i2"), picks("i2", "i3", priority=5)]
    made = fill(placement(EDITORIAL), {}, make_shelf(*[{}] * 4), rules=rules, size=3)

    assert [item.id for item in made.items] == ["i2", "i3", "i0"]


def test_a_long_list_keeps_its_order_and_its_reason(fill: Fill, make_shelf: Shelf) -> None:
    order = [f"i{n}" for n in np.random.default_rng(3).permutation(60)]
    made = fill(placement(EDITORIAL), {}, make_shelf(*[{}] * 60), rules=[picks(*order)], size=60)

    assert [item.id for item in made.items] == order
    assert all(item.reasons[0].code == "picked" for item in made.items)


def test_a_list_means_nothing_where_no_source_shows_it(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    made = fill(placement(A), {"a": listing({0: 1.0})}, make_shelf({}, {}), rules=[picks("i1")])

    assert told(made) == [("i0", ("a",)), ("i1", ("catalog",))]
    assert made.record is None


def test_without_lists_the_source_takes_no_share(fill: Fill, make_shelf: Shelf, listing: Listing) -> None:
    place = placement(A, Source(model="editorial", weight=9.0, slots=2))
    made = fill(place, {"a": listing({0: 1.0})}, make_shelf({}, {}))

    assert [item.value for item in made.items] == [1.0, 0.0]


def test_whoever_asks_about_an_item_of_a_set_is_shown_the_others(fill: Fill, make_shelf: Shelf) -> None:
    table = make_shelf(*[{}] * 5)
    rules = [a_set("i3", "i1", "i4"), a_set("i0", "i2")]

    made = fill(placement(CURATED), {}, table, rules=rules, seeds=[1])
    assert told(made)[:2] == [("i3", ("curated",)), ("i4", ("curated",))]
    assert [source for _, source in told(made)[2:]] == [("catalog",)] * 2
    assert made.items[0].reasons[0].code == "the_look"


def test_items_tell_themselves_which_sets_they_are_of_and_rules_come_first(fill: Fill, make_shelf: Shelf) -> None:
    table = make_shelf(
        {"sets": ("beach", "red")}, {"sets": ("beach",)}, {"sets": ("beach", "red")}, {"sets": ("town",)}, {}, {}
    )

    plain = fill(placement(CURATED), {}, table, seeds=[0])
    assert told(plain)[:2] == [("i2", ("curated",)), ("i1", ("curated",))]
    # That is what items say, and no rule's doing.
    assert plain.record is None
    ruled = fill(placement(CURATED), {}, table, seeds=[0], rules=[a_set("i4", "i0")])
    assert [name for name, source in told(ruled) if source == ("curated",)] == ["i4", "i2", "i1"]
    assert ruled.record is not None and [rule.items for rule in ruled.record.rules] == [("i4",)]


def test_without_seeds_the_latest_items_are_asked_about(fill: Fill, make_shelf: Shelf) -> None:
    made = fill(placement(CURATED), {}, make_shelf(*[{}] * 3), history=[0], rules=[a_set("i0", "i2")])

    assert told(made)[0] == ("i2", ("curated",))


def test_a_set_that_holds_nothing_asked_about_does_nothing(fill: Fill, make_shelf: Shelf) -> None:
    made = fill(placement(CURATED), {}, make_shelf(*[{}] * 4), seeds=[0, -1, 99], rules=[a_set("i1", "i2")])

    assert {source for _, source in told(made)} == {("catalog",)}
    assert made.record is None


@pytest.mark.parametrize("source", [EDITORIAL, CURATED])
def test_what_may_not_be_shown_is_not_in_a_list_or_set(fill: Fill, make_shelf: Shelf, source: Source) -> None:
    table = make_shelf({}, {"stock": 0, "sets": ("s",)}, {"active": False}, None, {"sets": ("s",)}, {})
    rules = [picks("i1", "i2", "i3", "i4", "i5"), a_set("i0", "i1", "i2", "i3", "i4", "i5")]
    made = fill(placement(source, constraints=("in-stock",)), {}, table, rules=rules, seeds=[0], without=[5])

    assert [item.id for item in made.items] == ["i4"]


def test_a_set_may_have_to_differ_from_what_is_asked_about(fill: Fill, make_shelf: Shelf) -> None:
    table = make_shelf({"kind": "shoe"}, {"kind": "shoe"}, {"kind": "sock"})
    source = Source(model="curated", reads="seeds", differs="kind")
    made = fill(placement(source), {}, table, seeds=[0], rules=[a_set("i0", "i1", "i2")])

    assert told(made) == [("i2", ("curated",)), ("i1", ("catalog",))]
