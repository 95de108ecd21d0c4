from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from penchant.catalog import ItemTable
from penchant.pack import Placement, Source
from penchant.placements.selection import Room, select

Shelf = Callable[..., ItemTable]


def choose(
    table: ItemTable, value: list[float], size: int, shares: dict[str, list[float]] | None = None, **fields: Any
) -> list[int]:
    place = Placement(name="p", about="P.", **{"sources": (), **fields})
    found = {name: np.array(share, np.float32) for name, share in (shares or {}).items()}
    items = np.arange(len(value), dtype=np.int32)
    return select(place, items, np.array(value, np.float32), found, size, table)


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
