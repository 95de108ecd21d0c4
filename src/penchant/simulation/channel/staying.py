"""Who comes again, and who goes for good."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.simulation.channel.mechanisms import StreamMechanisms

Reals = NDArray[np.float64]

NEUTRAL = 0.15
"""Opinion of a usual visit, at which nobody comes more or less than before: that of a channel run by chance."""

REMEMBERS = 0.3
"""Weight of the latest visit in what a person thinks of the channel."""

RETURNS = 1.5
"""What opinion adds to the logit of coming on a day: a visit with three times the satisfaction (0.5 to 1.5) nearly
doubles the odds, as three minutes of attention instead of one double the return (Haile 2014)."""

MONTHLY = 0.055
"""Share that goes for good in a month when served as usual: Antenna (2024) on video subscriptions in 2023."""

LEAVES = 2.0
"""What opinion takes off the log of the hazard to go for good."""

LINGERS = 1.0
"""What the satisfaction of a start beyond `PLAIN` takes off the utility of leaving the visit, in logits."""

PLAIN = 0.25
"""Satisfaction of a start that changes nothing about leaving."""


def opinion(satisfaction: Reals) -> Reals:
    """What a visit is thought of, by the sum of satisfaction of its starts: 0 for one in vain; less and less of more.

    Fechner's law: what is felt grows with the logarithm of what is had.
    """
    felt: Reals = np.log1p(np.maximum(satisfaction, -0.9))
    return felt


class Standing:
    """What everyone thinks of the channel, and whether they are still there.

    Attributes:
        opinion: What past visits are thought of, the latest most, shape (people,).
        alive: Chance that the person has not gone for good, given the visits so far, shape (people,).
        here: Whether the person has not gone for good, shape (people,).
    """

    def __init__(self, coming: Reals, bound: Reals, mechanisms: StreamMechanisms) -> None:
        """Everyone is there and thinks as usual.

        Args:
            coming: Logit of the chance to come on a day when served as usual, shape (people,).
            bound: Chance below which `alive` must fall for the person to go; uniform luck, shape (people,).
            mechanisms: `churn` scales all that opinions do.
        """
        self._coming, self._bound, self._churn = coming, bound, mechanisms.churn
        self.opinion: Reals = np.full(len(coming), NEUTRAL)
        self.alive: Reals = np.ones(len(coming))
        self.here = np.ones(len(coming), np.bool_)
        self._came: list[tuple[Reals, NDArray[np.bool_]]] = []
        self._alive_then: list[Reals] = []

    def comes(self) -> Reals:
        """Chance of everyone who is there to come today."""
        logit = self._coming + self._churn * RETURNS * (self.opinion - NEUTRAL)
        return np.asarray(1.0 / (1.0 + np.exp(-logit)), np.float64)

    def lingers(self, worth: Reals) -> Reals:
        """What a start takes off the utility of leaving the visit, by its worth."""
        return self._churn * LINGERS * (worth - PLAIN)

    def end_of_day(self, chance: Reals, came: NDArray[np.bool_], worth: Reals) -> None:
        """Take in the day's visits, and let some go for good.

        Args:
            chance: With which everyone would come today.
            came: Who did.
            worth: Satisfaction of the visits of those who came: the sum over what they started, 0 if nothing.
        """
        self._came = [*self._came[-6:], (chance, came)]
        self._alive_then = [*self._alive_then[-6:], self.alive]
        self.opinion = np.where(came, self.opinion + REMEMBERS * (opinion(worth) - self.opinion), self.opinion)
        usual = -np.log1p(-MONTHLY) / 30.0
        hazard = usual * np.exp(-LEAVES * (self.opinion - NEUTRAL))
        self.alive = self.alive * np.exp(-self._churn * hazard)
        self.here = self.alive > self._bound

    def retained(self) -> Reals:
        """Chance that the person came in the last seven days."""
        stays = self._alive_then[0]
        missed: Reals = np.ones(len(stays))
        for (chance, _), alive in zip(self._came, self._alive_then, strict=True):
            missed = missed * (1.0 - chance * alive / stays)
        return stays * (1.0 - missed)

    def retained_realised(self) -> Reals:
        """1 for those who came in the last seven days."""
        return np.asarray(np.any([came for _, came in self._came], axis=0), np.float64)
