"""What becomes of a start: how long it is watched, with how much attention, and what that is worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import NDArray
from scipy.special import ndtr

from penchant.simulation.channel import draws
from penchant.simulation.choice import Index
from penchant.simulation.luck import normal, uniform

Reals = NDArray[np.float64]

PATIENCE = 3.755
"""Log of the seconds a usual person gives an item of 100 seconds. This, `STRETCH` and the whole spread of 1.25 are
fitted to the started videos of KuaiRand's log, by eighths of length."""

STRETCH = 0.20
"""How much longer people stay with what is longer: exponent of length."""

HOLD = 0.8
"""What a standard deviation of enjoyment adds to the log of the seconds given."""

MOOD = 0.93
"""Spread of the log of the seconds given that has nothing to do with enjoyment."""

USUAL = 0.25
"""Enjoyment of the usual start, in standard deviations: where `PATIENCE` was fitted."""

COMPLETE = 0.95
"""Share played from which on an item counts as completed."""

EXIT = 10.0
"""Seconds within which leaving is an early exit, if not half of it was played."""

RUNS_ON = 0.8
"""Chance that what runs in the background runs to its end; else it is stopped at 30 to 95 % of it."""

ATTENDS = 0.3
"""Attention left for what runs in the background: share of the seconds it would have been given in front of it."""

LIKED, SHARED = 0.11, 0.006
"""Chance that an attended start that could not be enjoyed more is liked, and shared."""


@dataclass(frozen=True)
class Prospect:
    """What is to be expected of starts, were they made; all of one shape.

    Attributes:
        seconds: Seconds played.
        attention: Seconds attended to.
        share: Share attended to, of the length.
        played: Share played, of the length.
        completion: Chance that it is completed.
        exit: Chance of an early exit.
        worth: Satisfaction: enjoyment from -0.5 (a disappointment) to 1, times the share of attention while it plays.
        joy: Enjoyment in standard deviations.
        length: Seconds of the item.
        aside: Chance that it runs in the background.
    """

    seconds: Reals
    attention: Reals
    share: Reals
    played: Reals
    completion: Reals
    exit: Reals
    worth: Reals
    joy: Reals
    length: Reals
    aside: Reals

    @property
    def quantile(self) -> Reals:
        """Quantile of the share attended to, among usual starts of items of the same length.

        Usual starts spread by mood and by enjoyment, and are attended to; those completed share the middle of their
        quantiles. Zhan et al. (2022), "Deconfounding duration bias in watch-time prediction for video recommendation".
        """
        spread, log = np.hypot(MOOD, HOLD), np.log(self.length)
        usual = _middle(np.full_like(log, USUAL), self.length)
        middle, full = _middle(self.joy, self.length), 0.5 + 0.5 * ndtr((log - usual) / spread)
        total = np.zeros_like(self.worth)
        for node, weight in zip(*hermegauss(5), strict=True):
            given = np.minimum(middle + MOOD * node, log)
            front = np.where(given < log, ndtr((given - usual) / spread), full)
            behind = ndtr((given + np.log(ATTENDS) - usual) / spread)
            total += weight * ((1.0 - self.aside) * front + self.aside * behind)
        return np.asarray(total / np.sqrt(2.0 * np.pi), np.float64)


@dataclass(frozen=True)
class Watched:
    """What became of starts; each of shape (n,).

    Attributes:
        share: Share played, 0 to 1.
        seconds: Seconds played.
        attention: Seconds attended to.
        complete: Whether it was completed.
        exit: Whether it was left early.
        worth: Satisfaction.
        liked: Whether the person said so.
        shared: Whether the person passed it on.
    """

    share: Reals
    seconds: Reals
    attention: Reals
    complete: NDArray[np.bool_]
    exit: NDArray[np.bool_]
    worth: Reals
    liked: NDArray[np.bool_]
    shared: NDArray[np.bool_]


def worth(joy: Reals) -> Reals:
    """Worth of enjoyment in standard deviations, from -0.5 to 1: nobody can be pleased without end."""
    value: Reals = 1.5 * ndtr(joy) - 0.5
    return value


def expect(joy: Reals, length: Reals, aside: Reals) -> Prospect:
    """What is to be expected of starts.

    The seconds given are lognormal and cut off by the length: Zhao et al. (2024), "Counteracting duration bias in
    video recommendation via counterfactual watch time".

    Args:
        joy: Enjoyment in standard deviations.
        length: Seconds.
        aside: Chance that it runs in the background.
    """
    log, middle = np.log(length), _middle(joy, length)
    seconds = np.exp(middle + MOOD**2 / 2) * ndtr((log - middle - MOOD**2) / MOOD)
    seconds += length * ndtr((middle - log) / MOOD)
    completes = ndtr((middle - log - np.log(COMPLETE)) / MOOD)
    exits = ndtr((np.log(np.minimum(EXIT, length / 2)) - middle) / MOOD)
    alone = length * (RUNS_ON + (1.0 - RUNS_ON) * (0.3 + COMPLETE) / 2)
    given = 1.0 - aside
    total, attention = given * seconds + aside * alone, (given + aside * ATTENDS) * seconds
    return Prospect(
        seconds=total,
        attention=attention,
        share=attention / length,
        played=total / length,
        completion=given * completes + aside * RUNS_ON,
        exit=given * exits,
        worth=worth(joy) * (given + aside * ATTENDS),
        joy=joy,
        length=length,
        aside=aside,
    )


def watch(seed: int, person: Index, item: Index, time: Index, joy: Reals, length: Reals, aside: Reals) -> Watched:
    """Let luck decide about starts.

    Args:
        seed: Of the world.
        person: Who, shape (n,).
        item: What, shape (n,).
        time: What tells this start from another of the same item, shape (n,).
        joy: Enjoyment in standard deviations, shape (n,).
        length: Seconds, shape (n,).
        aside: Chance that it runs in the background, shape (n,).
    """
    keys = (person, item, time)
    given = np.minimum(np.exp(_middle(joy, length) + MOOD * normal(seed, draws.PATIENCE, *keys)), length)
    alone = uniform(seed, draws.BACKGROUND, *keys) < aside
    end = uniform(seed, draws.RUNS_ON, *keys)
    stopped = 0.3 + (COMPLETE - 0.3) * (end - RUNS_ON) / (1.0 - RUNS_ON)
    share = np.where(alone, np.where(end < RUNS_ON, 1.0, stopped), given / length)
    seconds = share * length
    attends = np.where(alone, ATTENDS, 1.0)
    value = worth(joy) * attends
    pleased = np.maximum(value, 0.0) ** 2
    return Watched(
        share=share,
        seconds=seconds,
        attention=np.minimum(attends * given, seconds),
        complete=share >= COMPLETE,
        exit=(seconds < EXIT) & (share < 0.5),
        worth=value,
        liked=uniform(seed, draws.LIKES, *keys) < LIKED * pleased,
        shared=uniform(seed, draws.SHARES, *keys) < SHARED * pleased,
    )


def _middle(joy: Reals, length: Reals) -> Reals:
    """Log of the median seconds given."""
    return PATIENCE + STRETCH * np.log(length / 100.0) + HOLD * (joy - USUAL)
