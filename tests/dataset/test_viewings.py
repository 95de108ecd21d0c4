"""How much was watched: by hand, and against a slow count of every millisecond."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.dataset import Watched, watched
from penchant.events import Motion

PLAYS, BEGINS, RESUMES, STOPS, ENDS = Motion
NAN = float("nan")


class Told(NamedTuple):
    """One event of a player: second of the clock, what it did, second of the item."""

    at: float
    motion: Motion
    place: float = NAN
    length: float = 100.0
    session: int = 0
    person: int = 0
    item: int = 0


def read(rows: Sequence[Told]) -> Watched:
    return watched(
        np.array([r.person for r in rows], np.int32),
        np.array([r.item for r in rows], np.int32),
        np.array([r.session for r in rows], np.int32),
        np.array([round(r.at * 1000) for r in rows], np.int64),
        np.array([r.motion for r in rows], np.int8),
        np.array([r.place for r in rows], np.float64),
        np.array([r.length for r in rows], np.float64),
    )


def seconds(*rows: Told) -> list[float]:
    return read(rows).seconds.tolist()


def test_heartbeats_add_up() -> None:
    rows = [Told(0, BEGINS, 0), Told(10, PLAYS, 10), Told(20, PLAYS, 20), Told(100, ENDS, 100)]

    assert read(rows).progress.tolist() == [0.0, 0.1, 0.2, 1.0]
    assert seconds(*rows) == [0.0, 10.0, 20.0, 100.0]


def test_a_jump_to_the_end_is_no_completion() -> None:
    rows = [Told(0, BEGINS, 0), Told(10, PLAYS, 10), Told(11, ENDS, 100)]

    assert read(rows).progress.tolist() == [0.0, 0.1, 0.1]


def test_what_a_seek_passes_over_was_not_watched() -> None:
    assert seconds(
        Told(0, BEGINS, 0), Told(10, STOPS, 10), Told(50, RESUMES, 40), Told(60, PLAYS, 50), Told(61, STOPS, 51)
    ) == [0.0, 10.0, 10.0, 20.0, 21.0]


def test_a_pause_hides_no_seek_however_long_it_is() -> None:
    assert seconds(Told(0, BEGINS, 0), Told(10, STOPS, 10), Told(900, RESUMES, 90), Told(905, PLAYS, 95)) == [
        *(0.0, 10.0),
        *(10.0, 15.0),
    ]


def test_a_pause_that_tells_no_place_hides_what_played_around_it() -> None:
    assert seconds(Told(0, BEGINS, 0), Told(10, PLAYS, 10), Told(12, STOPS), Told(20, PLAYS, 20)) == [
        *(0.0, 10.0),
        *(10.0, 10.0),
    ]


def test_what_is_watched_twice_counts_once() -> None:
    rows = [Told(0, BEGINS, 0), Told(20, PLAYS, 20), Told(21, RESUMES, 10), Told(41, PLAYS, 30), Told(42, RESUMES, 0)]

    assert seconds(*rows, Told(72, PLAYS, 30)) == [0.0, 20.0, 20.0, 30.0, 30.0, 30.0]


def test_a_hole_that_is_filled_later_counts() -> None:
    rows = [Told(0, BEGINS, 0), Told(10, PLAYS, 10), Told(11, RESUMES, 50), Told(21, PLAYS, 60), Told(22, RESUMES, 5)]

    assert seconds(*rows, Told(82, PLAYS, 65)) == [0.0, 10.0, 10.0, 20.0, 20.0, 65.0]


@pytest.mark.parametrize(("place", "credited"), [(28.0, 28.0), (28.001, 0.0)])
def test_playing_fast_is_watching_up_to_two_and_a_half_times_and_three_seconds(place: float, credited: float) -> None:
    assert seconds(Told(0, BEGINS, 0), Told(10, PLAYS, place))[1] == credited


def test_a_start_that_tells_no_place_is_at_the_beginning_when_the_time_allows_it() -> None:
    assert seconds(Told(0, BEGINS), Told(10, PLAYS, 10))[1] == 10.0
    assert seconds(Told(0, BEGINS), Told(10, PLAYS, 50))[1] == 0.0


def test_without_a_start_the_first_heartbeat_credits_nothing() -> None:
    assert seconds(Told(0, PLAYS, 10), Told(5, PLAYS, 15)) == [0.0, 5.0]


def test_an_end_that_tells_no_place_is_at_the_end() -> None:
    rows = [Told(0, BEGINS, 0), Told(90, PLAYS, 90), Told(100, ENDS)]

    assert read(rows).progress.tolist() == [0.0, 0.9, 1.0]


def test_a_viewing_that_tells_no_place_at_all_is_not_known() -> None:
    found = read([Told(0, BEGINS), Told(100, ENDS)])

    assert np.isnan(found.progress).all() and np.isnan(found.seconds).all()
    assert found.viewing.tolist() == [0, 0]


def test_without_a_length_nothing_is_known_until_the_end_says_it() -> None:
    found = read([Told(0, BEGINS, 0, NAN), Told(10, PLAYS, 10, NAN), Told(12, ENDS, 100, NAN)])

    assert found.seconds.tolist() == [0.0, 10.0, 10.0]
    np.testing.assert_array_equal(found.progress, [NAN, NAN, 0.1])


def test_a_length_told_once_holds_on() -> None:
    assert read([Told(0, BEGINS, 0, 50.0), Told(10, PLAYS, 10, NAN)]).progress.tolist() == [0.0, 0.2]


@pytest.mark.parametrize("length", [0.0, -5.0])
def test_a_length_of_nothing_is_none(length: float) -> None:
    assert np.isnan(read([Told(0, BEGINS, 0, length), Told(5, PLAYS, 5, length)]).progress).all()


def test_places_beyond_the_end_are_the_end() -> None:
    assert read([Told(0, BEGINS, 90), Told(30, PLAYS, 120)]).progress.tolist() == [0.0, 0.1]


def test_a_session_that_goes_on_where_the_last_one_stopped_is_the_same_viewing() -> None:
    found = read([Told(0, BEGINS, 0), Told(60, STOPS, 60), Told(9e5, BEGINS, 50, session=1), Told(9e5 + 50, ENDS, 100)])
    on = read(
        [
            Told(0, BEGINS, 0),
            Told(60, STOPS, 60),
            Told(9e5, BEGINS, 50, session=1),
            Told(9e5 + 50, ENDS, 100, session=1),
        ]
    )

    assert found.viewing.tolist() == on.viewing.tolist() == [0, 0, 0, 0]
    assert on.progress.tolist() == [0.0, 0.6, 0.6, 1.0]


def test_a_session_that_starts_over_is_another_viewing() -> None:
    found = read(
        [Told(0, BEGINS, 0), Told(95, STOPS, 95), Told(200, BEGINS, 0, session=1), Told(205, PLAYS, 5, session=1)]
    )

    assert found.viewing.tolist() == [0, 0, 1, 1]
    assert found.progress.tolist() == [0.0, 0.95, 0.0, 0.05]


def test_without_a_session_half_an_hour_of_silence_ends_the_viewing() -> None:
    still, over = 1800.0, 1800.001
    assert read([Told(0, PLAYS, 0, session=-1), Told(still, PLAYS, 2, session=-1)]).viewing.tolist() == [0, 0]
    assert read([Told(0, PLAYS, 0, session=-1), Told(over, PLAYS, 2, session=-1)]).viewing.tolist() == [0, 1]


def test_people_and_items_do_not_mix() -> None:
    rows = [Told(0, BEGINS, 0, person=p, item=i) for p in (0, 1) for i in (0, 1)]
    rows += [Told(10, PLAYS, 10 + p + 2 * i, person=p, item=i) for p in (0, 1) for i in (0, 1)]

    assert seconds(*rows)[4:] == [10.0, 12.0, 11.0, 13.0]
    assert len(set(read(rows).viewing.tolist())) == 4


def test_nothing_is_something() -> None:
    assert len(read([]).progress) == 0


# Any rows

moves = st.builds(
    Told,
    at=st.integers(0, 40).map(float),
    motion=st.sampled_from(Motion),
    place=st.sampled_from([NAN, *map(float, range(0, 31, 3))]),
    length=st.sampled_from([NAN, 20.0, 20.0, 30.0]),
    session=st.sampled_from([-1, 0, 0, 1]),
    person=st.sampled_from([0, 0, 1]),
    item=st.sampled_from([0, 0, 1]),
)
plays = st.lists(moves, max_size=25)


def known(value: float) -> float:
    return -1.0 if np.isnan(value) else value


def slow(rows: Sequence[Told]) -> tuple[list[float], list[float]]:
    """Seconds and progress again, one event and one second of the item at a time."""
    rank = {PLAYS: 2, BEGINS: 1, RESUMES: 1, STOPS: 0, ENDS: 0}
    order = sorted(
        range(len(rows)),
        key=lambda n: (
            rows[n].at,
            rank[rows[n].motion],
            known(rows[n].place),
            rows[n].motion,
            known(rows[n].length),
            rows[n].session,
        ),
    )
    viewing_of: dict[tuple[int, int, int], list[object]] = {}  # visit -> [viewing, last place, last motion, last time]
    got_to: dict[tuple[int, int], tuple[object, float]] = {}  # (person, item) -> last viewing, last place
    seen: dict[object, set[int]] = {}
    size: dict[object, float] = {}
    told: set[object] = set()
    out_s, out_p = [NAN] * len(rows), [NAN] * len(rows)
    for n in order:
        row = rows[n]
        key = (row.person, row.item, row.session)
        place: float = 0.0 if np.isnan(row.place) and row.motion is BEGINS else row.place
        last = got_to.get((row.person, row.item))
        if key not in viewing_of:
            on = last is not None and not np.isnan(last[1]) and place > 3 and place >= last[1] - 30
            viewing_of[key] = [last[0] if on and last is not None else n, NAN, None, 0.0]
        state = viewing_of[key]
        viewing = state[0]
        previous = NAN if last is None else last[1]
        got_to[row.person, row.item] = (viewing, previous if np.isnan(place) else place)
        if not np.isnan(row.place):
            told.add(viewing)
        if not np.isnan(row.length):
            size[viewing] = row.length
        length = size.get(viewing, NAN)
        if np.isnan(row.place) and row.motion is ENDS and viewing in told:
            place = length
        if np.isnan(length) and row.motion is ENDS:
            length = place
        if not np.isnan(length) and not np.isnan(place):
            place = min(place, length)
        covered = seen.setdefault(viewing, set())
        if np.isnan(place):
            if row.motion is not PLAYS:
                state[1] = NAN
        else:
            before, motion, at = state[1], state[2], state[3]
            assert isinstance(before, float) and isinstance(at, float)
            played = motion in (PLAYS, BEGINS, RESUMES) and row.motion in (PLAYS, STOPS, ENDS)
            if played and 0 < place - before <= 2.5 * (row.at - at) + 3:
                covered.update(range(int(before), int(place)))
            state[1:] = [place, row.motion, row.at]
        if viewing in told:
            out_s[n] = float(len(covered))
            out_p[n] = min(len(covered) / length, 1.0) if length > 0 else NAN
    return out_s, out_p


@given(plays)
def test_it_is_what_a_slow_count_finds(rows: list[Told]) -> None:
    found = read(rows)
    expected = slow(rows)

    np.testing.assert_array_equal(found.seconds, expected[0])
    np.testing.assert_array_equal(found.progress, expected[1])


@given(plays, st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(rows: list[Told], random: object) -> None:
    rows = list(dict.fromkeys(rows))
    order = list(range(len(rows)))
    random.shuffle(order)  # type: ignore[attr-defined]
    one, other = read(rows), read([rows[n] for n in order])

    np.testing.assert_array_equal(one.progress[order], other.progress)
    np.testing.assert_array_equal(one.seconds[order], other.seconds)


@given(plays)
def test_progress_is_a_share_that_only_grows(rows: list[Told]) -> None:
    rows = [row._replace(length=30.0, person=0, item=0, session=0, at=float(n)) for n, row in enumerate(rows)]
    progress = read(rows).progress
    known = progress[~np.isnan(progress)]

    assert ((known >= 0) & (known <= 1)).all()
    assert (np.diff(known) >= 0).all()


@given(plays, st.integers(0, 41))
def test_what_is_known_at_an_event_depends_on_nothing_later(rows: list[Told], cut: int) -> None:
    early = [row for row in rows if row.at < cut]
    whole = read([*early, *(row for row in rows if row.at >= cut)])

    np.testing.assert_array_equal(whole.progress[: len(early)], read(early).progress)


@given(plays)
def test_a_batch_reads_each_person_and_item_as_if_alone(rows: list[Told]) -> None:
    whole = read(rows)
    for one in {(row.person, row.item) for row in rows}:
        mine = [n for n, row in enumerate(rows) if (row.person, row.item) == one]

        np.testing.assert_array_equal(whole.progress[mine], read([rows[n] for n in mine]).progress)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=20))
def test_watching_it_all_again_adds_nothing(places: list[float]) -> None:
    once = [Told(10.0 * n, PLAYS, place) for n, place in enumerate(places)]
    again = [row._replace(at=row.at + 10_000.0, motion=RESUMES if n == 0 else PLAYS) for n, row in enumerate(once)]

    assert read([*once, *again]).progress[-1] == read(once).progress[-1]


def test_a_viewing_of_many_wide_stretches_is_counted_quickly() -> None:
    # Each of 20,000 heartbeats covers all that was covered before: a count of pairs would take 400 million steps.
    n = 20_000
    rows = [
        Told(k * 10_000.0, RESUMES if k % 2 == 0 else PLAYS, (n - k if k % 2 == 0 else n + k) / 10, 1e6)
        for k in range(n)
    ]

    assert read(rows).seconds[-1] == pytest.approx((n + n - 1 - 2) / 10, abs=1.0)
