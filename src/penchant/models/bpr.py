"""Matrix factorization that learns which of two items a person would rather have; requests are folded in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

import msgspec
import numpy as np
from implicit.cpu.bpr import BayesianPersonalizedRanking
from msgspec import Meta
from numpy.typing import NDArray
from scipy import sparse

from penchant.dataset import Dataset, Queries
from penchant.models.choice import Allowed
from penchant.models.exact import Vectors
from penchant.models.factors import ItemFactors, some_people, turned
from penchant.models.history import POSITIVE, Past, Roles, roles_named
from penchant.models.index import INDEX_FROM
from penchant.models.model import Fitted, Run, State
from penchant.models.need import need
from penchant.slate import Candidates, Codes


@dataclass(frozen=True)
class FittedBPR:
    """Item factors, the last of which is the item's own worth.

    Attributes:
        recipe: What it was fitted with.
        items: Factors of the items that somebody liked; others are never proposed.
    """

    recipe: BPR
    items: ItemFactors

    @property
    def search(self) -> dict[str, Any]:
        """How items are searched, and what an index found when it was tested."""
        return self.items.search

    def retrieve(self, queries: Queries, k: int, allowed: Allowed = None) -> Candidates:
        """Items by the dot product of their factors and the history's, plus their own worth."""
        return self.items.top(self.people(queries), k, allowed)

    def similar(self, items: Codes, k: int, allowed: Allowed = None) -> Candidates:
        """Items by the cosine of their factors, above 0; their own worth says nothing here."""
        return self.items.similar(items, k, allowed)

    def people(self, queries: Queries) -> Vectors:
        """Factors of the person of each row, shape (n, factors + 1)."""
        people = np.zeros((len(queries), self.items.dims), np.float32)
        for i in range(len(queries)):
            people[i] = self.fold_in(Past.of(queries, i, self.items.n_items, self.recipe.half_life_days))
        return people

    def fold_in(self, past: Past) -> NDArray[np.float32]:
        """A person's factors from a history: the weighted mean of what is liked, `pull` times as long.

        Shape (factors + 1,), with 1 in the last place, which takes an item's own worth as it is; zeros when nothing
        known is liked.
        """
        codes, weights = past.liked(self.recipe.roles)
        known = self.items.place[codes] >= 0
        codes, weights = codes[known], weights[known]
        if not len(codes):
            return np.zeros(self.items.dims, np.float32)
        # One product after the other: a matrix product may round otherwise with other libraries.
        person = np.einsum("i,ij->j", weights * (self.recipe.pull / weights.sum()), self.items.rows(codes))
        person[-1] = 1.0
        folded: NDArray[np.float32] = person.astype(np.float32)
        return folded

    def state(self) -> State:
        """Factors, what they are searched by, and the recipe."""
        items = self.items.state()
        return State(items.arrays, {**items.settings, "recipe": msgspec.to_builtins(self.recipe)})

    @classmethod
    def restore(cls, state: State) -> FittedBPR:
        """From `state()`."""
        return cls(msgspec.convert(state.settings["recipe"], BPR), ItemFactors.restore(state))


class BPR(msgspec.Struct, frozen=True, kw_only=True):
    """Bayesian personalized ranking.

    Rendle, Freudenthaler, Gantner & Schmidt-Thieme, "BPR: Bayesian personalized ranking from implicit feedback"
    (UAI 2009), fitted by the package `implicit`. People are not kept: each request's history is folded in as the mean
    of its items. On Online Retail, where both were tried, that ranks better than the vectors of people that the fit
    learns; other data may say otherwise.

    The fit runs on one thread: the package lets several write over each other, and no two fits would be the same.

    Attributes:
        factors: Numbers that describe an item, besides its own worth.
        learning_rate: How far one comparison moves the factors.
        regularization: Pull of all factors towards 0, a comparison.
        iterations: How often as many pairs are compared as there are pairs of a person and an item.
        pull: How much the history counts against the items' own worth.
        half_life_days: Days after which an event of the history counts half when asked; None counts all alike.
        roles: Roles that count. In the data a person's item counts once; in the history, by the signals' weights.
        least_people: People with two items or more below which it is not fitted.
    """

    kind: ClassVar[str] = "bpr"
    fitted: ClassVar[type[Fitted]] = FittedBPR
    tries: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "factors": (64, 128, 32),
        "learning_rate": (0.05, 0.02, 0.1),
        "regularization": (0.01, 0.05, 0.002),
        "pull": (1.0, 2.0, 4.0),
        "half_life_days": (None, 90.0, 30.0),
    }

    factors: Annotated[int, Meta(ge=1, le=1_024)] = 64
    learning_rate: Annotated[float, Meta(gt=0, le=1)] = 0.05
    regularization: Annotated[float, Meta(ge=0)] = 0.01
    iterations: Annotated[int, Meta(ge=1, le=1_000)] = 20
    pull: Annotated[float, Meta(gt=0, le=100)] = 1.0
    half_life_days: Annotated[float, Meta(gt=0, le=36_500)] | None = None
    roles: Roles = POSITIVE
    least_people: Annotated[int, Meta(ge=1)] = 50

    def fit(self, data: Dataset, run: Run) -> FittedBPR:
        """Draw pairs of an item a person liked and another one, and move the factors by which is which.

        Raises:
            FitFailed: Too few people liked two items or more.
        """
        rows = data.positive(*roles_named(self.roles))
        x = sparse.csr_matrix(
            (np.ones(len(rows), np.float32), (rows.person, rows.item)), shape=(len(data.people), len(data.items))
        )
        x.data[:] = 1.0
        need(self.kind, "people with two items or more", int((np.diff(x.indptr) > 1).sum()), self.least_people)
        model = BayesianPersonalizedRanking(
            factors=self.factors,
            learning_rate=self.learning_rate,
            regularization=self.regularization,
            iterations=self.iterations,
            num_threads=1,
            random_state=run.seed,
        )
        model.fit(x, show_progress=False, callback=lambda done, *others: run.progress((done + 1) / self.iterations))
        liked = np.bincount(x.indices, minlength=x.shape[1]) > 0
        factors = turned(np.asarray(model.item_factors), bias=True)
        fitted = FittedBPR(self, ItemFactors.of(factors, liked, bias=True))
        if len(fitted.items.items) < INDEX_FROM:
            return fitted
        people = fitted.people(data.queries(some_people(data, run.seed)))
        return replace(fitted, items=fitted.items.indexed(people, run.seed))
