"""The fitness channel's catalog: trainers with a character, and their videos."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY, iso
from penchant.simulation.choice import Index, Utility, draw

TOPICS = (
    "hiit", "strength", "core", "yoga", "pilates", "mobility", "running", "cycling",
    "boxing", "dance", "breathing", "nutrition", "recovery", "beginners",
)  # fmt: skip
TOPIC_TITLES = {"hiit": "HIIT"}
"""Topics whose title is not just the word."""

FORMATS = ("follow-along", "explainer", "interview", "challenge", "short")
LENGTHS = (25.0, 14.0, 38.0, 18.0, 4.0)
"""Usual length of each format, in minutes."""

GENRES = ("workout", "workout", "workout", "calm", "calm", "calm", "endurance", "endurance",
          "workout", "workout", "calm", "knowledge", "knowledge", "workout")  # fmt: skip
"""Genre of each topic."""

LANGUAGES = ("en", "de", "fr")
REGIONS = ("DE", "AT", "CH", "FR", "GB")
TRAINERS = (
    "Ada Lind", "Bo Karim", "Cleo Frantz", "Dario Venn", "Elif Somer", "Finn Adler", "Greta Moll", "Hugo Tamm",
    "Ines Rojan", "Jonas Weik", "Kaya Brandt", "Leo Marsh", "Mina Oster", "Nils Hagen", "Oda Perrin", "Pia Rusk",
    "Quinn Darrow", "Rosa Thiel",
)  # fmt: skip
YEAR_BEFORE = 300.0
"""Days before the simulated time from which on videos were published."""


@dataclass(frozen=True)
class Videos:
    """The catalog, as items and as columns; rows are videos, oldest first.

    Attributes:
        items: Plain fields for the content pack.
        trainer: Index in `TRAINERS`.
        topics: 1 for the topics a video has, shape (videos, topics).
        main: Main topic.
        format: Index in `FORMATS`.
        language: Index in `LANGUAGES`.
        length: Seconds.
        opens: When it can first be watched, Unix seconds.
        closes: When its rights end; inf = never.
        regions: Where it may be watched, shape (videos, regions).
    """

    items: list[dict[str, Any]]
    trainer: Index
    topics: Utility
    main: Index
    format: Index
    language: Index
    length: NDArray[np.float64]
    opens: NDArray[np.float64]
    closes: NDArray[np.float64]
    regions: NDArray[np.bool_]

    def alike(self) -> Utility:
        """How alike two videos are in topic, trainer, format and length, 0 to 4, shape (videos, videos)."""
        log = np.log(self.length).astype(np.float32)
        topic = self.topics @ self.topics.T / np.maximum(self.topics.sum(axis=1), 1.0)
        out: Utility = np.minimum(topic, 1.0).astype(np.float32)
        out += self.trainer[:, None] == self.trainer
        out += self.format[:, None] == self.format
        out += np.exp(-(((log[:, None] - log) / np.float32(0.4)) ** 2) / 2)
        return out


def draw_videos(rng: np.random.Generator, count: int, now: float, days: float) -> Videos:
    """A catalog: each trainer has two topics, a favourite format, a usual length and one language."""
    n, trainers = count, len(TRAINERS)
    speciality = np.stack([rng.permutation(len(TOPICS))[:2] for _ in range(trainers)])
    favourite = rng.choice(len(FORMATS), size=trainers, p=[0.5, 0.15, 0.1, 0.15, 0.1])
    pace = 0.3 * rng.standard_normal(trainers)
    tongue = rng.choice(len(LANGUAGES), size=trainers, p=[0.55, 0.3, 0.15])

    trainer = rng.choice(trainers, size=n, p=rng.dirichlet(np.full(trainers, 6.0)))
    own = rng.random(n)
    main = np.where(own < 0.6, speciality[trainer, 0], np.where(own < 0.88, speciality[trainer, 1], -1))
    main = np.where(main < 0, rng.integers(len(TOPICS), size=n), main)
    topics = np.zeros((n, len(TOPICS)), np.float32)
    topics[np.arange(n), main] = 1.0
    second = rng.random(n) < 0.45
    topics[second, draw(rng, np.ones((n, len(TOPICS))))[second]] = 1.0
    form = np.where(rng.random(n) < 0.7, favourite[trainer], rng.integers(len(FORMATS), size=n))
    minutes = np.array(LENGTHS)[form] * np.exp(pace[trainer] + 0.22 * rng.standard_normal(n))
    length = np.round(60.0 * np.clip(minutes, 1.0, 75.0))

    # Four in ten come out inside the simulated time, so that freshness has something to say.
    age = np.where(rng.random(n) < 0.4, rng.uniform(0, days, n), days + rng.uniform(0, YEAR_BEFORE, n))
    published = np.floor((now - DAY * np.sort(age)[::-1]) / 3600.0) * 3600.0
    ended = rng.random(n) < 0.05
    opened = np.maximum(published, now - days * DAY)
    closes = np.where(ended, opened + rng.uniform(0.3, 0.95, n) * np.maximum(now - opened, 0.0), np.inf)
    regions = np.ones((n, len(REGIONS)), np.bool_)
    limited = rng.random(n) < 0.06
    regions[limited] = rng.random((int(limited.sum()), len(REGIONS))) < 0.5
    regions[limited, rng.integers(len(REGIONS), size=int(limited.sum()))] = True

    columns = Videos([], trainer, topics, main, form, tongue[trainer], length, published, closes, regions)
    columns.items.extend(_fields(columns, i) for i in range(n))
    return columns


def _fields(videos: Videos, i: int) -> dict[str, Any]:
    topic, minutes = TOPICS[int(videos.main[i])], max(1, round(videos.length[i] / 60.0))
    others = [TOPICS[t] for t in np.flatnonzero(videos.topics[i]).tolist() if TOPICS[t] != topic]
    form, trainer = FORMATS[int(videos.format[i])], TRAINERS[int(videos.trainer[i])]
    closes = float(videos.closes[i])
    allowed = videos.regions[i]
    return {
        "id": f"video-{i + 1:04d}",
        "title": f"{TOPIC_TITLES.get(topic, topic.capitalize())} {form} with {trainer}, {minutes} min",
        "url": f"https://channel.example/watch/{i + 1:04d}",
        "kind": "video",
        "topics": [topic, *others],
        "genre": GENRES[int(videos.main[i])],
        "format": form,
        "creator": trainer,
        "length_s": float(videos.length[i]),
        "language": LANGUAGES[int(videos.language[i])],
        "published": iso(float(videos.opens[i])),
        "available_from": iso(float(videos.opens[i])),
        "available_until": iso(closes) if np.isfinite(closes) else None,
        "regions": [] if allowed.all() else [r for r, ok in zip(REGIONS, allowed.tolist(), strict=True) if ok],
    }
