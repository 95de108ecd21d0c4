"""What the rules want of one request: which of them hold, and which rows each is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import About, ItemTable
from penchant.pack import CURATED, EDITORIAL, Placement
from penchant.placements.compiled import CompiledRule
from penchant.slate import Codes, Scores


@dataclass(frozen=True, eq=False)
class Wish:
    """A rule that holds, and the rows it is about, shape (n_items,)."""

    rule: CompiledRule
    rows: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Wishes:
    """Rules that hold for one request, by what they do; each group by priority.

    Attributes:
        pins: What has a place of its own.
        moves: Boosts and buries.
        excludes: What is kept out.
        quotas: What has so many places.
        lists: Editorial lists.
        sets: Curated sets.
    """

    pins: tuple[Wish, ...] = ()
    moves: tuple[Wish, ...] = ()
    excludes: tuple[Wish, ...] = ()
    quotas: tuple[Wish, ...] = ()
    lists: tuple[Wish, ...] = ()
    sets: tuple[Wish, ...] = ()

    @classmethod
    def of(
        cls, rules: Sequence[CompiledRule], table: ItemTable, about: About, *, personalized: bool = True
    ) -> tuple[Wishes, tuple[str, ...]]:
        """Ask rules whether they hold.

        Args:
            rules: Those that run for the placement now.
            table: The catalog.
            about: What the request is about, and what is known of the person.
            personalized: Whether rules that ask for the person may hold.

        Returns:
            The wishes, and notes on rules that could not be asked.
        """
        held: dict[str, list[Wish]] = {name: [] for name in _GROUP.values()}
        notes: list[str] = []
        for rule in rules:
            try:
                if rule.holds(about, personalized=personalized):
                    held[_GROUP[rule.rule.action]].append(Wish(rule, rule.rows(table, about)))
            except Exception as error:  # an opinion that cannot be read must not take the answer down
                notes.append(f"rule:{rule.id}: {type(error).__name__}: {error}")
        return cls(**{name: tuple(wishes) for name, wishes in held.items()}), tuple(notes)

    def at(self, placement: Placement, about: Codes) -> Wishes:
        """Without lists and sets that a placement has no source for, and without sets that hold nothing asked about.

        Args:
            placement: The placement.
            about: Items asked about.
        """
        if not (self.lists or self.sets):
            return self
        sources = {source.model for source in placement.sources}
        sets = [wish for wish in self.sets if bool(wish.rows[about[(about >= 0) & (about < len(wish.rows))]].any())]
        return replace(
            self,
            lists=self.lists if EDITORIAL in sources else (),
            sets=tuple(sets) if CURATED in sources else (),
        )

    def __bool__(self) -> bool:
        """Whether any rule holds."""
        return bool(self.pins or self.moves or self.excludes or self.quotas or self.lists or self.sets)

    def open(self, allowed: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Rows of `allowed` that no rule keeps out."""
        if not self.excludes:
            return allowed
        left = allowed.copy()
        for wish in self.excludes:
            left &= ~wish.rows
        return left

    def factors(self, items: Codes) -> NDArray[np.float64]:
        """What the value of each item is multiplied by; several rules multiply each other."""
        found = np.ones(len(items), np.float64)
        for wish in self.moves:
            found[wish.rows[items]] *= wish.rule.rule.factor or 0.0
        return found

    def moved(self, items: Codes, value: Scores) -> Scores:
        """Values as boosts and buries leave them.

        A value that is multiplied must not be negative, or a boost would push down. So values are counted from the
        lowest one where that is below zero, and from zero elsewhere: a boost never lowers, burying never raises.
        """
        if not self.moves or not len(items):
            return value
        floor = min(0.0, float(value.min()))
        moved: Scores = (floor + (value - floor) * self.factors(items)).astype(np.float32)
        return moved


_GROUP = {
    "pin": "pins",
    "boost": "moves",
    "bury": "moves",
    "exclude": "excludes",
    "quota": "quotas",
    "list": "lists",
    "set": "sets",
}

NO_WISHES = Wishes()
"""What there is without rules."""
