"""A linear model between items that minds their order, solved in one step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray
from scipy import sparse

from penchant.dataset import Dataset, Queries
from penchant.errors import FitFailed
from penchant.models.choice import Allowed, allowed_in
from penchant.models.gram import Dense, Factor, add_product, frequent, invert, products_of, strongest_of
from penchant.models.history import POSITIVE, Roles, decay
from penchant.models.history_matrix import last_steps, last_steps_of_one, matrix_of_cells, places
from penchant.models.item_weights import ItemWeights
from penchant.models.model import Fitted, Run, State
from penchant.models.need import need
from penchant.models.sequences import Sequences, Window, sequences
from penchant.slate import Candidates, Codes


@dataclass(frozen=True)
class FittedSLIST:
    """What each item of the block says of what follows it.

    Attributes:
        recipe: What it was fitted with.
        weights: Item-item weights.
    """

    recipe: SLIST
    weights: ItemWeights

    def retrieve(self, queries: Queries, k: int, allowed: Allowed = None) -> Candidates:
        """Items by the sum of what the last steps of the history say, above 0; later steps count more."""
        r, n = self.recipe, len(self.weights)
        if len(queries) == 1:
            steps = last_steps_of_one(queries, n, r.roles, r.steps, r.infer)
            return Candidates.from_rows([self.weights.best(*steps, k, allowed_in(allowed, 0))])
        return self.weights.retrieve(last_steps(queries, n, r.roles, r.steps, r.infer), k, allowed)

    def similar(self, items: Codes, k: int, allowed: Allowed = None) -> Candidates:
        """The items that each item speaks for most."""
        return self.weights.similar(items, k, allowed)

    def state(self) -> State:
        """The weights and the recipe."""
        return State(self.weights.arrays(), msgspec.to_builtins(self.recipe))

    @classmethod
    def restore(cls, state: State) -> FittedSLIST:
        """From `state()`."""
        return cls(msgspec.convert(state.settings, SLIST), ItemWeights.from_arrays(state.arrays))


class SLIST(msgspec.Struct, frozen=True, kw_only=True):
    """Session-aware linear item-item model: weights that best tell the future of a sequence from its past.

    Choi, Kim, Lee, Shim & Lee, "Session-aware linear item-item models for session-based recommendation" (WWW 2021).
    Each sequence is cut at every step; what came before, faded by distance, tells what comes after, faded too. A part
    `alpha` of the loss asks instead, as EASE does, for each item of a sequence from the others, whatever their order.
    The weights are solved for among the most frequent items; items beyond the block get no score.

    Attributes:
        l2: Pull of all weights towards 0.
        alpha: Part of the loss that minds no order, 0 to 1.
        gap: Steps from the cut after which a past or future item has faded to 1 / e in the fit.
        infer: Steps from the end after which an item of the history has faded to 1 / e when asked.
        half_life_days: Days after which a sequence counts half in the fit, by its last step; None counts all alike.
        zero_diagonal: Whether an item says nothing of itself; for lists of new items only it may as well, for lists
            with repeats it should not.
        window: What one sequence is: all of a `person`, or one `session`.
        most: Steps of a sequence that count in the fit, the last ones.
        past: Steps before a cut that count.
        future: Steps after a cut that count.
        steps: Steps of the history that count when asked, the last ones.
        roles: Roles that count, in the data and in the history.
        block: Items the weights are solved for, the most frequent ones.
        neighbours: Weights kept of each item's row, the farthest from 0, above it or below.
        least_sequences: Sequences of two steps or more that the data must hold.
    """

    kind: ClassVar[str] = "slist"
    fitted: ClassVar[type[Fitted]] = FittedSLIST
    tries: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "infer": (50.0, 15.0, 3.0, 1.0),
        "alpha": (0.6, 0.2, 0.9),
        "l2": (200.0, 50.0, 500.0),
        "half_life_days": (60.0, 14.0, None),
        "zero_diagonal": (False, True),
    }

    l2: Annotated[float, Meta(gt=0)] = 200.0
    alpha: Annotated[float, Meta(ge=0, le=1)] = 0.6
    gap: Annotated[float, Meta(gt=0, le=1_000)] = 5.0
    infer: Annotated[float, Meta(gt=0, le=1_000)] = 50.0
    half_life_days: Annotated[float, Meta(gt=0, le=36_500)] | None = 60.0
    zero_diagonal: bool = False
    window: Window = "person"
    most: Annotated[int, Meta(ge=2, le=1_000)] = 60
    past: Annotated[int, Meta(ge=1, le=50)] = 12
    future: Annotated[int, Meta(ge=1, le=50)] = 6
    steps: Annotated[int, Meta(ge=1, le=1_000)] = 100
    roles: Roles = POSITIVE
    block: Annotated[int, Meta(ge=2, le=20_000)] = 8_000
    neighbours: Annotated[int, Meta(ge=1, le=20_000)] = 1_000
    least_sequences: Annotated[int, Meta(ge=1)] = 20

    def fit(self, data: Dataset, run: Run) -> FittedSLIST:
        """Cut the sequences, and solve for all weights at once.

        Raises:
            FitFailed: There are too few sequences, or `l2` is too small for the data.
        """
        found = sequences(data, self.roles, self.window, most=self.most, least=2)
        need(self.kind, "sequences of two steps or more", len(found), self.least_sequences)
        unit, n = np.repeat(np.arange(len(found)), found.lengths), len(data.items)
        # The loss weighs squares, so the rows are multiplied with the root of what age has left.
        weight = np.sqrt(decay(data.now - found.ends, self.half_life_days))[unit]
        ones = np.ones(len(unit), np.float32)
        whole = matrix_of_cells(unit, found.items, ones, weight, (len(found), n), "binary")
        block = frequent(whole, self.block)
        whole = whole[:, block]
        past, future = self._cuts(found, places(block, n)[found.items], weight.astype(np.float32), len(block))
        c, g = products_of(len(block)), products_of(len(block))
        add_product(c, whole, whole, self.alpha)
        g += c
        add_product(g, past, past, 1.0 - self.alpha)
        add_product(c, past, future, 1.0 - self.alpha)
        g.flat[:: len(g) + 1] += self.l2
        solve = self._free if not self.zero_diagonal else self._without_itself
        try:
            rows = solve(g, c, run.threads)
        except np.linalg.LinAlgError as error:
            raise FitFailed(self.kind, f"l2 = {self.l2:g} is too small for this data") from error
        return FittedSLIST(self, ItemWeights.of(block, n, rows))

    def _free(self, g: Dense, c: Dense, threads: int) -> list[sparse.csr_matrix]:
        """The weights that `g` makes `c` of, in consecutive blocks of rows; both matrices are lost."""
        weights = Factor.of(g).solve(c, threads)
        return strongest_of(lambda start, end: weights[start:end], len(c), self.neighbours, threads)

    def _without_itself(self, g: Dense, c: Dense, threads: int) -> list[sparse.csr_matrix]:
        """The same with a diagonal of 0, less what that costs."""
        p = invert(g)
        cost = np.einsum("ij,ji->i", p, c) / p.diagonal()

        def some(start: int, end: int) -> Dense:
            weights: Dense = p[start:end] @ c
            weights -= p[start:end] * cost
            np.fill_diagonal(weights[:, start:], 0.0)
            return weights

        return strongest_of(some, len(c), self.neighbours, threads)

    def _cuts(
        self, found: Sequences, place: Codes, weight: NDArray[np.float32], size: int
    ) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
        """Past and future at every cut, shape (cuts, size)."""
        at = np.arange(len(found.items), dtype=np.int32)
        before = at - np.repeat(found.ptr[:-1], found.lengths)
        after = np.repeat(found.ptr[1:], found.lengths) - at
        cut = before > 0
        at, weight = at[cut], weight[cut]
        past = self._faded(at - 1, -1, np.minimum(before[cut], self.past), place, weight, size)
        return past, self._faded(at, 1, np.minimum(after[cut], self.future), place, weight, size)

    def _faded(
        self,
        first: Codes,
        way: int,
        reach: NDArray[np.int64],
        place: Codes,
        weight: NDArray[np.float32],
        size: int,
    ) -> sparse.csr_matrix:
        """One side of every cut: `reach` steps from `first` on, one way or the other, faded by distance."""
        distance = np.arange(reach.max(initial=0), dtype=np.int32)
        inside = distance < reach[:, None]
        columns = place[np.where(inside, first[:, None] + way * distance, 0)]
        inside &= columns >= 0
        values = np.exp(-distance / self.gap).astype(np.float32) * weight[:, None]
        ptr = np.concatenate([[0], np.cumsum(inside.sum(axis=1))]).astype(np.int32)
        return sparse.csr_matrix((values[inside], columns[inside], ptr), shape=(len(first), size))
