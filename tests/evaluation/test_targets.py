from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.clock import DAY
from penchant.evaluation import judge
from penchant.evaluation.eligible import stood
from penchant.events import Role
from penchant.testing import Row, dataset, tiny_dataset

CUT, UNTIL = 10.0, 20.0


def judged(rows, *, new_only=False, max_people=100, seed=1):
    data = dataset(rows, now_day=50.0)
    return data, judge_in(data, CUT, UNTIL, "new" if new_only else "next", max_people=max_people, seed=seed)


def judge_in(data, cut_day, until_day, task, *, max_people=100, seed=1, **more):
    train = data.before(cut_day * DAY)
    return judge(data, train, cut_day * DAY, until_day * DAY, task, max_people=max_people, seed=seed, **more)


def by_person(data, found):
    return {
        data.people.ids[person]: [data.items.ids[i] for i in found.items[found.ptr[row] : found.ptr[row + 1]]]
        for row, person in enumerate(found.group)
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
    assert found.group.tolist() == again.group.tolist() == sorted(set(found.group.tolist()))
    assert found.group.tolist() != other.group.tolist()


def test_an_empty_window_judges_nobody():
    _, found = judged(OTHERS)

    assert (len(found), found.warm, found.cold, len(found.items)) == (0, 0, 0, 0)
    assert np.isnan(found.unknown_share)


@given(st.integers(0, 50), st.floats(45, 95), st.booleans(), st.integers(1, 40))
def test_judging_keeps_its_promises(seed, cut_day, new_only, max_people):
    data = tiny_dataset(seed)
    cut, until = cut_day * DAY, (cut_day + 5) * DAY
    task = "new" if new_only else "next"
    found = judge(data, data.before(cut), cut, until, task, max_people=max_people, seed=1)
    rows = data.interactions

    assert len(found) <= max_people
    assert (np.diff(found.ptr) > 0).all()
    assert len(found.items) == found.ptr[-1] == len(found.values) == len(found.repeat)
    assert found.space[found.items].all()
    for row, person in enumerate(found.group):
        targets = found.items[found.ptr[row] : found.ptr[row + 1]]
        seen = found.seen[found.seen_ptr[row] : found.seen_ptr[row + 1]]
        mine = (rows.person == person) & (rows.role == Role.GOAL) & (rows.time >= cut) & (rows.time < until)
        assert (np.diff(targets) > 0).all()
        assert set(targets) <= set(rows.item[mine].tolist())
        had = set(rows.item[(rows.person == person) & stood(rows, cut)].tolist())
        assert set(seen.tolist()) == (had if new_only else set())
        assert found.repeat[found.ptr[row] : found.ptr[row + 1]].tolist() == [item in had for item in targets.tolist()]
        if new_only:
            allowed = found.allowed(row, row + 1)[0]
            assert allowed[targets].all()
            assert not allowed[seen].any()


# the other tasks


def test_again_judges_what_a_person_had_a_goal_on_before():
    rows = [
        *OTHERS,
        Row("ann", "hat", 5),
        Row("ann", "tie", 6, Role.WEAK),
        *(Row("ann", item, 12) for item in ("hat", "shoe", "tie")),
        Row("zoe", "new", 12),
    ]
    data = dataset(rows, now_day=50.0)
    found = judge_in(data, CUT, UNTIL, "again")

    assert by_person(data, found) == {"ann": ["hat"]}
    assert found.repeat.tolist() == [True]
    assert [data.items.ids[i] for i in np.flatnonzero(found.allowed(0, 1)[0])] == ["hat"]


def test_cold_people_are_judged_apart_with_what_little_history_they_have():
    rows = [
        *OTHERS,
        Row("ann", "hat", 5, Role.WEAK),
        Row("ann", "tie", 12),
        Row("bob", "hat", 13),
        Row("zoe", "tie", 12),
    ]
    data = dataset(rows, now_day=50.0)
    found = judge_in(data, CUT, UNTIL, "next", newcomers=True)
    cold = found.newcomers

    assert by_person(data, found) == {"zoe": ["tie"]}
    assert by_person(data, cold) == {"ann": ["tie"], "bob": ["hat"]}
    assert np.diff(cold.queries.ptr).tolist() == [1, 0]
    assert judge_in(data, CUT, UNTIL, "next").newcomers is None


def test_items_with_few_events_before_are_told_apart():
    rows = [*OTHERS, *(Row(f"p{i}", "hat", 2) for i in range(4)), *(Row(f"p{i}", "tie", 2) for i in range(3))]
    rows += [*(Row(f"p{i}", "tie", 3, Role.IMPRESSION) for i in range(4)), Row("zoe", "hat", 12), Row("zoe", "tie", 12)]
    data, found = judged(rows)

    told = {data.items.ids[item]: bool(few) for item, few in zip(found.items, found.fresh, strict=True)}
    assert told == {"hat": False, "tie": True}


def test_what_was_begun_and_what_came_back_is_told():
    rows = [
        *OTHERS,
        Row("zoe", "hat", 12),
        Row("zoe", "shoe", 12, Role.STRONG),
        Row("zoe", "tie", 13, reversed_day=14),
        Row("zoe", "tie", 14, Role.REVERSAL),
        Row("zoe", "sock", 12, Role.NEGATIVE),
    ]
    data, found = judged(rows)

    assert [data.items.ids[i] for i in found.begun] == ["hat", "shoe"]
    assert [data.items.ids[i] for i in found.returned] == ["tie"]


def test_a_basket_is_judged_by_its_other_items():
    rows = [
        *OTHERS,
        Row("ann", "hat", 5),
        Row("ann", "sock", 11.9, Role.WEAK),
        Row("ann", "hat", 12, basket="b1", price=9.0, quantity=2),
        Row("ann", "shoe", 12, basket="b1", price=3.0, quantity=2),
        Row("ann", "tie", 12, basket="b1"),
        Row("bob", "tie", 12, basket="b2"),  # a basket of one says nothing
        Row("eve", "tie", 12),  # nor does what is in none
        Row("eve", "hat", 12),
    ]
    data = dataset(rows, now_day=50.0)
    found = judge_in(data, CUT, UNTIL, "together")
    ids = data.items.ids

    seed = ids[found.queries.seeds[0]]
    others = {"hat", "shoe", "tie"} - {seed}
    assert [data.people.ids[p] for p in found.group] == ["ann"]
    assert {ids[i] for i in found.items} == others
    assert [ids[i] for i in found.queries.items] == ["hat", "sock"]  # strictly before the basket
    money = {"hat": 18.0, "shoe": 6.0}
    for item, value, repeat in zip(found.items, found.values, found.repeat, strict=True):
        assert np.isnan(value) if ids[item] == "tie" else value == money[ids[item]]
        assert repeat == (ids[item] == "hat")
    assert not found.allowed(0, 1)[0][found.queries.seeds[0]]


def test_a_session_is_judged_by_the_step_after_the_item_on_the_screen():
    minute = 1 / 1_440
    rows = [
        *OTHERS,
        Row("ann", "hat", 5),
        Row("ann", "hat", 12, Role.WEAK),
        Row("ann", "hat", 12 + minute, Role.STRONG),  # the same step
        Row("ann", "sock", 12 + 2 * minute, Role.NEGATIVE),  # no step
        Row("ann", "sock", 12 + 3 * minute, Role.IMPRESSION),
        Row("ann", "shoe", 12 + 4 * minute),
        Row("bob", "tie", 12, Role.WEAK),  # one step alone
        Row("bob", "hat", 13, Role.WEAK),  # another session
    ]
    data = dataset(rows, now_day=50.0)
    found = judge_in(data, CUT, UNTIL, "following")
    ids = data.items.ids

    assert [data.people.ids[p] for p in found.group] == ["ann"]
    assert [ids[i] for i in found.queries.seeds] == ["hat"]
    assert [ids[i] for i in found.items] == ["shoe"]
    assert [ids[i] for i in found.queries.items] == ["hat", "hat"]  # up to the event that is the seed
    assert found.queries.now[0] == found.queries.times[-1]


def test_a_step_to_an_item_that_was_not_there_at_the_cut_judges_nobody():
    rows = [*OTHERS, Row("ann", "hat", 12, Role.WEAK), Row("ann", "new", 12.001), Row("ann", "tie", 12.002)]
    found = judge_in(dataset(rows, now_day=50.0), CUT, UNTIL, "following")

    assert len(found) == 0
    assert found.unknown_share == 1 / 2


@pytest.mark.parametrize("task", ["next", "new", "again", "together", "following"])
def test_an_empty_window_judges_nobody_in_any_task(task):
    found = judge_in(dataset(OTHERS, now_day=50.0), CUT, UNTIL, task)

    assert (len(found), found.people, len(found.items), len(found.queries)) == (0, 0, 0, 0)


@given(st.integers(0, 30), st.floats(45, 95), st.sampled_from(["together", "following"]), st.integers(1, 40))
def test_requests_about_items_keep_their_promises(seed, cut_day, task, most):
    data = tiny_dataset(seed)
    found = judge_in(data, cut_day, cut_day + 15, task, max_people=most)
    queries, rows = found.queries, data.interactions

    assert len(found) == len(queries) == len(queries.seeds) <= most
    assert (np.diff(found.group) >= 0).all()
    assert (np.diff(found.ptr) > 0).all()
    assert found.space[found.items].all()
    for i in range(len(found)):
        targets = found.items[found.ptr[i] : found.ptr[i + 1]]
        mine = (rows.person == found.group[i]) & (rows.time >= queries.now[i])
        assert cut_day * DAY <= queries.now[i] < (cut_day + 15) * DAY
        assert (queries.times[queries.history(i)] <= queries.now[i]).all()
        assert queries.seeds[i] not in targets
        assert len(set(targets.tolist())) == len(targets)
        assert set(targets.tolist()) <= set(rows.item[mine].tolist())
        assert not found.allowed(i, i + 1)[0][queries.seeds[i]]
