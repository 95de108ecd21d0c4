"""Popularity: what is done most, everywhere or inside the categories a person leans to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, ClassVar

import msgspec
import numpy as np
from msgspec import Meta

from penchant.dataset import Dataset, Queries
from penchant.errors import FitFailed
from penchant.models.choice import Allowed, allowed_in, best_among, first, repeated
from penchant.models.history import Past, PositiveRole, Roles, decay, mask_of, roles_named
from penchant.models.model import Fitted, Run, State
from penchant.models.news import News
from penchant.slate import Candidates, Codes, Offsets, Scores


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
        codes = first(self.order, k, allowed)
        return codes, self.scores[codes]


class Popular(msgspec.Struct, frozen=True, kw_only=True):
    """Items by how often people did something with them; the same answer for everyone.

    Attributes:
        half_life_days: Days after which an event counts half; None counts all alike.
        roles: Roles that count, each event one.
    """

    kind: ClassVar[str] = "popular"
    fitted: ClassVar[type[Fitted]] = FittedPopular
    tries: ClassVar[Mapping[str, tuple[Any, ...]]] = {"half_life_days": (7.0, 1.0, 30.0, 0.25)}

    half_life_days: Annotated[float, Meta(gt=0, le=36_500)] | None = None
    roles: Roles = ("goal",)

    def fit(self, data: Dataset, run: Run) -> FittedPopular:
        """Count; data without such events gives everything a count of 0, so this model always answers."""
        scores = counts(data, self.roles, self.half_life_days)
        return FittedPopular(scores, _by_score(scores))

    def followed(self, fitted: FittedPopular, news: News, now: float) -> FittedPopular:
        """Counts as of now: those of the fit, older by what has passed, and what happened since."""
        scores = _counted_on(fitted.scores, news, now, self.roles, self.half_life_days)
        return FittedPopular(scores, _by_score(scores))


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
            rows.append(self._top(past, k, allowed_in(allowed, i)))
        return Candidates.from_rows(rows)

    @cached_property
    def order(self) -> Codes:
        """Item codes by count, equal counts by code."""
        return _by_score(self.scores)

    @cached_property
    def lists(self) -> tuple[Offsets, Codes]:
        """Items with a count above 0, category after category, each by count; and where each category starts."""
        counted = self.order[self.scores[self.order] > 0]
        kinds = self.categories[counted]
        kept = np.argsort(kinds, kind="stable")[int((kinds < 0).sum()) :]
        ptr = np.searchsorted(kinds[kept], np.arange(int(self.categories.max(initial=-1)) + 2))
        return ptr.astype(np.int64), counted[kept]

    def state(self) -> State:
        """Counts, categories and the recipe."""
        return State({"scores": self.scores, "categories": self.categories}, msgspec.to_builtins(self.recipe))

    @classmethod
    def restore(cls, state: State) -> FittedPopularByCategory:
        """From `state()`."""
        recipe = msgspec.convert(state.settings, PopularByCategory)
        return cls(recipe, np.asarray(state.arrays["scores"]), np.asarray(state.arrays["categories"]))

    def _top(self, past: Past, k: int, allowed: Allowed) -> tuple[Codes, Scores]:
        liked, weights = past.liked()
        kinds = self.categories[liked]
        total = weights[kinds >= 0].sum()
        if not total > 0:
            codes = first(self.order, k, allowed)
            return codes, self.scores[codes]
        share = np.bincount(kinds[kinds >= 0], weights[kinds >= 0] / total)
        ptr, items = self.lists
        spans = [items[ptr[kind] : ptr[kind + 1]] for kind in np.flatnonzero(share)]
        # Inside a category shares change no order, so k of each are enough.
        codes = np.sort(np.concatenate([first(span, k, allowed) for span in spans]))
        return best_among(codes, self.scores[codes] * share[self.categories[codes]], k)


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
    tries: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "half_life_days": (30.0, 7.0, 1.0, 90.0),
        "history_half_life_days": (30.0, 7.0, 1.0, None),
    }

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

    def followed(self, fitted: FittedPopularByCategory, news: News, now: float) -> FittedPopularByCategory:
        """Counts as of now, as those of `Popular`."""
        scores = _counted_on(fitted.scores, news, now, self.roles, self.half_life_days)
        made = FittedPopularByCategory(fitted.recipe, scores, fitted.categories)
        made.lists  # noqa: B018 - worked out here, beside the requests
        return made


def counts(data: Dataset, roles: tuple[PositiveRole, ...], half_life_days: float | None) -> Scores:
    """Events of these roles an item, decayed by age at `data.now`, each event one; shape (n_items,)."""
    rows = data.positive(*roles_named(roles))
    weights = decay(data.now - rows.time, half_life_days)
    return np.bincount(rows.item, weights, minlength=len(data.items)).astype(np.float32)


def _counted_on(
    scores: Scores, news: News, now: float, roles: tuple[PositiveRole, ...], half_life_days: float | None
) -> Scores:
    """Decayed counts of one moment as of a later one; that a goal was taken back since is not seen."""
    n = len(scores)
    tells = mask_of(roles)[news.roles] & (news.items >= 0) & (news.items < n)
    passed = np.array([max(now - news.since, 0.0)])
    more = np.bincount(news.items[tells], decay(np.maximum(now - news.times[tells], 0.0), half_life_days), minlength=n)
    found: Scores = (scores * decay(passed, half_life_days)[0] + more).astype(np.float32)
    return found


def _by_score(scores: Scores) -> Codes:
    return np.argsort(-scores, kind="stable").astype(np.int32)
