"""Trainings by schedule: what is due is trained, domain by domain; a failure is told, and tried again later."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from penchant.clock import Clock
from penchant.training.attempts import Turns
from penchant.training.freshness import Freshness, told

LOOK_S = 60.0
"""Seconds between two looks."""


class Trained(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one domain at one look.

    Attributes:
        domain: Domain name.
        outcome: `trained`; `failed`; `waits` for its next try after a failure; `elsewhere`: somebody else trains it;
            `stopped`: it was under way when the schedule was told to end.
        why: Why it was due; after a failure, what it said.
        seconds: Time the training took.
    """

    domain: str
    outcome: Literal["trained", "failed", "waits", "elsewhere", "stopped"]
    why: str
    seconds: float = 0.0


class Schedule:
    """Looks at what is due and trains it. Any number may run on one workspace: each domain is trained by one."""

    def __init__(
        self,
        domains: Sequence[str],
        look: Callable[[str], Freshness],
        train: Callable[[str], str | None],
        turns: Turns,
        clock: Clock,
        tell: Callable[[Trained], None] = lambda trained: None,
    ) -> None:
        """Take the parts; nothing runs yet.

        Args:
            domains: Names, in the order in which they are trained.
            look: How fresh a domain is.
            train: Trains one; None when it went well, else what went wrong. What it raises is a failure like any.
            turns: Whose turn it is, and how the last ones went.
            clock: What time it is.
            tell: Told of everything that was tried.
        """
        self._domains, self._look, self._train = tuple(domains), look, train
        self._turns, self._clock, self._tell = turns, clock, tell

    def once(self, stop: threading.Event | None = None) -> list[Trained]:
        """Train what is due now.

        Args:
            stop: Ends it before the next domain; what ends a training that is under way is up to `train`.

        Returns:
            What came of each domain that was due, in order.
        """
        done = []
        for domain in self._domains:
            if stop is not None and stop.is_set():
                break
            found = self._one(domain, stop)
            if found is not None:
                self._tell(found)
                done.append(found)
        return done

    def run(self, stop: threading.Event, every_s: float = LOOK_S) -> None:
        """Look again and again until told to stop. No failure ends it."""
        while not stop.is_set():
            self.once(stop)
            stop.wait(every_s)

    def _one(self, domain: str, stop: threading.Event | None) -> Trained | None:
        try:
            if not self._look(domain).due:
                return None
            with self._turns.taken(domain) as mine:
                # Looked at again: whoever had the turn before may have just trained it.
                found = self._look(domain)
                if not mine:
                    return Trained(domain=domain, outcome="elsewhere", why=found.why)
                return self._turn(found, stop) if found.due else None
        except Exception as error:  # the store or the folder may be away for a while; the next look tells
            return Trained(domain=domain, outcome="failed", why=f"could not be looked at: {type(error).__name__}")

    def _turn(self, found: Freshness, stop: threading.Event | None) -> Trained:
        domain, before = found.domain, self._turns.read(found.domain)
        now = self._clock.now()
        if now < before.again:
            why = f"failed {before.failed} times, the last: {before.failure}; again in {told(before.again - now)}"
            return Trained(domain=domain, outcome="waits", why=why)
        begun = self._clock.elapsed()
        try:
            failure = self._train(domain)
        except Exception as error:
            failure = type(error).__name__
        seconds = round(self._clock.elapsed() - begun, 3)
        if failure is not None and stop is not None and stop.is_set():
            return Trained(domain=domain, outcome="stopped", why=found.why, seconds=seconds)
        self._turns.keep(domain, before.then(failure, self._clock.now()))
        if failure is not None:
            return Trained(domain=domain, outcome="failed", why=failure, seconds=seconds)
        return Trained(domain=domain, outcome="trained", why=found.why, seconds=seconds)
