"""Who learns: starting levels, interests, goals and habits, which no policy sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.simulation.choice import Index
from penchant.simulation.luck import normal, uniform
from penchant.simulation.modules import TOPICS
from penchant.simulation.school.curriculum import Curriculum
from penchant.simulation.school.mechanisms import ABLE, APART, INTEREST, AcademyMechanisms

_ABLE, _APART, _INTEREST, _GOAL, _HOME, _HABIT, _PHONE = range(201, 208)
_KNOWN = -1.0
"""Log-odds that an average learner knows an average skill at the start: somewhat more than one in four, so that right
answers after a first module for which one is ready are about 65 % (Koedinger and others 2023)."""
_GOAL_PULL = 2.0
"""Log-odds by which the topic people came for interests them more. Assumed."""
_VISITS = 0.8
"""Mean visits a day of those who still learn. Assumed: a course for credit has 1.3 (a Moodle log, Lopez-Pernas and
others 2024), and a bank's academy is nobody's duty."""


@dataclass(frozen=True)
class Learners:
    """The academy's hidden truth about people.

    Attributes:
        known: Share of each skill known at the start, which is not forgotten; shape (people, skills).
        interest: Interest in each topic, log-odds; shape (people, topics).
        goal: The topic each came for.
        family: Who lives in a family.
        visits: Chance of a visit a day.
        phone: Who learns on a phone.
    """

    known: NDArray[np.float32]
    interest: NDArray[np.float32]
    goal: Index
    family: NDArray[np.bool_]
    visits: NDArray[np.float64]
    phone: NDArray[np.bool_]

    def __len__(self) -> int:
        """Number of people."""
        return len(self.goal)


def draw_learners(seed: int, people: int, curriculum: Curriculum, mechanisms: AcademyMechanisms) -> Learners:
    """The people of a world.

    Args:
        seed: Of the world.
        people: How many.
        curriculum: What there is to know.
        mechanisms: `mastery_spread` and `taste` count here.
    """
    person, topics = np.arange(people), np.arange(len(TOPICS))
    able = ABLE * normal(seed, _ABLE, person)[:, None] + APART * normal(seed, _APART, person[:, None], topics)
    skill_topic = curriculum.topic[: curriculum.skills]
    level = _KNOWN + mechanisms.mastery_spread * (able[:, skill_topic] - curriculum.hardness)
    goal = np.floor(len(TOPICS) * uniform(seed, _GOAL, person)).astype(np.int64)
    interest = INTEREST * normal(seed, _INTEREST, person[:, None], topics) + _GOAL_PULL * (goal[:, None] == topics)
    # Gamma habits of shape 2, as a sum of two exponentials: some come daily, many once a week.
    habit = -np.log(uniform(seed, _HABIT, person, 1) * uniform(seed, _HABIT, person, 2)) / 2.0
    return Learners(
        known=(1.0 / (1.0 + np.exp(-level))).astype(np.float32),
        interest=(mechanisms.taste * interest).astype(np.float32),
        goal=goal,
        family=uniform(seed, _HOME, person) < 0.35,
        visits=-np.expm1(-_VISITS * habit),
        phone=uniform(seed, _PHONE, person) < 0.6,
    )
