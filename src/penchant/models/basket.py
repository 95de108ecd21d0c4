"""What goes with what: items that people buy together more often than chance would have it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray
from scipy import sparse

from penchant.catalog import Categories
from penchant.dataset import Dataset, Queries
from penchant.errors import FitFailed
from penchant.events import Role
from penchant.models.choice import Allowed, allowed_in, best_among
from penchant.models.history import Past, Weights, tally
from penchant.models.model import Fitted, Run, State
from penchant.models.neighbours import Neighbours, cooccurrence, rescored
from penchant.slate import Candidates, Codes


@dataclass(frozen=True)
class FittedBasketAffinity:
    """Each item's complements.

    Attributes:
        recipe: What it was fitted with.
        complements: The strongest of each item.
    """

    recipe: BasketAffinity
    complements: Neighbours

    def retrieve(self, queries: Queries, k: int, allowed: Allowed = None) -> Candidates:
        """Complements of the basket: the seeds, and the history's latest items; never what is in the basket."""
        rows = []
        for i in range(len(queries)):
            basket, weights = self._basket(queries, i)
            codes, votes = self.complements.votes(basket, weights)
            other = ~np.isin(codes, basket)
            rows.append(best_among(codes[other], votes[other], k, allowed_in(allowed, i)))
        return Candidates.from_rows(rows)

    def similar(self, items: Codes, k: int, allowed: Allowed = None) -> Candidates:
        """The complements of each item."""
        return self.complements.similar(items, k, allowed)

    def state(self) -> State:
        """The complements and the recipe."""
        near = self.complements
        return State({"ptr": near.ptr, "items": near.items, "scores": near.scores}, msgspec.to_builtins(self.recipe))

    @classmethod
    def restore(cls, state: State) -> FittedBasketAffinity:
        """From `state()`."""
        near = Neighbours(*(np.asarray(state.arrays[name]) for name in ("ptr", "items", "scores")))
        return cls(msgspec.convert(state.settings, BasketAffinity), near)

    def _basket(self, queries: Queries, row: int) -> tuple[Codes, Weights]:
        n = len(self.complements)
        seeds = queries.seeds_of(row)
        seeds = seeds[(seeds >= 0) & (seeds < n)]
        past = Past.of(queries, row, n, self.recipe.half_life_days)
        liked = past.signals > 0
        # The latest event of each item stands for it; the newest items come first.
        newest, at = np.unique(past.items[liked][::-1], return_index=True)
        newest = newest[np.argsort(at)][: self.recipe.recent]
        at = np.sort(at)[: self.recipe.recent]
        left = (past.signals[liked] * past.decays[liked])[::-1][at]
        return tally(np.concatenate([seeds, newest]), np.concatenate([np.ones(len(seeds)), left]))


class BasketAffinity(msgspec.Struct, frozen=True, kw_only=True):
    """Items bought together, by shrunk lift times confidence.

    Lift is Brin et al., "Dynamic itemset counting and implication rules for market basket data" (SIGMOD 1997). With
    `n` baskets, `a` of them with the first item, `b` with the second and `ab` with both, lift is `ab n / (a b)`, and
    the score is `ab / (a + shrink)` times `log lift`: complements that many baskets vouch for, above those that are
    everywhere and those that are rare.

    Attributes:
        min_support: Baskets that must hold both items.
        min_lift: Least lift; 1 is chance.
        shrink: Baskets added to the divisor, so that pairs seen by few stand lower.
        top: Complements kept of each item.
        recent: Items of the history that count as in the basket, the latest first.
        half_life_days: Days after which an event of the history counts half.
        within: A category field. With it, an item's confidence is drawn by `shrink` baskets towards that of its
            category with items of other categories, so that a shoe nobody bought yet goes with socks too.
    """

    kind: ClassVar[str] = "basket"
    fitted: ClassVar[type[Fitted]] = FittedBasketAffinity

    min_support: Annotated[int, Meta(ge=1)] = 3
    min_lift: Annotated[float, Meta(ge=0)] = 1.2
    shrink: Annotated[float, Meta(ge=0)] = 10.0
    top: Annotated[int, Meta(ge=1, le=5_000)] = 100
    recent: Annotated[int, Meta(ge=0, le=1_000)] = 5
    half_life_days: Annotated[float, Meta(gt=0, le=36_500)] | None = 1.0
    within: str | None = None

    def fit(self, data: Dataset, run: Run) -> FittedBasketAffinity:
        """Count baskets and pairs.

        Raises:
            FitFailed: No basket holds two items.
        """
        rows = data.positive(Role.GOAL)
        rows = rows.where(rows.basket >= 0)
        basket = np.unique(rows.basket, return_inverse=True)[1]
        x = sparse.csr_matrix(
            (np.ones(len(rows), np.float32), (basket, rows.item)),
            shape=(int(basket.max(initial=-1)) + 1, len(data.items)),
        )
        x.data[:] = 1.0  # twice in one basket is one basket
        held = np.asarray(x.sum(axis=0), np.float64).ravel()
        if not (np.diff(x.indptr) > 1).any():
            raise FitFailed(self.kind, "no basket holds two items")
        prior = None if self.within is None else self._prior(x, held, data.table.category(self.within))

        def score(a: NDArray[np.int64], b: Codes, both: NDArray[np.float64]) -> NDArray[np.float64]:
            lift = both * x.shape[0] / (held[a] * held[b])
            keep = (a != b) & (both >= self.min_support) & (lift >= self.min_lift)
            return np.where(keep, both / (held[a] + self.shrink) * np.log(np.maximum(lift, 1e-12)), 0.0)

        blocks = cooccurrence(x)
        if prior is None:
            return FittedBasketAffinity(self, Neighbours.prune(rescored(blocks, score), self.top))
        return FittedBasketAffinity(self, Neighbours.prune(self._drawn(blocks, held, x.shape[0], prior), self.top))

    def _prior(self, x: sparse.csr_matrix, held: NDArray[np.float64], of: Categories) -> sparse.csr_matrix:
        """Share of the baskets with an item's category that hold another item, for items of other categories.

        Rows are items, so that a row of an item never sold is what goes with its category. Only pairs with enough
        support and lift stand in it, the `top` best of each category.
        """
        n, kinds = x.shape[1], len(of.names)
        known = np.flatnonzero(of.codes >= 0)
        member = sparse.csr_matrix((np.ones(len(known), np.float32), (known, of.codes[known])), shape=(n, kinds))
        baskets = (x @ member).tocsr()
        baskets.data[:] = 1.0
        size = np.asarray(baskets.sum(axis=0), np.float64).ravel()
        both = (baskets.T @ x).tocoo()
        kind, item, count = both.row, both.col, both.data.astype(np.float64)
        lift = count * x.shape[0] / (size[kind] * held[item])
        keep = (of.codes[item] != kind) & (count >= self.min_support) & (lift >= self.min_lift)
        share = np.where(keep, count / np.maximum(size[kind], 1), 0.0)
        goodness = sparse.csr_matrix((share * np.log(np.maximum(lift, 1e-12)), (kind, item)), shape=(kinds, n))
        goodness.sort_indices()
        best = Neighbours.prune([goodness], self.top)
        shares = sparse.csr_matrix((share, (kind, item)), shape=(kinds, n))
        row = np.repeat(np.arange(kinds), np.diff(best.ptr))
        kept = sparse.csr_matrix((np.ones(len(best.items), np.float32), (row, best.items)), shape=(kinds, n))
        return (member @ shares.multiply(kept).tocsr()).tocsr()

    def _drawn(
        self,
        blocks: Iterable[tuple[slice, sparse.csr_matrix]],
        held: NDArray[np.float64],
        baskets: int,
        prior: sparse.csr_matrix,
    ) -> Iterator[sparse.csr_matrix]:
        """Scores of pairs whose confidence is drawn towards the category's by `shrink` baskets."""
        for rows, block in blocks:
            pairs = block.astype(np.float64)
            pairs.data[pairs.data < self.min_support] = 0.0
            weight = sparse.diags_array(1.0 / (held[rows] + self.shrink))
            drawn = (weight @ (pairs + self.shrink * prior[rows].astype(np.float64))).tocsr()
            drawn.setdiag(0.0, k=rows.start)
            drawn.sort_indices()
            lift = drawn.data * baskets / np.maximum(held[drawn.indices], 1.0)
            good = lift >= self.min_lift
            drawn.data = np.where(good, drawn.data * np.log(np.maximum(lift, 1e-12)), 0.0)
            yield drawn
