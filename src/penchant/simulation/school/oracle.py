"""Policies that know the academy's truth: how much room there is between what pleases and what teaches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from penchant.simulation.loop import Answers, Asks
from penchant.simulation.school.school import NOTHING, School

_ROUNDS = 4


class Oracle:
    """Shows what is best by a measure that only the world knows."""

    def __init__(self, school: School, by: Literal["start", "complete", "gain"]) -> None:
        """Look into a school.

        Args:
            school: Is not changed by it.
            by: `start`: how likely it is begun, which is what collaborative filtering learns; `complete`: begun and
                completed; `gain`: mastery won, among modules whose prerequisites are completed (the path).
        """
        self._school, self._by = school, by

    def answer(self, asks: Asks) -> Answers:
        """The best modules there are."""
        school = self._school
        there = np.flatnonzero(school.available())
        outlook = school.outlook(asks.person.astype(np.int64)[:, None], there[None, :], asks.time[:, None])
        weight = np.exp(outlook.utility)
        fits = np.broadcast_to(~school.curriculum.families[there], weight.shape)
        fits = fits | school.learners.family[asks.person][:, None]
        worth = {"start": 1.0, "complete": outlook.prospects.completes, "gain": outlook.prospects.gain}[self._by]
        if self._by == "gain":
            fits = fits & outlook.admissible
        fits = fits & (asks.seed[:, None] != there[None, :])
        found = _best(there, np.where(fits, weight * worth, -np.inf), asks.size)
        # Modules of a slate take from each other: one that is begun often and worth little does harm. The best slate
        # holds those of the largest weight x (worth - value of the slate): Rusmevichientong, Shen and Shmoys (2010).
        for _ in range(_ROUNDS):
            on = (found.items[:, :, None] == there[None, None, :]).any(axis=1)
            value = (on * weight * worth).sum(axis=1) / (NOTHING + (on * weight).sum(axis=1))
            found = _best(there, np.where(fits, weight * (worth - value[:, None]), -np.inf), asks.size)
        return found

    def observe(self, events: pa.Table) -> None:
        """Nothing to learn."""

    def change(self, items: Sequence[dict[str, Any]]) -> None:
        """Nothing to remember: the world is asked each time."""

    def end_of_day(self, now: float) -> None:
        """Nothing to train."""


class Popular:
    """Shows what was completed most by everybody so far."""

    def __init__(self, school: School) -> None:
        """Take the world's word for what may be shown, and nothing else."""
        self._school, self._counts = school, np.zeros(len(school.ids))
        self._codes = {name: code for code, name in enumerate(school.ids)}

    def answer(self, asks: Asks) -> Answers:
        """The same modules for all."""
        there = np.flatnonzero(self._school.available())
        value = np.where(asks.seed[:, None] == there[None, :], -np.inf, self._counts[there][None, :])
        return _best(there, value, asks.size)

    def observe(self, events: pa.Table) -> None:
        """Count what was completed."""
        for event, item in zip(events["event"].to_pylist(), events["item"].to_pylist(), strict=True):
            if event == "Module Completed":
                self._counts[self._codes[item]] += 1

    def change(self, items: Sequence[dict[str, Any]]) -> None:
        """New modules begin with nothing."""

    def end_of_day(self, now: float) -> None:
        """Nothing to train."""


def _best(there: np.ndarray, value: np.ndarray, size: int) -> Answers:
    items = np.full((len(value), size), -1, np.int32)
    best = np.argsort(-value, axis=1, kind="stable")[:, :size]
    real = np.take_along_axis(value, best, axis=1) > -np.inf
    items[:, : best.shape[1]] = np.where(real, there[best], -1)
    return Answers(items, np.ones(items.shape, np.float32))
