"""What a domain's data amounts to: the figures behind advice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.dataset import Dataset
from penchant.events import Role

HALF_LIVES = (1.0, 7.0, 30.0, None)
"""Half-lives that popularity is tried with, in days; None forgets nothing."""

_TOP = 10


@dataclass(frozen=True)
class Figures:
    """Counts and shares of one domain; a share without anything to count is NaN.

    Attributes:
        events: Events that the pack reads.
        by_role: Events by what they say.
        first: Time of the first event, Unix seconds; NaN without any.
        last: Time of the last.
        people: People with any event.
        people_goal: People with a goal that stood.
        people_two: People with goals on two items or more, or on one twice.
        goals: Goals that stood.
        repeats: Goals on an item that the person had a goal on before.
        repeat_days: Median days between two goals of one person on one item; NaN without any.
        reversed: Goals that were taken back.
        priced: Share of goals whose price is known.
        sessions_two: Sessions with two items or more that something speaks for.
        baskets_two: Baskets with two items or more.
        items: Items in the catalog that are switched on.
        items_silent: Those of them without any event.
        events_unknown: Events on items that the catalog does not have.
        items_unknown: Those items.
    """

    events: int
    by_role: Mapping[Role, int]
    first: float
    last: float
    people: int
    people_goal: int
    people_two: int
    goals: int
    repeats: int
    repeat_days: float
    reversed: int
    priced: float
    sessions_two: int
    baskets_two: int
    items: int
    items_silent: int
    events_unknown: int
    items_unknown: int

    @property
    def days(self) -> float:
        """Days from the first event to the last."""
        return (self.last - self.first) / DAY

    @property
    def repeat_share(self) -> float:
        """Share of goals that are repeats."""
        return self.repeats / self.goals if self.goals else float("nan")

    @property
    def two_share(self) -> float:
        """Share of people with a goal who have two or more."""
        return self.people_two / self.people_goal if self.people_goal else float("nan")


def figures(data: Dataset) -> Figures:
    """Count one domain's data."""
    rows, n_items = data.interactions, max(len(data.items), 1)
    table = data.table
    goals = data.positive(Role.GOAL)
    counts = np.bincount(goals.person, minlength=len(data.people))
    pair = goals.person.astype(np.int64) * n_items + goals.item
    order = np.lexsort((goals.time, pair))
    again = np.diff(pair[order]) == 0
    pauses = np.diff(goals.time[order])[again] / DAY
    told = rows.role != int(Role.IMPRESSION)
    seen = np.zeros(len(data.items), bool)
    seen[rows.item[told]] = True
    unknown = ~table.present[rows.item]
    in_basket = goals.basket >= 0
    positive = data.positive()
    return Figures(
        events=len(rows),
        by_role={role: int((rows.role == int(role)).sum()) for role in Role},
        first=float(rows.time.min()) if len(rows) else float("nan"),
        last=float(rows.time.max()) if len(rows) else float("nan"),
        people=len(np.unique(rows.person)),
        people_goal=int((counts > 0).sum()),
        people_two=int((counts > 1).sum()),
        goals=len(goals),
        repeats=int(again.sum()),
        repeat_days=float(np.median(pauses)) if len(pauses) else float("nan"),
        reversed=int((np.isfinite(rows.reversed_at) & (rows.role == int(Role.GOAL))).sum()),
        priced=float((~np.isnan(goals.price)).mean()) if len(goals) else float("nan"),
        sessions_two=_of_two(positive.session, positive.item, n_items),
        baskets_two=_of_two(goals.basket[in_basket], goals.item[in_basket], n_items),
        items=int(table.active.sum()),
        items_silent=int((table.active & ~seen).sum()),
        events_unknown=int(unknown.sum()),
        items_unknown=len(np.unique(rows.item[unknown])),
    )


def _of_two(group: NDArray[np.int32], item: NDArray[np.int32], n_items: int) -> int:
    """How many groups have two different items or more."""
    pairs = np.unique(group.astype(np.int64) * n_items + item)
    _, sizes = np.unique(pairs // n_items, return_counts=True)
    return int((sizes > 1).sum())


def filled(data: Dataset, field: str) -> float:
    """Share of the catalog's items that are switched on and have a value of a field; NaN without any."""
    on = data.table.active
    return float(data.table.has(field)[on].mean()) if on.any() else float("nan")


def forgetting(data: Dataset, share: float = 0.1) -> dict[float | None, float]:
    """How much of the latest goals the ten most popular items hold, by the half-life of that popularity in days.

    Popularity is counted up to the last tenth of the time, which is then looked at; empty without goals on both sides.

    Args:
        data: What is known.
        share: Share of the time span that is looked at.
    """
    goals = data.positive(Role.GOAL)
    if not len(goals):
        return {}
    first, last = float(goals.time.min()), float(goals.time.max())
    cut = last - share * (last - first)
    past, later = goals.where(goals.time < cut), goals.where(goals.time >= cut)
    if not len(past) or not len(later):
        return {}
    found = {}
    for half_life in HALF_LIVES:
        weight = np.ones(len(past)) if half_life is None else np.exp2((past.time - cut) / (half_life * DAY))
        sums = np.bincount(past.item, weight, minlength=len(data.items))
        top = np.argsort(-sums, kind="stable")[:_TOP]
        found[half_life] = float(np.isin(later.item, top).mean())
    return found
