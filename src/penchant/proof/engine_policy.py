"""An engine as a world's policy: it is asked as the server asks it, and told events as a tracker sends them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from penchant.clock import DAY
from penchant.engine import Engine
from penchant.errors import InvalidRequest
from penchant.proof.site import WorldClock
from penchant.proof.wording import PLAIN, Wording
from penchant.serving import Asked, RecommendationRequest, logged
from penchant.simulation.loop import Answers, Asks, LivingWorld, Policy
from penchant.slate import Slate, SlateItem
from penchant.storage import SlateRow

_BATCH = 500
"""Messages collected at once."""


class EnginePolicy:
    """Answers a world's requests by `Engine.recommend`, one after the other."""

    def __init__(
        self,
        engine: Engine,
        domain: str,
        world: LivingWorld,
        clock: WorldClock,
        wording: Wording = PLAIN,
        *,
        train_days: float = 0.0,
        until: float = math.inf,
        train: Callable[[], None] | None = None,
    ) -> None:
        """Serve a world with one domain of an engine.

        Args:
            engine: Whose clock is `clock`.
            domain: Domain name.
            world: Whose codes the answers speak.
            clock: Moved to each request's moment.
            wording: How the engine is told of the world.
            train_days: Days between trainings; 0 for none.
            until: Unix seconds from which on nothing is trained: nobody would be served by it.
            train: What to do then; trains the domain when None.
        """
        self._engine, self._domain, self._world, self._clock = engine, domain, world, clock
        self._wording = wording
        self._codes = {name: code for code, name in enumerate(world.ids)}
        self._every, self._trained, self._until = train_days * DAY, world.now, until
        self._train = train or (lambda: trained(engine, domain))
        self.degraded: dict[str, int] = {}
        """How often an answer named each thing that was not as it should be."""

    def answer(self, asks: Asks) -> Answers:
        """Ask the engine for every request, at its own moment."""
        items = np.full((len(asks), asks.size), -1, np.int32)
        propensity = np.ones(items.shape, np.float32)
        slates = [""] * len(asks)
        for i in np.argsort(asks.time, kind="stable").tolist():
            self._clock.at = float(asks.time[i])
            seed = int(asks.seed[i])
            slate = self._engine.recommend(
                RecommendationRequest(
                    placement=self._wording.placement(asks.placement),
                    domain=self._domain,
                    user_id=self._wording.person(self._world.people[int(asks.person[i])]),
                    items=[self._world.ids[seed]] if seed >= 0 else [],
                    n=asks.size,
                    context={name: told[i] for name, told in asks.context.items()},
                )
            )
            # Statistics grow beside requests; who waits for them gets the same answers on every machine.
            self._engine.recommender.close()
            for place, item in enumerate(slate.items):
                items[i, place] = self._codes[item.id]
                propensity[i, place] = item.propensity
            slates[i] = slate.slate_id
            for note in slate.degraded:
                self.degraded[note] = self.degraded.get(note, 0) + 1
        return Answers(items, propensity, tuple(slates))

    def observe(self, events: pa.Table) -> None:
        """Tell the engine what happened, as messages of a tracker."""
        told = events.to_pylist()
        if told:
            self._clock.at = max(self._clock.at, told[-1]["time"].timestamp())
        for start in range(0, len(told), _BATCH):
            messages = [self._wording.message(event) for event in told[start : start + _BATCH]]
            verdicts = self._engine.collect(messages, self._domain)
            wrong = [verdict for verdict in verdicts if verdict.status not in ("accepted", "duplicate")]
            if wrong:
                raise InvalidRequest("events", f"of the world: one was {wrong[0].status}, {wrong[0].message}")

    def change(self, items: Sequence[dict[str, Any]]) -> None:
        """Say items anew."""
        self._engine.put_items(self._domain, [self._wording.item(fields) for fields in items])

    def end_of_day(self, now: float) -> None:
        """Train when it is time."""
        self._clock.at = now
        if self._every and now < self._until and now - self._trained >= self._every:
            self._trained = now
            self._train()


class Logged:
    """A policy of chance whose slates an engine keeps, as if it had served them: the first log of a site."""

    def __init__(
        self,
        engine: Engine,
        domain: str,
        world: LivingWorld,
        clock: WorldClock,
        policy: Policy,
        wording: Wording = PLAIN,
    ) -> None:
        """Log what `policy` shows, beside telling the engine all that happens."""
        self._engine, self._domain, self._world, self._policy = engine, domain, world, policy
        self._wording = wording
        self._teller = EnginePolicy(engine, domain, world, clock, wording)
        self.observe, self.change = self._teller.observe, self._teller.change

    def answer(self, asks: Asks) -> Answers:
        """What the policy shows, with slate ids."""
        found = self._policy.answer(asks)
        rows, slates = [], []
        placement = self._wording.placement(asks.placement)
        for i in range(len(asks)):
            person = self._wording.person(self._world.people[int(asks.person[i])])
            actor, at = f"user:{person}", int(asks.time[i] * 1000)
            shown = [
                SlateItem(
                    id=self._world.ids[int(item)],
                    position=place + 1,
                    value=0.0,
                    source=("chance",),
                    propensity=float(found.propensity[i, place]),
                )
                for place, item in enumerate(found.items[i].tolist())
                if item >= 0
            ]
            name = hashlib.blake2b(f"{actor} {at} {placement} {i}".encode(), digest_size=16).hexdigest()
            slate = Slate(slate_id=name, placement=placement, domain=self._domain, release=None, items=tuple(shown))
            seed, devices = int(asks.seed[i]), asks.context.get("device")
            asked = Asked(
                items=(self._world.ids[seed],) if seed >= 0 else (),
                device=devices[i] if devices is not None else None,
                n=asks.size,
            )
            rows.append(SlateRow(name, self._domain, actor, at, logged(slate, asked=asked)))
            slates.append(name)
        self._engine.store.log_slates(rows)
        return Answers(found.items, found.propensity, tuple(slates))

    def end_of_day(self, now: float) -> None:
        """Nothing to train."""
        self._teller.end_of_day(now)


def trained(engine: Engine, domain: str) -> None:
    """Train a domain on all that is known by now."""
    engine.flush()
    engine.train(domain)
