"""Factors of items, and the search among them that all factor models share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from penchant.dataset import Dataset
from penchant.models.choice import NOTHING, Allowed, allowed_in
from penchant.models.exact import Exact, Vectors, lengths
from penchant.models.index import INDEX_FROM, Index, chosen
from penchant.models.model import State
from penchant.models.near import FEW, NearLists, Row
from penchant.slate import Candidates, Codes

SAMPLE = 200
"""People that an index is tested on."""


@dataclass(frozen=True)
class ItemFactors:
    """One vector for each item that may be proposed; items without one have zeros and are in no answer.

    Attributes:
        items: The vectors: longest (or worth most) first, or in the order of the index's lists.
        place: Row of each item's vector, -1 for none, shape (n_items,).
        index: Answers `top` in place of exact search; None where it does not pay or has not passed its test.
        search: What the choice between them was made by, as `penchant.models.index.chosen` tells it.
        bias: Whether the last number of a vector is an item's own worth, which says nothing of likeness.
    """

    items: Exact
    place: Codes
    index: Index | None = None
    search: dict[str, Any] = field(default_factory=lambda: {"used": False})
    bias: bool = False
    near: NearLists = field(default_factory=NearLists, repr=False, compare=False)
    """Lists of `similar`, as far as they are kept."""

    @classmethod
    def of(cls, factors: Vectors, proposed: NDArray[np.bool_], *, bias: bool = False) -> ItemFactors:
        """Searched exactly.

        Args:
            factors: A vector for every item, shape (n_items, dims).
            proposed: Which items may be proposed, shape (n_items,).
            bias: Whether the last number of a vector is an item's own worth.
        """
        codes = np.flatnonzero(proposed & (lengths(factors) > 0)).astype(np.int32)
        by = None
        if bias:  # what is highest for somebody is long or worth much: the mean length stands for a person's
            length = lengths(factors[codes, :-1])
            by = length * float(length.mean() if len(codes) else 0.0) + factors[codes, -1]
        items = Exact.of(factors[codes], codes, by)
        return cls(items, _place(items.codes, len(factors)), bias=bias)

    def indexed(self, people: Vectors, seed: int, least: int = INDEX_FROM) -> ItemFactors:
        """The same with an index, where it pays and passes its test.

        Args:
            people: Folded-in people, shape (m, dims).
            seed: Seed of the index.
            least: Vectors from which on an index may pay.
        """
        index, search = chosen(self.items, people, seed, least)
        items = self.items if index is None else index.items
        return ItemFactors(items, _place(items.codes, self.n_items), index, search, self.bias)

    @cached_property
    def scale(self) -> NDArray[np.float64]:
        """One over the length of each row of `items`, without the bias; 0 for a row of nothing else."""
        length = lengths(self.items.vectors[:, :-1] if self.bias else self.items.vectors)
        return np.divide(1.0, length, out=np.zeros(len(length)), where=length > 0)

    @property
    def n_items(self) -> int:
        """Size of the item space."""
        return len(self.place)

    @property
    def dims(self) -> int:
        """Numbers in a vector."""
        return int(self.items.vectors.shape[1])

    def rows(self, codes: NDArray[np.integer]) -> Vectors:
        """Vectors of items inside the item space, zeros for those without one."""
        at = self.place[codes]
        known = at >= 0
        found: Vectors
        if known.all():
            found = self.items.vectors[at]
            return found
        found = np.zeros((len(at), self.dims), np.float32)
        found[known] = self.items.vectors[at[known]]
        return found

    def top(self, people: Vectors, k: int, allowed: Allowed = None) -> Candidates:
        """The items with the highest dot products; a person of zeros has no answer.

        Args:
            people: Shape (m, dims).
            k: Items a row at most.
            allowed: As in `Retriever.retrieve`.
        """
        search = self.items.top if self.index is None else self.index.top
        return _spread(search, np.any(people != 0, axis=1), people, k, allowed)

    def similar(self, codes: Codes, k: int, allowed: Allowed = None) -> Candidates:
        """The items with the highest cosine above 0, never the item itself; unknown items have none."""
        if len(codes) > FEW or k <= 0:
            return self._similar(codes, k, allowed)
        return Candidates.from_rows(
            [self._near(np.array([code], np.int32), k, allowed_in(allowed, i)) for i, code in enumerate(codes.tolist())]
        )

    def _near(self, code: Codes, k: int, allowed: Allowed) -> Row:
        if not 0 <= code[0] < self.n_items or self.place[code[0]] < 0:
            return NOTHING
        return self.near.row(int(code[0]), k, allowed, lambda k, allowed: self._similar(code, k, allowed).row(0))

    def _similar(self, codes: Codes, k: int, allowed: Allowed) -> Candidates:
        known = (codes >= 0) & (codes < self.n_items)
        seeds = self.rows(np.where(known, codes, 0)) * known[:, None].astype(np.float32)
        if self.bias:
            seeds[:, -1] = 0.0
        size = lengths(seeds)
        seeds = (seeds / np.maximum(size, 1e-30)[:, None]).astype(np.float32)

        def search(queries: Vectors, k: int, allowed: Allowed) -> Candidates:
            return self.items.top(queries, k, allowed, scale=self.scale, above=0.0)

        found = _spread(search, size > 0, seeds, k + 1 if k > 0 else 0, allowed)
        other = found.items != np.asarray(codes)[found.row_of]
        rest = np.bincount(found.row_of[other], minlength=len(codes))
        ptr = np.concatenate([[0], np.cumsum(rest)]).astype(np.int64)
        found = Candidates(ptr, found.items[other], found.scores[other])
        keep = found.place_of < k
        ptr = np.concatenate([[0], np.cumsum(np.minimum(rest, max(k, 0)))]).astype(np.int64)
        return Candidates(ptr, found.items[keep], found.scores[keep])

    def state(self) -> State:
        """Vectors in the order of the search, and what it was chosen by."""
        arrays: dict[str, NDArray[Any]] = {"vectors": self.items.vectors, "codes": self.items.codes}
        arrays |= {"place": self.place, **self.items.kept()}
        settings: dict[str, Any] = {"n_items": self.n_items, "search": self.search, "bias": self.bias}
        if self.index is not None:
            arrays |= {"centres": self.index.centres, "lists": self.index.ptr}
        return State(arrays, settings)

    @classmethod
    def restore(cls, state: State) -> ItemFactors:
        """From `state()`; of its settings and arrays, others are passed over."""
        arrays, settings = state.arrays, state.settings
        items = Exact.restored(np.asarray(arrays["vectors"]), np.asarray(arrays["codes"]), arrays)
        index = None
        if "centres" in arrays:
            centres, lists = np.asarray(arrays["centres"]), np.asarray(arrays["lists"])
            index = Index(items, centres, lists, settings["search"]["probes"])
        place = np.asarray(arrays["place"]) if "place" in arrays else _place(items.codes, settings["n_items"])
        return cls(items, place, index, settings["search"], settings["bias"])


def turned(factors: Vectors, *, bias: bool = False) -> Vectors:
    """The same factors on their principal axes, largest first: all products stay as they are, but for rounding.

    A search then knows most of a product from the first columns. One BLAS thread gives the same bits each time.

    Args:
        factors: One vector a row.
        bias: Whether the last number of a vector is an item's own worth, which stays.
    """
    part = factors[:, :-1] if bias else factors
    with threadpool_limits(1, "blas"):
        axes = np.linalg.eigh((part.T @ part).astype(np.float64))[1][:, ::-1]
        along = part @ axes.astype(np.float32)
    return np.column_stack([along, factors[:, -1]]) if bias else along


def some_people(data: Dataset, seed: int) -> Codes:
    """People drawn to test an index on, ascending."""
    n = len(data.people)
    return np.sort(np.random.default_rng(seed).choice(n, min(n, SAMPLE), replace=False)).astype(np.int32)


def _place(codes: Codes, n_items: int) -> Codes:
    place = np.full(n_items, -1, np.int32)
    place[codes] = np.arange(len(codes))
    return place


def _spread(
    search: Callable[[Vectors, int, Allowed], Candidates],
    asked: NDArray[np.bool_],
    queries: Vectors,
    k: int,
    allowed: Allowed,
) -> Candidates:
    """Answers of a search to some of the queries; the others have empty rows."""
    if asked.all():
        return search(queries, k, allowed)
    mine = allowed if allowed is None or allowed.ndim == 1 else allowed[asked]
    found = search(queries[asked], k, mine)
    counts = np.zeros(len(queries), np.int64)
    counts[asked] = np.diff(found.ptr)
    return Candidates(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), found.items, found.scores)
