"""Filters on the graph of people and items: what is near, and the large patterns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from penchant.dataset import Dataset, Queries
from penchant.models.axes import main_axes
from penchant.models.choice import Allowed, allowed_in
from penchant.models.gram import frequent, kept, products, strongest
from penchant.models.history import POSITIVE, Roles
from penchant.models.history_matrix import (
    Weighting,
    history_matrix,
    in_block,
    need_pairs,
    places,
    unit_matrix,
)
from penchant.models.item_weights import ItemWeights, above_zero
from penchant.models.model import Fitted, Run, State
from penchant.slate import Candidates, Codes

_ROUNDS = 4
_ROWS = 512


@dataclass(frozen=True)
class FittedGFCF:
    """The two filters.

    Attributes:
        recipe: What it was fitted with.
        near: The linear filter: each item's strongest weights.
        patterned: Codes of the m items that take part in the patterns, ascending, shape (m,).
        place: Place of each item in `patterned`, -1 outside, shape (n_items,).
        heard: What an item of the history adds to each direction, shape (m, rank).
        told: What each direction adds to an item's score, shape (m, rank).
    """

    recipe: GFCF
    near: ItemWeights
    patterned: Codes
    place: Codes
    heard: NDArray[np.float32]
    told: NDArray[np.float32]

    def retrieve(self, queries: Queries, k: int, allowed: Allowed = None) -> Candidates:
        """Items by the sum of both filters, above 0."""
        r, n = self.recipe, len(self.near)
        x = history_matrix(queries, n, r.roles, r.weighting, r.half_life_days)
        rows = []
        for start in range(0, len(queries), _ROWS):
            some = x[start : start + _ROWS]
            near = self.near.scores(some)
            patterns = in_block(some, self.place, len(self.patterned)) @ self.heard
            for i, (a, b) in enumerate(zip(near.indptr[:-1].tolist(), near.indptr[1:].tolist(), strict=True)):
                codes, values = near.indices[a:b], near.data[a:b]
                # One product a row: a product with many rows at once may round otherwise than with one.
                scores = self.told @ patterns[i]
                at = self.place[codes]
                beyond = at < 0
                scores[at[~beyond]] += values[~beyond]
                codes, scores = np.concatenate([self.patterned, codes[beyond]]), np.append(scores, values[beyond])
                rows.append(above_zero(codes, scores, k, allowed_in(allowed, start + i)))
        return Candidates.from_rows(rows)

    def state(self) -> State:
        """The arrays of both filters and the recipe."""
        arrays = {name: getattr(self, name) for name in ("patterned", "heard", "told")}
        return State({**self.near.arrays(), **arrays}, msgspec.to_builtins(self.recipe))

    @classmethod
    def restore(cls, state: State) -> FittedGFCF:
        """From `state()`."""
        near = ItemWeights.from_arrays(state.arrays)
        patterned, heard, told = (np.asarray(state.arrays[name]) for name in ("patterned", "heard", "told"))
        recipe = msgspec.convert(state.settings, GFCF)
        return cls(recipe, near, patterned, places(patterned, len(near)), heard, told)


class GFCF(msgspec.Struct, frozen=True, kw_only=True):
    """Graph filter collaborative filtering: a linear filter, and an ideal low-pass one from a truncated SVD.

    Shen, Wu, Zhang, Shan, Zhang, Letaief & Li, "How powerful is graph convolution for recommendation?" (CIKM 2021).
    Nothing is learned step by step, and no item-item matrix is held whole: of the linear filter the strongest weights
    are kept, of the low-pass one its factors, for the most frequent items.

    Attributes:
        rank: Directions that the low-pass filter lets through.
        alpha: How much the low-pass filter counts.
        neighbours: Weights kept of each item's row in the linear filter; fewer where there are more than 20,000 items
            (100 at 100,000).
        weighting: What a person's events with an item weigh together, in the data and in the history.
        half_life_days: Days after which an event counts half, in the data and in the history; None counts all alike.
        roles: Roles that count, in the data and in the history.
        block: Items that take part in the low-pass filter, the most frequent ones.
        most: Events of a person that count, the newest ones, so that the fit stays near-linear in events.
        least_people: People with two items or more that the data must hold.
    """

    kind: ClassVar[str] = "gf-cf"
    fitted: ClassVar[type[Fitted]] = FittedGFCF
    tries: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "half_life_days": (60.0, 14.0, None),
        "weighting": ("binary", "log"),
        "alpha": (0.3, 1.0, 0.1),
        "rank": (128, 32),
    }

    rank: Annotated[int, Meta(ge=1, le=1_024)] = 128
    alpha: Annotated[float, Meta(ge=0, le=100)] = 0.3
    neighbours: Annotated[int, Meta(ge=1, le=5_000)] = 500
    weighting: Weighting = "binary"
    half_life_days: Annotated[float, Meta(gt=0, le=36_500)] | None = 60.0
    roles: Roles = POSITIVE
    block: Annotated[int, Meta(ge=2, le=100_000)] = 10_000
    most: Annotated[int, Meta(ge=2, le=100_000)] = 2_000
    least_people: Annotated[int, Meta(ge=1)] = 20

    def fit(self, data: Dataset, run: Run) -> FittedGFCF:
        """Normalise the matrix of people and items, multiply it with itself and find its main directions.

        Raises:
            FitFailed: Too few people have two items.
        """
        x = unit_matrix(data, self.roles, "person", self.weighting, self.half_life_days, self.most)
        need_pairs(self.kind, x, "person", self.least_people)
        n = x.shape[1]
        people = np.asarray(x.sum(axis=1), np.float64).ravel()
        items = np.bincount(x.indices, x.data, minlength=n)
        x.data = (x.data / np.sqrt(items[x.indices] * np.repeat(people, np.diff(x.indptr)))).astype(np.float32)
        filtered = (strongest(block, kept(self.neighbours, n)) for _, block in products(x, x))
        near = ItemWeights.of(np.arange(n, dtype=np.int32), n, filtered)
        patterned = frequent(x, self.block)
        axes = main_axes(x[:, patterned], self.rank, _ROUNDS, np.random.default_rng(run.seed))
        scale = np.sqrt(items[patterned]).astype(np.float32)[:, None]
        told = np.ascontiguousarray(np.float32(self.alpha) * axes * scale)
        return FittedGFCF(self, near, patterned, places(patterned, n), np.ascontiguousarray(axes / scale), told)
