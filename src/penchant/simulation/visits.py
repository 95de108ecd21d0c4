"""When people come: visits over the simulated days, with the hours people keep."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.simulation.choice import Index, ranks

HOURS = np.array([2, 1, 1, 1, 1, 2, 4, 6, 7, 7, 7, 7, 8, 7, 7, 7, 8, 10, 13, 15, 15, 13, 9, 5], np.float64)
"""How busy each hour of the day (UTC) is, in any unit."""

APART = 4 * 3600.0
"""Least seconds between the starts of two visits of one person, so that visits stay apart."""


@dataclass(frozen=True)
class Visits:
    """Rows sorted by person, then time.

    Attributes:
        person: Person codes.
        start: Start of the visit, Unix seconds.
    """

    person: Index
    start: NDArray[np.float64]

    def __len__(self) -> int:
        """Number of visits."""
        return len(self.person)

    @property
    def first(self) -> NDArray[np.bool_]:
        """Which rows are their person's first visit."""
        first: NDArray[np.bool_] = ranks(self.person) == 0
        return first


def draw_visits(
    rng: np.random.Generator, people: int, now: float, days: float, mean: float, newcomers: float = 0.35
) -> Visits:
    """Visits of everyone: few people come often, many seldom, some only since lately.

    Args:
        rng: Source of randomness.
        people: Number of people.
        now: End of the simulated time, Unix seconds.
        days: Length of the simulated time.
        mean: Mean visits of a person in all days (before those too close to the end are lost).
        newcomers: Share of people who first come at some moment inside the simulated time.

    Returns:
        Visits inside (now - days, now). A person may have none.
    """
    spread = 0.9
    counts = rng.poisson(mean * np.exp(spread * rng.standard_normal(people) - spread**2 / 2))
    joined = np.where(rng.random(people) < newcomers, rng.random(people), 0.0)
    person = np.repeat(np.arange(people), counts)
    share = joined[person] + (1.0 - joined[person]) * rng.random(len(person))
    # The day is drawn first and the hour then, so that every day keeps people's hours, whatever hour `now` is.
    day = np.floor((now - days * DAY * (1.0 - share)) / DAY)
    hour = rng.choice(24, size=len(person), p=HOURS / HOURS.sum()) + rng.random(len(person))
    start = day * DAY + hour * 3600.0

    order = np.lexsort((start, person))
    person, start = person[order], start[order]
    # A running maximum of (start - rank * APART) pushes late ones back just enough; people are kept apart by a step
    # larger than any span of time here.
    rank, step = ranks(person), (days + 2) * DAY + APART * (counts.max(initial=0) + 1)
    base = now - days * DAY - DAY
    pushed = np.maximum.accumulate(start - base - rank * APART + person * step) if len(start) else start
    start = pushed - person * step + rank * APART + base
    inside = (start > now - days * DAY) & (start < now)
    return Visits(person[inside], start[inside])
