"""How old what serves is, against how old it may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from penchant.clock import length
from penchant.config import FreshnessSettings
from penchant.pack import Freshness as PackFreshness

State = Literal["fresh", "due", "stale", "silent", "empty"]
"""`fresh`: within its goal; `due`: it should be trained; `stale`: it should have been long ago, which is an alarm;
`silent`: so is this: nothing happened for as long, so that there is nothing to train on, and a tracker may be broken;
`empty`: there is neither a release nor anything to train one on."""

_UNITS = (("d", 86_400.0), ("h", 3_600.0), ("m", 60.0))


@dataclass(frozen=True)
class Goal:
    """How old a domain's release may be.

    Attributes:
        train_s: It is due at this age, seconds.
        stale_s: It is stale at this age, seconds.
        events: It is due after so many new events; None for never.
        least_s: But not for its events before this age, seconds.
    """

    train_s: float
    stale_s: float
    events: int | None = None
    least_s: float = 3_600.0

    @classmethod
    def of(cls, told: FreshnessSettings, shipped: PackFreshness) -> Goal:
        """What the owner says, over what the pack says."""
        train = length(told.train or shipped.train)
        stale = length(told.stale) if told.stale else 2 * train
        # An alarm before the goal would be one that never ends.
        return cls(train, max(stale, train), told.events, length(told.least))


class Freshness(msgspec.Struct, frozen=True, kw_only=True):
    """How fresh one domain is.

    Attributes:
        domain: Domain name.
        state: In a word.
        why: In a sentence.
        release: The release that should serve; None when there is none.
        age_s: Its age, seconds; None without one.
        events: Events in the log that it does not know; None when nobody knows.
        due_s: Seconds until it is due by its age; below 0 when it is overdue, None without a release.
        failed: Trainings that failed since the last that did not.
        failure: What the last of them said.
    """

    domain: str
    state: State
    why: str
    release: str | None = None
    age_s: float | None = None
    events: int | None = None
    due_s: float | None = None
    failed: int = 0
    failure: str = ""

    @property
    def due(self) -> bool:
        """Whether it should be trained."""
        return self.state in ("due", "stale")

    @property
    def alarm(self) -> bool:
        """Whether somebody should look."""
        return self.state in ("stale", "silent")


def fresh(
    domain: str,
    goal: Goal,
    *,
    now: float,
    release: str | None,
    created: float | None,
    events: int | None,
    failed: int = 0,
    failure: str = "",
) -> Freshness:
    """How fresh a domain is.

    A release after which nothing happened is never due, however old: another training would make the same again.

    Args:
        domain: Domain name.
        goal: How old a release may be.
        now: Unix seconds.
        release: The release that should serve; None when there is none.
        created: When it was made, Unix seconds.
        events: Events that it does not know; without a release, all events. None when nobody knows.
        failed: Trainings that failed since the last that did not.
        failure: What the last of them said.
    """
    if release is None or created is None:
        state: State = "empty" if events == 0 else "due"
        why = "nothing to train on yet" if events == 0 else "no release yet"
        return Freshness(domain=domain, state=state, why=why, events=events, failed=failed, failure=failure)
    age = max(now - created, 0.0)
    state, why = _judged(goal, age, events)
    return Freshness(
        domain=domain,
        state=state,
        why=why,
        release=release,
        age_s=round(age, 3),
        events=events,
        due_s=round(goal.train_s - age, 3),
        failed=failed,
        failure=failure,
    )


def _judged(goal: Goal, age: float, events: int | None) -> tuple[State, str]:
    if events == 0:
        state: State = "silent" if age >= goal.stale_s else "fresh"
        return state, f"{told(age)} old, and nothing happened since"
    if age >= goal.stale_s:
        return "stale", f"{told(age)} old; stale at {told(goal.stale_s)}"
    if age >= goal.train_s:
        return "due", f"{told(age)} old; due at {told(goal.train_s)}"
    if goal.events is not None and events is not None and events >= goal.events:
        if age >= goal.least_s:
            return "due", f"{events:,} events since; due at {goal.events:,}"
        return "fresh", f"{events:,} events since, but only {told(age)} old; not before {told(goal.least_s)}"
    return "fresh", f"{told(age)} old; due at {told(goal.train_s)}"


def told(seconds: float) -> str:
    """A length of time in its two greatest units, as `1d 3h`, `6h`, `12m` or `40s`."""
    parts = []
    for unit, size in _UNITS:
        number, seconds = divmod(seconds, size)
        if number:
            parts.append(f"{int(number)}{unit}")
    return " ".join(parts[:2]) or f"{int(seconds)}s"
