"""The academy: learners move through series, drop out, fail, pass, and act on what they learned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.simulation.choice import Index, Utility, pick, ranks
from penchant.simulation.log import Identity, Log
from penchant.simulation.modules import JURISDICTIONS, TOPICS, Modules, draw_modules
from penchant.simulation.visits import Visits, draw_visits
from penchant.simulation.world import World

PASS = 0.6
"""Share of right answers from which on a module's quiz is passed."""


@dataclass(frozen=True)
class _Learners:
    """The academy's hidden truth.

    Attributes:
        interest: Utility of each topic, shape (people, topics).
        skill: What each can do in each topic at the start, in levels, shape (people, topics).
        gain: Levels won by a completed module, shape (people,).
        staying: Chance to stay in a series after each module, shape (people,).
        place: Index in `JURISDICTIONS`, shape (people,).
    """

    interest: Utility
    skill: NDArray[np.float64]
    gain: NDArray[np.float64]
    staying: NDArray[np.float64]
    place: Index


@dataclass(frozen=True)
class _Tries:
    """Modules started, in no order of note.

    Attributes:
        person: Person code.
        item: Module code.
        time: When it was started, Unix seconds.
        done: Share gone through; below 1 when left in the middle.
        score: Share of quiz answers that were right; NaN when the quiz was not reached.
        mastery: How likely an answer is right, which is what `score` is a draw of.
    """

    person: Index
    item: Index
    time: NDArray[np.float64]
    done: NDArray[np.float64]
    score: NDArray[np.float64]
    mastery: NDArray[np.float64]


def academy(seed: int, now: float, people: int = 1_500, days: float = 60.0) -> World:
    """A bank's academy for financial education and what its learners did.

    Args:
        seed: Seed of all randomness; the same seed and `now` give the same world.
        now: End of the simulated time, Unix seconds.
        people: Number of learners; some never come.
        days: Length of the simulated time.

    Returns:
        About 27 events a learner in 60 days.
    """
    rng = np.random.default_rng([seed, 3])
    modules = draw_modules(rng, now, days)
    learners = _learners(rng, people)
    visits = draw_visits(rng, people, now, days, mean=4.5)
    tries = _tries(rng, modules, learners, visits)

    log = Log("academy", [item["id"] for item in modules.items])
    _write(rng, log, modules, tries)
    # A bank's customers sign in; some look around before they do, or never do.
    known = np.where(rng.random(people) < 0.75, 0.0, rng.uniform(now - days * DAY, now + days * DAY, people))
    identity = Identity("academy", known, np.full(people, np.inf))
    return World("academy", "learning", modules.items, log.table(identity, now - days * DAY, now))


def _learners(rng: np.random.Generator, people: int) -> _Learners:
    able = 1.6 + 0.7 * rng.standard_normal((people, 1))
    return _Learners(
        interest=1.4 * rng.standard_normal((people, len(TOPICS)), dtype=np.float32),
        skill=able + 0.6 * rng.standard_normal((people, len(TOPICS))),
        gain=rng.gamma(4.0, 0.06, people),
        staying=rng.beta(9.0, 1.6, people),
        place=rng.choice(len(JURISDICTIONS), size=people, p=[0.7, 0.18, 0.12]),
    )


def _tries(rng: np.random.Generator, modules: Modules, learners: _Learners, visits: Visits) -> _Tries:
    """Everyone's n-th module at once, for n = 1, 2, ...: what is open depends on what was completed before."""
    visit = np.repeat(np.arange(len(visits)), 1 + rng.poisson(0.9, len(visits)))
    nth = ranks(visits.person[visit])
    people, n = len(learners.place), len(modules.items)
    completed = np.zeros((people, n), np.bool_)
    left = np.zeros((people, int(modules.series.max()) + 1), np.float32)
    at = np.full(people, -1)
    skill, free = learners.skill.copy(), np.full(people, -np.inf)
    parts = []
    order = np.argsort(nth, kind="stable")
    for rows in np.split(order, np.searchsorted(nth[order], np.arange(1, nth.max(initial=0) + 1))):
        v = visit[rows]
        person = visits.person[v]
        start = np.maximum(visits.start[v], free[person] + 60.0)
        utility = _pull(modules, learners, person, completed[person], left[person], at[person], skill[person])
        utility[~modules.allowed.T[learners.place[person]] | (start[:, None] >= modules.expires)] = -np.inf
        item = pick(rng, utility)
        topic, series = modules.topic[item], modules.series[item]
        ready = ~(modules.requires[item] & ~completed[person]).any(axis=1)

        ease = skill[person, topic] - modules.level[item] - 1.2 * ~ready
        mastery = 1.0 / (1.0 + np.exp(-(1.1 + 0.9 * ease)))
        through = rng.random(len(rows)) < 0.72 + 0.22 * mastery
        done = np.where(through, 1.0, rng.uniform(0.05, 0.9, len(rows)))
        score = np.where(through, rng.binomial(5, mastery) / 5.0, np.nan)
        passed = through & (score >= PASS)

        completed[person, item] |= passed
        skill[person, topic] += learners.gain[person] * np.where(passed, 1.0, 0.4 * done)
        stays = rng.random(len(rows)) < learners.staying[person] * np.where(passed, 1.0, 0.8)
        left[person, series] += np.where(stays, 0.0, 2.0)
        at[person] = np.where(stays & ~(passed & modules.last[item]), series, -1)
        free[person] = start + done * modules.length[item]
        parts.append((person, item, start, done, score, mastery))
    return _Tries(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _pull(
    modules: Modules,
    learners: _Learners,
    person: Index,
    completed: NDArray[np.bool_],
    left: Utility,
    at: Index,
    skill: NDArray[np.float64],
) -> Utility:
    """What draws each learner to each module now, shape (rows, modules)."""
    missing = (~completed).astype(np.float32) @ modules.requires.T.astype(np.float32) > 0
    here = at[:, None] == modules.series
    begun = np.zeros((len(person), left.shape[1]), np.bool_)
    for series in range(left.shape[1]):
        begun[:, series] = completed[:, modules.series == series].any(axis=1)
    stretch = modules.level - skill[:, modules.topic] - 0.3
    utility = learners.interest[person][:, modules.topic] - 0.35 * stretch**2
    utility += 4.0 * here + 0.8 * begun[:, modules.series] - left[:, modules.series]
    # Few open what they are not ready for, or what they have behind them.
    utility -= 5.5 * missing + 6.5 * completed
    return np.asarray(utility, np.float32)


def _write(rng: np.random.Generator, log: Log, modules: Modules, tries: _Tries) -> None:
    """Turn tries into events."""
    person, item = tries.person, tries.item
    end = tries.time + tries.done * modules.length[item]
    log.add("Module Started", person, tries.time, item)

    dropped = tries.done < 1.0
    log.add(
        "Module Progressed", person[dropped], end[dropped], item[dropped], progress=np.round(tries.done[dropped], 3)
    )
    half = ~dropped & (rng.random(len(person)) < 0.35)
    log.add("Module Progressed", person[half], (tries.time + end)[half] / 2, item[half], progress=0.5)

    answered = ~np.isnan(tries.score)
    log.add("Quiz Answered", person[answered], end[answered], item[answered], progress=tries.score[answered])
    passed = answered & (tries.score >= PASS)
    failed = answered & ~passed
    log.add("Module Completed", person[passed], end[passed] + 2.0, item[passed], progress=1.0)
    log.add("Module Failed", person[failed], end[failed] + 2.0, item[failed])

    # Knowing is not doing: action follows mastery, and mostly at the end of a series.
    chance = tries.mastery * np.where(modules.last[item], 0.45, 0.05)
    acts = passed & (rng.random(len(person)) < chance)
    log.add("Action Taken", person[acts], end[acts] + DAY * rng.exponential(1.5, int(acts.sum())), item[acts])
