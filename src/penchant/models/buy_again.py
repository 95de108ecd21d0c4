"""What a person is about to need again: own items, by how often they come back and how due they are now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray
from scipy.special import ndtr

from penchant.clock import DAY
from penchant.dataset import Dataset, Queries
from penchant.models.choice import Allowed, allowed_in, best_among
from penchant.models.demand import demand
from penchant.models.history import Roles
from penchant.models.model import Fitted, Run, State
from penchant.models.need import need
from penchant.models.occasions import HOUR, Timelines
from penchant.slate import Candidates, Codes

Numbers = NDArray[np.float64]

_LEAST_SPREAD = 1.0
"""Intervals of people and items that hardly told any are less alike than those seen, which had to end in time."""


@dataclass(frozen=True)
class Repeats:
    """What timelines say of each item a row had: distinct (row, item) pairs, by row, then item.

    Attributes:
        row: Row of each pair.
        item: Item codes.
        times: How many times the row had it, lines of one occasion once.
        first: Unix seconds of the first time.
        last: Unix seconds of the last time.
        spent: Sum of the logarithms of the intervals, in days, between one time and the next.
        squares: Sum of their squares.
    """

    row: NDArray[np.int64]
    item: Codes
    times: NDArray[np.int64]
    first: Numbers
    last: Numbers
    spent: Numbers
    squares: Numbers

    @classmethod
    def of(cls, timelines: Timelines, gap_hours: float) -> Repeats:
        """Read timelines.

        Args:
            timelines: What was done, oldest first.
            gap_hours: Two times an item is named no further apart than this are one time.
        """
        order = np.lexsort((timelines.times, timelines.items, timelines.rows))
        row, item, time = timelines.rows[order], timelines.items[order], timelines.times[order]
        fresh = np.ones(len(order), bool)
        fresh[1:] = (np.diff(row) != 0) | (np.diff(item) != 0)
        pause = np.diff(time, prepend=0.0)
        keep = fresh | (pause > gap_hours * HOUR)
        row, item, time, fresh = row[keep], item[keep], time[keep], fresh[keep]
        starts = np.flatnonzero(fresh)
        pair = np.cumsum(fresh) - 1
        days = np.diff(time, prepend=0.0) / DAY
        log = np.where(fresh, 0.0, np.log(np.maximum(np.where(fresh, 1.0, days), 1e-6)))
        sums = np.bincount(pair, log, minlength=len(starts)).astype(np.float64, copy=False)
        squares = np.bincount(pair, log * log, minlength=len(starts)).astype(np.float64, copy=False)
        times = np.diff(starts, append=len(row))
        return cls(row[starts], item[starts], times, time[starts], time[starts + times - 1], sums, squares)


@dataclass(frozen=True)
class FittedBuyAgain:
    """How each item comes back.

    Attributes:
        recipe: What it was fitted with.
        spread: Standard deviation of the logarithm of an interval.
        returning: Share of the times an item was had after which it is had again by the same person, shape (n_items,).
        interval: Mean logarithm of the days until then, shape (n_items,).
        demand: How much each item is wanted these days, shape (n_items,).
    """

    recipe: BuyAgain
    spread: float
    returning: Numbers
    interval: Numbers
    demand: NDArray[np.float32]

    def retrieve(self, queries: Queries, k: int, allowed: Allowed = None) -> Candidates:
        """Items of the history by how likely each is wanted again within the recipe's horizon."""
        timelines = Timelines.asked(queries, len(self.returning), self.recipe.roles)
        repeats = Repeats.of(timelines, self.recipe.gap_hours)
        scores = self._likely(repeats, queries.now[repeats.row])
        cuts = np.searchsorted(repeats.row, np.arange(len(queries) + 1))
        rows = []
        for i in range(len(queries)):
            span = slice(cuts[i], cuts[i + 1])
            rows.append(best_among(repeats.item[span], scores[span], k, allowed_in(allowed, i)))
        return Candidates.from_rows(rows)

    def state(self) -> State:
        """What is known of the items, and the recipe."""
        arrays: dict[str, NDArray[Any]] = {
            "returning": self.returning,
            "interval": self.interval,
            "demand": self.demand,
            "spread": np.array([self.spread]),
        }
        return State(arrays, msgspec.to_builtins(self.recipe))

    @classmethod
    def restore(cls, state: State) -> FittedBuyAgain:
        """From `state()`."""
        arrays = (np.asarray(state.arrays[name]) for name in ("returning", "interval", "demand"))
        return cls(msgspec.convert(state.settings, BuyAgain), float(state.arrays["spread"][0]), *arrays)

    def _likely(self, had: Repeats, now: Numbers) -> Numbers:
        recipe, again = self.recipe, had.times - 1
        returning = (again + recipe.shrink * self.returning[had.item]) / (again + recipe.shrink)
        interval = (had.spent + recipe.shrink * self.interval[had.item]) / (again + recipe.shrink)
        waited: Numbers = np.maximum((now - had.last) / DAY, 1e-6)
        before = ndtr((np.log(waited) - interval) / self.spread)
        by_then = ndtr((np.log(waited + recipe.horizon_days) - interval) / self.spread)
        # Who has not come back yet may never do so, the more likely the longer it has been.
        left = returning * (1.0 - before) + (1.0 - returning)
        chance = np.maximum(returning * (by_then - before) / np.maximum(left, 1e-12), 1e-12)
        scores: Numbers = had.times.astype(np.float64) ** recipe.frequency * chance * self.demand[had.item]
        return scores


class BuyAgain(msgspec.Struct, frozen=True, kw_only=True):
    """Own items, by how often the person had them and how due they are.

    After Bhagat, Muralidharan, Lobzhanidze & Vishwanath, "Buy it again: modeling repeat purchase recommendations"
    (KDD 2018), who multiply how likely a product is bought again at all with how likely that is now. Here intervals
    are log-normal: the expected one of a person and item is the mean of the person's own, drawn to the item's, which
    is drawn to its category's and that to everybody's; likewise the share of the times that are followed by another.
    The score is the number of times the person had the item, times the chance that they want it within the horizon,
    given how long they have gone without, times the item's demand.

    Attributes:
        horizon_days: Days ahead in which a repeat counts.
        frequency: Power of the number of times the person had an item; 0 leaves only the chance.
        shrink: Repeats that an item's own figures weigh against the person's, and a category's against the item's.
        demand: Power of how much an item is wanted these days (see `penchant.models.demand`); 0 leaves it out.
        demand_half_life_days: Days after which an event counts half in that.
        within: A category field; None knows only items and everybody.
        gap_hours: Two events no further apart than this are one time the person had it.
        roles: Roles that count, each event one.
        least_repeats: Repeats in the data that the model needs.
    """

    kind: ClassVar[str] = "buy-again"
    fitted: ClassVar[type[Fitted]] = FittedBuyAgain
    tries: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "horizon_days": (3.0, 14.0, 1.0),
        "frequency": (0.5, 1.0, 0.0),
        "shrink": (3.0, 10.0, 1.0),
        "demand": (0.5, 0.25, 1.0, 0.0),
        "demand_half_life_days": (3.0, 14.0),
    }

    horizon_days: Annotated[float, Meta(gt=0, le=3_650)] = 3.0
    frequency: Annotated[float, Meta(ge=0, le=4)] = 0.5
    shrink: Annotated[float, Meta(gt=0, le=1_000)] = 3.0
    demand: Annotated[float, Meta(ge=0, le=4)] = 0.5
    demand_half_life_days: Annotated[float, Meta(gt=0, le=36_500)] = 3.0
    within: str | None = None
    gap_hours: Annotated[float, Meta(ge=0, le=8_760)] = 6.0
    roles: Roles = ("goal",)
    least_repeats: Annotated[int, Meta(ge=1)] = 50

    def fit(self, data: Dataset, run: Run) -> FittedBuyAgain:
        """Learn how items come back.

        Raises:
            FitFailed: Too few people had an item twice.
        """
        had = Repeats.of(Timelines.known(data, self.roles), self.gap_hours)
        again = had.times - 1.0
        total = float(again.sum())
        need(self.kind, "repeats of an item by the same person", int(total), self.least_repeats)
        n = len(data.items)
        tallies = np.array([np.bincount(had.item, x, minlength=n) for x in (had.times, again, had.spent)])
        everybody = tallies.sum(axis=1)
        share, days = np.full(n, everybody[1] / everybody[0]), np.full(n, everybody[2] / everybody[1])
        if self.within is not None:
            kinds = data.table.category(self.within)
            known = kinds.codes >= 0
            size, at = len(kinds.names), kinds.codes[known]
            sums = np.array([np.bincount(at, x[known], minlength=size) for x in tallies])
            drawn = self._drawn(sums, share[:1], days[:1])
            share[known], days[known] = drawn[0][at], drawn[1][at]
        share, days = self._drawn(tallies, share, days)
        variance = float(had.squares.sum()) / total - (float(had.spent.sum()) / total) ** 2
        spread = max(float(np.sqrt(max(variance, 0.0))), _LEAST_SPREAD)
        wanted = demand(data, self.roles, self.demand_half_life_days, self.demand)
        return FittedBuyAgain(self, spread, share, days, wanted)

    def _drawn(self, tallies: Numbers, share: Numbers, days: Numbers) -> tuple[Numbers, Numbers]:
        """Shares and log intervals from times, repeats and summed log intervals, drawn to what is told of a prior."""
        times, again, spent = tallies
        return (again + self.shrink * share) / (times + self.shrink), (spent + self.shrink * days) / (
            again + self.shrink
        )
