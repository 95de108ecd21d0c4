"""Who comes: what each person enjoys, how often they come, and whether they attend while it plays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.simulation.channel.mechanisms import StreamMechanisms
from penchant.simulation.channel.programme import CREATORS, FORMATS, TOPICS, Programme
from penchant.simulation.choice import Utility

TOPIC, CREATOR, FORMAT, STYLE, MATCH = 0.65, 0.40, 0.25, 0.30, 0.20
"""Spread of enjoyment between people by topic, creator, format, a style that no field tells, and what nothing tells, in
standard deviations."""

STYLES = 4
"""Dimensions of the hidden style."""

SECOND_SCREEN = 0.45
"""Share of people who often do something else meanwhile: Nielsen Total Audience Report, second quarter of 2018."""

OFTEN, SELDOM = 0.60, 0.15
"""Chance that such a person, and any other, lets an item run that can well run alone."""

COMES_MEAN, COMES_SPREAD = -1.2, 1.1
"""Logit of the chance to come on a day, over people: a third comes on a day, as in KuaiRand's log."""


@dataclass(frozen=True)
class Audience:
    """Everyone's hidden tastes and habits.

    Attributes:
        enjoyment: How much each person enjoys each item when it is new and nothing tires them, in standard
            deviations; shape (people, items).
        aside: Chance to let an item run that can well run alone, shape (people,).
        coming: Logit of the chance to come on a day when served as usual, shape (people,).
    """

    enjoyment: Utility
    aside: NDArray[np.float64]
    coming: NDArray[np.float64]

    def __len__(self) -> int:
        """Number of people."""
        return len(self.aside)


def draw_audience(
    rng: np.random.Generator, people: int, programme: Programme, mechanisms: StreamMechanisms
) -> Audience:
    """Tastes and habits for everyone; `taste` scales the first, `background` the habit of not attending."""
    topics = TOPIC * rng.standard_normal((people, len(TOPICS)), dtype=np.float32)
    creators = CREATOR * rng.standard_normal((people, len(CREATORS)), dtype=np.float32)
    formats = FORMAT * rng.standard_normal((people, len(FORMATS)), dtype=np.float32)
    aside = np.where(rng.random(people) < SECOND_SCREEN, OFTEN, SELDOM)
    coming = COMES_MEAN + COMES_SPREAD * rng.standard_normal(people)
    liked = STYLE / np.sqrt(np.float32(STYLES)) * rng.standard_normal((people, STYLES), dtype=np.float32)
    style = rng.standard_normal((len(programme), STYLES), dtype=np.float32)
    enjoyment: Utility = MATCH * rng.standard_normal((people, len(programme)), dtype=np.float32)
    for dimension in range(STYLES):
        enjoyment += liked[:, dimension, None] * style[:, dimension]
    enjoyment += topics[:, programme.topic]
    enjoyment += creators[:, programme.creator]
    enjoyment += formats[:, programme.format]
    enjoyment *= np.float32(mechanisms.taste)
    enjoyment += programme.quality.astype(np.float32)
    return Audience(enjoyment, mechanisms.background * aside, coming)
