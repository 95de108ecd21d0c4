"""How much of an item was watched: the union of the stretches that really played.

A player tells where it is: when it starts, every few seconds, when it pauses, seeks, ends. From one such event to the
next of the same viewing, the stretch between the two places was watched

- when it runs forward, and is no longer than the time between the events allows: `FASTEST` times as long, and `SLACK`
  seconds for clocks and whole numbers;
- and when the player played in between: not from a pause or the start of a seek on, and not up to a resumption, the
  end of a seek, or a new start.

So a jump to the end adds nothing, and what is watched twice counts once. A start that tells no place is at the
beginning, an end that tells none at the end.

A viewing is what one person sees of one item under one session id, or without one until 30 minutes pass without an
event. A session that begins where the person had got to in this item, or further on, goes on with that viewing; one
that begins earlier is a new one.

What holds at an event depends on nothing that happened later.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.events import Motion
from penchant.slate import Codes

FASTEST = 2.5
"""Seconds of an item that one second can show."""
SLACK = 3.0
"""Seconds by which two places may lie further apart than the time between them allows."""
BACK = 30.0
"""A new session goes on with the viewing from this many seconds before the place somebody had got to: players go back a
little, so that one finds the thread."""
PAUSE_MS = 30 * 60_000
"""A pause this long ends a viewing whose session nobody tells."""

_LAST_PLACE = 1e8
"""Places beyond this many seconds count as this one."""
_NEVER = np.iinfo(np.int64).max
# At one moment: first what ends playing, then what starts it, then heartbeats.
_RANK = np.array([2, 1, 1, 0, 0], np.int8)

Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Watched:
    """What is known at each event; all arrays have one length.

    Attributes:
        viewing: Number of the viewing, from 0.
        seconds: Seconds of the item watched so far; NaN while the viewing has told no place.
        progress: Their share of the item's length; NaN while that is unknown.
    """

    viewing: Whole
    seconds: NDArray[np.float64]
    progress: NDArray[np.float64]


def watched(
    person: Codes,
    item: Codes,
    session: Codes,
    time: Whole,
    motion: NDArray[np.int8],
    playhead: NDArray[np.float64],
    length: NDArray[np.float64],
) -> Watched:
    """How much each person has watched of each item at each event of a player.

    Args:
        person: Person codes; rows may stand in any order.
        item: Item codes.
        session: Codes of the senders' session ids, in the order of the ids; -1 where none was told.
        time: Milliseconds.
        motion: `Motion` values.
        playhead: Places in seconds of the item; NaN where not told.
        length: Lengths of the item in seconds; NaN where not told.
    """
    told, size = _milliseconds(playhead), _milliseconds(np.where(length > 0, length, np.nan))
    # The last three say nothing; they make the order of arrival not matter.
    order = np.lexsort((session, size, motion, told, _RANK[motion], time, item, person))
    visit, viewing = _viewings(person[order], item[order], session[order], time[order], motion[order], told[order])
    # From here on rows of one viewing stand together, by time.
    along = np.argsort(viewing, kind="stable")
    order, visit, viewing = order[along], visit[along], viewing[along]
    time, motion, told, size = time[order], motion[order], told[order], size[order]
    first = _first(viewing)
    seen = _latest(told >= 0, first) >= 0
    size = _at(size, _latest(size >= 0, first))
    ends = motion == Motion.ENDS
    place = np.where((told < 0) & (motion == Motion.BEGINS), 0, told)
    place = np.where((told < 0) & ends & seen, size, place)
    # An end that tells its place, of an item whose length nobody told, says how long the item is.
    size = np.where((size < 0) & ends, place, size)
    place = np.where(size >= 0, np.minimum(place, size), place)

    gains = np.zeros(len(order) + 1, np.int64)
    np.add.at(gains, *_gains(viewing, *_stretches(visit, time, motion, place)))
    total = np.cumsum(gains)
    so_far = total[1:] - total[first]  # total[i] is what was gained before row i
    seconds = np.where(seen, so_far / 1000.0, np.nan)
    progress = np.full(len(order), np.nan)
    sized = seen & (size > 0)
    progress[sized] = np.minimum(so_far[sized] / size[sized], 1.0)
    back = np.argsort(order)
    return Watched(viewing[back], seconds[back], progress[back])


def _milliseconds(seconds: NDArray[np.float64]) -> Whole:
    """Whole milliseconds, so that sums are exact in any order; -1 where nothing was told."""
    known = seconds >= 0
    return np.where(known, np.rint(np.minimum(np.where(known, seconds, 0.0), _LAST_PLACE) * 1000.0), -1).astype(
        np.int64
    )


def _viewings(
    person: Codes, item: Codes, session: Codes, time: Whole, motion: NDArray[np.int8], told: Whole
) -> tuple[Whole, Whole]:
    """Numbers of the visit (one session) and of the viewing (visits that go on) of rows by person, item and time."""
    rows = np.arange(len(time))
    fresh = np.ones(len(time), bool)
    fresh[1:] = (np.diff(person) != 0) | (np.diff(item) != 0)
    group = np.cumsum(fresh)
    untold = np.flatnonzero(session < 0)
    breaks = (np.diff(group[untold], prepend=-1) != 0) | (np.diff(time[untold], prepend=0) > PAUSE_MS)
    key = group * (int(session.max(initial=0)) + 1) + session
    key[untold] = -np.cumsum(breaks)
    _, start, number = np.unique(key, return_index=True, return_inverse=True)
    # Visits are numbered as they begin.
    by_start = np.argsort(start)
    rank = np.empty_like(by_start)
    rank[by_start] = np.arange(len(by_start))
    visit, start = rank[number], start[by_start]

    place = np.where((told < 0) & (motion == Motion.BEGINS), 0, told)
    latest = _latest(place >= 0, _first(group))
    before = np.where(fresh[start], -1, latest[np.maximum(start - 1, 0)])
    here = place[start]
    goes_on = (here > SLACK * 1000) & (before >= 0) & (here >= _at(place, before) - BACK * 1000)
    root = np.where(goes_on, visit[np.maximum(start - 1, 0)], rows[: len(start)])
    while len(root) and (root[root] != root).any():
        root = root[root]
    return visit, root[visit]


def _stretches(visit: Whole, time: Whole, motion: NDArray[np.int8], place: Whole) -> tuple[Whole, Whole, Whole]:
    """What was watched up to a row since the one before it that told a place: rows, and where from and to."""
    order = np.argsort(visit, kind="stable")
    first = _first(visit[order])
    has = place[order] >= 0
    # The last row with a place before each row of the same visit.
    latest = np.concatenate([[-1], _latest(has, first)[:-1]]) if len(order) else order
    latest = np.where(latest >= first, latest, -1)
    # A pause or a seek that told no place in between: nobody knows what played.
    blind = np.cumsum(~has & (motion[order] != Motion.PLAYS))
    ok = has & (latest >= 0)
    ok &= blind == blind[latest]
    row, since = order, order[latest]
    moved, took = place[row] - place[since], time[row] - time[since]
    ok &= (moved > 0) & (moved <= FASTEST * took + SLACK * 1000)
    ok &= ~np.isin(motion[since], (Motion.STOPS, Motion.ENDS)) & ~np.isin(motion[row], (Motion.BEGINS, Motion.RESUMES))
    return row[ok], place[since][ok], place[row][ok]


def _gains(viewing: Whole, row: Whole, low: Whole, high: Whole) -> tuple[Whole, Whole]:
    """What rows add to what their viewings had watched before: places in the running total, and milliseconds.

    Every stretch is cut at the ends of all others; a piece belongs to the first row whose stretch covers it. The
    first row of each piece is found with a sparse table, from wide to narrow, in n log n for n stretches.
    """
    places, code = np.unique(np.concatenate([low, high]), return_inverse=True)
    points, at = np.unique(np.tile(viewing[row], 2) * len(places) + code, return_inverse=True)
    left, right = at[: len(row)], at[len(row) :]
    width = np.floor(np.log2(np.maximum(right - left, 1))).astype(np.int64)
    earliest = np.full(len(points), _NEVER)
    for level in range(int(width.max(initial=0)), -1, -1):
        mine, span = width == level, 1 << level
        np.minimum.at(earliest, left[mine], row[mine])
        np.minimum.at(earliest, right[mine] - span, row[mine])
        if level:
            half = span // 2
            narrow = earliest.copy()
            np.minimum(narrow[half:], earliest[:-half], out=narrow[half:])
            earliest = narrow
    covered = np.flatnonzero(earliest < _NEVER)
    reach = places[points % max(len(places), 1)]
    return earliest[covered] + 1, reach[covered + 1] - reach[covered]


def _first(group: Whole) -> Whole:
    """The first row of each row's group; rows of a group stand together."""
    rows = np.arange(len(group))
    return np.maximum.accumulate(np.where(np.diff(group, prepend=-1) != 0, rows, 0))


def _latest(known: Flags, first: Whole) -> Whole:
    """The last row up to each row of its group where something is known; -1 where nothing is."""
    latest = np.maximum.accumulate(np.where(known, np.arange(len(known)), -1))
    return np.where(latest >= first, latest, -1)


def _at(values: Whole, rows: Whole) -> Whole:
    """Values at rows; -1 where the row is -1."""
    return np.where(rows >= 0, values[rows], -1)
