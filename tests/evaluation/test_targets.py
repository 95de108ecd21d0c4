from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.clock import DAY
from penchant.evaluation import judge
from penchant.events import Role
from penchant.testing import Row, dataset, tiny_dataset

CUT, UNTIL = 10.0, 20.0


def judged(rows, *, new_only=False, max_people=100, seed=1):
    data = dataset(rows, now_day=50.0)
    found = judge(data, CUT * DAY, UNTIL * DAY, new_only=new_only, max_people=max_people, seed=seed)
    return data, found


def by_person(data, found):
    return {
        data.people.ids[person]: [data.items.ids[i] for i in found.items[found.ptr[row] : found.ptr[row + 1]]]
        for row, person in enumerate(found.people)
    }


OTHERS = [Row("zoe", item, 1) for item in ("hat", "shoe", "sock", "tie")]
"""Somebody had an event with every item before the cut."""


def test_targets_are_the_distinct_goals_of_the_window():
    rows = [
        *OTHERS,
        Row("ann", "hat", 5),
        Row("ann", "sock", 10),  # the cut itself is inside
        Row("ann", "shoe", 15),
        Row("ann", "shoe", 16),
        Row("ann", "tie", 20),  # the end is not
        Row("ann", "tie", 12, Role.WEAK),
    ]
    data, found = judged(rows)

    assert by_person(data, found) == {"ann": ["shoe", "sock"]}


def test_people_without_a_goal_before_are_counted_not_judged():
    rows = [
        *OTHERS,
        Row("ann", "hat", 5, Role.WEAK),
        Row("ann", "hat", 12),
        Row("bob", "hat", 12),
        Row("zoe", "tie", 12),
    ]
    data, found = judged(rows)

    assert by_person(data, found) == {"zoe": ["tie"]}
    assert (found.warm, found.cold) == (1, 2)


def test_a_goal_taken_back_before_the_cut_warms_nobody():
    rows = [*OTHERS, Row("ann", "hat", 5, reversed_day=9), Row("ann", "shoe", 12), Row("zoe", "hat", 12)]
    data, found = judged(rows)

    assert by_person(data, found) == {"zoe": ["hat"]}


def test_a_goal_taken_back_after_the_cut_still_warms():
    rows = [*OTHERS, Row("ann", "hat", 5, reversed_day=11), Row("ann", "shoe", 12)]
    data, found = judged(rows)

    assert by_person(data, found) == {"ann": ["shoe"]}


def test_a_goal_that_is_ever_taken_back_is_no_target():
    rows = [*OTHERS, Row("zoe", "hat", 12, reversed_day=45), Row("zoe", "tie", 12)]
    data, found = judged(rows)

    assert by_person(data, found) == {"zoe": ["tie"]}


def test_items_without_an_event_before_the_cut_are_no_targets_but_their_share_is_told():
    rows = [*OTHERS, Row("zoe", "new", 12), Row("zoe", "new", 13), Row("zoe", "hat", 12), Row("ann", "hat", 12)]
    data, found = judged(rows)

    assert by_person(data, found) == {"zoe": ["hat"]}
    assert found.unknown_share == 2 / 4
    assert {data.items.ids[i] for i in np.flatnonzero(found.space)} == {"hat", "shoe", "sock", "tie"}


def test_goals_that_did_not_stand_and_reversals_make_no_item_known():
    rows = [
        Row("zoe", "hat", 1),
        Row("ann", "back", 5, reversed_day=9),
        Row("ann", "back", 9, Role.REVERSAL),
        Row("ann", "shown", 9, Role.IMPRESSION),
        Row("ann", "later-back", 9, reversed_day=30),
        Row("zoe", "hat", 12),
    ]
    data, found = judged(rows)

    assert {data.items.ids[i] for i in np.flatnonzero(found.space)} == {"hat", "later-back", "shown"}


def test_repeats_are_what_the_person_had_any_event_with():
    rows = [*OTHERS, Row("ann", "hat", 5), Row("ann", "tie", 6, Role.IMPRESSION)]
    rows += [Row("ann", item, 12) for item in ("hat", "shoe", "tie")]
    data, found = judged(rows)

    items = [data.items.ids[i] for i in found.items]
    assert dict(zip(items, found.repeat.tolist(), strict=True)) == {"hat": True, "shoe": False, "tie": True}
    assert found.repeat_share == pytest.approx(2 / 3)
    ptr, new = found.part(~found.repeat)
    assert (ptr.tolist(), [data.items.ids[i] for i in new]) == ([0, 1], ["shoe"])


def test_new_only_takes_repeats_out_of_the_targets_and_of_what_may_be_proposed():
    rows = [*OTHERS, Row("ann", "hat", 5), Row("ann", "tie", 6, Role.IMPRESSION), Row("bob", "hat", 5)]
    rows += [Row("ann", item, 12) for item in ("hat", "shoe", "tie")] + [Row("bob", "hat", 12)]
    data, found = judged(rows, new_only=True)

    assert by_person(data, found) == {"ann": ["shoe"]}
    assert found.warm == 1
    assert {data.items.ids[i] for i in np.flatnonzero(found.allowed(0, 1)[0])} == {"shoe", "sock"}
    assert found.repeat_share == pytest.approx(3 / 4)


def test_with_repeats_everything_known_may_be_proposed():
    _, found = judged([*OTHERS, Row("zoe", "hat", 12)])

    assert found.allowed(0, 1).tolist() == found.space.tolist()


def test_money_is_price_times_pieces_over_the_window():
    rows = [
        *OTHERS,
        Row("zoe", "hat", 12, price=10.0, quantity=2),
        Row("zoe", "hat", 13, price=5.0),
        Row("zoe", "hat", 14),
        Row("zoe", "tie", 12),
    ]
    data, found = judged(rows)

    money = dict(zip([data.items.ids[i] for i in found.items], found.values.tolist(), strict=True))
    assert money["hat"] == 25.0
    assert np.isnan(money["tie"])


def test_no_more_people_are_judged_than_wanted():
    rows = [row for p in range(30) for row in (Row(f"p{p:02d}", "hat", 1), Row(f"p{p:02d}", "tie", 12))]
    rows.append(Row("p00", "tie", 2))
    _, found = judged(rows, max_people=10, seed=3)
    _, again = judged(rows, max_people=10, seed=3)
    _, other = judged(rows, max_people=10, seed=4)

    assert len(found) == 10
    assert found.warm == 30
    assert found.people.tolist() == again.people.tolist() == sorted(set(found.people.tolist()))
    assert found.people.tolist() != other.people.tolist()


def test_an_empty_window_judges_nobody():
    _, found = judged(OTHERS)

    assert (len(found), found.warm, found.cold, len(found.items)) == (0, 0, 0, 0)
    assert np.isnan(found.unknown_share)


@given(st.integers(0, 50), st.floats(45, 95), st.booleans(), st.integers(1, 40))
def test_judging_keeps_its_promises(seed, cut_day, new_only, max_people):
    data = tiny_dataset(seed)
    cut, until = cut_day * DAY, (cut_day + 5) * DAY
    found = judge(data, cut, until, new_only=new_only, max_people=max_people, seed=1)
    rows = data.interactions

    assert len(found) <= max_people
    assert (np.diff(found.ptr) > 0).all()
    assert len(found.items) == found.ptr[-1] == len(found.values) == len(found.repeat)
    assert found.space[found.items].all()
    for row, person in enumerate(found.people):
        targets = found.items[found.ptr[row] : found.ptr[row + 1]]
        seen = found.seen[found.seen_ptr[row] : found.seen_ptr[row + 1]]
        mine = (rows.person == person) & (rows.role == Role.GOAL) & (rows.time >= cut) & (rows.time < until)
        assert (np.diff(targets) > 0).all()
        assert set(targets) <= set(rows.item[mine].tolist())
        assert set(seen.tolist()) <= set(rows.item[(rows.person == person) & (rows.time < cut)].tolist())
        assert found.repeat[found.ptr[row] : found.ptr[row + 1]].tolist() == np.isin(targets, seen).tolist()
        if new_only:
            allowed = found.allowed(row, row + 1)[0]
            assert allowed[targets].all()
            assert not allowed[seen].any()
