"""What people were shown, as arrays."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from penchant.dataset import IdMap, Shown, read_slates
from penchant.storage import SlateRow

PEOPLE, ITEMS = IdMap(["user:ann", "user:bob"]), IdMap(["x", "y", "z"])


def row(slate_id: str, actor: str | None, at: int, items: Iterable[dict[str, Any]], **fields: Any) -> SlateRow:
    body = {"slate_id": slate_id, "placement": "home", "domain": "shop", "release": None, "items": list(items)}
    return SlateRow(slate_id, "shop", actor, at, json.dumps(body | fields).encode())


def read(*rows: SlateRow, allowed: Iterable[str] = ("user:ann", "user:bob", "user:new")) -> Shown:
    return read_slates([list(rows)], PEOPLE, ITEMS, {"anon:1": "user:ann"}, set(allowed).__contains__)


def test_a_slate_comes_back_as_it_was_logged() -> None:
    items = [
        {"id": "y", "position": 1, "relevance": 0.9, "propensity": 0.95, "value": 1.0, "source": ["blend"]},
        {"id": "x", "position": 2, "relevance": None, "propensity": 0.01, "value": 0.0, "source": []},
    ]
    asked = {"items": ["z", "gone"], "device": "phone", "n": 2, "personalized": False}
    shown = read(row("s1", "user:bob", 5_000, items, asked=asked))

    assert (shown.person.tolist(), shown.time.tolist(), shown.items.tolist()) == ([1], [5.0], [1, 0])
    assert shown.position.tolist() == [1, 2] and shown.propensity.tolist() == [np.float32(0.95), np.float32(0.01)]
    np.testing.assert_array_equal(shown.relevance, np.array([0.9, np.nan], np.float32))
    assert shown.seeds.tolist() == [2] and shown.seed_ptr.tolist() == [0, 1]
    assert (shown.placements, shown.devices, shown.slates) == (("home",), ("phone",), ("s1",))
    assert shown.placement.tolist() == shown.device.tolist() == [0] and not shown.personal[0]


def test_slates_of_before_say_less_and_that_is_unknown() -> None:
    shown = read(row("s1", "user:ann", 1, [{"id": "x", "position": 3}]))

    assert np.isnan(shown.relevance).all() and np.isnan(shown.propensity).all()
    assert shown.device.tolist() == [-1] and shown.position.tolist() == [3] and shown.personal.all()


def test_slates_of_nobody_of_those_who_refused_and_empty_ones_are_left_out() -> None:
    one = [{"id": "x", "position": 1}]
    rows = [
        row("s1", None, 1, one),
        row("s2", "user:eve", 2, one),
        row("s3", "user:ann", 3, []),
        row("s4", "user:ann", 4, [{"id": "gone", "position": 1}]),
        SlateRow("s5", "shop", "user:ann", 5, b"no slate"),
        row("s6", "user:new", 6, one),
        row("s7", "anon:1", 7, one),
    ]

    shown = read(*rows)

    assert shown.slates == ("s6", "s7")
    # Of the first no event is known; the second is the person that the id belongs to.
    assert shown.person.tolist() == [-1, 0]


def test_slates_stand_by_person_and_time_whatever_their_order() -> None:
    rows = [
        row(f"s{n}", actor, at, [{"id": item, "position": 1}, {"id": "z", "position": 2}])
        for n, (actor, at, item) in enumerate([("user:bob", 9, "x"), ("user:ann", 8, "y"), ("user:bob", 1, "y")])
    ]

    shown = read(*rows)

    assert shown.slates == ("s1", "s2", "s0")
    assert shown.items.tolist() == [1, 2, 1, 2, 0, 2] and shown.row_of.tolist() == [0, 0, 1, 1, 2, 2]


def impressions(*rows: tuple[int, int, float, float, int]) -> Shown:
    person, item, time, position, slate = (np.array(column) for column in zip(*rows, strict=True))
    told = (person.astype(np.int32), item.astype(np.int32), time.astype(float), position.astype(float))
    return Shown.of_impressions(*told, slate.astype(np.int32), ["s", "t"])


NAN = float("nan")


def test_impressions_of_one_slate_are_one_request_in_the_order_of_their_places() -> None:
    shown = impressions((0, 2, 10.0, 2.0, 0), (0, 1, 500.0, 1.0, 0), (0, 0, 20.0, 1.0, 1), (0, 2, 30.0, 5.0, 0))

    assert shown.slates == ("s", "t") and shown.time.tolist() == [10.0, 20.0]
    assert shown.items.tolist() == [1, 2, 0] and shown.position.tolist() == [1, 2, 1]


def test_impressions_without_a_slate_are_one_request_for_a_minute() -> None:
    rows = [(0, 1, 0.0, NAN, -1), (0, 2, 59.0, NAN, -1), (0, 0, 61.0, NAN, -1), (1, 0, 61.5, NAN, -1)]

    shown = impressions(*rows)

    assert shown.person.tolist() == [0, 0, 1] and shown.time.tolist() == [0.0, 61.0, 61.5]
    assert shown.items.tolist() == [1, 2, 0, 0] and shown.position.tolist() == [1, 2, 1, 1]


def test_joined_requests_keep_their_words_and_a_slate_stands_once() -> None:
    logged = read(row("s1", "user:ann", 1_000, [{"id": "x", "position": 1}], asked={"device": "tv"}))
    seen = impressions((0, 1, 2.0, 1.0, 0), (1, 2, 3.0, 1.0, 1))
    both = logged.joined(Shown.of([0], [0.5], np.array([0, 1]), np.array([2], np.int32), slates=("s1",))).joined(seen)

    assert both.slates == ("s1", "s", "t")
    assert both.devices == ("tv",) and both.device.tolist() == [0, -1, -1]
    assert both.items.tolist() == [0, 1, 2]


@given(st.lists(st.tuples(st.integers(-1, 3), st.integers(0, 9), st.integers(0, 3)), max_size=8), st.integers(0, 9))
def test_what_was_shown_before_a_moment_is_what_came_before_it(rows: list[tuple[int, int, int]], cut: int) -> None:
    sizes = [size for _, _, size in rows]
    ptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    shown = Shown.of([p for p, _, _ in rows], [t for _, t, _ in rows], ptr, np.arange(sum(sizes), dtype=np.int32))

    before = shown.before(cut)

    assert (before.time < cut).all() and len(before) == sum(time < cut for _, time, _ in rows)
    kept = {
        int(item)
        for row in np.flatnonzero(shown.time < cut)
        for item in shown.items[shown.ptr[row] : shown.ptr[row + 1]]
    }
    assert set(before.items.tolist()) == kept
