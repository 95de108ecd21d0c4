"""A linear model between items, solved in one step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import msgspec
import numpy as np
from msgspec import Meta
from scipy import sparse

from penchant.dataset import Dataset, Queries
from penchant.errors import FitFailed
from penchant.models.choice import Allowed
from penchant.models.gram import Dense, add_product, frequent, invert, products_of, strongest_of
from penchant.models.history import POSITIVE, Roles
from penchant.models.history_matrix import Weighting, history_matrix, need_pairs, unit_matrix
from penchant.models.item_weights import ItemWeights
from penchant.models.model import Fitted, Run, State
from penchant.models.sequences import Window
from penchant.slate import Candidates, Codes


@dataclass(frozen=True)
class FittedEASE:
    """What each item of the block says of the others.

    Attributes:
        recipe: What it was fitted with.
        weights: Item-item weights, no item of itself.
    """

    recipe: EASE
    weights: ItemWeights

    def retrieve(self, queries: Queries, k: int, allowed: Allowed = None) -> Candidates:
        """Items by the sum of what the history's items say, above 0."""
        r = self.recipe
        x = history_matrix(queries, len(self.weights), r.roles, r.weighting, r.half_life_days)
        return self.weights.retrieve(x, k, allowed)

    def similar(self, items: Codes, k: int, allowed: Allowed = None) -> Candidates:
        """The items that each item speaks for most."""
        return self.weights.similar(items, k, allowed)

    def state(self) -> State:
        """The weights and the recipe."""
        return State(self.weights.arrays(), msgspec.to_builtins(self.recipe))

    @classmethod
    def restore(cls, state: State) -> FittedEASE:
        """From `state()`."""
        return cls(msgspec.convert(state.settings, EASE), ItemWeights.from_arrays(state.arrays))


class EASE(msgspec.Struct, frozen=True, kw_only=True):
    """Embarrassingly shallow autoencoder: weights that best tell each item of a person from the others.

    Steck, "Embarrassingly shallow autoencoders for sparse data" (WWW 2019). The weights are solved for among the most
    frequent items; the cost grows with the cube of their number, so items beyond the block get no score and are left
    to other models.

    Attributes:
        l2: Pull of all weights towards 0.
        weighting: What a person's events with an item weigh together, in the data and in the history.
        half_life_days: Days after which an event counts half, in the data and in the history; None counts all alike.
        window: What makes two events belong together: one `person` or one `session`.
        roles: Roles that count, in the data and in the history.
        block: Items the weights are solved for, the most frequent ones.
        neighbours: Weights kept of each item's row, the farthest from 0, above it or below.
        most: Events of a person (or session) that count, the newest ones, so that the fit stays near-linear in events.
        least_units: People (or sessions) with two items or more that the data must hold.
    """

    kind: ClassVar[str] = "ease"
    fitted: ClassVar[type[Fitted]] = FittedEASE
    tries: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "l2": (250.0, 50.0, 1_000.0),
        "half_life_days": (60.0, 14.0, None),
        "weighting": ("binary", "log"),
    }

    l2: Annotated[float, Meta(gt=0)] = 250.0
    weighting: Weighting = "binary"
    half_life_days: Annotated[float, Meta(gt=0, le=36_500)] | None = 60.0
    window: Window = "person"
    roles: Roles = POSITIVE
    block: Annotated[int, Meta(ge=2, le=20_000)] = 8_000
    neighbours: Annotated[int, Meta(ge=1, le=20_000)] = 1_000
    most: Annotated[int, Meta(ge=2, le=100_000)] = 2_000
    least_units: Annotated[int, Meta(ge=1)] = 20

    def fit(self, data: Dataset, run: Run) -> FittedEASE:
        """Invert the regularized products of items.

        Raises:
            FitFailed: Too few people (or sessions) have two items, or `l2` is too small for the data.
        """
        x = unit_matrix(data, self.roles, self.window, self.weighting, self.half_life_days, self.most)
        need_pairs(self.kind, x, self.window, self.least_units)
        block = frequent(x, self.block)
        x = x[:, block]
        g = products_of(len(block))
        add_product(g, x, x)
        g.flat[:: len(g) + 1] += self.l2
        try:
            p = invert(g)
        except np.linalg.LinAlgError as error:
            raise FitFailed(self.kind, f"l2 = {self.l2:g} is too small for this data") from error
        return FittedEASE(self, ItemWeights.of(block, len(data.items), self._rows(p, run.threads)))

    def _rows(self, p: Dense, threads: int) -> list[sparse.csr_matrix]:
        """The weights, some rows in each: the inverse over its diagonal, of the other sign."""
        scale = -1.0 / p.diagonal()

        def some(start: int, end: int) -> Dense:
            weights = p[start:end] * scale
            np.fill_diagonal(weights[:, start:], 0.0)
            return weights

        return strongest_of(some, len(p), self.neighbours, threads)
