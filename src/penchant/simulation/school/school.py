"""The academy as a living world: learners come, are shown modules, learn, fail, leave, and act on what they learned."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from penchant.clock import DAY
from penchant.simulation.choice import Index
from penchant.simulation.loop import Asks, Policy, Truth
from penchant.simulation.luck import extreme, uniform
from penchant.simulation.modules import TOPICS
from penchant.simulation.school.curriculum import Curriculum, draw_curriculum
from penchant.simulation.school.diary import Diary
from penchant.simulation.school.learners import Learners, draw_learners
from penchant.simulation.school.mechanisms import (
    AGAIN,
    BOREDOM,
    EASE,
    EXAMINED,
    FAMILIAR,
    FLASH,
    FRUSTRATION,
    HERD,
    LEAVING,
    AcademyMechanisms,
)
from penchant.simulation.school.memory import Memory
from penchant.simulation.school.prospects import LEAST, MOST, PASS, QUESTIONS, Prospects, lack, pace, prospects
from penchant.simulation.school.steps import Steps
from penchant.simulation.school.tally import Tally
from penchant.simulation.visits import HOURS

SIZE = 5
"""Modules of a slate."""
_COMES, _HOUR, _PICK, _BROWSE, _PICK_FREE, _THROUGH, _LEFT, _ANSWER = range(301, 309)
_GOES_ON, _EXPLORES, _LEAVES, _ACTS = range(309, 313)
_BLOCKS = 3
"""Parts of a day; what happened in one is told before the next begins."""
_ROOM = 5_400.0
"""Seconds at the end of each part in which no visit begins, so that all of it lies inside."""
_STEPS = 3
NOTHING = math.exp(1.2)
"""Weight of taking nothing of a slate, beside a module of no special interest, which has 1. Assumed."""
_BROWSES = 0.3
"""Chance to look around, of those who took nothing."""
_GOING_ON = 0.6
"""Chance to ask for another module after one."""
_EXPLORING = 0.4
"""Chance that the next request is about the topic at hand."""
_KNOWN_ALREADY = 0.85
"""Mastery from which on a module bores."""
_MOST_FALLS = 3.0
"""Failures in a row from which on more count no more."""


@dataclass(frozen=True)
class Outlook:
    """What learners make of modules, before chance decides; arrays of one shape.

    Attributes:
        utility: How much each draws, log-odds.
        prospects: What would come of beginning it.
        admissible: Whether what it requires is completed.
    """

    utility: NDArray[np.float64]
    prospects: Prospects
    admissible: NDArray[np.bool_]


class School:
    """A bank's academy for financial education.

    The same people, seed and answers give the same days.
    """

    domain = "academy"
    pack = "learning"

    def __init__(
        self,
        people: int = 1_000,
        seed: int = 0,
        start: float = 1_780_012_800.0,
        mechanisms: AcademyMechanisms | None = None,
    ) -> None:
        """Draw the catalog and the people.

        Args:
            people: Number of learners.
            seed: Of all luck.
            start: Unix seconds of the first day's beginning.
            mechanisms: As published when None.
        """
        self.start, self.mechanisms, self._seed = start, mechanisms or AcademyMechanisms(), seed
        self.curriculum: Curriculum = draw_curriculum(seed, start)
        self.learners: Learners = draw_learners(seed, people, self.curriculum, self.mechanisms)
        self.memory = Memory(self.learners.known, self.mechanisms.forgetting)
        self.ids = self.curriculum.ids
        self.people = [f"learner-{p:05d}" for p in range(people)]
        self.completed = np.zeros((people, len(self.curriculum)), np.bool_)
        self.alive = np.ones(people, np.bool_)
        self._now, self._day = start, 0
        self._begun = np.zeros(len(self.curriculum))
        self._falls = np.zeros(people)
        self._bored = np.zeros(people, np.bool_)
        self._acted = np.zeros((people, len(TOPICS)), np.bool_)
        self._latest = np.full((people, len(TOPICS)), -1)
        self._diary = Diary(self.people, self.ids)
        self._steps = Steps(self.curriculum, self.learners, self.mechanisms.action)

    @property
    def now(self) -> float:
        """Unix seconds up to which the academy was lived through."""
        return self._now

    def catalog(self) -> list[dict[str, Any]]:
        """The modules that came by now, out of date or not."""
        return [
            item for item, comes in zip(self.curriculum.items, self.curriculum.comes, strict=True) if comes <= self._now
        ]

    def available(self) -> NDArray[np.bool_]:
        """Which modules may be shown here now."""
        return self.curriculum.there(self._now)

    def outlook(self, person: Index, item: Index, now: ArrayLike) -> Outlook:
        """What learners make of modules now.

        Args:
            person: Person codes.
            item: Module codes; broadcasts with `person`.
            now: Unix seconds; broadcasts with both.
        """
        m, modules = self.mechanisms, self.curriculum
        person, item = np.broadcast_arrays(person, item)
        mastery = self.memory.mastery(person, modules.skill[item], now)
        before = modules.requires[item, 0]
        needed = self.memory.mastery(person, modules.skill[before], now)
        unready = m.prerequisites * np.where(before < 0, 0.0, lack(needed))
        done = self.completed[person, item]
        utility = self.learners.interest[person, modules.topic[item]] - AGAIN * done
        utility = utility + m.attraction * (FLASH * modules.flash[item] + EASE * (mastery - 0.5) + FAMILIAR * done)
        return Outlook(
            np.asarray(utility, np.float64),
            prospects(mastery, unready, modules.practice[item], modules.length[item]),
            (before < 0) | self.completed[person, before],
        )

    def day(self, policy: Policy) -> Truth:
        """Live through the next day."""
        people = len(self.learners)
        midnight = self.start + self._day * DAY
        self._now = midnight
        new = (self.curriculum.comes <= midnight) & (self.curriculum.comes > midnight - DAY)
        if new.any() and self._day:
            policy.change([self.curriculum.items[i] for i in np.flatnonzero(new)])
        tally = Tally(people)
        everyone = np.arange(people)
        comes = uniform(self._seed, _COMES, everyone, self._day) < self.learners.visits
        shares = np.cumsum(HOURS.reshape(_BLOCKS, -1).sum(axis=1)) / HOURS.sum()
        block_of = np.searchsorted(shares, uniform(self._seed, _HOUR, everyone, self._day, 1))
        length = DAY / _BLOCKS
        for block in range(_BLOCKS):
            self._now = midnight + block * length
            who = np.flatnonzero(comes & self.alive & (block_of == block))
            when = self._now + (length - _ROOM) * uniform(self._seed, _HOUR, who, self._day, 2)
            self._visit(policy, who, when, tally)
            self._leave(who)
        self._act(midnight + DAY, tally, policy)
        self._day += 1
        self._now = midnight + DAY
        return Truth(tally.sums, self._states(self._now))

    def _visit(self, policy: Policy, who: Index, when: NDArray[np.float64], tally: Tally) -> None:
        """One visit of each of some people: up to three requests, what they take, and what comes of it."""
        at = np.full(len(who), -1)
        for step in range(_STEPS):
            if not len(who):
                return
            luck = (who, self._day, step)
            near = (at >= 0) & (uniform(self._seed, _EXPLORES, *luck) < _EXPLORING)
            item, end = np.full(len(who), -1), when.copy()
            for rows, placement in ((~near, "next-step"), (near, "explore-topic")):
                if rows.any():
                    seeds = np.where(near, at, -1)[rows]
                    item[rows], end[rows] = self._serve(policy, placement, who[rows], when[rows], seeds, step, tally)
            goes_on = (item >= 0) & (uniform(self._seed, _GOES_ON, *luck) < _GOING_ON)
            who, when, at = who[goes_on], end[goes_on] + 60.0, item[goes_on]

    def _serve(
        self,
        policy: Policy,
        placement: str,
        who: Index,
        when: NDArray[np.float64],
        seeds: Index,
        step: int,
        tally: Tally,
    ) -> tuple[Index, NDArray[np.float64]]:
        """Ask, let people choose, tell. Returns what each worked on, -1 for nothing, and when they were done."""
        order = np.argsort(when, kind="stable")
        who, when, seeds = who[order], when[order], seeds[order]
        context = {
            "device": np.where(self.learners.phone[who], "phone", "desktop").tolist(),
            "household": np.where(self.learners.family[who], "family", "single").tolist(),
        }
        asks = Asks(placement, who.astype(np.int32), when, seeds.astype(np.int32), SIZE, context)
        answers = policy.answer(asks)
        shown = answers.items.astype(np.int64)
        item, place = self._choose(who, when, shown, step, tally)
        idle = (item < 0) & (uniform(self._seed, _BROWSE, who, self._day, step) < _BROWSES)
        item[idle] = self._browse(who[idle], when[idle], step, tally)
        taken = np.flatnonzero(item >= 0)
        end = when.copy()
        end[taken] = self._try(who[taken], item[taken], when[taken], taken, place[taken], step, tally)
        policy.observe(self._diary.table(answers.slates))
        # Back to the order asked in.
        return _unsorted(item, order), _unsorted(end, order)

    def _choose(
        self, who: Index, when: NDArray[np.float64], shown: Index, step: int, tally: Tally
    ) -> tuple[Index, Index]:
        """One module of each slate, or nothing: a logit over what is looked at."""
        there = self.curriculum.there(self._now)
        real = shown >= 0
        item = np.where(real, shown, 0)
        outlook = self.outlook(who[:, None], item, when[:, None])
        places = np.arange(1, shown.shape[1] + 1)
        draw = outlook.utility - self.mechanisms.position_bias * EXAMINED * np.log(places)
        draw = np.where(real & there[item], draw, -np.inf)
        weight = np.exp(draw)
        chance = weight / (NOTHING + weight.sum(axis=1, keepdims=True))
        tally.expect(who, chance, outlook.prospects)
        tally.add("shown", who, real.sum(axis=1))
        tally.add("violations", who, (real & ~outlook.admissible).sum(axis=1))
        wrong = ~there[item] | (self.curriculum.families[item] & ~self.learners.family[who][:, None])
        tally.add("unsuitable", who, (real & wrong).sum(axis=1))

        keys = draw + extreme(self._seed, _PICK, who[:, None], self._day, step, item)
        none = math.log(NOTHING) + extreme(self._seed, _PICK, who, self._day, step, -1)
        if not keys.shape[1]:
            return np.full(len(who), -1), np.zeros(len(who), np.int64)
        best = np.argmax(keys, axis=1)
        rows = np.arange(len(who))
        takes = keys[rows, best] > none
        return np.where(takes, item[rows, best], -1), np.where(takes, best + 1, 0)

    def _browse(self, who: Index, when: NDArray[np.float64], step: int, tally: Tally) -> Index:
        """One module of the whole catalog, which is sorted by popularity."""
        there = np.flatnonzero(self.curriculum.there(self._now))
        outlook = self.outlook(who[:, None], there[None, :], when[:, None])
        crowd = np.log2((1.0 + self._begun[there]) / (1.0 + self._begun[there].mean()))
        draw = outlook.utility + self.mechanisms.attraction * HERD * crowd
        weight = np.exp(draw)
        tally.expect(who, weight / weight.sum(axis=1, keepdims=True), outlook.prospects)
        keys = draw + extreme(self._seed, _PICK_FREE, who[:, None], self._day, step, there[None, :])
        chosen: Index = there[np.argmax(keys, axis=1)]
        return chosen

    def _try(
        self,
        who: Index,
        item: Index,
        when: NDArray[np.float64],
        row: Index,
        place: Index,
        step: int,
        tally: Tally,
    ) -> NDArray[np.float64]:
        """People work on modules. Returns when each is done."""
        modules, luck = self.curriculum, (who, self._day, step, item)
        outlook = self.outlook(who, item, when).prospects
        through = uniform(self._seed, _THROUGH, *luck) < outlook.through
        done = np.where(through, 1.0, LEAST + (MOST - LEAST) * uniform(self._seed, _LEFT, *luck))
        answers = uniform(self._seed, _ANSWER, *(np.asarray(key)[..., None] for key in luck), np.arange(QUESTIONS))
        score = (answers < outlook.right[:, None]).sum(axis=1)
        passed, failed = through & (score >= PASS), through & (score < PASS)
        share = -np.expm1(-pace(outlook.unready) * modules.practice[item] * done)
        end = when + 5.0 + done * modules.length[item]
        won = self.memory.practise(who, modules.skill[item], end, share, passed)

        self.completed[who[passed], item[passed]] = True
        self._latest[who[passed], modules.topic[item[passed]]] = item[passed]
        np.add.at(self._begun, item, 1.0)
        self._falls[who] = np.where(failed, self._falls[who] + 1.0, np.where(passed, 0.0, self._falls[who]))
        for name, value in (("starts", 1.0), ("completions", passed), ("failures", failed), ("mastery_gain", won)):
            tally.add(f"{name}_realised", who, value)

        self._bored[who] = outlook.mastery > _KNOWN_ALREADY
        self._tell(who, item, when, end, row, place, done, score, passed, step)
        return end

    def _tell(
        self,
        who: Index,
        item: Index,
        when: NDArray[np.float64],
        end: NDArray[np.float64],
        row: Index,
        place: Index,
        done: NDArray[np.float64],
        score: Index,
        passed: NDArray[np.bool_],
        step: int,
    ) -> None:
        """Turn what people did into events."""
        spent = done * self.curriculum.length[item]
        answers = np.where(place > 0, row, -1)

        def add(event: str, some: NDArray[np.bool_], time: NDArray[np.float64], **more: NDArray[np.float64]) -> None:
            told = {name: values[some] for name, values in more.items()}
            self._diary.add(
                event, who[some], time[some], item[some], row=answers[some], place=place[some], visit=self._day, **told
            )

        every, through = np.ones(len(who), np.bool_), done >= 1.0
        add("Recommendation Clicked", place > 0, when)
        add("Module Started", every, when + 5.0)
        add("Module Progressed", ~through, end, progress=np.round(done, 3), dwell=spent)
        add("Quiz Answered", through, end, progress=score / QUESTIONS, dwell=spent)
        add("Module Completed", passed, end + 2.0, progress=np.ones(len(who)))
        add("Module Failed", through & ~passed, end + 2.0)

    def _leave(self, who: Index) -> None:
        """Some leave for good after their visit."""
        felt = FRUSTRATION * np.minimum(self._falls[who], _MOST_FALLS) + BOREDOM * self._bored[who]
        odds = LEAVING / (1.0 - LEAVING) * np.exp(felt)
        leaves = uniform(self._seed, _LEAVES, who, self._day) < self.mechanisms.dropout * odds / (1.0 + odds)
        self.alive[who[leaves]] = False

    def _act(self, night: float, tally: Tally, policy: Policy) -> None:
        """Steps taken in life today, by topic; each is taken once."""
        chance = np.where(self._acted, 0.0, self._steps.chance(self.memory.all(night)))
        people, topics = chance.shape
        # An action is informed when something of its topic was completed here before; others nobody here hears of.
        informed = self._latest >= 0
        tally.add("actions", np.arange(people), (chance * informed).sum(axis=1))
        person, topic = np.arange(people)[:, None], np.arange(topics)
        acts = uniform(self._seed, _ACTS, person, self._day, topic) < chance
        self._acted |= acts
        person, topic = np.nonzero(acts & informed)
        tally.add("actions_realised", person, 1.0)
        when = night - 1_200.0 * uniform(self._seed, _ACTS, person, self._day, topic, 1)
        self._diary.add("Action Taken", person, when, self._latest[person, topic])
        policy.observe(self._diary.table())

    def _states(self, now: float) -> dict[str, NDArray[np.float64]]:
        mastery = self.memory.all(now)
        average = mastery.mean(axis=1)
        return {
            "mastery": average,
            "mastery_won": average - self.learners.known.mean(axis=1),
            "progress": self._steps.progress(mastery),
            "alive": self.alive.astype(np.float64),
        }


def _unsorted(values: NDArray[Any], order: Index) -> NDArray[Any]:
    out = np.empty_like(values)
    out[order] = values
    return out
