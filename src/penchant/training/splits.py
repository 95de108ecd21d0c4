"""What heads are learned, calibrated and judged on: three stretches of time, one after the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.dataset import Shown

LEARN, CALIBRATE = 0.6, 0.8
"""Shares of the requests after which learning ends, and after which calibration does."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Part:
    """Some rows, and the moment as of which it is told what followed.

    Attributes:
        rows: Which, by item shown.
        known: Unix seconds.
    """

    rows: Flags
    known: float


@dataclass(frozen=True)
class Split:
    """Rows to learn, calibrate and be judged on; no part is told of anything that the next one holds.

    Parts by people are told of the same days, and of other people.

    Attributes:
        learn: What trees are grown on.
        calibrate: What they are stopped and calibrated on.
        test: What figures are of.
        since: Start of the test part, Unix seconds.
        until: Its end.
    """

    learn: Part
    calibrate: Part
    test: Part
    since: float
    until: float


def by_time(shown: Shown, settles: float, now: float) -> Split:
    """Three stretches of time.

    The last one ends where outcomes are mostly final, as long as this leaves the larger part of all requests.

    Args:
        shown: Requests, by time.
        settles: Days until the outcome that matters most is final.
        now: The moment of the data.
    """
    times = shown.time
    end = now - settles * DAY
    if (times < end).sum() < 0.6 * len(times):
        end = np.inf
    settled = times[times < end]
    first, second = (float(np.quantile(settled, share, method="higher")) for share in (LEARN, CALIBRATE))
    row = times[shown.row_of]
    return Split(
        Part(row < first, first),
        Part((row >= first) & (row < second), second),
        Part((row >= second) & (row < end), now),
        second,
        min(end, now),
    )


def by_edge(times: NDArray[np.float64], edge: float, until: float, now: float) -> Split:
    """Rows of single moments, judged from where others are: what came before is parted by its own time.

    Args:
        times: The moment of each row, rising.
        edge: What serves to judge begins here; what learns was known before.
        until: And ends here.
        now: The moment of the data.
    """
    before = times[times < edge]
    first = float(np.quantile(before, LEARN / CALIBRATE, method="higher")) if len(before) else edge
    return Split(
        Part(times < first, first),
        Part((times >= first) & (times < edge), edge),
        Part((times >= edge) & (times < until), now),
        edge,
        until,
    )


def by_people(shown: Shown, now: float, seed: int) -> Split:
    """Seven in ten people to learn from, and half of the others each to calibrate and be judged on; all as known now.

    For what is rare and late: by time too little of it would be known early enough.

    Args:
        shown: Requests.
        now: The moment of the data.
        seed: Who is drawn.
    """
    drawn = np.random.default_rng(seed).random(int(shown.person.max(initial=0)) + 1)[shown.person][shown.row_of]
    return Split(
        Part(drawn < 0.7, now),
        Part((drawn >= 0.7) & (drawn < 0.85), now),
        Part(drawn >= 0.85, now),
        float(shown.time.min(initial=now)),
        now,
    )


def by_cut(shown: Shown, now: float, seed: int) -> Split:
    """Lists of two moments: of those of the first, some people calibrate; those of the second are the test."""
    first, second = float(shown.time.min()), float(shown.time.max())
    later = shown.time == second
    drawn = np.random.default_rng(seed).random(len(shown)) < 0.3
    row = shown.row_of
    return Split(
        Part((~later & ~drawn)[row], second),
        Part((~later & drawn)[row], second),
        Part(later[row], now),
        second if second > first else now,
        now,
    )
