"""A closed loop: people come, a policy answers, people respond to what they are shown, and the policy learns of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from penchant.simulation.log import SCHEMA
from penchant.slate import Codes

LIVING = pa.schema(
    [
        *SCHEMA,
        ("slate", pa.string()),
        ("position", pa.int32()),
        ("dwell", pa.float64()),
        ("session", pa.string()),
    ]
)
"""Columns of what people do in a closed loop: those of a log, and which slate and place they answer to, seconds of
attention (a player that runs in the background gathers none), and the visit."""


@dataclass(frozen=True)
class Asks:
    """Requests of one placement by n different people, at much the same time.

    Attributes:
        placement: Name of the placement, as the pack ships it.
        person: Person codes, shape (n,).
        time: Unix seconds, shape (n,).
        seed: Item each request is about; -1 for none. Shape (n,).
        size: Items wanted.
        context: What else each request says, as in `{"device": [...]}`; each of length n.
    """

    placement: str
    person: Codes
    time: NDArray[np.float64]
    seed: Codes
    size: int
    context: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __len__(self) -> int:
        """Number of requests."""
        return len(self.person)


@dataclass(frozen=True)
class Answers:
    """What a policy shows.

    Attributes:
        items: Item codes, shape (n, size), best first; -1 is an empty place.
        propensity: Chance that the item came to be shown there, same shape; 1 where nothing was left to chance.
        slates: Slate ids, which later events point at; empty when the policy gives none.
    """

    items: Codes
    propensity: NDArray[np.float32]
    slates: tuple[str, ...] = ()


class Policy(Protocol):
    """Whatever chooses what people are shown: an engine, a rule, chance."""

    def answer(self, asks: Asks) -> Answers:
        """Fill slates. What was observed before this call may be used, and nothing else."""
        ...

    def observe(self, events: pa.Table) -> None:
        """Learn what people did: rows of the schema `LIVING`, sorted by time."""
        ...

    def change(self, items: Sequence[dict[str, Any]]) -> None:
        """Learn that items changed or came: whole plain items, as in the catalog."""
        ...

    def end_of_day(self, now: float) -> None:
        """The world's night: a policy may train."""
        ...


@dataclass(frozen=True)
class Truth:
    """What really came of one day, by person: known to the world alone.

    Attributes:
        sums: Measures that add up over days, as in `net_revenue` or `satisfaction`, each of shape (people,). A world
            tells them as expectations given what was shown (names as in docs/worlds.md), and beside them what luck made
            of it (names that end in `_realised`).
        states: Measures of how people stand at the day's end, as in `mastery` or `alive`, each of shape (people,).
    """

    sums: Mapping[str, NDArray[np.float64]]
    states: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)


class LivingWorld(Protocol):
    """A site whose visitors answer to what they are shown.

    The same world, seed and answers give the same days. Items and people have codes: their places in `ids` and
    `people`.
    """

    domain: str
    pack: str
    ids: list[str]
    """Item ids by code; those that come later are in it from the start, and are told of when they come."""
    people: list[str]
    """User ids by code."""
    start: float
    """Unix seconds of the first day's beginning."""

    @property
    def now(self) -> float:
        """Unix seconds up to which it was lived through: the beginning of the next day."""
        ...

    def catalog(self) -> list[dict[str, Any]]:
        """The items there are now, as plain fields of the pack's item type."""
        ...

    def day(self, policy: Policy) -> Truth:
        """Live through the next day: asks the policy, tells it events and changes as they come."""
        ...

    def available(self) -> NDArray[np.bool_]:
        """Which items may be shown now at all (there, in stock, with rights), shape (items,)."""
        ...


@dataclass(frozen=True)
class Outcome:
    """What came of a policy.

    Attributes:
        days: Days lived through.
        sums: Each measure's sum over all days, by person; shape (people,).
        states: Each state at the end, by person.
        daily: Each measure's sum over all people, by day; shape (days,).
    """

    days: int
    sums: Mapping[str, NDArray[np.float64]]
    states: Mapping[str, NDArray[np.float64]]
    daily: Mapping[str, NDArray[np.float64]]


def live(
    world: LivingWorld, policy: Policy, days: int, progress: Callable[[float], None] = lambda share: None
) -> Outcome:
    """Let a policy serve a world for some days.

    Args:
        world: Is changed by it; it may have been lived through for some days before.
        policy: Learns as it goes.
        days: How many.
        progress: Called with the share that is done.
    """
    return live_together([world], [policy], days, progress)[0]


def live_together(
    worlds: Sequence[LivingWorld],
    policies: Sequence[Policy],
    days: int,
    progress: Callable[[float], None] = lambda share: None,
) -> list[Outcome]:
    """Let policies serve worlds side by side: each day all of them, one after the other, and then the night.

    Args:
        worlds: Of the same day; they are changed by it.
        policies: One a world.
        days: How many.
        progress: Called with the share that is done.

    Returns:
        One outcome a world.
    """
    told: list[list[Truth]] = [[] for _ in worlds]
    for day in range(days):
        for world, policy, truths in zip(worlds, policies, told, strict=True):
            truths.append(world.day(policy))
        for world, policy in zip(worlds, policies, strict=True):
            policy.end_of_day(world.now)
        progress((day + 1) / days)
    return [_outcome(truths) for truths in told]


def _outcome(told: Sequence[Truth]) -> Outcome:
    names = dict.fromkeys(name for truth in told for name in truth.sums)
    sums = {name: np.sum([truth.sums[name] for truth in told], axis=0) for name in names}
    daily = {name: np.array([truth.sums[name].sum() for truth in told]) for name in names}
    return Outcome(len(told), sums, told[-1].states if told else {}, daily)
