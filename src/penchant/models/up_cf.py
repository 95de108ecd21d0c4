"""Next basket by the habits of like people: what share of their last baskets held an item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray
from scipy import sparse

from penchant.dataset import Dataset, Queries
from penchant.models.choice import Allowed, allowed_in, best_among
from penchant.models.crowd import Crowd, sampled
from penchant.models.demand import demand
from penchant.models.history import Roles, Weights
from penchant.models.model import Fitted, Run, State
from penchant.models.need import need
from penchant.models.occasions import Occasions, Timelines, summed
from penchant.slate import Candidates, Codes, Offsets, Scores


@dataclass(frozen=True)
class FittedUPCF:
    """The people that a request is compared with.

    Attributes:
        recipe: What it was fitted with.
        crowd: Their habits.
        demand: How much each item is wanted these days, shape (n_items,).
    """

    recipe: UPCF
    crowd: Crowd
    demand: NDArray[np.float32]

    def retrieve(self, queries: Queries, k: int, allowed: Allowed = None) -> Candidates:
        """The person's own habits, and those of others by how like they are."""
        recipe, timelines = self.recipe, Timelines.asked(queries, self.crowd.n_items, self.recipe.roles)
        at, (row, marks) = timelines.occasions(recipe.gap_hours), timelines.marks()
        ptr, had, _ = summed(at.row, at.item, np.ones(len(at.row)), timelines)
        many = np.diff(ptr)
        weight = np.repeat(np.maximum(many, 1).astype(np.float64) ** -recipe.asymmetry, many)
        habit_ptr, items, habits = recipe.habits(at, timelines)
        rows: list[tuple[Codes, Scores]] = []
        for part in self.crowd.parts(len(queries)):
            begin, span = ptr[part.start : part.stop + 1], slice(ptr[part.start], ptr[part.stop])
            mine = slice(*np.searchsorted(row, [part.start, part.stop]))
            own = row[mine] - part.start, marks[mine]
            near, people, like = self.crowd.near(begin - begin[0], had[span], weight[span], own, recipe.neighbours)
            scores = self.crowd.wanted(near, people, np.minimum(like, 1.0) ** recipe.locality)
            begin, span = habit_ptr[part.start : part.stop + 1], slice(habit_ptr[part.start], habit_ptr[part.stop])
            # Nobody is more like the person than they are: 1 to any power.
            scores[np.repeat(np.arange(len(scores)), np.diff(begin)), items[span]] += habits[span]
            for wanted in scores:
                found = np.flatnonzero(wanted > 0).astype(np.int32)
                rows.append(best_among(found, wanted[found] * self.demand[found], k, allowed_in(allowed, len(rows))))
        return Candidates.from_rows(rows)

    def state(self) -> State:
        """The people, the demand and the recipe."""
        return State({**self.crowd.arrays(), "demand": self.demand}, msgspec.to_builtins(self.recipe))

    @classmethod
    def restore(cls, state: State) -> FittedUPCF:
        """From `state()`."""
        recipe = msgspec.convert(state.settings, UPCF)
        return cls(recipe, Crowd.restore(state.arrays), np.asarray(state.arrays["demand"]))


class UPCF(msgspec.Struct, frozen=True, kw_only=True):
    """User-wise popularity with collaborative filtering, UP-CF@r.

    Faggioli, Polato & Aiolli, "Recency aware collaborative filtering for next basket recommendation" (UMAP 2020). Of
    the people who share an item with the person, the most like are read. A person whose history was in the training
    data is not compared with themselves (see `Timelines.marks`); their own habits count by today's history.

    Attributes:
        recency: Last baskets that make a habit; None reads all.
        asymmetry: Exponent of the person's own number of items in the asymmetric cosine, 0 to 1; a half is the cosine.
        locality: Exponent of the likeness; the greater, the more only the most like count.
        neighbours: People whose habits count at most.
        demand: Power of how much an item is wanted these days (see `penchant.models.demand`); 0 leaves it out, as the
            paper does.
        demand_half_life_days: Days after which an event counts half in that.
        gap_hours: A pause longer than this ends a basket: a history tells moments, not orders.
        roles: Roles that count, each event one.
        sample: People that can be neighbours at most; a seeded draw of them when there are more.
        least_people: People with two events or more that the model needs.
    """

    kind: ClassVar[str] = "up-cf"
    fitted: ClassVar[type[Fitted]] = FittedUPCF
    tries: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "recency": (10, 25, 5, None),
        "asymmetry": (0.75, 0.5, 0.25),
        "locality": (10.0, 25.0, 5.0, 2.0),
        "demand": (0.5, 0.0, 1.0),
        "demand_half_life_days": (3.0, 14.0, 1.0),
    }

    recency: Annotated[int, Meta(ge=1, le=1_000_000)] | None = 10
    asymmetry: Annotated[float, Meta(ge=0, le=1)] = 0.75
    locality: Annotated[float, Meta(gt=0, le=100)] = 10.0
    neighbours: Annotated[int, Meta(ge=1, le=5_000)] = 500
    demand: Annotated[float, Meta(ge=0, le=4)] = 0.5
    demand_half_life_days: Annotated[float, Meta(gt=0, le=36_500)] = 3.0
    gap_hours: Annotated[float, Meta(ge=0, le=8_760)] = 6.0
    roles: Roles = ("goal",)
    sample: Annotated[int, Meta(ge=1, le=200_000)] = 20_000
    least_people: Annotated[int, Meta(ge=1)] = 20

    def fit(self, data: Dataset, run: Run) -> FittedUPCF:
        """Find everybody's habits.

        Raises:
            FitFailed: Too few people have a past.
        """
        timelines = Timelines.known(data, self.roles)
        people = sampled(timelines, 2, self.sample, run.seed)
        need(self.kind, "people with two events or more", len(people), self.least_people)
        at = timelines.occasions(self.gap_hours)
        shape = (len(timelines), timelines.n_items)
        ptr, had, _ = summed(at.row, at.item, np.ones(len(at.row)), timelines)
        many = np.diff(ptr).astype(np.float64)
        shares = sparse.csr_matrix((np.repeat(many, np.diff(ptr)) ** (self.asymmetry - 1.0), had, ptr), shape=shape)
        ptr, items, values = self.habits(at, timelines)
        habits = sparse.csr_matrix((values, items, ptr), shape=shape)
        wanted = demand(data, self.roles, self.demand_half_life_days, self.demand)
        return FittedUPCF(self, Crowd.of(people, habits, shares, timelines), wanted)

    def habits(self, at: Occasions, timelines: Timelines) -> tuple[Offsets, Codes, Weights]:
        """Share of each row's last baskets that held each item: as `summed` gives it."""
        last = np.inf if self.recency is None else self.recency
        keep = at.back < last
        row = at.row[keep]
        return summed(row, at.item[keep], 1.0 / np.minimum(at.size[row], last), timelines)
