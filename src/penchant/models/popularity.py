"""Popularity: what is done most, everywhere or inside the categories a person leans to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from penchant.dataset import Dataset, Queries
from penchant.errors import FitFailed
from penchant.models.choice import Allowed, allowed_in, best, repeated
from penchant.models.history import Past, PositiveRole, Roles, decay, roles_named
from penchant.models.model import Fitted, Run, State
from penchant.slate import Candidates, Codes, Scores


@dataclass(frozen=True)
class FittedPopular:
    """Decayed counts.

    Attributes:
        scores: Count of each item, shape (n_items,).
        order: Item codes by count, equal counts by code, shape (n_items,).
    """

    scores: Scores
    order: Codes

    def retrieve(self, queries: Queries, k: int, allowed: Allowed = None) -> Candidates:
        """The same items for every row; an item nobody used comes last with a score of 0."""
        if allowed is None or allowed.ndim == 1:
            return repeated(self._top(k, allowed), len(queries))
        return Candidates.from_rows([self._top(k, allowed[i]) for i in range(len(queries))])

    def state(self) -> State:
        """Counts and order."""
        return State({"scores": self.scores, "order": self.order})

    @classmethod
    def restore(cls, state: State) -> FittedPopular:
        """From `state()`."""
        return cls(np.asarray(state.arrays["scores"]), np.asarray(state.arrays["order"]))

    def _top(self, k: int, allowed: Allowed) -> tuple[Codes, Scores]:
        order = (self.order if allowed is None else self.order[allowed[self.order]])[: max(k, 0)]
        return order, self.scores[order]


class Popular(msgspec.Struct, frozen=True, kw_only=True):
    """Items by how often people did something with them; the same answer for everyone.

    Attributes:
        half_life_days: Days after which an event counts half; None counts all alike.
        roles: Roles that count, each event one.
    """

    kind: ClassVar[str] = "popular"
    fitted: ClassVar[type[Fitted]] = FittedPopular

    half_life_days: Annotated[float, Meta(gt=0, le=36_500)] | None = None
    roles: Roles = ("goal",)

    def fit(self, data: Dataset, run: Run) -> FittedPopular:
        """Count; data without such events gives everything a count of 0, so this model always answers."""
        scores = counts(data, self.roles, self.half_life_days)
        return FittedPopular(scores, np.argsort(-scores, kind="stable").astype(np.int32))


@dataclass(frozen=True)
class FittedPopularByCategory:
    """Decayed counts and categories.

    Attributes:
        recipe: What it was fitted with.
        scores: Count of each item, shape (n_items,).
        categories: Category of each item, -1 for none, shape (n_items,).
    """

    recipe: PopularByCategory
    scores: Scores
    categories: Codes

    def retrieve(self, queries: Queries, k: int, allowed: Allowed = None) -> Candidates:
        """Items of the history's categories; overall popularity for a history that names no category."""
        rows = []
        for i in range(len(queries)):
            past = Past.of(queries, i, len(self.scores), self.recipe.history_half_life_days)
            rows.append(best(self._scores(past), k, allowed_in(allowed, i)))
        return Candidates.from_rows(rows)

    def state(self) -> State:
        """Counts, categories and the recipe."""
        return State({"scores": self.scores, "categories": self.categories}, msgspec.to_builtins(self.recipe))

    @classmethod
    def restore(cls, state: State) -> FittedPopularByCategory:
        """From `state()`."""
        recipe = msgspec.convert(state.settings, PopularByCategory)
        return cls(recipe, np.asarray(state.arrays["scores"]), np.asarray(state.arrays["categories"]))

    def _scores(self, past: Past) -> NDArray[Any]:
        codes, weights = past.liked()
        named = self.categories[codes] >= 0
        total = weights[named].sum()
        if not total > 0:
            return self.scores
        share = np.bincount(self.categories[codes][named], weights[named] / total, minlength=self.categories.max() + 2)
        # The last place is 0 for good: items without a category (-1) look there.
        scores = self.scores * share[self.categories]
        return np.where(scores > 0, scores, -np.inf)


class PopularByCategory(msgspec.Struct, frozen=True, kw_only=True):
    """Popularity times the share that an item's category has in the person's own history.

    Attributes:
        field: Item field with the category.
        half_life_days: Days after which an event counts half in the popularity; None counts all alike.
        history_half_life_days: Days after which an event of the person's history counts half; None counts all alike.
        roles: Roles that count in the popularity, each event one.
    """

    kind: ClassVar[str] = "popular-by"
    fitted: ClassVar[type[Fitted]] = FittedPopularByCategory

    field: Annotated[str, Meta(min_length=1)]
    half_life_days: Annotated[float, Meta(gt=0, le=36_500)] | None = 30.0
    history_half_life_days: Annotated[float, Meta(gt=0, le=36_500)] | None = 30.0
    roles: Roles = ("goal",)

    def fit(self, data: Dataset, run: Run) -> FittedPopularByCategory:
        """Count, and note every item's category.

        Raises:
            FitFailed: No item has a category.
        """
        categories = data.table.category(self.field)
        if not categories.names:
            raise FitFailed(self.kind, f'no item has a value in "{self.field}"')
        return FittedPopularByCategory(self, counts(data, self.roles, self.half_life_days), categories.codes)


def counts(data: Dataset, roles: tuple[PositiveRole, ...], half_life_days: float | None) -> Scores:
    """Events of these roles an item, decayed by age at `data.now`, each event one; shape (n_items,)."""
    rows = data.positive(*roles_named(roles))
    weights = decay(data.now - rows.time, half_life_days)
    return np.bincount(rows.item, weights, minlength=len(data.items)).astype(np.float32)
