"""Nearest items by what people did with both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import xlogy

from penchant.dataset import Dataset, Interactions, Queries
from penchant.errors import FitFailed
from penchant.models.choice import Allowed, allowed_in
from penchant.models.history import POSITIVE, Past, Roles, roles_named
from penchant.models.model import Fitted, Run, State
from penchant.models.neighbours import Neighbours, capped, cooccurrence, rescored
from penchant.models.weighting import bm25
from penchant.slate import Candidates, Codes


@dataclass(frozen=True)
class FittedItemKNN:
    """Each item's nearest items.

    Attributes:
        recipe: What it was fitted with.
        neighbours: The nearest of each item.
    """

    recipe: ItemKNN
    neighbours: Neighbours

    def retrieve(self, queries: Queries, k: int, allowed: Allowed = None) -> Candidates:
        """Sums of the nearest items of the history, each item weighed by what is left of its signals."""
        rows = []
        for i in range(len(queries)):
            past = Past.of(queries, i, len(self.neighbours), self.recipe.half_life_days)
            rows.append(self.neighbours.best(*past.liked(self.recipe.roles), k, allowed_in(allowed, i)))
        return Candidates.from_rows(rows)

    def similar(self, items: Codes, k: int, allowed: Allowed = None) -> Candidates:
        """The nearest items of each item."""
        return self.neighbours.similar(items, k, allowed)

    def state(self) -> State:
        """The neighbours and the recipe."""
        near = self.neighbours
        return State({"ptr": near.ptr, "items": near.items, "scores": near.scores}, msgspec.to_builtins(self.recipe))

    @classmethod
    def restore(cls, state: State) -> FittedItemKNN:
        """From `state()`."""
        near = Neighbours(*(np.asarray(state.arrays[name]) for name in ("ptr", "items", "scores")))
        return cls(msgspec.convert(state.settings, ItemKNN), near)


class ItemKNN(msgspec.Struct, frozen=True, kw_only=True):
    """Item-based nearest neighbours.

    Sarwar et al., "Item-based collaborative filtering recommendation algorithms" (WWW 2001); Deshpande & Karypis,
    "Item-based top-N recommendation algorithms" (TOIS 2004).

    Attributes:
        similarity: `cosine`, `bm25` and `llr` (see `likelihood_ratio`) compare the people (or sessions) of two items;
            `count` is co-visitation: how often two items stand near each other in a timeline, as a share of the first
            item's pairs.
        window: What makes two events belong together: one `person` or one `session`.
        neighbours: Nearest items kept of each item.
        half_life_days: Days after which an event of the history counts half when asked; None counts all alike.
        roles: Roles that count, in the data and in the history, by their signals' weights.
        shrink: Added to the divisor of `cosine` and `count`, so that pairs seen by few stand lower.
        k1: BM25's saturation of repeats.
        b: BM25's penalty on often used items, 0 to 1.
        span: Places apart two events of a pair may stand in `count`; a pair counts one over its distance.
        most: Items of one person or session that are compared, the heaviest first.
    """

    kind: ClassVar[str] = "item-knn"
    fitted: ClassVar[type[Fitted]] = FittedItemKNN
    tries: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "similarity": ("bm25", "cosine", "llr", "count"),
        "neighbours": (100, 500, 20),
        "shrink": (0.0, 10.0, 50.0),
        "k1": (1.2, 0.5, 3.0),
        "b": (0.75, 0.2, 0.5),
    }

    similarity: Literal["cosine", "bm25", "llr", "count"] = "bm25"
    window: Literal["person", "session"] = "person"
    neighbours: Annotated[int, Meta(ge=1, le=5_000)] = 100
    half_life_days: Annotated[float, Meta(gt=0, le=36_500)] | None = 30.0
    roles: Roles = POSITIVE
    shrink: Annotated[float, Meta(ge=0)] = 0.0
    k1: Annotated[float, Meta(gt=0, le=1_000)] = 1.2
    b: Annotated[float, Meta(ge=0, le=1)] = 0.75
    span: Annotated[int, Meta(ge=1, le=100)] = 5
    most: Annotated[int, Meta(ge=2)] = 1_000

    def fit(self, data: Dataset, run: Run) -> FittedItemKNN:
        """Compare every pair of items that share a person or session.

        Raises:
            FitFailed: There is no event of the wanted roles.
        """
        rows = data.positive(*roles_named(self.roles))
        if not len(rows):
            raise FitFailed(self.kind, f"no event of the roles {', '.join(self.roles)}")
        if self.similarity == "count":
            near = pairs(rows, rows.person if self.window == "person" else rows.session, self.span, len(data.items))
            total = np.asarray(near.sum(axis=1)).ravel() + self.shrink
            near.data /= total.repeat(np.diff(near.indptr))
            return FittedItemKNN(self, Neighbours.prune([near], self.neighbours))
        x = capped(self._units(rows, len(data.items)), self.most)
        held = np.asarray(x.multiply(x).sum(axis=0), np.float64).ravel()
        norm = np.sqrt(held)

        def score(a: NDArray[np.int64], b: Codes, value: NDArray[np.float64]) -> NDArray[np.float64]:
            if self.similarity == "cosine":
                return value / (norm[a] * norm[b] + self.shrink)
            return value if self.similarity == "bm25" else likelihood_ratio(value, held[a], held[b], x.shape[0])

        return FittedItemKNN(self, Neighbours.prune(rescored(cooccurrence(x), score), self.neighbours))

    def _units(self, rows: Interactions, n_items: int) -> sparse.csr_matrix:
        unit = np.unique(rows.person if self.window == "person" else rows.session, return_inverse=True)[1]
        x = sparse.csr_matrix((rows.weight, (unit, rows.item)), shape=(int(unit.max()) + 1, n_items))
        if self.similarity == "bm25":
            return bm25(x, self.k1, self.b)
        # Doing a thing ten times does not make ten people.
        x.data = np.minimum(x.data, 1.0) if self.similarity == "cosine" else np.ones_like(x.data)
        return x


def pairs(rows: Interactions, unit: NDArray[np.int32], span: int, n_items: int) -> sparse.csr_matrix:
    """How often two different items stand near each other, each pair weighed one over its distance.

    Args:
        rows: Sorted by unit, then time.
        unit: What both events of a pair must share, one a row.
        span: Greatest distance, in places.
        n_items: Size of the item space.

    Returns:
        Symmetric, shape (n_items, n_items); a pair weighs what its weaker event weighs.
    """
    near = sparse.csr_matrix((n_items, n_items), dtype=np.float64)
    for apart in range(1, min(span, len(rows) - 1) + 1):
        a, b = slice(None, -apart), slice(apart, None)
        keep = (unit[a] == unit[b]) & (rows.item[a] != rows.item[b])
        weight = np.minimum(rows.weight[a], rows.weight[b])[keep].astype(np.float64) / apart
        near = near + sparse.csr_matrix((weight, (rows.item[a][keep], rows.item[b][keep])), shape=near.shape)
    both = (near + near.T).tocsr()
    both.sort_indices()
    return both


def likelihood_ratio(
    both: NDArray[np.float64], one: NDArray[np.float64], other: NDArray[np.float64], units: int
) -> NDArray[np.float64]:
    """How surely two items stand together more often than chance would have it; 0 for pairs that do not.

    Dunning, "Accurate methods for the statistics of surprise and coincidence" (Computational Linguistics 1993).

    Args:
        both: Units that hold both items.
        one: Units that hold the first.
        other: Units that hold the second.
        units: All units.

    Returns:
        Twice the logarithm of the ratio of likelihoods, with and without a tie between the two.
    """
    ratio = np.zeros(len(both))
    tied = np.flatnonzero(both * units > one * other)
    both, one, other = both[tied], one[tied], other[tied]
    not_one, not_other = units - one, units - other
    for seen, row, column in (
        (both, one, other),
        (one - both, one, not_other),
        (other - both, not_one, other),
        (not_one - other + both, not_one, not_other),
    ):
        ratio[tied] += xlogy(seen, seen * units / np.maximum(row * column, 1.0))
    return 2.0 * np.maximum(ratio, 0.0)
