"""Counts of a moment: whole hours before it, exact, and the same however they are asked for."""

from __future__ import annotations

import math
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.clock import DAY
from penchant.events import Role
from penchant.features import HOUR, WINDOWS, Counts, Statistics
from penchant.features import statistics as module
from penchant.testing import Row, dataset

N = 4
ROWS = st.lists(
    st.tuples(
        st.integers(-1, N + 1),
        st.one_of(st.integers(-50, 1_500).map(lambda hour: hour * HOUR), st.floats(0.0, 60 * DAY), st.just(math.inf)),
        st.sampled_from(list(Role)),
    ),
    max_size=40,
)
MOMENTS = st.floats(0.0, 70 * DAY)


def counted(rows: list[tuple[int, float, Role]], n_items: int = N) -> Statistics:
    items, times, roles = zip(*rows, strict=True) if rows else ((), (), ())
    return Statistics.of(items, times, roles, n_items)


def same(one: Counts, other: Counts) -> None:
    for name in ("events", "first", "last"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)
        assert getattr(one, name).dtype == np.int32


def asked(statistics: Statistics, items: list[int], *times: float) -> Counts:
    return statistics.at(np.array(items, np.int32), np.array((times * len(items))[: len(items)], np.float64))


def test_an_event_counts_from_the_next_hour_on() -> None:
    statistics = counted([(0, 10 * HOUR + 5.0, Role.GOAL)])

    seen = [asked(statistics, [0], at * HOUR + 1.0).of(Role.GOAL, 1.0)[0] for at in (9, 10, 11, 34, 35)]

    # It lies in hour 10: known from hour 11, and gone from a window of 24 hours in hour 35.
    assert seen == [0, 0, 1, 1, 0]


def test_windows_hold_a_day_a_week_four_weeks_and_all() -> None:
    ages = [0.5, 1.5, 6.5, 7.5, 27.5, 28.5, 90.0]
    statistics = counted([(2, 100 * DAY - age * DAY, Role.WEAK) for age in ages])

    found = asked(statistics, [2], 100 * DAY)

    assert list(WINDOWS) == [1.0, 7.0, 28.0, math.inf]
    assert [found.of(Role.WEAK, days)[0] for days in WINDOWS] == [1, 3, 5, 7]


def test_roles_are_counted_apart_and_together() -> None:
    statistics = counted([(0, 0.0, Role.GOAL), (0, 0.0, Role.GOAL), (0, 0.0, Role.WEAK), (1, 0.0, Role.WEAK)])

    found = asked(statistics, [0, 1], HOUR)

    assert found.of(Role.GOAL, 1.0).tolist() == [2, 0]
    assert found.of((Role.GOAL, Role.WEAK), 1.0).tolist() == [3, 1]


def test_the_first_and_the_last_event_are_told_in_whole_hours() -> None:
    statistics = counted([(0, 3 * HOUR, Role.WEAK), (0, 9 * HOUR + 60, Role.GOAL), (0, 40 * HOUR, Role.GOAL)])

    found = asked(statistics, [0, 0, 1], 10 * HOUR, 3 * HOUR, 10 * HOUR)

    assert found.first.tolist() == [7, -1, -1]
    assert found.last.tolist() == [1, -1, -1]


def test_an_unknown_item_has_nothing() -> None:
    found = asked(counted([(0, 0.0, Role.GOAL)]), [-1, N, 99], DAY)

    assert not found.events.any()
    assert found.first.tolist() == [-1, -1, -1]


def test_a_window_that_is_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="not in"):
        asked(counted([]), [0], DAY).of(Role.GOAL, 2.0)


def test_a_goal_that_is_taken_back_stays_one_and_is_a_reversal_once_that_is_known() -> None:
    rows = [
        Row("ann", "a", 10.0, reversed_day=20.0),
        Row("ann", "a", 20.0, Role.REVERSAL),
        Row("bob", "a", 11.0),
    ]
    data = dataset(rows)
    statistics = Statistics.of_interactions(data.interactions, len(data.items))

    before, after = asked(statistics, [0, 0], 19 * DAY, 21 * DAY).events[:, -1]

    assert (before[Role.GOAL], before[Role.REVERSAL]) == (2, 0)
    assert (after[Role.GOAL], after[Role.REVERSAL]) == (2, 1)


def test_groups_add_up_and_items_without_one_are_in_none() -> None:
    statistics = counted([(0, 0.0, Role.GOAL), (1, 0.0, Role.GOAL), (1, HOUR, Role.WEAK), (2, 0.0, Role.GOAL)])
    codes = np.array([1, 1, -1, 0], np.int32)

    groups = statistics.by("kind", codes, 2)

    assert asked(groups, [0, 1, -1], 3 * HOUR).of(Role.GOAL, 1.0).tolist() == [0, 2, 0]
    assert asked(groups, [1], 3 * HOUR).of(Role.WEAK, 1.0).tolist() == [1]
    assert asked(statistics.all, [0], 3 * HOUR).of(Role.GOAL, 1.0).tolist() == [3]
    assert statistics.by("kind", codes, 2) is groups
    assert statistics.by("kind", codes.copy(), 2) is not groups


@settings(max_examples=100, deadline=None)
@given(ROWS, st.lists(st.integers(-1, 2), min_size=N, max_size=N), st.sampled_from([1, 3, 1 << 18]))
def test_groups_are_as_if_their_events_had_been_of_one_item(
    rows: list[tuple[int, float, Role]], groups: list[int], at_once: int
) -> None:
    codes = np.array(groups, np.int32)
    with mock.patch.object(module, "_AT_ONCE", at_once):
        found = counted(rows).by("kind", codes, 3)

    whole = counted([(groups[item] if 0 <= item < N else -1, time, role) for item, time, role in rows], 3)
    np.testing.assert_array_equal(found.key, whole.key)
    np.testing.assert_array_equal(found.total, whole.total)


@settings(max_examples=100, deadline=None)
@given(ROWS, *[st.lists(st.integers(-1, 2), min_size=N, max_size=N)] * 2)
def test_groups_by_other_codes_are_those_that_nobody_asked_for_before(
    rows: list[tuple[int, float, Role]], old: list[int], new: list[int]
) -> None:
    statistics = counted(rows)
    statistics.by("kind", np.array(old, np.int32), max(old) + 1)

    found = statistics.by("kind", np.array(new, np.int32), max(new) + 1)

    whole = counted(rows).by("kind", np.array(new, np.int32), max(new) + 1)
    np.testing.assert_array_equal(found.key, whole.key)
    np.testing.assert_array_equal(found.total, whole.total)
    assert found.n_items == whole.n_items


def test_of_groups_only_those_that_won_or_lost_something_are_added_up_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    statistics = counted([(item, HOUR, Role.GOAL) for item in range(3)])
    statistics.by("kind", np.array([0, 1, 2, 2], np.int32), 3)
    grouped, asked = Statistics._grouped, list[list[int]]()

    def noted(self: Statistics, codes: np.ndarray, n: int) -> Statistics:
        asked.append(codes.tolist())
        return grouped(self, codes, n)

    monkeypatch.setattr(Statistics, "_grouped", noted)
    # Nothing ever happened to the last item.
    nothing = statistics.by("kind", np.array([0, 1, 2, 0], np.int32), 3)
    one = statistics.by("kind", np.array([0, 1, 1, 0], np.int32), 3)

    assert asked == [[-1, -1, -1, -1], [-1, 1, 1, -1]]
    assert [asked_.of(Role.GOAL, 1.0).tolist() for asked_ in (nothing.snapshot(3 * HOUR), one.snapshot(3 * HOUR))] == [
        [1, 1, 1],
        [1, 2, 0],
    ]


@settings(max_examples=100, deadline=None)
@given(ROWS, ROWS)
def test_groups_grow_with_the_counts_and_are_not_added_up_anew(
    rows: list[tuple[int, float, Role]], later: list[tuple[int, float, Role]]
) -> None:
    codes = np.array([1, 0, -1, 1], np.int32)
    statistics = counted(rows)
    _ = statistics.all, statistics.by("kind", codes, 2)

    grown = statistics.grown(*(zip(*later, strict=True) if later else ((), (), ())), N + 1)

    whole = counted([row for row in rows if row[0] < N] + later, N + 1)
    with mock.patch.object(Statistics, "_grouped", None):
        found = [grown.all, grown.by("kind", codes, 2)]
    for one, other in zip(found, (whole.all, whole.by("kind", codes, 2)), strict=True):
        np.testing.assert_array_equal(one.key, other.key)
        np.testing.assert_array_equal(one.total, other.total)


def test_two_that_ask_for_groups_at_once_let_them_be_added_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    statistics = counted([(0, 0.0, Role.GOAL), (1, HOUR, Role.GOAL)])
    codes = np.array([0, 0, 1, 1], np.int32)
    grouped, both, calls = Statistics._grouped, threading.Barrier(2), []

    def slow(self: Statistics, codes: np.ndarray, n: int) -> Statistics:
        calls.append(n)
        with suppress(threading.BrokenBarrierError):
            both.wait(0.2)  # a second one in here would let it pass at once
        return grouped(self, codes, n)

    monkeypatch.setattr(Statistics, "_grouped", slow)
    with ThreadPoolExecutor(2) as threads:
        one, other = threads.map(lambda _: statistics.by("kind", codes, 2), range(2))

    assert one is other
    assert calls == [2]


def test_counts_made_afresh_keep_their_groups_and_no_hour() -> None:
    statistics = counted([(0, 0.0, Role.GOAL)])
    codes, now = np.zeros(N, np.int32), np.array([3 * HOUR])
    groups, _ = statistics.by("kind", codes, 1), statistics.snapshot(now[0])

    fresh = statistics.afresh()

    assert fresh.by("kind", codes, 1) is groups
    assert fresh.hourly(now) is None
    assert statistics.hourly(now) is not None
    same(fresh.snapshot(now[0]), statistics.snapshot(now[0]))


def test_nothing_is_known_where_nothing_happened() -> None:
    empty = Statistics.empty()

    assert len(empty) == 0
    assert not asked(empty, [0, 5], DAY).events.any()
    assert not asked(empty.all, [0], DAY).events.any()
    assert len(empty.snapshot(0.0)) == 0
    same(asked(empty, [], 0.0), empty.snapshot(0.0))


@settings(max_examples=100, deadline=None)
@given(ROWS, st.lists(st.tuples(st.integers(-1, N + 1), MOMENTS), max_size=12))
def test_looked_up_one_by_one_in_a_batch_or_out_of_a_snapshot_is_the_same(
    rows: list[tuple[int, float, Role]], wanted: list[tuple[int, float]]
) -> None:
    statistics = counted(rows)
    items = np.array([item for item, _ in wanted], np.int32)
    times = np.array([time for _, time in wanted], np.float64)

    together = statistics.at(items, times)

    for n in range(len(wanted)):
        alone = counted(rows).at(items[n : n + 1], times[n : n + 1])
        same(together[np.array([n])], alone)
        if 0 <= items[n] < N:
            same(statistics.snapshot(times[n])[items[n : n + 1]], alone)
            # The kept snapshot answers the same.
            same(statistics.at(items[n : n + 1], times[n : n + 1]), alone)


@settings(max_examples=100, deadline=None)
@given(ROWS, ROWS, st.randoms(use_true_random=False))
def test_rows_that_come_later_are_as_if_they_had_been_there(
    rows: list[tuple[int, float, Role]], later: list[tuple[int, float, Role]], random: object
) -> None:
    mixed = rows + later
    random.shuffle(mixed)  # type: ignore[attr-defined]
    whole = counted(mixed)

    grown = counted(rows).grown(*(zip(*later, strict=True) if later else ((), (), ())))

    np.testing.assert_array_equal(whole.key, grown.key)
    np.testing.assert_array_equal(whole.total, grown.total)


@settings(max_examples=100, deadline=None)
@given(ROWS, ROWS, MOMENTS)
def test_what_happens_from_the_hour_on_changes_nothing(
    rows: list[tuple[int, float, Role]], later: list[tuple[int, float, Role]], now: float
) -> None:
    begun = math.floor(now / HOUR) * HOUR
    before = [row for row in rows if row[1] < begun]
    after = [(item, begun + time, role) for item, time, role in later if time >= 0]

    same(counted(before).snapshot(now), counted(before + after).snapshot(now))


@settings(max_examples=50, deadline=None)
@given(ROWS, MOMENTS)
def test_counts_are_those_of_a_plain_loop(rows: list[tuple[int, float, Role]], now: float) -> None:
    found = counted(rows).snapshot(now)

    hour = math.floor(now / HOUR)
    for item in range(N):
        ages = [(hour - math.floor(t / HOUR), r) for i, t, r in rows if i == item and math.isfinite(t)]
        for window, days in enumerate(WINDOWS):
            for role in Role:
                expected = sum(0 < age <= days * 24 and r is role for age, r in ages)
                assert found.events[item, window, role] == expected
        known = [age for age, _ in ages if age > 0]
        assert (found.first[item], found.last[item]) == ((max(known), min(known)) if known else (-1, -1))


def test_it_comes_back_from_its_arrays() -> None:
    statistics = counted([(0, 0.0, Role.GOAL), (3, HOUR, Role.WEAK)])

    back = Statistics.from_arrays(statistics.arrays())

    same(back.snapshot(DAY), statistics.snapshot(DAY))
    with pytest.raises(ValueError, match="buckets"):
        Statistics.from_arrays({**statistics.arrays(), "key": statistics.key[::-1]})


def test_more_items_may_come() -> None:
    grown = counted([(0, 0.0, Role.GOAL)]).grown([N], [0.0], [Role.GOAL], N + 1)

    assert asked(grown, [0, N], HOUR).of(Role.GOAL, 1.0).tolist() == [1, 1]
    assert len(counted([]).grown([], [], [], 9).snapshot(0.0)) == 9
