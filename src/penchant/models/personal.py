"""What a person comes back to: their own most frequent items, the newer the more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from penchant.dataset import Dataset, Queries
from penchant.models.choice import Allowed, allowed_in, best_among
from penchant.models.demand import demand
from penchant.models.history import Past, Roles, Weights
from penchant.models.model import Fitted, Run, State
from penchant.models.popularity import counts
from penchant.slate import Candidates, Codes, Scores

_TINY = -7
"""The most popular item stands at 2 to this power of the person's least own item, or at half of that."""


@dataclass(frozen=True)
class FittedPersonalTop:
    """Only what fills up and what is wanted is fitted; the rest is in each request.

    Attributes:
        recipe: What it was fitted with.
        popular: Popularity of each item, 0 to 1, shape (n_items,).
        order: Item codes by popularity, equal ones by code, shape (n_items,).
        demand: How much each item is wanted these days, shape (n_items,).
    """

    recipe: PersonalTop
    popular: Scores
    order: Codes
    demand: NDArray[np.float32]

    def retrieve(self, queries: Queries, k: int, allowed: Allowed = None) -> Candidates:
        """The person's own items by decayed count, then (when the recipe fills) popular ones."""
        rows = []
        for i in range(len(queries)):
            past = Past.of(queries, i, len(self.popular), self.recipe.half_life_days)
            codes, own = past.counted(self.recipe.roles)
            own = own * self.demand[codes]
            mask = allowed_in(allowed, i)
            rows.append(self._filled(codes, own, k, mask) if self.recipe.fill else best_among(codes, own, k, mask))
        return Candidates.from_rows(rows)

    def state(self) -> State:
        """Popularity, demand and the recipe."""
        arrays: dict[str, NDArray[Any]] = {"popular": self.popular, "order": self.order, "demand": self.demand}
        return State(arrays, msgspec.to_builtins(self.recipe))

    @classmethod
    def restore(cls, state: State) -> FittedPersonalTop:
        """From `state()`."""
        arrays = (np.asarray(state.arrays[name]) for name in ("popular", "order", "demand"))
        return cls(msgspec.convert(state.settings, PersonalTop), *arrays)

    def _filled(self, codes: Codes, own: Weights, k: int, allowed: Allowed) -> tuple[Codes, Scores]:
        # A power of two keeps the order of the popular exactly, in whatever it is multiplied with.
        scale = np.float32(2.0 ** (np.floor(np.log2(own.min())) + _TINY)) if len(own) else np.float32(1.0)
        mine, scores = best_among(codes, own.astype(np.float32) + self.popular[codes] * scale, k, allowed)
        more = self._popular(codes, k - len(mine), allowed)
        return np.concatenate([mine, more]), np.concatenate([scores, self.popular[more] * scale])

    def _popular(self, out: Codes, k: int, allowed: Allowed) -> Codes:
        """The k most popular items that are allowed and not in `out`, reading no more of the order than it takes."""
        if k <= 0:
            return self.order[:0]
        read = k + len(out)
        while True:
            head = self.order[:read]
            head = head[~np.isin(head, out)]
            if allowed is not None:
                head = head[allowed[head]]
            if len(head) >= k or read >= len(self.order):
                return head[:k]
            read *= 4


class PersonalTop(msgspec.Struct, frozen=True, kw_only=True):
    """A person's own items by decayed frequency.

    Attributes:
        half_life_days: Days after which an own event counts half; None counts all alike.
        popular_half_life_days: The same in the popularity that fills up.
        demand: Power of how much an item is wanted these days (see `penchant.models.demand`), by which an own item's
            count is multiplied; 0 leaves it out.
        demand_half_life_days: Days after which an event counts half in that.
        roles: Roles that count, each event one.
        fill: Whether popular items follow the person's own, so that the list is full for everyone.
    """

    kind: ClassVar[str] = "personal-top"
    fitted: ClassVar[type[Fitted]] = FittedPersonalTop
    tries: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "half_life_days": (None, 60.0, 14.0, 3.0),
        "demand": (0.3, 0.6, 0.0),
        "demand_half_life_days": (3.0, 14.0, 1.0),
        "popular_half_life_days": (14.0, 3.0, 60.0),
    }

    half_life_days: Annotated[float, Meta(gt=0, le=36_500)] | None = None
    popular_half_life_days: Annotated[float, Meta(gt=0, le=36_500)] | None = 14.0
    demand: Annotated[float, Meta(ge=0, le=4)] = 0.0
    demand_half_life_days: Annotated[float, Meta(gt=0, le=36_500)] = 3.0
    roles: Roles = ("goal",)
    fill: bool = True

    def fit(self, data: Dataset, run: Run) -> FittedPersonalTop:
        """Count what fills up, and what is wanted these days."""
        popular = counts(data, self.roles, self.popular_half_life_days)
        popular = popular / max(float(popular.max(initial=0.0)), 1e-12)
        order = np.argsort(-popular, kind="stable").astype(np.int32)
        wanted = demand(data, self.roles, self.demand_half_life_days, self.demand)
        return FittedPersonalTop(self, popular.astype(np.float32), order, wanted)
