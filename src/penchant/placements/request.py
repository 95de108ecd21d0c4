"""What a pipeline is given: the parts of a domain, and one request in codes of its item space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import About, ItemTable
from penchant.features import DEVICES, Moment, Statistics
from penchant.models import Blend, Fitted
from penchant.pack import Facts, Pack, Placement
from penchant.people import Likes
from penchant.placements.compiled import CompiledRule
from penchant.placements.segments import Segments
from penchant.placements.standing import Places, Standings
from penchant.ranking import AnyHead, Objective


@dataclass(frozen=True)
class Parts:
    """A domain, ready to answer.

    Attributes:
        pack: Its pack.
        models: Fitted models of the serving release, by name; empty when there is no release.
        table: The live catalog: the release's items first, then those that came later.
        n_known: How many rows of the table the release has; models that take in later items know more.
        blends: What was learned for the source `blend`, by placement; empty when nothing was.
        heads: Heads by name, with the chains of them; empty before there are rows to learn them from.
        statistics: What is known of items by now.
        floors: Relevance floor by objective: the share of the best item's chance at the goal that an item needs to be
            ordered by value.
        places: Placements whose codes heads know, in their order.
        segments: What is popular by region, device and part of the day.
        standings: Keeps the order of items of which no event tells anything.
    """

    pack: Pack
    models: Mapping[str, Fitted]
    table: ItemTable
    n_known: int
    blends: Mapping[str, Blend] = field(default_factory=dict)
    heads: Mapping[str, AnyHead] = field(default_factory=dict)
    statistics: Statistics = field(default_factory=Statistics.empty)
    floors: Mapping[str, float] = field(default_factory=dict)
    places: Sequence[str] = ()
    segments: Segments = field(default_factory=Segments.empty, compare=False, repr=False)
    standings: Standings = field(default_factory=Standings, compare=False, repr=False)

    def standing(self, placement: Placement) -> Places:
        """The place of each row by what the catalog says alone, 0 is the first, shape (n_items,)."""
        return self.standings.of(self.table, placement.order or self.pack.order)

    def floor_of(self, objective: Objective) -> float:
        """The relevance floor of an objective; until one was chosen for it, its goal alone orders."""
        return self.floors.get(objective.name, 1.0)

    def moment(self, slot: str, device: str | None, m: int) -> Moment:
        """What heads are told of the moment of one request with m candidates.

        Args:
            slot: Name of the placement that was asked for.
            device: One of `DEVICES`, or None.
            m: Number of candidates.
        """
        where = self.places.index(slot) if slot in self.places else -1
        what = DEVICES.index(device) if device in DEVICES else -1
        return Moment(np.array([what], np.int8), np.array([where], np.int16), np.ones(m, np.int16))

    def blend_of(self, placement: Placement) -> Blend | None:
        """What the source `blend` is in a placement; None when nothing was learned for it.

        A placement that the release does not know, as one that was configured after the training, has what was learned
        for another with the same task.
        """
        if placement.name in self.blends:
            return self.blends[placement.name]
        same = (other.name for other in self.pack.placements if other.learns == placement.learns)
        return next((self.blends[name] for name in same if name in self.blends), None)


@dataclass(frozen=True)
class Ask:
    """One request of one placement.

    Attributes:
        facts: History, seeds, moment, region.
        size: Items wanted.
        objective: The formula that ranks.
        eligible: Rows that the request and the placement let through (filters, exclusions), shape (n_items,).
        personalized: False answers without the person's history.
        rules: Rules that run for the placement now, by priority.
        about: What rules may know: seeds, moment, and of the person what may be used.
        device: What the person holds, one of `penchant.features.DEVICES`; None where nobody knows.
        explore: Share of all places that is left to chance.
        seed: What this answer's luck depends on.
        likes: What the person said they like.
        segments: Names of the segments that the request is of.
        slot: The placement that was asked for, where an experiment fills it with another one.
    """

    facts: Facts
    size: int
    objective: Objective
    eligible: NDArray[np.bool_]
    personalized: bool = True
    rules: Sequence[CompiledRule] = ()
    about: About = field(default_factory=About)
    device: str | None = None
    explore: float = 0.0
    seed: bytes = b""
    likes: Likes = field(default_factory=dict)
    segments: Sequence[str] = ()
    slot: str = ""
