"""What people turned to soon after an item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import msgspec
import numpy as np
from msgspec import Meta
from scipy import sparse

from penchant.dataset import Dataset, Queries
from penchant.models.choice import Allowed, allowed_in
from penchant.models.history import POSITIVE, Roles, decay
from penchant.models.model import Fitted, Run, State
from penchant.models.need import need
from penchant.models.neighbours import Neighbours
from penchant.models.sequences import Sequences, Window, sequences
from penchant.models.steps import Steps, path_of
from penchant.slate import Candidates, Codes


@dataclass(frozen=True)
class FittedNextItems:
    """What followed each item.

    Attributes:
        recipe: What it was fitted with.
        following: The items that followed each, by how often and how soon.
    """

    recipe: NextItems
    following: Neighbours

    def retrieve(self, queries: Queries, k: int, allowed: Allowed = None) -> Candidates:
        """What followed the last items of the history, the newest the most; seeds count as the newest."""
        rows = []
        for i in range(len(queries)):
            steps = Steps.of(path_of(queries, i, len(self.following), self.recipe.roles, self.recipe.last))
            # By code, so that sums do not depend on the order of equal histories.
            order = np.argsort(steps.items)
            shares = 1.0 / (steps.gaps[order].astype(np.float64) + 1.0)
            rows.append(self.following.best(steps.items[order], shares, k, allowed_in(allowed, i)))
        return Candidates.from_rows(rows)

    def similar(self, items: Codes, k: int, allowed: Allowed = None) -> Candidates:
        """What followed each item."""
        return self.following.similar(items, k, allowed)

    def state(self) -> State:
        """What followed each item, and the recipe."""
        near = self.following
        return State({"ptr": near.ptr, "items": near.items, "scores": near.scores}, msgspec.to_builtins(self.recipe))

    @classmethod
    def restore(cls, state: State) -> FittedNextItems:
        """From `state()`."""
        near = Neighbours(*(np.asarray(state.arrays[name]) for name in ("ptr", "items", "scores")))
        return cls(msgspec.convert(state.settings, NextItems), near)


class NextItems(msgspec.Struct, frozen=True, kw_only=True):
    """Sequential rules: if this item, then that one within some steps.

    Kamehkhosh, Jannach & Ludewig, "A comparison of frequent pattern techniques and a deep learning method for
    session-based recommendation" (RecTemp 2017); a pair weighs one over its steps. An item may follow itself, after
    another.

    Attributes:
        steps: Steps apart the two items of a rule may stand.
        last: Steps of the history that count, each one over its place from the newest.
        half_life_days: Days after which a pair counts half; None counts all alike.
        window: What a pair must share: a person or a session.
        neighbours: Items kept of those that followed each item.
        roles: Roles that count, in the data and in the history.
        least_sequences: Sequences of two steps or more that the data must hold.
    """

    kind: ClassVar[str] = "next-items"
    fitted: ClassVar[type[Fitted]] = FittedNextItems
    tries: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "half_life_days": (30.0, 3.0, None),
        "last": (5, 1, 10, 30),
        "steps": (10, 3, 1, 20),
    }

    steps: Annotated[int, Meta(ge=1, le=100)] = 10
    last: Annotated[int, Meta(ge=1, le=200)] = 5
    half_life_days: Annotated[float, Meta(gt=0, le=36_500)] | None = 30.0
    window: Window = "person"
    neighbours: Annotated[int, Meta(ge=1, le=5_000)] = 200
    roles: Roles = POSITIVE
    least_sequences: Annotated[int, Meta(ge=1)] = 50

    def fit(self, data: Dataset, run: Run) -> FittedNextItems:
        """Count what followed what.

        Raises:
            FitFailed: There are too few sequences.
        """
        found = sequences(data, self.roles, self.window, least=2)
        need(self.kind, "sequences of two steps or more", len(found), self.least_sequences)
        return FittedNextItems(self, Neighbours.prune([self._rules(found, data)], self.neighbours))

    def _rules(self, found: Sequences, data: Dataset) -> sparse.csr_matrix:
        n = len(data.items)
        place = np.arange(len(found.items)) - np.repeat(found.ptr[:-1], found.lengths)
        worth = decay(data.now - found.times, self.half_life_days)
        rules = sparse.csr_matrix((n, n), dtype=np.float64)
        for apart in range(1, self.steps + 1):
            later = np.flatnonzero(place >= apart)
            pairs = found.items[later - apart], found.items[later]
            rules = rules + sparse.csr_matrix((worth[later] / apart, pairs), shape=(n, n))
        rules.sort_indices()
        return rules
