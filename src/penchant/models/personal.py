"""What a person comes back to: their own most frequent items, the newer the more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import msgspec
import numpy as np
from msgspec import Meta

from penchant.dataset import Dataset, Queries
from penchant.models.choice import Allowed, allowed_in, best, best_among
from penchant.models.history import Past, Roles
from penchant.models.model import Fitted, Run, State
from penchant.models.popularity import counts
from penchant.slate import Candidates, Scores

_TINY = 1e-2
"""The most popular item stands at this share of the person's least own item."""


@dataclass(frozen=True)
class FittedPersonalTop:
    """Only the popularity that fills up is fitted; the rest is in each request.

    Attributes:
        recipe: What it was fitted with.
        popular: Popularity of each item, 0 to 1, shape (n_items,).
    """

    recipe: PersonalTop
    popular: Scores

    def retrieve(self, queries: Queries, k: int, allowed: Allowed = None) -> Candidates:
        """The person's own items by decayed count, then (when the recipe fills) popular ones."""
        rows = []
        for i in range(len(queries)):
            past = Past.of(queries, i, len(self.popular), self.recipe.half_life_days)
            codes, own = past.counted(self.recipe.roles)
            mask = allowed_in(allowed, i)
            if not self.recipe.fill:
                rows.append(best_among(codes, own, k, mask))
                continue
            scores = self.popular * (_TINY * float(own.min(initial=np.inf)) if len(own) else 1.0)
            scores[codes] += own
            rows.append(best(scores, k, mask))
        return Candidates.from_rows(rows)

    def state(self) -> State:
        """Popularity and the recipe."""
        return State({"popular": self.popular}, msgspec.to_builtins(self.recipe))

    @classmethod
    def restore(cls, state: State) -> FittedPersonalTop:
        """From `state()`."""
        return cls(msgspec.convert(state.settings, PersonalTop), np.asarray(state.arrays["popular"]))


class PersonalTop(msgspec.Struct, frozen=True, kw_only=True):
    """A person's own items by decayed frequency.

    Attributes:
        half_life_days: Days after which an own event counts half; None counts all alike.
        popular_half_life_days: The same in the popularity that fills up.
        roles: Roles that count, each event one.
        fill: Whether popular items follow the person's own, so that the list is full for everyone.
    """

    kind: ClassVar[str] = "personal-top"
    fitted: ClassVar[type[Fitted]] = FittedPersonalTop

    half_life_days: Annotated[float, Meta(gt=0, le=36_500)] | None = None
    popular_half_life_days: Annotated[float, Meta(gt=0, le=36_500)] | None = 14.0
    roles: Roles = ("goal",)
    fill: bool = True

    def fit(self, data: Dataset, run: Run) -> FittedPersonalTop:
        """Count what fills up."""
        popular = counts(data, self.roles, self.popular_half_life_days)
        return FittedPersonalTop(self, popular / max(float(popular.max(initial=0.0)), 1e-12))
