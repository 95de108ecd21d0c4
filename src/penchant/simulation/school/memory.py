"""What learners can do now: what they knew, what they learned, and how much of that they kept."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from penchant.clock import DAY
from penchant.simulation.choice import Index
from penchant.simulation.school.mechanisms import HALF_LIFE, LONGEST

_SPACED = DAY / 2
"""Seconds after which practice counts as another time."""


class Memory:
    """Mastery of every skill by every learner, 0 to 1.

    What was learned halves every half-life; each later pass doubles the half-life (Settles, B. and Meeder, B. 2016. A
    trainable spaced repetition model for language learning). What was known at the start stays.
    """

    def __init__(self, known: NDArray[np.float32], forgetting: float) -> None:
        """Nothing is learned yet.

        Args:
            known: Mastery at the start, shape (people, skills).
            forgetting: Factor on the speed of decay.
        """
        self._known, self._forgetting = known, forgetting
        self._learned = np.zeros(known.shape, np.float32)
        self._last = np.zeros(known.shape, np.float64)
        self._life = np.full(known.shape, HALF_LIFE, np.float32)

    def mastery(self, person: Index, skill: Index, now: ArrayLike) -> NDArray[np.float64]:
        """Mastery at a moment; the three broadcast."""
        known = self._known[person, skill]
        days = (np.asarray(now) - self._last[person, skill]) / DAY
        kept = np.exp2(-self._forgetting * np.maximum(days, 0.0) / self._life[person, skill])
        out: NDArray[np.float64] = known + (1.0 - known) * self._learned[person, skill] * kept
        return out

    def all(self, now: float) -> NDArray[np.float64]:
        """Mastery of everything by everybody, shape (people, skills)."""
        days = np.maximum(now - self._last, 0.0) / DAY
        kept = np.exp2(-self._forgetting * days / self._life)
        return np.asarray(self._known + (1.0 - self._known) * self._learned * kept, np.float64)

    def practise(
        self,
        person: Index,
        skill: Index,
        now: NDArray[np.float64],
        share: NDArray[np.float64],
        passed: NDArray[np.bool_],
    ) -> NDArray[np.float64]:
        """Learn a share of what is not mastered; rows are different pairs of person and skill.

        Args:
            person: Person codes.
            skill: Skill codes.
            now: Unix seconds.
            share: Share of what is missing that is learned.
            passed: A pass some time after the practice before makes it last longer.

        Returns:
            Mastery won, by row.
        """
        before = self.mastery(person, skill, now)
        known = self._known[person, skill]
        again = passed & (self._learned[person, skill] > 0) & (now - self._last[person, skill] > _SPACED)
        life = self._life[person, skill]
        self._life[person, skill] = np.where(again, np.minimum(2.0 * life, LONGEST), life)
        won = (1.0 - before) * share
        self._learned[person, skill] = (before + won - known) / np.maximum(1.0 - known, 1e-6)
        self._last[person, skill] = now
        return won
