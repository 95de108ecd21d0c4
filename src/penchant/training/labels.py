"""What followed when items were shown, as labels: read off the events, and weighted while they may still change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.dataset import Dataset, Interactions
from penchant.events import Role
from penchant.ranking import Head, Outcome
from penchant.training.asked import Asked
from penchant.training.attended import Attended
from penchant.training.checked import Checked
from penchant.training.delays import Delays
from penchant.training.followers import Followers, Pairs
from penchant.training.ranks import Ranks

SKIPPED_S = 10.0
"""Who leaves an item within so many seconds has taken in nothing of it."""

Floats = NDArray[np.float32]
Moments = NDArray[np.float64]
Flags = NDArray[np.bool_]
Whole = NDArray[np.int64]

BEGUN = (Role.GOAL, Role.STRONG, Role.WEAK, Role.NEGATIVE)
"""Roles of what people did with an item, for outcomes that name none."""


@dataclass(frozen=True)
class Labels:
    """What followed, by row.

    Attributes:
        value: The label, float32; NaN where the row says nothing of this outcome.
        weight: What the row counts, float32; 0 where it says nothing.
        final: Whether nothing can change it any more.
        delays: How long the outcome took to come.
        ranks: What shares taken in were ranked by, for `taken_in` alone.
        come: Of chances, share of the outcomes that come as soon as the row is old, float32; 1 where it is final.
    """

    value: Floats
    weight: Floats
    final: Flags
    delays: Delays
    ranks: Ranks | None = None
    come: Floats | None = None


class Labeller:
    """Reads labels off the events of one domain, as they were known at one moment."""

    def __init__(self, data: Dataset, asked: Asked, heads: Sequence[Head], known: float) -> None:
        """Take the events before a moment.

        Args:
            data: Everything known.
            asked: The rows.
            heads: The pack's heads; one may be conditional on another.
            known: Unix seconds. What happened at or after it is not looked at, and a row shown then says nothing.
        """
        rows = data.interactions
        # A whole row of the data is looked at only when somebody was shown the item.
        self._pairs = Pairs.of(asked.person, asked.item)
        self._data, self._asked, self.known = data, asked, known
        self._heads = {head.name: head for head in heads}
        mine = np.flatnonzero((rows.time < known) & self._pairs.has(rows.person, rows.item))
        self._at, self._rows = mine, rows.where(_mask(mine, len(rows)))
        self._group = self._pairs.number(asked.person, asked.item)
        self._row_group = self._pairs.number(self._rows.person, self._rows.item)
        self._made: dict[str, Labels] = {}

    def labels(self, name: str, ranks: Mapping[str, Ranks] | None = None) -> Labels:
        """The labels of a head.

        Args:
            name: The head.
            ranks: By head, what shares taken in are ranked by; learned from these very rows where missing.
        """
        if name not in self._made:
            head = self._heads[name]
            usable = self._asked.time < self.known
            since = self._asked.time
            if head.outcome.given:
                earlier = self.labels(head.outcome.given, ranks)
                usable = usable & (earlier.value > 0) & (earlier.weight > 0)
            made = self._read(head, usable, since, (ranks or {}).get(name))
            self._made[name] = made
        return self._made[name]

    def _read(self, head: Head, usable: Flags, since: Moments, ranks: Ranks | None) -> Labels:
        outcome, used = head.outcome, None
        match outcome.reads:
            case "reached":
                delay = self._delay(self._events(outcome), since)
            case "reversed":
                since, delay = self._reversed(outcome)
            case "came_back":
                delay = self._came_back()
            case _:
                delay = self._delay(np.isin(self._rows.role, BEGUN), since)
        came = delay <= outcome.days
        if outcome.reads == "gained":
            came = self._checked.delay(outcome) <= outcome.days
        match outcome.reads:
            case "taken_in":
                value, used = self._taken_in(outcome, usable, ranks)
            case "left":
                value = self._left(outcome)
            case "seconds":
                value = self._seconds(outcome)
            case "gained":
                value = self._checked.gained(outcome)
            case _:
                value = came.astype(np.float32)
        elapsed = (self.known - since) / DAY
        over = elapsed >= outcome.days
        seen = usable & came
        delays = Delays.learn(delay[seen & over], outcome.days, elapsed[seen & over])
        if not delays.learned_from:
            delays = Delays.learn_early(delay[seen], elapsed[seen], outcome.days)
        rate = delays.rate(seen[usable], elapsed[usable]) if outcome.kind == "chance" else 0.0
        weight = delays.weights(came, since, self.known, outcome.days, rate)
        says = usable & ~np.isnan(value)
        come = np.where(over, 1.0, delays.by(np.maximum(elapsed, 0.0))).astype(np.float32)
        return Labels(
            np.where(says, value, np.nan).astype(np.float32),
            np.where(says, weight, 0.0).astype(np.float32),
            says & over,
            delays,
            used,
            come if outcome.kind == "chance" else None,
        )

    def _events(self, outcome: Outcome) -> Flags:
        """Which events an outcome is about."""
        return of_outcome(outcome, self._rows, self._data.events)

    def _delay(self, mask: Flags, since: Moments) -> Moments:
        """Days from a moment to the first of these events with the same item; inf where none came."""
        row = self._first(mask, since)
        found = np.append(self._rows.time, np.inf)[row]
        delay: Moments = np.where(row >= 0, np.maximum(found - since, 0.0), np.inf) / DAY
        return delay

    def _first(self, mask: Flags, since: Moments) -> Whole:
        at = np.flatnonzero(mask)
        return Followers.of(self._row_group[at], self._rows.time[at], at).first(self._group, since)

    def _reversed(self, outcome: Outcome) -> tuple[Moments, Moments]:
        """When the goal came that followed, and the days after which it was taken back."""
        row = self._first(self._rows.role == Role.GOAL, self._asked.time)
        since = np.append(self._rows.time, np.nan)[row]
        back = np.append(self._rows.reversed_at, np.inf)[row]
        # What was taken back after the moment was not known then.
        delay = np.where(back < self.known, back - since, np.inf) / DAY
        since = np.where(row >= 0, since, self._asked.time)
        return since, np.where(row >= 0, delay, np.inf)

    def _came_back(self) -> Moments:
        """Days to the first event that comes a day later or more."""
        rows = self._data.interactions
        at = np.flatnonzero(np.isin(rows.role, BEGUN) & (rows.time < self.known))
        events = Followers.of(rows.person[at].astype(np.int64), rows.time[at], at)
        person = np.where(self._asked.person < 0, len(self._data.people), self._asked.person).astype(np.int64)
        row = events.first(person, self._asked.time + DAY)
        found = np.append(rows.time, np.inf)[row]
        delay: Moments = np.where(row >= 0, found - self._asked.time, np.inf) / DAY
        return delay

    @cached_property
    def _attended(self) -> Attended:
        return Attended(self._data, self._asked, self._pairs, self._rows, self.known)

    @cached_property
    def _checked(self) -> Checked:
        return Checked(self._data, self._asked, self._group, self._at, self._row_group, self.known)

    def _reached(self, role: Role, outcome: Outcome) -> Flags:
        found: Flags = self._delay(self._rows.role == role, self._asked.time) <= outcome.days
        return found

    def _begun(self, outcome: Outcome) -> Flags:
        found: Flags = self._delay(np.isin(self._rows.role, BEGUN), self._asked.time) <= outcome.days
        return found

    def _taken_in(self, outcome: Outcome, usable: Flags, ranks: Ranks | None) -> tuple[Floats, Ranks]:
        share, seconds = self._attended.most(outcome.days)
        # Who tells of the end and of nothing else is believed; who turned away and told nothing took in nothing.
        share = np.where(np.isnan(share) & self._reached(Role.GOAL, outcome), 1.0, share)
        share = np.where(np.isnan(share) & self._reached(Role.NEGATIVE, outcome), 0.0, share)
        idle = np.isnan(share) & ~self._begun(outcome)
        share = np.where(idle, 0.0, share).astype(np.float32)
        length = self._attended.lengths[self._asked.item]
        # A short item that was taken in whole is not skipped, however few its seconds.
        skipped = idle | ((seconds < SKIPPED_S) & ~((length <= SKIPPED_S) & (share >= 0.9)))
        if ranks is None:
            ranked = usable & ~np.isnan(share) & ~skipped
            ranks = Ranks.learn(share[ranked], length[ranked])
        return np.where(skipped, 0.0, ranks.rank(share, length)).astype(np.float32), ranks

    def _left(self, outcome: Outcome) -> Floats:
        _, seconds = self._attended.most(outcome.days)
        turned = np.isnan(seconds) & self._reached(Role.NEGATIVE, outcome)
        ended = self._reached(Role.GOAL, outcome)
        gone: Flags = self._begun(outcome) & ((seconds < SKIPPED_S) | turned) & ~ended
        return gone.astype(np.float32)

    def _seconds(self, outcome: Outcome) -> Floats:
        _, seconds = self._attended.most(outcome.days)
        # Nobody gives attention to what was not begun; of what was, somebody must tell.
        return np.where(self._begun(outcome), seconds, 0.0).astype(np.float32)


def of_outcome(outcome: Outcome, rows: Interactions, names: Sequence[str]) -> Flags:
    """Which events an outcome is about; where nobody knows what events were called, their roles must do.

    Args:
        outcome: It.
        rows: Events.
        names: Names of events by code.
    """
    roles = outcome.roles or BEGUN
    found: Flags = np.isin(rows.role, np.array([int(role) for role in roles], np.int8))
    if outcome.events and names:
        codes = [code for code, name in enumerate(names) if name in outcome.events]
        found &= np.isin(rows.event, codes) | (rows.event < 0)
    return found


def _mask(at: Whole, n: int) -> Flags:
    mask = np.zeros(n, bool)
    mask[at] = True
    return mask
