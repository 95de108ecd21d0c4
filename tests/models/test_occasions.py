from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from penchant.clock import DAY
from penchant.dataset import Queries
from penchant.events import Role
from penchant.models.occasions import HOUR, Timelines
from penchant.testing import Row, dataset

DATA = dataset(
    [
        Row("ann", "tea", 1.0),
        Row("ann", "milk", 1.0),
        Row("ann", "tea", 1.01),
        Row("ann", "milk", 3.0),
        Row("bob", "tea", 3.0),
        Row("bob", "rice", 3.0, Role.WEAK),
        Row("cyd", "rice", 2.0, reversed_day=4.0),
    ]
)


def triples(timelines, gap_hours):
    at = timelines.occasions(gap_hours)
    names = [DATA.items.ids[code] for code in at.item]
    return list(zip(at.row.tolist(), at.back.tolist(), names, strict=True)), at.size.tolist()


def test_a_pause_longer_than_the_gap_ends_an_occasion_and_an_item_counts_once_in_it():
    found, sizes = triples(Timelines.known(DATA, ("goal",)), 6.0)

    assert sorted(found) == [(0, 0, "milk"), (0, 1, "milk"), (0, 1, "tea"), (1, 0, "tea")]
    assert sizes == [2, 1, 0]


def test_without_a_gap_every_moment_is_an_occasion():
    found, sizes = triples(Timelines.known(DATA, ("goal",)), 0.0)

    assert sorted(found) == [(0, 0, "milk"), (0, 1, "tea"), (0, 2, "milk"), (0, 2, "tea"), (1, 0, "tea")]
    assert sizes == [3, 1, 0]


def test_only_wanted_roles_are_read_and_nothing_that_was_taken_back():
    known = Timelines.known(DATA, ("goal", "weak"))

    assert np.diff(known.ptr).tolist() == [4, 2, 0]


def test_a_request_is_read_like_the_data():
    asked = Timelines.asked(DATA.queries(np.arange(3, dtype=np.int32)), len(DATA.items), ("goal",))
    known = Timelines.known(DATA, ("goal",))

    for name in ("ptr", "items", "times"):
        np.testing.assert_array_equal(getattr(asked, name), getattr(known, name))


def test_items_outside_the_item_space_and_dislikes_are_not_read():
    query = Queries.single(DAY, [-1, 0, 9, 1], [0.0, 1.0, 2.0, 3.0], [1.0, 1.0, 1.0, -1.0], [0, 0, 0, 3])

    assert Timelines.asked(query, 3, ("goal",)).items.tolist() == [0]


def marks_of(times, items):
    n = len(items)
    return Timelines(np.array([0, n], np.int64), np.array(items, np.int32), np.array(times, np.float64), 50).marks()[1]


def test_a_longer_history_bears_the_mark_of_its_beginning():
    times, items = [1.0, 1.0, 2.0, 5.0], [3, 4, 3, 7]
    whole = marks_of(times, items)

    assert len(whole) == 3  # moments
    assert marks_of(times[:3], items[:3])[-1] in whole
    assert marks_of(times[:1], items[:1])[-1] not in whole  # half a moment is none
    assert marks_of([1.0, 1.0, 2.0], [3, 4, 5])[-1] not in whole


def test_a_history_that_lost_its_oldest_part_bears_the_same_mark():
    times, items = list(range(20)), list(range(20))

    assert marks_of(times, items)[-1] == marks_of(times[8:], items[8:])[-1]


def test_lines_of_one_moment_stand_in_any_order():
    assert marks_of([1.0, 1.0], [3, 4])[-1] == marks_of([1.0, 1.0], [4, 3])[-1]


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 4)), max_size=12), max_size=5), st.floats(0.0, 10.0)
)
def test_occasions_are_counted_back_from_the_last_one(rows, gap_hours):
    rows = [sorted(row) for row in rows]
    ptr = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    events = [event for row in rows for event in row]
    timelines = Timelines(
        ptr,
        np.array([item for _, item in events], np.int32),
        np.array([hour * HOUR for hour, _ in events], np.float64),
        5,
    )
    at = timelines.occasions(gap_hours)
    for r, row in enumerate(rows):
        breaks = sum(b - a > gap_hours for (a, _), (b, _) in pairwise(row))
        mine = at.back[at.row == r]
        assert at.size[r] == (breaks + 1 if row else 0)
        assert set(mine.tolist()) == set(range(at.size[r]))
        assert len(set(zip(mine.tolist(), at.item[at.row == r].tolist(), strict=True))) == len(mine)
