"""Matrix factorization of implicit feedback; requests are folded in, so a new event counts at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal

import msgspec
import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from msgspec import Meta
from numpy.typing import NDArray
from scipy import sparse
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from penchant.dataset import Dataset, Queries
from penchant.errors import FitFailed
from penchant.models.choice import Allowed
from penchant.models.exact import Vectors
from penchant.models.factors import ItemFactors, some_people, turned
from penchant.models.history import POSITIVE, Past, Roles, Weights, decay, roles_named
from penchant.models.index import INDEX_FROM
from penchant.models.model import Fitted, Run, State
from penchant.slate import Candidates, Codes


@dataclass(frozen=True)
class FittedALS:
    """Item factors, and what folding a history in needs.

    Attributes:
        recipe: What it was fitted with.
        items: Factors of the items that somebody liked; others are never proposed.
        gram: `factors.T @ factors`, shape (factors, factors).
    """

    recipe: ALS
    items: ItemFactors
    gram: NDArray[np.float64]

    @property
    def search(self) -> dict[str, Any]:
        """How items are searched, and what an index found when it was tested."""
        return self.items.search

    def retrieve(self, queries: Queries, k: int, allowed: Allowed = None) -> Candidates:
        """Items by the dot product of their factors and the history's, which are solved for anew."""
        return self.items.top(self.people(queries), k, allowed)

    def similar(self, items: Codes, k: int, allowed: Allowed = None) -> Candidates:
        """Items by the cosine of their factors, above 0."""
        return self.items.similar(items, k, allowed)

    def people(self, queries: Queries) -> Vectors:
        """Factors of the person of each row, shape (n, factors)."""
        people = np.zeros((len(queries), self.items.dims), np.float32)
        for i in range(len(queries)):
            people[i] = self.fold_in(Past.of(queries, i, self.items.n_items, self.recipe.half_life_days))
        return people

    def fold_in(self, past: Past) -> NDArray[np.float32]:
        """A person's factors from a history: the least-squares answer with the items held fixed.

        Args:
            past: The history. What is liked is wanted to score 1 and what is disliked 0, with the recipe's
                confidence; every other item is wanted to score 0 with a confidence of 1.

        Returns:
            Shape (factors,); zeros when nothing known is liked.
        """
        codes, net = past.net(self.recipe.roles)
        confidence = self.recipe.confidence(net)
        y = self.items.rows(codes).astype(np.float64)
        wanted = np.maximum(confidence, 0.0) @ y
        if not wanted.any():
            return np.zeros(self.items.dims, np.float32)
        a = self.gram + (y.T * (np.abs(confidence) - 1.0)) @ y
        a.flat[:: len(a) + 1] += self.recipe.regularization
        return np.linalg.solve(a, wanted).astype(np.float32)

    def state(self) -> State:
        """Factors, what they are searched by, and the recipe."""
        items = self.items.state()
        recipe = msgspec.to_builtins(self.recipe)
        return State({**items.arrays, "gram": self.gram}, {**items.settings, "recipe": recipe})

    @classmethod
    def restore(cls, state: State) -> FittedALS:
        """From `state()`, also of a release that kept factors by code."""
        gram = np.asarray(state.arrays["gram"])
        if "factors" in state.arrays:
            items = ItemFactors.of(np.asarray(state.arrays["factors"]), np.asarray(state.arrays["norms"]) > 0)
            return cls(msgspec.convert(state.settings, ALS), items, gram)
        recipe = msgspec.convert(state.settings["recipe"], ALS)
        return cls(recipe, ItemFactors.restore(state), gram)


class ALS(msgspec.Struct, frozen=True, kw_only=True):
    """Implicit-feedback alternating least squares.

    Hu, Koren & Volinsky, "Collaborative filtering for implicit feedback datasets" (ICDM 2008), fitted by the package
    `implicit` with the conjugate gradients of Takács, Pilászy & Tikk (RecSys 2011).

    Attributes:
        factors: Numbers that describe an item.
        regularization: Pull of all factors towards 0.
        alpha: Confidence that a summed weight of 1 adds to the 1 that every cell has.
        iterations: Rounds of fitting.
        weighting: Whether a person's summed weight for an item counts as it is (`sum`) or its logarithm (`log`).
        half_life_days: Days after which an event counts half, in the data and in the history; None counts all alike.
        roles: Roles that count, by their signals' weights. Negative signals always count, as not wanted.
    """

    kind: ClassVar[str] = "als"
    fitted: ClassVar[type[Fitted]] = FittedALS
    tries: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "factors": (64, 128, 32),
        "regularization": (30.0, 100.0, 10.0),
        "alpha": (5.0, 10.0, 2.0),
        "half_life_days": (90.0, None, 30.0),
        "weighting": ("sum", "log"),
    }

    factors: Annotated[int, Meta(ge=1, le=1_024)] = 64
    regularization: Annotated[float, Meta(gt=0)] = 30.0
    alpha: Annotated[float, Meta(ge=0)] = 5.0
    iterations: Annotated[int, Meta(ge=1, le=500)] = 15
    weighting: Literal["sum", "log"] = "sum"
    half_life_days: Annotated[float, Meta(gt=0, le=36_500)] | None = 90.0
    roles: Roles = POSITIVE

    def fit(self, data: Dataset, run: Run) -> FittedALS:
        """Alternate between people's and items' factors.

        Raises:
            FitFailed: There is no event of the wanted roles.
        """
        x = self._net(data)
        liked = np.bincount(x.indices[x.data > 0], minlength=x.shape[1]) > 0
        if not liked.any():
            raise FitFailed(self.kind, f"no event of the roles {', '.join(self.roles)}")
        x.data = self.confidence(x.data).astype(np.float32)
        with threadpool_limits(1, "blas"):  # BLAS threads beside implicit's own slow it down tenfold
            model = AlternatingLeastSquares(
                factors=self.factors,
                regularization=self.regularization,
                iterations=self.iterations,
                num_threads=run.threads,
                random_state=run.seed,
            )
            model.fit(
                x,
                show_progress=False,
                callback=lambda done, seconds, loss: run.progress((done + 1) / self.iterations),
            )
            factors = turned(np.where(liked[:, None], model.item_factors, np.float32(0.0)))
            gram = factors.astype(np.float64).T @ factors.astype(np.float64)
        fitted = FittedALS(self, ItemFactors.of(factors, liked), gram)
        if len(fitted.items.items) < INDEX_FROM:
            return fitted
        people = fitted.people(data.queries(some_people(data, run.seed)))
        return replace(fitted, items=fitted.items.indexed(people, run.seed))

    def confidence(self, net: NDArray[Any]) -> Weights:
        """Confidence in each cell of the person-item matrix, with the sign of the cell's summed weight."""
        size: Weights = np.abs(net, dtype=np.float64)
        if self.weighting == "log":
            size = np.log1p(size)
        signed: Weights = np.copysign(1.0 + self.alpha * size, net)
        return signed

    def _net(self, data: Dataset) -> sparse.csr_matrix:
        rows = data.interactions
        wanted = (rows.weight > 0) & np.isin(rows.role, [int(r) for r in roles_named(self.roles)])
        rows = rows.where((wanted | (rows.weight < 0)) & ~(rows.reversed_at <= data.now))
        weight = rows.weight * decay(data.now - rows.time, self.half_life_days)
        x = sparse.csr_matrix((weight, (rows.person, rows.item)), shape=(len(data.people), len(data.items)))
        x.eliminate_zeros()
        return x
