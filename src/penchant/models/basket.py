"""What goes with what: items that people buy together more often than chance would have it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray
from scipy import sparse

from penchant.catalog import Categories
from penchant.clock import DAY
from penchant.dataset import Dataset, Interactions, Queries
from penchant.errors import FitFailed
from penchant.events import Role
from penchant.models.choice import Allowed, allowed_in
from penchant.models.history import Past, Weights, tally
from penchant.models.model import Fitted, Run, State
from penchant.models.neighbours import Neighbours
from penchant.slate import Candidates, Codes

_BLOCK_CELLS = 4_000_000


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
            rows.append(self.complements.best(basket, weights, k, allowed_in(allowed, i), but=basket))
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

    With the direction `after`, the second item may also be in one of the next baskets of the same person: `ab` counts
    the first item's baskets that hold the second or are followed by it, and `b` all baskets that hold it or are
    followed by it. A pair that people mostly have the other way round is dropped, so that a phone brings up its case
    and a case no phone: of the pair's baskets, counted with one for either way, less than a third go this way, those
    that hold both being half of either way.

    Attributes:
        min_support: Baskets that must hold both items.
        min_lift: Least lift; 1 is chance.
        shrink: Baskets added to the divisor, so that pairs seen by few stand lower.
        top: Complements kept of each item.
        recent: Items of the history that count as in the basket, the latest first.
        half_life_days: Days after which an event of the history counts half.
        within: A category field. With it, an item's confidence is drawn by `shrink` baskets towards that of its
            category with items of other categories, so that a shoe nobody bought yet goes with socks too.
        pairs: Whether only pairs are proposed that enough baskets held themselves (`strict`), or also those that only
            the category vouches for (`inferred`); without `within` there are none of these.
        direction: Whether a pair counts alike both ways (`both`), or by what comes with or after what (`after`).
        next_baskets: Baskets of the same person in which something still comes after.
        next_days: Days within which it does.
    """

    kind: ClassVar[str] = "basket"
    fitted: ClassVar[type[Fitted]] = FittedBasketAffinity
    tries: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "min_support": (3, 2, 10),
        "min_lift": (1.2, 1.0, 2.0),
        "shrink": (10.0, 3.0, 30.0),
        "pairs": ("inferred", "strict"),
        "direction": ("both", "after"),
    }

    min_support: Annotated[int, Meta(ge=1)] = 3
    min_lift: Annotated[float, Meta(ge=0)] = 1.2
    shrink: Annotated[float, Meta(ge=0)] = 10.0
    top: Annotated[int, Meta(ge=1, le=5_000)] = 100
    recent: Annotated[int, Meta(ge=0, le=1_000)] = 5
    half_life_days: Annotated[float, Meta(gt=0, le=36_500)] | None = 1.0
    within: str | None = None
    pairs: Literal["inferred", "strict"] = "inferred"
    direction: Literal["both", "after"] = "both"
    next_baskets: Annotated[int, Meta(ge=1, le=100)] = 5
    next_days: Annotated[float, Meta(gt=0, le=3_650)] = 90.0

    def fit(self, data: Dataset, run: Run) -> FittedBasketAffinity:
        """Count baskets and pairs.

        Raises:
            FitFailed: No basket holds two items (nor, with the direction `after`, do any follow).
        """
        rows = data.positive(Role.GOAL)
        rows = rows.where(rows.basket >= 0)
        x, person, time = baskets_of(rows, len(data.items))
        later = following(x, person, time, self.next_baskets, self.next_days) if self.direction == "after" else None
        y = x if later is None else _either(x, later)
        if not (np.diff(y.indptr) > 1).any():
            more = "" if later is None else ", nor is one followed by another item"
            raise FitFailed(self.kind, f"no basket holds two items{more}")
        prior = None if self.within is None else self._prior(x, y, data.table.category(self.within))
        return FittedBasketAffinity(self, Neighbours.prune(self._scored(x, y, later, prior), self.top))

    def _prior(self, x: sparse.csr_matrix, y: sparse.csr_matrix, of: Categories) -> sparse.csr_matrix:
        """Share of the baskets with an item's category that hold another item, for items of other categories.

        Rows are items, so that a row of an item never sold is what goes with its category. Only pairs with enough
        support and lift stand in it, the `top` best of each category.
        """
        n, kinds = x.shape[1], len(of.names)
        known = np.flatnonzero(of.codes >= 0)
        member = sparse.csr_matrix((np.ones(len(known), np.float32), (known, of.codes[known])), shape=(n, kinds))
        baskets = (x @ member).tocsr()
        baskets.data[:] = 1.0
        size, held = _sums(baskets), _sums(y)
        both = (baskets.T @ y).tocoo()
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

    def _scored(
        self,
        x: sparse.csr_matrix,
        y: sparse.csr_matrix,
        later: sparse.csr_matrix | None,
        prior: sparse.csr_matrix | None,
    ) -> Iterator[sparse.csr_matrix]:
        """Scores of the pairs, in row blocks; with a prior, confidence is drawn towards it by `shrink` baskets."""
        held, wanted = _sums(x), _sums(y)
        columns = x.T.tocsr()
        earlier = None if later is None else later.T.tocsr()
        step = max(16, _BLOCK_CELLS // max(x.shape[1], 1))
        for start in range(0, x.shape[1], step):
            rows = slice(start, min(start + step, x.shape[1]))
            pairs = (columns[rows] @ y).tocsr().astype(np.float64)
            if later is not None:
                assert earlier is not None
                # What is mostly had the other way round has no support this way.
                pairs = pairs.multiply(_this_way(columns[rows] @ x, columns[rows] @ later, earlier[rows] @ x)).tocsr()
            pairs.data[pairs.data < self.min_support] = 0.0
            weight = sparse.diags_array(1.0 / np.maximum(held[rows] + self.shrink, 1e-12))
            drawn = pairs
            if prior is not None:
                toward = prior[rows].astype(np.float64)
                drawn = pairs + self.shrink * (toward.multiply(pairs > 0) if self.pairs == "strict" else toward)
            drawn = (weight @ drawn).tocsr()
            at = np.repeat(np.arange(rows.start, rows.stop), np.diff(drawn.indptr))
            drawn.data[at == drawn.indices] = 0.0
            drawn.sort_indices()
            at = np.repeat(np.arange(rows.start, rows.stop), np.diff(drawn.indptr))
            # The lift of a drawn pair is that of its drawn confidence; of a counted one, that of the count.
            share = drawn.data if prior is not None else drawn.data * (1.0 + self.shrink / np.maximum(held[at], 1.0))
            lift = share * x.shape[0] / np.maximum(wanted[drawn.indices], 1.0)
            good = lift >= self.min_lift
            drawn.data = np.where(good, drawn.data * np.log(np.maximum(lift, 1e-12)), 0.0)
            yield drawn


def baskets_of(rows: Interactions, n_items: int) -> tuple[sparse.csr_matrix, Codes, NDArray[np.float64]]:
    """Which basket holds what, baskets by person, then time.

    Args:
        rows: Rows with a basket.
        n_items: Size of the item space.

    Returns:
        1 for each item of each basket, shape (baskets, n_items); whose each basket is, and its first moment.
    """
    first, basket = np.unique(rows.basket, return_index=True, return_inverse=True)[1:]
    person, time = rows.person[first], rows.time[first]
    order = np.lexsort((time, person))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    x = sparse.csr_matrix((np.ones(len(rows), np.float32), (place[basket], rows.item)), shape=(len(order), n_items))
    x.data[:] = 1.0  # twice in one basket is one basket
    return x, person[order], time[order]


def following(
    x: sparse.csr_matrix, person: Codes, time: NDArray[np.float64], most: int, days: float
) -> sparse.csr_matrix:
    """What the next baskets of the same person hold that a basket itself does not; shape of `x`.

    Args:
        x: From `baskets_of`, like the next two.
        person: Whose each basket is.
        time: When it was.
        most: Next baskets looked at.
        days: How much later they may be.
    """
    n = x.shape[0]
    shifts = []
    for apart in range(1, min(most, n - 1) + 1):
        near = (person[apart:] == person[:-apart]) & (time[apart:] - time[:-apart] <= days * DAY)
        shifts.append(np.flatnonzero(near))
    at = np.concatenate(shifts) if shifts else np.zeros(0, np.int64)
    to = np.concatenate([rows + 1 + i for i, rows in enumerate(shifts)]) if shifts else at
    later = (sparse.csr_matrix((np.ones(len(at), np.float32), (at, to)), shape=(n, n)) @ x).tocsr()
    later.data[:] = 1.0
    fresh: sparse.csr_matrix = (later - later.multiply(x)).tocsr()
    fresh.eliminate_zeros()
    return fresh


def _either(x: sparse.csr_matrix, later: sparse.csr_matrix) -> sparse.csr_matrix:
    either: sparse.csr_matrix = (x + later).tocsr()
    either.data[:] = 1.0
    return either


def _this_way(both: sparse.csr_matrix, after: sparse.csr_matrix, before: sparse.csr_matrix) -> sparse.csr_matrix:
    """1 for the pairs of which a third or more go this way; see `BasketAffinity`."""
    forward = (after + 0.5 * both).tocsr()
    total = (after + before + both).tocsr()
    # What goes this way, plus one, is less than a third of all, plus two.
    short = (total - 3.0 * forward).tocsr()
    short.data = (short.data > 1.0).astype(np.float64)
    total.data = np.ones_like(total.data, np.float64)
    kept: sparse.csr_matrix = (total - short).tocsr()
    return kept


def _sums(x: sparse.csr_matrix) -> NDArray[np.float64]:
    sums: NDArray[np.float64] = np.asarray(x.sum(axis=0), np.float64).ravel()
    return sums
