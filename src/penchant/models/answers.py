"""Which events say that a learner could do something, or could not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from penchant.events import Role
from penchant.slate import Codes

AnswerRole = Literal["goal", "strong", "weak", "negative"]
"""Name of a role that says whether somebody succeeded, as recipes and config write it."""

AnswerRoles = Annotated[tuple[AnswerRole, ...], Meta(min_length=1)]

SETTLES = 1_800.0
"""Seconds within which what is said of one item, one after the other, is one answer: the last."""


@dataclass(frozen=True)
class Answers:
    """Answers, by unit and then time.

    Attributes:
        at: Rows they were read from, rising.
        right: Whether each was a success.
    """

    at: NDArray[np.int64]
    right: NDArray[np.bool_]


@dataclass(frozen=True)
class Told:
    """How answers are told from other events.

    Attributes:
        success: Roles that say that somebody could do it. A role that stands in both is a failure.
        failure: Roles that say that they could not.
        begun: Whether a failure counts only on an item the person had turned to before.
    """

    success: AnswerRoles
    failure: AnswerRoles
    begun: bool

    def answers(
        self,
        unit: NDArray[np.int64],
        item: Codes,
        time: NDArray[np.float64],
        role: NDArray[np.int8],
        weight: NDArray[np.float32],
    ) -> Answers:
        """Which rows are answers; rows are sorted by unit, then time.

        What is said of one item within `SETTLES` seconds, one after the other, is one answer, the last: a quiz was
        answered, and then it was failed.
        """
        wrong = _mask(self.failure)[role]
        says = wrong | _mask(self.success)[role]
        if self.begun:
            says &= ~wrong | _turned_before(unit, item, (weight > 0) & ~wrong)
        rows = np.flatnonzero(says)
        if len(rows) > 1:
            goes_on = (np.diff(unit[rows]) == 0) & (np.diff(item[rows]) == 0) & (np.diff(time[rows]) <= SETTLES)
            rows = rows[~np.append(goes_on, False)]
        return Answers(rows.astype(np.int64), ~wrong[rows])


def _turned_before(unit: NDArray[np.int64], item: Codes, turned: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether an earlier row of the same unit and item is one of `turned`."""
    key = unit * (int(item.max(initial=0)) + 1) + item
    own = np.arange(len(key))
    at = own[turned]
    keys, first = np.unique(key[at], return_index=True)
    if not len(keys):
        return np.zeros(len(key), bool)
    place = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
    return np.asarray((keys[place] == key) & (at[first][place] < own), bool)


def _mask(names: tuple[AnswerRole, ...]) -> NDArray[np.bool_]:
    mask = np.zeros(len(Role), bool)
    mask[[int(Role[name.upper()]) for name in names]] = True
    return mask
