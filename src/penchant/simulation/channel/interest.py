"""What moves enjoyment in time: age of items, trends of topics, and what a person had enough of."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.simulation.channel.mechanisms import StreamMechanisms
from penchant.simulation.channel.programme import CREATORS, TOPICS, Programme
from penchant.simulation.choice import Index

FADES = 0.6
"""Enjoyment that is lost with age, in standard deviations; half of it after a half-life."""

FLARES = 0.8
"""Enjoyment that a trend adds at its height, in standard deviations."""

EVERY = 25.0
"""Days between two trends of a topic, on average."""

CALMS = 1.4
"""Exponent of the power law by which a trend calms down after an outer shock: Crane and Sornette (2008)."""

TIRES_TOPIC, TIRES_CREATOR = 0.25, 0.15
"""Enjoyment lost for each recent start of the same topic and creator, in standard deviations."""

TIRED_AT_MOST = 4.0
"""Recent starts beyond which nothing tires further."""

RECOVERS = 0.3
"""Share of tiredness that is left a day later."""

AGAIN = 1.5
"""Enjoyment lost when an item was begun before, in standard deviations."""


def draw_trends(rng: np.random.Generator, days: int, mechanisms: StreamMechanisms) -> NDArray[np.float64]:
    """What trends add to the enjoyment of each topic on each day, shape (days, topics).

    A trend rises at once and calms down by a power law.
    """
    shock = rng.random((days + 30, len(TOPICS))) < 1.0 / EVERY
    size = FLARES * rng.uniform(0.5, 1.5, shock.shape) * shock
    since = np.arange(days + 30)
    fall = (1.0 + since / 2.0) ** -CALMS
    trend = np.stack([np.convolve(size[:, t], fall)[: days + 30] for t in range(len(TOPICS))], axis=1)[30:]
    return np.asarray(mechanisms.trends * (trend - trend.mean()), np.float64)


def faded(programme: Programme, now: float, mechanisms: StreamMechanisms) -> NDArray[np.float64]:
    """Enjoyment that each item has lost by its age, in standard deviations."""
    age = np.maximum(now - programme.opens, 0.0) / DAY
    return mechanisms.freshness * FADES * (1.0 - np.exp2(-age / programme.half_life))


class Tiredness:
    """What everyone had enough of: recent starts by topic and creator, and items begun before."""

    def __init__(self, people: int, programme: Programme, mechanisms: StreamMechanisms) -> None:
        """Nobody is tired of anything yet."""
        self._programme, self._factor = programme, mechanisms.fatigue
        self._topics = np.zeros((people, len(TOPICS)), np.float32)
        self._creators = np.zeros((people, len(CREATORS)), np.float32)
        self._begun = np.zeros((people, len(programme)), np.bool_)

    def of(self, person: Index, item: Index) -> NDArray[np.float64]:
        """Enjoyment lost; `person` and `item` broadcast."""
        topics = np.minimum(self._topics[person, self._programme.topic[item]], TIRED_AT_MOST)
        creators = np.minimum(self._creators[person, self._programme.creator[item]], TIRED_AT_MOST)
        lost = TIRES_TOPIC * topics + TIRES_CREATOR * creators + AGAIN * self._begun[person, item]
        return self._factor * lost.astype(np.float64)

    def begin(self, person: Index, item: Index) -> None:
        """Different people begin an item each."""
        self._topics[person, self._programme.topic[item]] += 1.0
        self._creators[person, self._programme.creator[item]] += 1.0
        self._begun[person, item] = True

    def sleep(self) -> None:
        """A night passes."""
        self._topics *= RECOVERS
        self._creators *= RECOVERS
