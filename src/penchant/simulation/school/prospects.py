"""What would come of a learner's trying a module: the chances, before luck decides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from penchant.simulation.school.mechanisms import GUESS, LEARNING, SLIP, UNREADY

QUESTIONS = 5
"""Questions of a quiz."""
PASS = 3
"""Right answers from which on it is passed."""
LEAST, MOST = 0.1, 0.9
"""Where a module is left in the middle, as shares of it."""

_READY = 0.5
"""Mastery of a prerequisite at which half of its lack is felt."""
_SHARP = 0.1
_STAY = 2.4
"""Log-odds to go through a module of up to six minutes."""
_LONG = 0.12
"""Log-odds lost with each further minute. Guo, Kim and Rubin (2014): engagement falls from six minutes on; the size is
assumed."""


@dataclass(frozen=True)
class Prospects:
    """Chances and expectations if a module is begun; arrays of one shape.

    Attributes:
        mastery: Mastery of its skill before.
        unready: How much a prerequisite is lacking, 0 to 1, the mechanism's factor counted in.
        through: Chance to reach the quiz.
        whole: Share of what is missing that is learned by going through all of it.
        right: Chance of each right answer at the quiz.
        passing: Chance to pass the quiz, once there.
        completes: Chance to complete it.
        fails: Chance to fail it.
        gain: Mastery won, expected.
    """

    mastery: NDArray[np.float64]
    unready: NDArray[np.float64]
    through: NDArray[np.float64]
    whole: NDArray[np.float64]
    right: NDArray[np.float64]
    passing: NDArray[np.float64]
    completes: NDArray[np.float64]
    fails: NDArray[np.float64]
    gain: NDArray[np.float64]


def lack(needed: ArrayLike) -> NDArray[np.float64]:
    """How much a prerequisite of a mastery is felt to be lacking, 0 to 1; NaN, no prerequisite, is 0."""
    needed = np.asarray(needed, np.float64)
    felt = 1.0 / (1.0 + np.exp((np.where(np.isnan(needed), 1.0, needed) - _READY) / _SHARP))
    return np.where(np.isnan(needed), 0.0, felt)


def prospects(
    mastery: NDArray[np.float64],
    unready: NDArray[np.float64],
    practice: NDArray[np.float64],
    length: NDArray[np.float64],
) -> Prospects:
    """The chances of trying modules.

    Knowledge tracing: Corbett, A. T. and Anderson, J. R. (1995). Knowledge tracing: modeling the acquisition of
    procedural knowledge.

    Args:
        mastery: Mastery of each module's skill.
        unready: What of its prerequisite is lacking, 0 to 1.
        practice: Opportunities to practise.
        length: Seconds.
    """
    through = _logistic(_STAY - _LONG * np.maximum(length / 60.0 - 6.0, 0.0))
    slow = pace(unready)
    whole = -np.expm1(-slow * practice)
    after = mastery + (1.0 - mastery) * whole
    fluent = GUESS + (1.0 - GUESS - SLIP) * after
    right = _logistic(np.log(fluent / (1.0 - fluent)) - UNREADY * unready)
    wrong = 1.0 - right
    passing = right**3 * (10.0 * wrong**2 + 5.0 * right * wrong + right**2)
    rate = slow * practice
    partly = 1.0 - (np.exp(-LEAST * rate) - np.exp(-MOST * rate)) / ((MOST - LEAST) * rate)
    gain = (1.0 - mastery) * (through * whole + (1.0 - through) * partly)
    return Prospects(
        mastery, unready, through, whole, right, passing, through * passing, through * (1.0 - passing), gain
    )


def pace(unready: NDArray[np.float64]) -> NDArray[np.float64]:
    """How fast what is missing is learned, by opportunity: the share left after n of them is exp(-pace n)."""
    odds = LEARNING / (1.0 - LEARNING) * np.exp(-UNREADY * unready)
    return np.log1p(odds)


def _logistic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1.0 / (1.0 + np.exp(-x))
