"""The fitness channel: visits about a topic, videos watched to the end, left in the middle, skipped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.simulation.choice import Index, draw, pick, ranks
from penchant.simulation.log import Identity, Log
from penchant.simulation.videos import draw_videos
from penchant.simulation.viewers import Viewers, draw_viewers
from penchant.simulation.visits import Visits, draw_visits
from penchant.simulation.world import World

MOST_PLAYS = 7
"""Most videos started in one visit."""

COMPLETE = 0.95
"""Share watched from which on a video counts as completed."""


@dataclass(frozen=True)
class _Plays:
    """Videos started, in no order of note.

    Attributes:
        person: Person code.
        item: Video code.
        time: When it was started, Unix seconds.
        watched: Share watched, 0 to 1.
        joy: How much it was enjoyed, in units of the standard deviation.
    """

    person: Index
    item: Index
    time: NDArray[np.float64]
    watched: NDArray[np.float64]
    joy: NDArray[np.float64]


def stream(seed: int, now: float, people: int = 2_500, days: float = 60.0, videos: int = 600) -> World:
    """A fitness video channel and what its viewers did.

    Args:
        seed: Seed of all randomness; the same seed and `now` give the same world.
        now: End of the simulated time, Unix seconds.
        people: Number of viewers; some never come.
        days: Length of the simulated time.
        videos: Number of videos.

    Returns:
        About 40 events a viewer in 60 days.
    """
    rng = np.random.default_rng([seed, 2])
    catalog = draw_videos(rng, videos, now, days)
    viewers = draw_viewers(rng, people, catalog)
    visits = draw_visits(rng, people, now, days, mean=7.8)
    plays = _plays(rng, viewers, visits, now, days)

    log = Log("channel", [item["id"] for item in catalog.items])
    _write(rng, log, plays, catalog.length)
    identity = _identity(rng, visits, people, now)
    return World("channel", "content", catalog.items, log.table(identity, now - days * DAY, now))


def _plays(rng: np.random.Generator, viewers: Viewers, visits: Visits, now: float, days: float) -> _Plays:
    """Everyone's n-th play at once, for n = 1, 2, ...: what is next depends on what was seen before."""
    count = np.minimum(1 + rng.geometric(0.42, len(visits)) - 1, MOST_PLAYS)
    visit = np.repeat(np.arange(len(visits)), count)
    nth = ranks(visits.person[visit])
    about = draw(rng, viewers.topics[visits.person])
    pull, alike = viewers.pull(now, days), viewers.videos.alike()
    length, topics = viewers.videos.length, np.float32(1.3) * viewers.videos.topics.T

    people, n = viewers.enjoyment.shape
    seen = np.zeros((people, n), np.float32)
    last = np.zeros(people, np.int64)
    free = np.full(people, -np.inf)
    parts = []
    order = np.argsort(nth, kind="stable")
    for rows in np.split(order, np.searchsorted(nth[order], np.arange(1, nth.max(initial=0) + 1))):
        v = visit[rows]
        person, opening = visits.person[v], np.r_[True, visit[1:] != visit[:-1]][rows]
        start = np.maximum(visits.start[v], free[person] + 20.0)
        day = np.clip((start - now) / DAY + days, 0, len(pull) - 1).astype(np.int64)
        liking = viewers.enjoyment[person] + topics[about[v]]
        utility = liking + pull[day] - seen[person]
        # After the first video of a visit the next one is near the last: what plays on, what is beside it.
        utility += np.where(opening, np.float32(0.0), np.float32(0.45))[:, None] * alike[last[person]]
        utility[viewers.barred[person]] = -np.inf
        item = pick(rng, utility)
        joy = liking[np.arange(len(rows)), item] - viewers.lure[item] + 0.5 * viewers.fame[item]
        watched = _watched(rng, joy)
        # A video seen to the end is seldom started again; one left in the middle sometimes is.
        seen[person, item] = np.maximum(seen[person, item], 1.5 + 4.5 * watched)
        last[person], free[person] = item, start + watched * length[item]
        parts.append((person, item, start, watched, joy))
    return _Plays(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _watched(rng: np.random.Generator, joy: NDArray[np.floating]) -> NDArray[np.float64]:
    """Share watched: to the end, stopped on the way, or left at once, by how much it is enjoyed."""
    n = len(joy)
    mood = joy + 0.8 * rng.standard_normal(n)
    ends = rng.random(n) < 1.0 / (1.0 + np.exp(-1.1 * (mood + 0.3)))
    leaves = rng.random(n) < 1.0 / (1.0 + np.exp(1.1 * (mood + 1.2)))
    part = rng.beta(1.6, 1.8, n) * 0.9 + 0.04
    return np.where(ends, rng.uniform(COMPLETE, 1.0, n), np.where(leaves, rng.uniform(0.003, 0.06, n), part))


def _write(rng: np.random.Generator, log: Log, plays: _Plays, length: NDArray[np.float64]) -> None:
    """Turn plays into events."""
    person, item, watched = plays.person, plays.item, plays.watched
    seconds = length[item]
    end = plays.time + watched * seconds
    log.add("Content Viewed", person, plays.time, item)

    done, left = watched >= COMPLETE, watched < 0.5
    half = (watched > 0.5) & (rng.random(len(person)) < 0.15)
    log.add("Content Progressed", person[half], (plays.time + 0.5 * seconds)[half], item[half], progress=0.5)
    middle = ~done & ~left
    log.add("Content Progressed", person[middle], end[middle], item[middle], progress=np.round(watched[middle], 3))
    log.add("Content Completed", person[done], end[done], item[done], progress=1.0)
    log.add("Content Skipped", person[left], end[left], item[left], progress=np.round(watched[left], 3))

    for event, share, after in (("Content Liked", 0.11, 4.0), ("Content Shared", 0.02, 9.0)):
        some = done & (rng.random(len(person)) < share * np.exp(0.5 * np.clip(plays.joy, -2.0, 2.0)))
        log.add(event, person[some], end[some] + after, item[some])


def _identity(rng: np.random.Generator, visits: Visits, people: int, now: float) -> Identity:
    """Two thirds sign in at one of their visits; some change to another device."""
    known = np.full(people, np.inf)
    some = np.flatnonzero(rng.random(len(visits)) < 0.3)
    np.minimum.at(known, visits.person[some], visits.start[some])
    since = float(visits.start.min(initial=now))
    second = np.where(rng.random(people) < 0.2, rng.uniform(since, now, people), np.inf)
    return Identity("channel", np.where(rng.random(people) < 0.8, known, np.inf), second)
