"""Moments at which a condition came true, whatever led there: what heads on a condition learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from penchant.dataset import Dataset, Shown
from penchant.events import Role
from penchant.features import OF_THE_SHOWING
from penchant.ranking import Head, Outcome
from penchant.training.labels import of_outcome
from penchant.training.rows import Examples


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


def met(data: Dataset, condition: Outcome) -> Shown:
    """Every moment at which an outcome came true, as a request about one item at that moment.

    Of what one person did with one item in one session, the first event; of goals, every one.

    Args:
        data: Everything known.
        condition: What came true; it is `reached`.
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
    ptr = np.arange(len(at) + 1, dtype=np.int64)
    return Shown.of(rows.person[at], rows.time[at], ptr, rows.item[at].astype(np.int32))


def unshown(examples: Examples) -> Examples:
    """Examples of which nothing is said of where an item was shown: it may not have been."""
    values = examples.values.copy()
    values[:, [column for column, name in enumerate(examples.names) if name in OF_THE_SHOWING]] = np.nan
    return replace(examples, values=values)
