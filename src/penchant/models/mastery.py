"""What a learner can do by now, by topic, and the items that are neither too easy nor too hard for them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from penchant.catalog import Categories
from penchant.dataset import Dataset, Queries
from penchant.models.answers import AnswerRoles, Told
from penchant.models.choice import NOTHING, Allowed, allowed_in, best_among
from penchant.models.levels import Levels
from penchant.models.model import Fitted, Run, State
from penchant.models.need import need
from penchant.slate import Candidates, Codes

_SPREAD = 30.0
"""Sums of abilities and difficulties are read inside this, so that no exponential overflows."""


class _Learner:
    """Somebody's abilities: one for everything, and what is different about a topic."""

    def __init__(self, recipe: Mastery) -> None:
        self._rate, self._fade = recipe.rate, recipe.fade
        self.ability, self.answers = 0.0, 0
        self.topics: dict[int, float] = {}
        self.counts: dict[int, int] = {}

    def learns(self, topic: int, difficulty: float, right: bool) -> float:
        """Take in one answer; gives how much better it was than expected."""
        own, times = self.topics.get(topic, 0.0), self.counts.get(topic, 0)
        error = float(right) - _chance(self.ability + own - difficulty)
        self.ability += error * self._rate / (1.0 + self._fade * self.answers)
        self.answers += 1
        self.counts[topic] = times + 1
        if topic >= 0:
            self.topics[topic] = own + error * self._rate / (1.0 + self._fade * times)
        return error


@dataclass(frozen=True)
class FittedMastery:
    """Difficulties; what people can do is worked out of each request.

    Attributes:
        recipe: What it was fitted with.
        difficulty: Of each item, on the scale of abilities, shape (n_items,).
        topic: Topic of each item, -1 for none, shape (n_items,).
    """

    recipe: Mastery
    difficulty: NDArray[np.float32]
    topic: Codes

    def retrieve(self, queries: Queries, k: int, allowed: Allowed = None) -> Candidates:
        """Items whose chance of success is within `width` of `target`; nothing for people without any answer."""
        n, stay = len(self.difficulty), self.recipe.stay
        least, most = (_ease(self.recipe.target + side * self.recipe.width) for side in (-1, 1))
        rows = []
        for i in range(len(queries)):
            learner = self._learner(queries, i)
            if not learner.answers or not n:
                rows.append(NOTHING)
                continue
            mask = allowed_in(allowed, i)
            near = self._near(learner, k, mask)
            ease = self._ease(learner, near)
            inside = np.flatnonzero((ease >= least) & (ease <= most))
            zone = near[inside]
            off = np.abs(_chances(ease[inside]) - self.recipe.target) / self.recipe.width
            share = self._by_topic({topic: times / learner.answers for topic, times in learner.counts.items()})
            scores = np.maximum(1.0 - off, 0.0) * (1.0 - stay + stay * share[self.topic[zone]])
            rows.append(best_among(zone, scores, k))
        return Candidates.from_rows(rows)

    def chances(self, queries: Queries, row: int) -> NDArray[np.float64]:
        """How likely this learner succeeds with each item now, shape (n_items,)."""
        return _chances(self._ease(self._learner(queries, row), np.arange(len(self.difficulty), dtype=np.int32)))

    @cached_property
    def everywhere(self) -> Levels:
        """All items by difficulty."""
        return Levels.of(np.zeros(len(self.topic), np.int32), self.difficulty)

    @cached_property
    def inside(self) -> Levels:
        """Items by topic, those without one first, and by difficulty."""
        return Levels.of(self.topic + 1, self.difficulty)

    def state(self) -> State:
        """Difficulties, topics and the recipe."""
        return State({"difficulty": self.difficulty, "topic": self.topic}, msgspec.to_builtins(self.recipe))

    @classmethod
    def restore(cls, state: State) -> FittedMastery:
        """From `state()`."""
        recipe = msgspec.convert(state.settings, Mastery)
        return cls(recipe, np.asarray(state.arrays["difficulty"]), np.asarray(state.arrays["topic"]))

    def _learner(self, queries: Queries, row: int) -> _Learner:
        span = queries.history(row)
        items = queries.items[span]
        known = np.flatnonzero((items >= 0) & (items < len(self.difficulty)))
        items = items[known]
        answers = self.recipe.told.answers(
            np.zeros(len(items), np.int64),
            items,
            queries.times[span][known],
            queries.roles[span][known],
            queries.weights[span][known],
        )
        learner = _Learner(self.recipe)
        items = items[answers.at]
        told = zip(self.topic[items].tolist(), self.difficulty[items].tolist(), answers.right.tolist(), strict=True)
        for topic, difficulty, right in told:
            learner.learns(topic, difficulty, right)
        return learner

    def _near(self, learner: _Learner, k: int, allowed: Allowed) -> Codes:
        """Allowed items among which are the k best, by code: of each topic that was answered, and of all others."""
        middle = learner.ability - _ease(self.recipe.target)
        topics = [topic for topic in learner.counts if topic >= 0]
        # Where nothing was answered all topics are alike: what is nearest to the target anywhere is enough.
        other = np.ones(int(self.topic.max(initial=-1)) + 2, bool)
        other[topics] = False
        rest = other[self.topic]
        parts = self.everywhere.nearest(0, middle, k, rest if allowed is None else rest & allowed)
        for topic in topics:
            parts += self.inside.nearest(topic + 1, middle + learner.topics[topic], k, allowed)
        return np.sort(np.concatenate(parts))

    def _ease(self, learner: _Learner, items: Codes) -> NDArray[np.float64]:
        """Ability less difficulty of some items, same shape."""
        return (learner.ability + self._by_topic(learner.topics))[self.topic[items]] - self.difficulty[items]

    def _by_topic(self, values: Mapping[int, float]) -> NDArray[np.float64]:
        """The value of each topic, 0 where there is none."""
        # The last place is 0 for good: items without a topic (-1) look there.
        table = np.zeros(int(self.topic.max(initial=-1)) + 2)
        for topic, value in values.items():
            if topic >= 0:
                table[topic] = value
        return table


class Mastery(msgspec.Struct, frozen=True, kw_only=True):
    """The Elo rating system of learners and items.

    Pelánek, "Applications of the Elo rating system in adaptive educational systems" (Computers & Education 98, 2016). A
    learner succeeds with a chance of 1 / (1 + exp(d - a - t)), by the item's difficulty `d`, the learner's ability `a`
    and what is different about it in the item's topic, `t`. All start at 0; each answer moves them by what it differs
    from the expected, times `rate / (1 + fade n)` after n answers. Difficulties are fitted; abilities are worked out of
    each request's history, so that an answer counts at once. Items that nobody answered are as hard as their topic is
    on average.

    What is proposed is in the zone of proximal development (Vygotsky, "Mind in society", 1978): hard enough to teach
    something, not so hard that it discourages.

    Attributes:
        field: Item field with the topic; items without one go by the ability in everything.
        success: Roles that say that somebody could do it. A role that stands in both is a failure.
        failure: Roles that say that they could not.
        begun: Whether a failure counts only on an item the person had turned to before: who dismisses a proposal has
            not failed.
        target: Chance of success that is aimed at.
        width: How far from the target an item's chance may be.
        stay: Share of the score that goes by the share of the learner's answers that are on the item's topic, 0 to 1.
        rate: How much the first answers move what is known.
        fade: How quickly later answers move it less.
        least_answers: Answers the fit needs.
        least_failures: How many of them must be failures.
    """

    kind: ClassVar[str] = "mastery"
    fitted: ClassVar[type[Fitted]] = FittedMastery
    tries: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "stay": (0.5, 0.9, 0.0),
        "rate": (1.0, 0.4),
        "fade": (0.05, 0.2),
    }

    field: Annotated[str, Meta(min_length=1)]
    success: AnswerRoles = ("goal", "strong")
    failure: AnswerRoles = ("negative",)
    begun: bool = False
    target: Annotated[float, Meta(gt=0, lt=1)] = 0.7
    width: Annotated[float, Meta(gt=0, le=1)] = 0.25
    stay: Annotated[float, Meta(ge=0, le=1)] = 0.5
    rate: Annotated[float, Meta(gt=0, le=10)] = 1.0
    fade: Annotated[float, Meta(ge=0, le=10)] = 0.05
    least_answers: Annotated[int, Meta(ge=1)] = 200
    least_failures: Annotated[int, Meta(ge=0)] = 20

    @property
    def told(self) -> Told:
        """How answers are told from other events."""
        return Told(self.success, self.failure, self.begun)

    def fit(self, data: Dataset, run: Run) -> FittedMastery:
        """Play all answers through once, in the order they were given.

        Raises:
            FitFailed: There are too few answers, or too few failures to tell hard from easy.
        """
        rows = data.interactions.where(~(data.interactions.reversed_at <= data.now))
        answers = self.told.answers(rows.person.astype(np.int64), rows.item, rows.time, rows.role, rows.weight)
        need(self.kind, "answers", len(answers.at), self.least_answers)
        need(self.kind, "failed answers", int((~answers.right).sum()), self.least_failures)
        topics = data.table.category(self.field)
        difficulty, times = [0.0] * len(data.items), [0] * len(data.items)
        learners: dict[int, _Learner] = {}
        order = np.argsort(rows.time[answers.at], kind="stable")
        at = answers.at[order]
        for person, item, topic, right in zip(
            rows.person[at].tolist(),
            rows.item[at].tolist(),
            topics.codes[rows.item[at]].tolist(),
            answers.right[order].tolist(),
            strict=True,
        ):
            learner = learners.get(person)
            if learner is None:
                learner = learners[person] = _Learner(self)
            error = learner.learns(topic, difficulty[item], right)
            difficulty[item] -= error * self.rate / (1.0 + self.fade * times[item])
            times[item] += 1
        found = _filled(np.array(difficulty), np.array(times, np.int64), topics)
        return FittedMastery(self, found.astype(np.float32), topics.codes.astype(np.int32))


def _filled(difficulty: NDArray[np.float64], times: NDArray[np.int64], topics: Categories) -> NDArray[np.float64]:
    """Difficulties, where those that nobody answered have the mean of their topic, or of all."""
    asked = times > 0
    mean = float(difficulty[asked].mean()) if asked.any() else 0.0
    known = asked & (topics.codes >= 0)
    kinds = len(topics.names)
    count = np.bincount(topics.codes[known], minlength=kinds)
    total = np.bincount(topics.codes[known], difficulty[known], minlength=kinds)
    # The last place is for items without a topic (-1).
    by_topic = np.append(np.where(count > 0, total / np.maximum(count, 1), mean), mean)
    return np.where(asked, difficulty, by_topic[topics.codes])


def _chances(ease: NDArray[np.float64]) -> NDArray[np.float64]:
    chances: NDArray[np.float64] = 1.0 / (1.0 + np.exp(-np.clip(ease, -_SPREAD, _SPREAD)))
    return chances


def _ease(chance: float) -> float:
    """At which ease a chance is reached; infinite where none is as low or as high."""
    if not 0 < chance < 1:
        return math.inf if chance >= 1 else -math.inf
    return math.log(chance / (1.0 - chance))


def _chance(ease: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-_SPREAD, min(_SPREAD, ease))))
