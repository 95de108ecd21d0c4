from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from penchant.catalog import About, Item, ItemTable, Schema
from penchant.pack import Placement, Source
from penchant.placements import CompiledRule, Rule
from penchant.placements.room import Room
from penchant.placements.selection import pin, seated, select
from penchant.placements.wishes import Wish

Shelf = Callable[..., ItemTable]


def choose(
    table: ItemTable,
    value: list[float],
    size: int,
    shares: dict[str, list[float]] | None = None,
    *,
    pinned: dict[int, int] | None = None,
    quotas: tuple[Wish, ...] = (),
    **fields: Any,
) -> list[int]:
    place = Placement(name="p", about="P.", **{"sources": (), **fields})
    found = {name: np.array(share, np.float32) for name, share in (shares or {}).items()}
    items = np.arange(len(value), dtype=np.int32)
    chosen = select(place, items, np.array(value, np.float32), found, size, table, pinned or {}, quotas)
    return seated(chosen.pinned, chosen.others)


def wish(table: ItemTable, action: Any, items: str, **fields: Any) -> Wish:
    """A rule about items `i0 i2`, as it holds."""
    rule = CompiledRule.of("r", 1, Rule(action=action, items=tuple(items.split()), **fields), Schema.of(Item))
    return Wish(rule, rule.rows(table, About()))


def test_the_best_values_fill_the_places(make_shelf: Shelf) -> None:
    assert choose(make_shelf(*[{}] * 4), [0.1, 0.9, 0.5, 0.7], 2) == [1, 3]


def test_equal_values_stand_in_order(make_shelf: Shelf) -> None:
    assert choose(make_shelf(*[{}] * 4), [0.5, 0.9, 0.5, 0.5], 3) == [1, 0, 2]


def test_a_cap_lets_the_next_value_move_up(make_shelf: Shelf) -> None:
    table = make_shelf({"kind": "x"}, {"kind": "x"}, {"kind": "y"}, {})

    assert choose(table, [0.9, 0.8, 0.7, 0.6], 3, caps={"kind": 1}) == [0, 2, 3]


def test_every_cap_holds(make_shelf: Shelf) -> None:
    table = make_shelf({"kind": "x", "title": "s"}, {"kind": "x", "title": "t"}, {"kind": "y", "title": "s"}, {})

    assert choose(table, [0.9, 0.8, 0.7, 0.6], 4, caps={"kind": 1, "title": 1}) == [0, 3]


def test_slots_take_the_places_of_the_lowest_values(make_shelf: Shelf) -> None:
    shares = {"b": [0.0, 0.0, 0.0, 0.2, 0.1]}
    sources = (Source(model="b", slots=1),)

    assert choose(make_shelf(*[{}] * 5), [0.9, 0.8, 0.7, 0.2, 0.1], 3, shares, sources=sources) == [0, 1, 3]


def test_a_slot_that_ranking_fills_anyway_changes_nothing(make_shelf: Shelf) -> None:
    shares = {"b": [0.9, 0.0, 0.0]}
    sources = (Source(model="b", slots=1),)

    assert choose(make_shelf(*[{}] * 3), [0.9, 0.8, 0.7], 2, shares, sources=sources) == [0, 1]


def test_slots_no_source_can_fill_go_to_the_others(make_shelf: Shelf) -> None:
    sources = (Source(model="b", slots=2), Source(model="missing", slots=2))

    assert choose(make_shelf(*[{}] * 3), [0.9, 0.8, 0.7], 2, {"b": [0.0, 0.0, 0.0]}, sources=sources) == [0, 1]


def test_there_are_no_more_slots_than_places(make_shelf: Shelf) -> None:
    shares = {"a": [0.0, 0.9, 0.8, 0.0], "b": [0.0, 0.0, 0.0, 0.9]}
    sources = (Source(model="a", slots=2), Source(model="b", slots=2))

    assert choose(make_shelf(*[{}] * 4), [1.0, 0.5, 0.4, 0.3], 2, shares, sources=sources) == [1, 2]


def test_caps_hold_for_slots(make_shelf: Shelf) -> None:
    table = make_shelf({"kind": "x"}, {"kind": "x"}, {"kind": "y"})
    sources = (Source(model="b", slots=1),)

    assert choose(table, [0.9, 0.1, 0.5], 2, {"b": [0.0, 1.0, 0.0]}, sources=sources, caps={"kind": 1}) == [2, 1]


def test_room_is_taken_only_by_what_fits(make_shelf: Shelf) -> None:
    room = Room({"kind": 1, "title": 1}, make_shelf({"kind": "x"}, {"kind": "x", "title": "t"}, {"title": "t"}))

    # What its kind kept out has not used up its title.
    assert [room.takes(i) for i in (0, 1, 2)] == [True, False, True]


# Sources that stand first


def test_what_stands_first_keeps_its_order_whatever_its_value(make_shelf: Shelf) -> None:
    shares = {"picks": [0.0, 0.0, 0.5, 1.0]}
    sources = (Source(model="picks", first=True),)

    assert choose(make_shelf(*[{}] * 4), [0.9, 0.8, 0.2, 0.1], 4, shares, sources=sources) == [3, 2, 0, 1]


def test_caps_hold_for_what_stands_first(make_shelf: Shelf) -> None:
    table = make_shelf({"kind": "x"}, {"kind": "x"}, {})
    sources = (Source(model="picks", first=True),)

    assert choose(table, [0.9, 0.8, 0.2], 3, {"picks": [0.5, 1.0, 0.0]}, sources=sources, caps={"kind": 1}) == [1, 2]


# Pins


def test_pins_have_their_places_and_the_others_the_rest(make_shelf: Shelf) -> None:
    assert choose(make_shelf(*[{}] * 4), [0.9, 0.8, 0.7, 0.1], 3, pinned={1: 3}) == [0, 3, 1]


def test_pins_pass_caps_and_count(make_shelf: Shelf) -> None:
    table = make_shelf({"kind": "x"}, {"kind": "x"}, {"kind": "x"}, {})

    assert choose(table, [0.9, 0.8, 0.7, 0.1], 3, pinned={0: 1, 2: 2}, caps={"kind": 1}) == [1, 3, 2]


def test_where_too_little_fills_pins_move_up(make_shelf: Shelf) -> None:
    assert choose(make_shelf(*[{}] * 2), [0.9, 0.8], 9, pinned={7: 1}) == [0, 1]


def test_what_may_only_be_pinned_is_not_chosen(make_shelf: Shelf) -> None:
    assert choose(make_shelf(*[{}] * 3), [0.9, -np.inf, -np.inf], 3, pinned={0: 1}) == [1, 0]


def test_a_pins_items_stand_one_after_the_other_and_what_is_missing_leaves_no_gap(make_shelf: Shelf) -> None:
    table = make_shelf(*[{}] * 5)
    items, value = np.array([0, 2, 3], np.int32), np.zeros(3, np.float32)

    # i1 may not be shown, i9 is not there.
    assert pin([wish(table, "pin", "i3 i1 i9 i0", position=2)], items, value, table, 5) == {1: 2, 2: 0}


def test_a_place_that_is_taken_is_passed_over(make_shelf: Shelf) -> None:
    table = make_shelf(*[{}] * 5)
    items, value = np.arange(5, dtype=np.int32), np.zeros(5, np.float32)
    pins = [wish(table, "pin", "i4", position=2), wish(table, "pin", "i0 i4 i1", position=1)]

    assert pin(pins, items, value, table, 5) == {1: 4, 0: 0, 2: 1}


def test_a_pin_beyond_the_slate_is_none(make_shelf: Shelf) -> None:
    table = make_shelf(*[{}] * 3)
    items, value = np.arange(3, dtype=np.int32), np.zeros(3, np.float32)

    assert pin([wish(table, "pin", "i0 i1", position=2)], items, value, table, 2) == {1: 0}


@pytest.mark.parametrize(("most", "places"), [(None, {0: 2}), (2, {0: 2, 1: 0}), (9, {0: 2, 1: 0, 2: 1})])
def test_a_pin_by_filter_takes_the_best_of_what_it_lets_through(
    make_shelf: Shelf, most: int | None, places: dict[int, int]
) -> None:
    table = make_shelf({}, {}, {}, {"active": False})
    rule = Rule(action="pin", filter={"field": "active", "eq": True}, most=most)
    compiled = CompiledRule.of("r", 1, rule, Schema.of(Item))
    about = Wish(compiled, compiled.rows(table, About()))

    assert pin([about], np.arange(4, dtype=np.int32), np.array([0.5, 0.1, 0.9, 1.0], np.float32), table, 4) == places


# Quotas


def test_a_quota_keeps_places_for_its_best(make_shelf: Shelf) -> None:
    table = make_shelf(*[{}] * 5)

    assert choose(table, [0.9, 0.8, 0.7, 0.2, 0.1], 3, quotas=(wish(table, "quota", "i3 i4", least=1),)) == [0, 1, 3]


def test_a_quota_that_is_met_anyway_changes_nothing(make_shelf: Shelf) -> None:
    table = make_shelf(*[{}] * 4)

    assert choose(table, [0.9, 0.8, 0.7, 0.2], 2, quotas=(wish(table, "quota", "i0 i3", least=1),)) == [0, 1]


def test_a_quota_has_no_more_than_its_most(make_shelf: Shelf) -> None:
    table = make_shelf(*[{}] * 4)

    assert choose(table, [0.9, 0.8, 0.7, 0.2], 3, quotas=(wish(table, "quota", "i0 i1 i2", most=1),)) == [0, 3]


def test_places_that_no_candidate_of_a_quota_can_fill_go_to_the_others(make_shelf: Shelf) -> None:
    table = make_shelf(*[{}] * 4)

    assert choose(table, [0.9, 0.8, 0.7, 0.2], 3, quotas=(wish(table, "quota", "i3", least=3),)) == [0, 1, 3]


def test_pins_count_for_quotas(make_shelf: Shelf) -> None:
    table = make_shelf(*[{}] * 4)
    quota = wish(table, "quota", "i2 i3", least=1, most=1)

    assert choose(table, [0.9, 0.8, 0.7, 0.2], 3, pinned={0: 3}, quotas=(quota,)) == [3, 0, 1]


def test_the_quota_of_higher_priority_comes_first(make_shelf: Shelf) -> None:
    table = make_shelf(*[{}] * 4)
    quotas = (wish(table, "quota", "i3", least=1), wish(table, "quota", "i2 i1", least=2))

    assert choose(table, [0.9, 0.3, 0.2, 0.1], 2, quotas=quotas) == [1, 3]
