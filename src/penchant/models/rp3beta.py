"""A short random walk from a history's items over people to other items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import msgspec
import numpy as np
from msgspec import Meta
from scipy import sparse

from penchant.dataset import Dataset, Queries
from penchant.models.choice import Allowed
from penchant.models.gram import kept, products, strongest
from penchant.models.history import POSITIVE, Roles
from penchant.models.history_matrix import Weighting, history_matrix, need_pairs, unit_matrix
from penchant.models.item_weights import ItemWeights
from penchant.models.model import Fitted, Run, State
from penchant.models.sequences import Window
from penchant.slate import Candidates, Codes


@dataclass(frozen=True)
class FittedRP3Beta:
    """Where a walk from each item leads.

    Attributes:
        recipe: What it was fitted with.
        weights: Chances of getting from one item to another, popular ones held back.
    """

    recipe: RP3Beta
    weights: ItemWeights

    def retrieve(self, queries: Queries, k: int, allowed: Allowed = None) -> Candidates:
        """Items by the sum of the chances of walks from the history's items."""
        r = self.recipe
        x = history_matrix(queries, len(self.weights), r.roles, r.weighting, r.half_life_days)
        return self.weights.retrieve(x, k, allowed)

    def similar(self, items: Codes, k: int, allowed: Allowed = None) -> Candidates:
        """Items by the chance of a walk from each item."""
        return self.weights.similar(items, k, allowed)

    def state(self) -> State:
        """The weights and the recipe."""
        return State(self.weights.arrays(), msgspec.to_builtins(self.recipe))

    @classmethod
    def restore(cls, state: State) -> FittedRP3Beta:
        """From `state()`."""
        return cls(msgspec.convert(state.settings, RP3Beta), ItemWeights.from_arrays(state.arrays))


class RP3Beta(msgspec.Struct, frozen=True, kw_only=True):
    """Random walks of three steps over people and items, with popular items held back.

    Paudel, Christoffel, Newell & Bernstein, "Updatable, accurate, diverse, and scalable recommendations for
    interactive applications" (ACM TiiS 7(1), 2017), on the walks of Cooper, Lee, Radzik & Siantos (WWW 2014).

    Attributes:
        alpha: Power of each step's chance; below 1 rare ways count more.
        beta: How far an item's popularity is divided out: 0 leaves it, 1 takes it all.
        neighbours: Items kept of each item's row; fewer where there are more than 20,000 items (100 at 100,000).
        weighting: What a person's events with an item weigh together.
        half_life_days: Days after which an event counts half, in the data and in the history; None counts all alike.
        window: What links two items: one `person` or one `session`.
        roles: Roles that count, in the data and in the history.
        most: Events of a person (or session) that count, the newest ones, so that the fit stays near-linear in events.
        least_units: People (or sessions) with two items or more that the data must hold.
    """

    kind: ClassVar[str] = "rp3beta"
    fitted: ClassVar[type[Fitted]] = FittedRP3Beta
    tries: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "alpha": (1.0, 0.6, 1.3),
        "beta": (0.3, 0.6, 0.0),
        "neighbours": (500, 100),
        "half_life_days": (60.0, 14.0, None),
        "weighting": ("binary", "log"),
    }

    alpha: Annotated[float, Meta(gt=0, le=5)] = 1.0
    beta: Annotated[float, Meta(ge=0, le=2)] = 0.3
    neighbours: Annotated[int, Meta(ge=1, le=5_000)] = 500
    weighting: Weighting = "binary"
    half_life_days: Annotated[float, Meta(gt=0, le=36_500)] | None = 60.0
    window: Window = "person"
    roles: Roles = POSITIVE
    most: Annotated[int, Meta(ge=2, le=100_000)] = 2_000
    least_units: Annotated[int, Meta(ge=1)] = 20

    def fit(self, data: Dataset, run: Run) -> FittedRP3Beta:
        """Multiply the chances of the steps, a block of items at a time.

        Raises:
            FitFailed: Too few people (or sessions) have two items.
        """
        x = unit_matrix(data, self.roles, self.window, self.weighting, self.half_life_days, self.most)
        need_pairs(self.kind, x, self.window, self.least_units)
        everything = np.arange(x.shape[1], dtype=np.int32)
        return FittedRP3Beta(self, ItemWeights.of(everything, len(everything), self._rows(x)))

    def _rows(self, x: sparse.csr_matrix) -> Iterator[sparse.csr_matrix]:
        """The rows of all items, block by block."""
        units = np.asarray(x.sum(axis=1), np.float64).ravel()
        items = np.bincount(x.indices, x.data, minlength=x.shape[1])
        held_back = np.maximum(items, 1e-12) ** -self.beta
        # The chance of item -> unit is a cell's share of the item's total, of unit -> item its share of the unit's.
        to_unit, to_item = x.astype(np.float64), x.astype(np.float64)
        to_unit.data = (x.data / items[x.indices]) ** self.alpha
        to_item.data = (x.data / np.repeat(units, np.diff(x.indptr))) ** self.alpha * held_back[x.indices]
        for rows, block in products(to_unit, to_item):
            block.data[block.indices == np.repeat(np.arange(rows.start, rows.stop), np.diff(block.indptr))] = 0.0
            yield strongest(block, kept(self.neighbours, x.shape[1]))
