"""How long outcomes take to come, and what a row is worth whose outcome may still come."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY

EDGES = (1 / 24, 0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 14.0, 21.0, 30.0, 45.0, 60.0, 90.0)
"""Days at which delay buckets end."""

LEAST = 30
"""Outcomes of matured rows from which delays are learned."""
LEAST_YOUNG = 20
"""Outcomes of rows of any age likewise; below that they are taken to come evenly. A head needs as many."""
LEAST_OLD = 10
"""Outcomes of rows that are old enough to have shown a delay, from which it is told how often it is as long."""
HOURS = 3
"""Hours of the day that are told apart where there are cases enough."""
LEAST_HOURS = 400
"""Cases of matured rows from which hours of the day are told apart."""
_PRIOR = 25.0
"""Cases that the delay buckets count for in the share of each such part of a day."""


@dataclass(frozen=True)
class Delays:
    """Which share of an outcome's cases has come by when.

    Attributes:
        edges: Ends of the delay buckets in days, rising; the last is the outcome's own window.
        share: Share of the cases that come by each edge; the last is 1.
        learned_from: Cases it was learned from; 0 where it is a guess.
        by_hour: Share of the cases that come by so many whole days and a part of one, shape (days, parts of `HOURS`
            hours), beginning with the second day; None where there are too few cases, or no second day.
    """

    edges: NDArray[np.float64]
    share: NDArray[np.float64]
    learned_from: int
    by_hour: NDArray[np.float64] | None = None

    @classmethod
    def learn(cls, days: NDArray[np.float64], window: float, elapsed: NDArray[np.float64] | None = None) -> Delays:
        """From matured rows.

        People do things at their hours. Who was shown something in the afternoon has had two evenings to come back
        after two days and six hours, who was shown it in the evening has had one. All rows are looked at from one
        moment, so that rows as old as each other are of the same hour; and the share that has come is told from those
        rows alone that are of this hour too, whatever their day.

        Args:
            days: Delay of each case that came inside the window, in days.
            window: Days within which an outcome counts.
            elapsed: Days for which the row of each case has been watched; None tells no hours apart.
        """
        edges = np.array([*(edge for edge in EDGES if edge < window), window])
        if len(days) < LEAST:
            return cls(edges, edges / max(window, 1e-9), 0)
        made = cls(edges, np.searchsorted(np.sort(days), edges, side="right") / len(days), len(days))
        if elapsed is None or len(days) < LEAST_HOURS or window < 2.0:
            return made
        return replace(made, by_hour=made._hours(days, elapsed - np.floor(elapsed)))

    def _hours(self, days: NDArray[np.float64], phase: NDArray[np.float64]) -> NDArray[np.float64]:
        """`by_hour`, from delays and the part of a day by which each row is older than some days."""
        parts = 24 // HOURS
        part = np.minimum((phase * parts).astype(np.int64), parts - 1)
        cases = np.bincount(part, minlength=parts)
        found = np.empty((math.ceil(self.edges[-1]) - 1, parts))
        middle = (np.arange(parts) + 0.5) / parts
        for day in range(len(found)):
            come = np.bincount(part, days <= phase + (day + 1), minlength=parts)
            found[day] = (come + _PRIOR * self._evenly(middle + (day + 1))) / (cases + _PRIOR)
        return found

    @classmethod
    def learn_early(cls, days: NDArray[np.float64], elapsed: NDArray[np.float64], window: float) -> Delays:
        """From rows of any age, when too few are matured.

        Of young rows only short delays can be seen. So each bucket is weighed against the shorter delays of rows that
        are old enough to have shown it (Lagakos, Barraj and De Gruttola 1988, "Nonparametric analysis of truncated
        survival data, with application to AIDS"). Of delays that too few rows are old enough for, nothing is known;
        what comes so late is taken to thin out with the square of the delay, from what the longest known ones have.

        Args:
            days: Delay of each case that came inside the window, in days.
            elapsed: Days for which its row has been watched.
            window: Days within which an outcome counts.
        """
        even = cls.learn(np.zeros(0), window)
        edges = even.edges
        bucket, seen = np.searchsorted(edges, days), np.searchsorted(edges, elapsed, side="right")
        whole = bucket < seen
        if whole.sum() < LEAST_YOUNG:
            return even
        bucket, seen = bucket[whole], seen[whole]
        olds = [(seen > at) & (bucket <= at) for at in range(len(edges))]
        known = max((at for at, old in enumerate(olds) if old.sum() >= LEAST_OLD), default=0)
        share = np.ones(len(edges))
        for at in range(known, 0, -1):
            share[at - 1] = share[at] * (1 - float((bucket[olds[at]] == at).mean()) if olds[at].any() else 1.0)
        # Half a case more than there were: that none was so late does not mean that none ever is.
        last, old = edges[known], olds[known]
        width = last - (edges[known - 1] if known else 0.0)
        density = (float((bucket[old] == known).sum()) + 0.5) / (float(old.sum()) + 1.0) / width
        share[known + 1 :] += density * last**2 * (1.0 / last - 1.0 / edges[known + 1 :])
        share /= share[-1]
        return cls(edges, share, len(bucket))

    def by(self, elapsed: NDArray[np.float64]) -> NDArray[np.float64]:
        """Share of the cases that come by so many days; inside a bucket they come evenly, unless hours are known."""
        share = self._evenly(elapsed)
        if self.by_hour is None:
            return share
        days, parts = self.by_hour.shape
        day = np.floor(elapsed)
        part = np.minimum(((elapsed - day) * parts).astype(np.int64), parts - 1)
        told = self.by_hour[np.clip(day.astype(np.int64) - 1, 0, days - 1), part]
        return np.where((day >= 1) & (elapsed < self.edges[-1]), told, share)

    def _evenly(self, elapsed: NDArray[np.float64]) -> NDArray[np.float64]:
        share: NDArray[np.float64] = np.interp(elapsed, np.append(0.0, self.edges), np.append(0.0, self.share))
        return share

    def rate(self, came: NDArray[np.bool_], elapsed: NDArray[np.float64]) -> float:
        """Share of rows in which the outcome comes by and by: those in which it came, over those that would show it.

        Args:
            came: Whether it was seen to come.
            elapsed: Days for which each row has been watched.
        """
        watched = float(self.by(elapsed).sum())
        return min(float(came.sum()) / watched, 1.0) if watched > 0 else 0.0

    def weights(
        self,
        came: NDArray[np.bool_],
        since: NDArray[np.float64],
        known: float,
        window: float,
        rate: float = 0.0,
    ) -> NDArray[np.float32]:
        """What rows count: 1 where the outcome came or its window is over; else as likely as it would have come.

        A row without the outcome after some days is one in which it does not come at all, or one in which it comes
        later; by the share of cases that come so soon it is kept from counting as a sure no, and by the chance that it
        is one at all, so that the outcome is as frequent among young rows as among old ones. (Chapelle 2014, "Modeling
        delayed feedback in display advertising", has the problem; the buckets are a plain way of it.)

        Args:
            came: Whether it was seen to come.
            since: Moment its window began, Unix seconds.
            known: The moment at which this is known, Unix seconds.
            window: Days within which it counts.
            rate: Share of rows in which it comes by and by.
        """
        elapsed = (known - since) / DAY
        by = self.by(np.maximum(elapsed, 0.0))
        never = (1.0 - rate) / np.maximum(1.0 - rate * by, 1e-9)
        told = np.where(came | (elapsed >= window), 1.0, by * never)
        return np.where(elapsed > 0, told, 0.0).astype(np.float32)
