"""The channel, lived through day by day: people come, start what they are shown or leave, and tell by what they do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.simulation.channel import draws
from penchant.simulation.channel.audience import draw_audience
from penchant.simulation.channel.choosing import (
    LEAVES_FEED,
    LEAVES_NEXT,
    OFFER,
    ORGANIC,
    SEES,
    UNSEEN,
    chances,
    choose,
    looks,
)
from penchant.simulation.channel.interest import Tiredness, draw_trends, faded
from penchant.simulation.channel.mechanisms import StreamMechanisms
from penchant.simulation.channel.programme import KINDS, OPENS, draw_programme
from penchant.simulation.channel.staying import PLAIN, Standing
from penchant.simulation.channel.telling import Telling
from penchant.simulation.channel.watching import Prospect, Watched, expect, watch
from penchant.simulation.choice import Index
from penchant.simulation.loop import Asks, Policy, Truth
from penchant.simulation.luck import extreme, uniform

FEED, NEXT = 10, 5
"""Items asked for at the feed, and after an item."""

STEPS = 6
"""Most slates after the first of a visit."""

HOURS = (6.5, 9.5, 12.5, 15.5, 18.5, 21.5)
BUSY = (0.12, 0.12, 0.16, 0.14, 0.26, 0.20)
"""Hours at which visits begin, and share of each. The longest visit ends before the next hour's begin."""

MEASURES = ("starts", "satisfaction", "seconds", "attention_seconds", "completions", "early_exits")
"""What is told of what was shown, as expectations and `_realised`."""

Reals = NDArray[np.float64]


@dataclass(frozen=True)
class _Visitors:
    """Visits under way, of different people; each of shape (n,).

    Attributes:
        person: Who.
        time: Unix seconds of now.
        seed: Item just ended; -1 at the beginning.
        worth: Satisfaction of that item.
    """

    person: Index
    time: Reals
    seed: Index
    worth: Reals

    def take(self, rows: NDArray[Any]) -> _Visitors:
        """Some of them."""
        return _Visitors(self.person[rows], self.time[rows], self.seed[rows], self.worth[rows])


class Channel:
    """A living channel of videos, articles and podcasts; a `LivingWorld`.

    Attributes:
        mechanisms: What deceives, and how strongly.
    """

    domain = "channel"
    pack = "content"

    def __init__(
        self,
        people: int = 1_000,
        seed: int = 1,
        start: float = 1_767_225_600.0,
        mechanisms: StreamMechanisms | None = None,
        items: int = 300,
        days: int = 90,
    ) -> None:
        """Draw the hidden truth.

        Args:
            people: How many there are; some come daily, some hardly ever.
            seed: Of everything; the same seed and the same answers give the same days.
            start: Unix seconds of the first day's beginning; midnight UTC.
            mechanisms: What deceives, and how strongly; all as published when not given.
            items: How many there are at the start.
            days: For how many days the channel can be lived through.
        """
        self.mechanisms, self.start = mechanisms or StreamMechanisms(), start
        streams = [np.random.default_rng([seed, 7, k]) for k in range(4)]
        self._programme = draw_programme(streams[0], start, items, days, self.mechanisms)
        self._audience = draw_audience(streams[1], people, self._programme, self.mechanisms)
        self._trends = draw_trends(streams[2], days, self.mechanisms)
        self._standing = Standing(self._audience.coming, streams[3].random(people), self.mechanisms)
        self._tired = Tiredness(people, self._programme, self.mechanisms)
        self.ids = self._programme.ids
        self.people = [f"viewer-{p:05d}" for p in range(people)]
        read = np.array([kind == "article" for kind in KINDS])[self._programme.format]
        self._telling = Telling(self.people, self.ids, read)
        self._seed, self._days, self._day, self._now = seed, days, 0, start
        # How an item looks before it is watched: what it holds is not all to be seen, and covers add their own.
        self._cover = self._programme.cover - self.mechanisms.bait * UNSEEN * SEES * self._programme.quality
        self._sums: dict[str, Reals] = {}
        self._felt: Reals = np.zeros(people)

    @property
    def now(self) -> float:
        """Unix seconds up to which the channel was lived through."""
        return self._now

    def catalog(self) -> list[dict[str, Any]]:
        """The items that are there now, as plain fields of the content pack's item type."""
        return [self._programme.fields(i) for i in np.flatnonzero(self.available()).tolist()]

    def available(self) -> NDArray[np.bool_]:
        """Which items are out and within their rights, shape (items,)."""
        return (self._programme.opens <= self._now) & (self._now < self._programme.closes)

    @property
    def lengths(self) -> Reals:
        """Length of each item in seconds, shape (items,)."""
        return self._programme.length

    def day(self, policy: Policy) -> Truth:
        """Live through the next day.

        Raises:
            ValueError: The channel was made for fewer days.
        """
        if self._day >= self._days:
            raise ValueError(f"this channel was made for {self._days} days")
        begin, people = self.start + self._day * DAY, len(self._audience)
        before, self._now = self.available(), begin + OPENS
        new = np.flatnonzero(self.available() & ~before)
        if len(new):
            policy.change([self._programme.fields(i) for i in new.tolist()])

        names = [*MEASURES, *(f"{name}_realised" for name in MEASURES)]
        self._sums = {name: np.zeros(people) for name in [*names, "organic_starts", "organic_satisfaction", "refused"]}
        self._felt = np.zeros(people)
        everyone, chance = np.arange(people), self._standing.comes()
        came = self._standing.here & (uniform(self._seed, draws.COMES, everyone, self._day) < chance)
        luck = uniform(self._seed, draws.HOUR, everyone, self._day)
        edges = np.concatenate([[0.0], np.cumsum(BUSY)])
        for k, hour in enumerate(HOURS):
            share = (luck - edges[k]) / BUSY[k]
            person = np.flatnonzero(came & (share >= 0.0) & (share < 1.0))
            time = np.round(begin + hour * 3600.0 + 600.0 * share[person], 3)
            order = np.argsort(time, kind="stable")
            if len(order):
                self._visit(policy, person[order], time[order])

        here = self._standing.here
        self._standing.end_of_day(chance, came, self._felt)
        self._tired.sleep()
        self._day, self._now = self._day + 1, begin + DAY
        visits = {"visits": chance * here, "visits_realised": came.astype(np.float64)}
        return Truth({**self._sums, **visits}, self._states())

    def prospects(self, person: Index, time: Reals, items: Index) -> tuple[Reals, Prospect]:
        """What only the world knows: what would become of items, were they shown; for oracles.

        Args:
            person: Who, shape (n,).
            time: Unix seconds, shape (n,).
            items: What, shape (m,).

        Returns:
            Utility of starting in logits, and what is to be expected of a start; each of shape (n, m).
        """
        joy = self._joy(person[:, None], items[None, :], float(time.max(initial=self._now)))
        aside = self._aside(person[:, None], items[None, :])
        return self._utility(joy, items), expect(joy, self._programme.length[items], aside)

    def tastes(self, person: Index, time: Reals, items: Index) -> Reals:
        """As `prospects`, the utility alone, without what is the items' own: their quality and their covers.

        Args:
            person: Who, shape (n,).
            time: Unix seconds, shape (n,).
            items: What, shape (m,).

        Returns:
            Logits, shape (n, m).
        """
        utility, _ = self.prospects(person, time, items)
        found: Reals = utility - self._cover[items] - SEES * self._programme.quality[items]
        return found

    def _joy(self, person: Index, item: Index, now: float) -> Reals:
        """Enjoyment in standard deviations; `person` and `item` broadcast."""
        joy = self._audience.enjoyment[person, item].astype(np.float64)
        day = min(self._day, len(self._trends) - 1)
        joy += self._trends[day, self._programme.topic[item]] - faded(self._programme, now, self.mechanisms)[item]
        return joy - self._tired.of(person, item)

    def _utility(self, joy: Reals, item: Index) -> Reals:
        return SEES * joy + self._cover[item]

    def _aside(self, person: Index, item: Index) -> Reals:
        return np.minimum(self._audience.aside[person] * self._programme.alone[item], 1.0)

    def _visit(self, policy: Policy, person: Index, time: Reals) -> None:
        """Visits of different people that begin at much the same time."""
        looking = uniform(self._seed, draws.ORGANIC, person, self._day) < ORGANIC
        visitors = _Visitors(person, time, np.full(len(person), -1), np.full(len(person), PLAIN))
        found = self._search(policy, visitors.take(looking))
        served = self._serve(policy, visitors.take(~looking), 0)
        visitors = _Visitors(*(np.concatenate(pair) for pair in zip(_columns(found), _columns(served), strict=True)))
        for step in range(1, STEPS + 1):
            if not len(visitors.person):
                break
            visitors = self._serve(policy, visitors.take(np.argsort(visitors.time, kind="stable")), step)

    def _search(self, policy: Policy, visitors: _Visitors) -> _Visitors:
        """People who came for something find it, without being shown anything: search, subscriptions."""
        if not len(visitors.person):
            return visitors
        person, there = visitors.person[:, None], np.flatnonzero(self.available())
        luck = uniform(self._seed, draws.OFFER, person, self._day, np.arange(OFFER)[None, :])
        offer = there[(luck * len(there)).astype(np.int64)]
        joy = self._joy(person, offer, float(visitors.time[0]))
        pull = self._utility(joy, offer) + extreme(self._seed, draws.OFFER, person, self._day, OFFER + offer)
        best = np.argmax(pull, axis=1)[:, None]
        item, joy = np.take_along_axis(offer, best, axis=1)[:, 0], np.take_along_axis(joy, best, axis=1)[:, 0]
        after, watched = self._start(policy, visitors, item, joy, np.full(len(item), -1), ())
        self._sums["organic_starts"][visitors.person] += 1.0
        self._sums["organic_satisfaction"][visitors.person] += watched.worth
        return after

    def _serve(self, policy: Policy, visitors: _Visitors, step: int) -> _Visitors:
        """Ask the policy once for each visitor, and let them start something or leave; who started goes on."""
        person = visitors.person
        if not len(person):
            return visitors
        placement, size = ("up-next", NEXT) if step else ("feed", FEED)
        asks = Asks(placement, person.astype(np.int32), visitors.time, visitors.seed.astype(np.int32), size)
        answers = policy.answer(asks)
        shown = answers.items.astype(np.int64)
        there = (shown >= 0) & self.available()[shown]
        item = np.maximum(shown, 0)
        joy = self._joy(person[:, None], item, float(visitors.time[0]))
        utility = np.where(there, self._utility(joy, item), -np.inf)
        leaves = (LEAVES_NEXT if step else LEAVES_FEED) - self._standing.lingers(visitors.worth)
        look = looks(shown.shape[1], self.mechanisms.position_bias)
        chance = chances(utility, look, leaves)
        prospect = expect(joy, self._programme.length[item], self._aside(person[:, None], item))
        self._expect(person, chance, prospect)
        self._sums["refused"][person] += ((shown >= 0) & ~there).sum(axis=1)

        place = choose(self._seed, person, self._day, step, shown, utility, look, leaves)
        rows = np.flatnonzero(place >= 0)
        place = place[rows]
        slates = tuple(answers.slates[i] for i in rows.tolist()) if answers.slates else ()
        visitors = visitors.take(rows)
        after, watched = self._start(policy, visitors, item[rows, place], joy[rows, place], place, slates)
        self._realise(visitors.person, watched)
        return after

    def _start(
        self, policy: Policy, visitors: _Visitors, item: Index, joy: Reals, place: Index, slates: tuple[str, ...]
    ) -> tuple[_Visitors, Watched]:
        """Let each visitor begin an item, tell the policy, and go on to the moment after it."""
        person, length = visitors.person, self._programme.length[item]
        aside = self._aside(person, item)
        watched = watch(self._seed, person, item, np.full(len(item), self._day), joy, length, aside)
        self._tired.begin(person, item)
        self._felt[person] += watched.worth
        if len(person):
            session = [f"{self.people[p]}-{self._day}" for p in person.tolist()]
            told = self._telling.table(person, item, visitors.time, watched, place, slates, session)
            policy.observe(told)
        return _Visitors(person, visitors.time + watched.seconds + 10.0, item, watched.worth), watched

    def _expect(self, person: Index, chance: Reals, prospect: Prospect) -> None:
        parts = (
            np.ones_like(chance),
            prospect.worth,
            prospect.seconds,
            prospect.attention,
            prospect.completion,
            prospect.exit,
        )
        for name, part in zip(MEASURES, parts, strict=True):
            self._sums[name][person] += (chance * part).sum(axis=1)

    def _realise(self, person: Index, watched: Watched) -> None:
        parts: tuple[Any, ...] = (
            1.0,
            watched.worth,
            watched.seconds,
            watched.attention,
            watched.complete,
            watched.exit,
        )
        for name, part in zip(MEASURES, parts, strict=True):
            self._sums[f"{name}_realised"][person] += part

    def _states(self) -> dict[str, Reals]:
        standing = self._standing
        return {
            "alive": standing.alive.copy(),
            "alive_realised": standing.here.astype(np.float64),
            "returning": standing.alive * standing.comes(),
            "opinion": standing.opinion.copy(),
            "retained": standing.retained(),
            "retained_realised": standing.retained_realised(),
        }


def _columns(visitors: _Visitors) -> tuple[NDArray[Any], ...]:
    return visitors.person, visitors.time, visitors.seed, visitors.worth
