"""Steps taken in life, one a topic: an emergency fund is opened, a budget kept, a pension gap filled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.simulation.modules import TOPICS
from penchant.simulation.school.curriculum import Curriculum
from penchant.simulation.school.learners import Learners
from penchant.simulation.school.mechanisms import ACTING, STEP

MASTERED = 0.6
"""Mastery from which on a skill counts as reached on a path."""

_RARE = 0.02
_LIKELIEST = 0.2
_OWN_GOAL = 3.0
"""How much oftener people take the step they came for. Assumed."""
_LEAST_SPREAD = 0.2


class Steps:
    """How likely learners take the steps of the topics, by the mastery of each topic's whole chain."""

    def __init__(self, curriculum: Curriculum, learners: Learners, action: float) -> None:
        """Take the people's mastery at the start for the measure of what is usual.

        Args:
            curriculum: Whose paths are the chains; what is not for everybody is not asked for.
            learners: Who may act.
            action: Factor on how much mastery counts.
        """
        skills = np.arange(curriculum.skills)
        common = ~(curriculum.families | curriculum.abroad)[skills]
        self._chains = [skills[common & (curriculum.topic[skills] == topic)] for topic in range(len(TOPICS))]
        self._own = learners.goal[:, None] == np.arange(len(TOPICS))
        self._action = action
        first = self._logs(learners.known.astype(np.float64))
        self._usual, self._spread = float(first.mean()), max(float(first.std()), _LEAST_SPREAD)

    def chance(self, mastery: NDArray[np.float64]) -> NDArray[np.float64]:
        """Chance of each step today, if it was not taken yet.

        Args:
            mastery: Of all skills, shape (people, skills).

        Returns:
            Shape (people, topics).
        """
        score = (self._logs(mastery) - self._usual) / self._spread
        raised = STEP * np.where(self._own, _OWN_GOAL, 1.0) * np.exp(self._action * ACTING * score)
        return np.asarray(np.minimum(raised, _LIKELIEST), np.float64)

    def progress(self, mastery: NDArray[np.float64]) -> NDArray[np.float64]:
        """Share of the path to each person's goal that is mastered now, shape (people,)."""
        shares = np.stack([(mastery[:, chain] >= MASTERED).mean(axis=1) for chain in self._chains], axis=1)
        return np.asarray((shares * self._own).sum(axis=1), np.float64)

    def _logs(self, mastery: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log of the geometric mean of each chain, in which one missing skill tells."""
        logs = np.log(np.maximum(mastery, _RARE))
        return np.stack([logs[:, chain].mean(axis=1) for chain in self._chains], axis=1)
