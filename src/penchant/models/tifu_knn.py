"""Next basket by personal frequency: what a person has, newer baskets first, mixed with what near people have."""

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
from penchant.models.occasions import Timelines, summed
from penchant.slate import Candidates, Codes, Offsets, Scores


@dataclass(frozen=True)
class FittedTIFUKNN:
    """The people that a request is compared with.

    Attributes:
        recipe: What it was fitted with.
        crowd: Their vectors.
        demand: How much each item is wanted these days, shape (n_items,).
    """

    recipe: TIFUKNN
    crowd: Crowd
    demand: NDArray[np.float32]

    def retrieve(self, queries: Queries, k: int, allowed: Allowed = None) -> Candidates:
        """The person's own vector, mixed with the mean of the nearest others'."""
        recipe, timelines = self.recipe, Timelines.asked(queries, self.crowd.n_items, self.recipe.roles)
        (ptr, items, values), (row, marks) = recipe.vectors(timelines), timelines.marks()
        rows: list[tuple[Codes, Scores]] = []
        for part in self.crowd.parts(len(queries)):
            begin, span = ptr[part.start : part.stop + 1], slice(ptr[part.start], ptr[part.stop])
            mine = slice(*np.searchsorted(row, [part.start, part.stop]))
            own = row[mine] - part.start, marks[mine]
            near, people, _ = self.crowd.near(begin - begin[0], items[span], values[span], own, recipe.neighbours)
            many = np.diff(near)
            share = np.repeat((1.0 - recipe.own) / np.maximum(many, 1), many)
            scores = self.crowd.wanted(near, people, share)
            scores[np.repeat(np.arange(len(many)), np.diff(begin)), items[span]] += recipe.own * values[span]
            for wanted in scores:
                found = np.flatnonzero(wanted > 0).astype(np.int32)
                rows.append(best_among(found, wanted[found] * self.demand[found], k, allowed_in(allowed, len(rows))))
        return Candidates.from_rows(rows)

    def state(self) -> State:
        """The people, the demand and the recipe."""
        return State({**self.crowd.arrays(), "demand": self.demand}, msgspec.to_builtins(self.recipe))

    @classmethod
    def restore(cls, state: State) -> FittedTIFUKNN:
        """From `state()`."""
        recipe = msgspec.convert(state.settings, TIFUKNN)
        return cls(recipe, Crowd.restore(state.arrays), np.asarray(state.arrays["demand"]))


class TIFUKNN(msgspec.Struct, frozen=True, kw_only=True):
    """Temporal item frequency with nearest neighbours.

    Hu, He, Gao & Zhang, "Modeling personalized item frequency information for next-basket recommendation" (SIGIR 2020).
    A person's baskets stand in groups, counted from the last one; a basket counts less the older it is in its group,
    and a group the older it is. Unlike there, neighbours are near by the cosine and share an item, so that an index
    finds them; a person whose history was in the training data is not their own neighbour (see `Timelines.marks`).

    Attributes:
        group: Baskets of a group.
        within_decay: What a basket keeps of its weight with each newer basket of its group.
        group_decay: What a group keeps with each newer group.
        neighbours: People whose vectors are mixed in.
        own: Share of the person's own vector, 0 to 1.
        demand: Power of how much an item is wanted these days (see `penchant.models.demand`); 0 leaves it out, as the
            paper does.
        demand_half_life_days: Days after which an event counts half in that.
        gap_hours: A pause longer than this ends a basket: a history tells moments, not orders.
        roles: Roles that count, each event one.
        sample: People that can be neighbours at most; a seeded draw of them when there are more.
        least_people: People with two events or more that the model needs.
    """

    kind: ClassVar[str] = "tifu-knn"
    fitted: ClassVar[type[Fitted]] = FittedTIFUKNN
    tries: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "group": (7, 3, 15),
        "group_decay": (0.5, 0.7, 0.9, 1.0),
        "neighbours": (100, 300, 900),
        "own": (0.9, 0.7, 0.3),
        "demand": (0.5, 0.0, 1.0),
    }

    group: Annotated[int, Meta(ge=1, le=1_000)] = 7
    within_decay: Annotated[float, Meta(gt=0, le=1)] = 0.9
    group_decay: Annotated[float, Meta(gt=0, le=1)] = 0.5
    neighbours: Annotated[int, Meta(ge=1, le=5_000)] = 100
    own: Annotated[float, Meta(ge=0, le=1)] = 0.9
    demand: Annotated[float, Meta(ge=0, le=4)] = 0.5
    demand_half_life_days: Annotated[float, Meta(gt=0, le=36_500)] = 3.0
    gap_hours: Annotated[float, Meta(ge=0, le=8_760)] = 6.0
    roles: Roles = ("goal",)
    sample: Annotated[int, Meta(ge=1, le=200_000)] = 20_000
    least_people: Annotated[int, Meta(ge=1)] = 20

    def fit(self, data: Dataset, run: Run) -> FittedTIFUKNN:
        """Make the vectors of the people that can be neighbours.

        Raises:
            FitFailed: Too few people have a past.
        """
        timelines = Timelines.known(data, self.roles)
        people = sampled(timelines, 2, self.sample, run.seed)
        need(self.kind, "people with two events or more", len(people), self.least_people)
        ptr, items, values = self.vectors(timelines)
        x = sparse.csr_matrix((values, items, ptr), shape=(len(timelines), timelines.n_items))
        length = np.repeat(np.sqrt(np.asarray(x.multiply(x).sum(axis=1)).ravel()), np.diff(ptr))
        unit = sparse.csr_matrix((values / length, items, ptr), shape=x.shape)
        wanted = demand(data, self.roles, self.demand_half_life_days, self.demand)
        return FittedTIFUKNN(self, Crowd.of(people, x, unit, timelines), wanted)

    def vectors(self, timelines: Timelines) -> tuple[Offsets, Codes, Weights]:
        """How much each row has of each item, newer baskets counting more: as `summed` gives it."""
        at = timelines.occasions(self.gap_hours)
        size = at.size[at.row]
        nth = at.back // self.group
        groups = -(-size // self.group)
        in_group = np.minimum(self.group, size - nth * self.group)
        # The floor keeps the oldest groups above nothing at all, also in float32.
        weight = self.within_decay ** (at.back % self.group) / in_group * self.group_decay**nth / groups
        return summed(at.row, at.item, np.maximum(weight, 1e-12), timelines)
