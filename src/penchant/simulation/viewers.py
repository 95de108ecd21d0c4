"""The channel's hidden truth: what each viewer enjoys, which is not all they start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.simulation.choice import Utility
from penchant.simulation.videos import FORMATS, LANGUAGES, REGIONS, TOPICS, TRAINERS, Videos

FRESH_DAYS = 6.0
"""Days after which the pull of a new video has fallen to about a third."""


@dataclass(frozen=True)
class Viewers:
    """Tastes of all viewers and qualities of all videos; utilities are logits.

    Attributes:
        videos: The catalog.
        topics: Weight of each topic; it draws the topic a visit is about. Rows sum to 1, shape (people, topics).
        enjoyment: How much each viewer truly enjoys each video, in all, shape (people, videos).
        lure: What makes a video be started beyond that: a title that promises more than it keeps, shape (videos,).
        fame: What makes a video be started and is kept, shape (videos,).
        barred: Videos not allowed where the viewer lives, shape (people, videos).
    """

    videos: Videos
    topics: NDArray[np.float64]
    enjoyment: Utility
    lure: Utility
    fame: Utility
    barred: NDArray[np.bool_]

    def pull(self, now: float, days: float) -> Utility:
        """What draws everyone to a video on each day: fame, lure, freshness; `-inf` when it is not to be had.

        Args:
            now: End of the simulated time, Unix seconds.
            days: Length of the simulated time.

        Returns:
            Shape (days + 1, videos); row 0 is the first day. A day counts by its first moment.
        """
        at = now - days * DAY + DAY * np.arange(int(np.ceil(days)) + 1)[:, None]
        age = (at - self.videos.opens) / DAY
        pull = self.fame + self.lure + 1.6 * np.exp(-np.maximum(age, 0.0) / FRESH_DAYS)
        # Rights may end in the middle of a day; that whole day is then closed.
        return np.where((age >= 0) & (at + DAY <= self.videos.closes), pull, -np.inf).astype(np.float32)


def draw_viewers(rng: np.random.Generator, people: int, videos: Videos) -> Viewers:
    """Tastes for everyone: a few topics, loved trainers, a length that fits the day, formats, one or two languages."""

    def normal(*shape: int, scale: float) -> Utility:
        return scale * rng.standard_normal(shape, dtype=np.float32)

    n = len(videos.items)
    topics = rng.dirichlet(np.full(len(TOPICS), 0.25), people) + 0.004
    topics /= topics.sum(axis=1, keepdims=True)
    by_topic = (1.1 * np.log(topics) / np.log(10.0)).astype(np.float32)
    # The best of a video's topics decides, not their sum.
    best = np.full((people, n), -np.inf, np.float32)
    for topic in range(len(TOPICS)):
        has = videos.topics[:, topic] > 0
        best[:, has] = np.maximum(best[:, has], by_topic[:, topic][:, None])

    trainers = normal(people, len(TRAINERS), scale=1.0)
    formats = normal(people, len(FORMATS), scale=0.7)
    length = (np.log(18 * 60.0) + 0.55 * rng.standard_normal(people)).astype(np.float32)
    away = np.log(videos.length).astype(np.float32) - length[:, None]
    speaks = rng.random((people, len(LANGUAGES))) < np.array([0.5, 0.35, 0.15])
    speaks[np.arange(people), rng.choice(len(LANGUAGES), size=people, p=[0.5, 0.35, 0.15])] = True

    style = normal(people, 3, scale=0.6)
    fame = normal(n, scale=0.6)
    enjoyment = best + trainers[:, videos.trainer] + formats[:, videos.format] + style @ normal(n, 3, scale=0.7).T
    enjoyment -= np.minimum((away / np.float32(0.45)) ** 2 / 2, 5.0)
    enjoyment -= np.float32(5.0) * ~speaks[:, videos.language]
    home = rng.choice(len(REGIONS), size=people, p=[0.5, 0.12, 0.1, 0.13, 0.15])
    return Viewers(videos, topics, enjoyment, normal(n, scale=0.5), fame, ~videos.regions.T[home])
