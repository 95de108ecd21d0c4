"""Moments at which a condition came true, whatever led there: what heads on a condition learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.dataset import Dataset, Shown
from penchant.events import Role
from penchant.features import OF_THE_SHOWING
from penchant.ranking import Head, Outcome
from penchant.ranking.rows import POSITION
from penchant.training.followers import pairs
from penchant.training.labels import of_outcome
from penchant.training.rows import Examples

Flags = NDArray[np.bool_]


def from_events(head: Head, heads: Mapping[str, Head]) -> bool:
    """Whether a head learns from every moment at which its condition came true.

    Args:
        head: It.
        heads: The pack's, by name.
    """
    return bool(head.outcome.given) and heads[head.outcome.given].outcome.reads == "reached"


def free(heads: Sequence[Head]) -> tuple[Head, ...]:
    """The same heads without their conditions, for rows where these came true."""
    return tuple(replace(head, outcome=replace(head.outcome, given="")) for head in heads)


def met(data: Dataset, condition: Outcome, hanging: Sequence[Outcome] = ()) -> Shown:
    """Every moment at which an outcome came true, as a request about one item at that moment.

    Of what one person did with one item in one session, the first event; of goals, every one. A moment whose event is
    what another outcome is about says nothing of whether that one follows: an order that comes days after the look is
    no look that was bought from.

    Args:
        data: Everything known.
        condition: What came true; it is `reached`.
        hanging: Outcomes that are to be told from the moments.
    """
    rows = data.interactions
    at = np.flatnonzero(of_outcome(condition, rows, data.events))
    # The second goal on an item in a session is another goal; the second look is the same look.
    apart = rows.time[at] if condition.roles == (Role.GOAL,) else rows.session[at]
    order = np.lexsort((rows.time[at], apart, rows.item[at], rows.person[at]))
    at, apart = at[order], apart[order]
    fresh = np.ones(len(at), bool)
    fresh[1:] = (np.diff(rows.person[at]) != 0) | (np.diff(rows.item[at]) != 0) | (np.diff(apart) != 0)
    at = np.sort(at[fresh])
    itself = np.zeros(len(rows), bool)
    for outcome in hanging:
        if outcome.reads == "reached":
            itself |= of_outcome(outcome, rows, data.events)
    at = at[~itself[at]]
    ptr = np.arange(len(at) + 1, dtype=np.int64)
    return Shown.of(rows.person[at], rows.time[at], ptr, rows.item[at].astype(np.int32))


def led(moments: Shown, shown: Shown, days: float) -> Flags:
    """Which moments followed the showing of that item to that person, by so many days at most.

    Args:
        moments: Requests about one item each.
        shown: What people were shown.
        days: As the condition's own, so that a chain of heads means one thing.
    """
    row = shown.row_of
    person, time = shown.person[row], shown.time[row]
    there = person >= 0
    key, when = pairs(person[there], shown.items[there]), time[there]
    mine = pairs(moments.person, moments.items)
    # Showings and moments in one order: the last showing of the same pair before a moment, if any.
    every, times = np.append(key, mine), np.append(when, moments.time)
    kinds = np.append(np.zeros(len(key), np.int8), np.ones(len(mine), np.int8))
    order = np.lexsort((kinds, times, every))
    at = np.where(kinds[order] == 0, np.arange(len(order)), -1)
    last = np.maximum.accumulate(at)
    of = order[np.maximum(last, 0)]
    good = (last >= 0) & (every[of] == every[order]) & (times[order] - times[of] <= days * DAY)
    found = np.zeros(len(every), bool)
    found[order] = good
    mask: Flags = found[len(key) :]
    return mask


def unshown(examples: Examples, led: Flags | None = None) -> Examples:
    """Examples of which nothing is said of where an item was shown: it may not have been.

    Args:
        examples: Of single moments.
        led: Those that a showing led to. They stand at the first place, as everything does that is to be served; heads
            that read the place can tell by it what somebody came for from what they were shown.
    """
    values = examples.values.copy()
    values[:, [column for column, name in enumerate(examples.names) if name in OF_THE_SHOWING]] = np.nan
    if led is not None and POSITION in examples.names:
        values[led[examples.shown.row_of], examples.names.index(POSITION)] = 1.0
    return replace(examples, values=values)
