"""An inverted file over vectors: only the lists nearest to a query are searched, so answers may lack a few items."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from penchant.models.choice import Allowed, allowed_in
from penchant.models.exact import Exact, Vectors, joined, lengths
from penchant.slate import Candidates, Offsets

INDEX_FROM = 250_000
"""Items below which nothing but exact search is ever used."""

RECALL = 0.99
"""Share of the exact answer that an index must find, on average over people."""

DEPTH = 100
"""Places of a list that the recall is measured on."""

_PROBES = (8, 16, 32, 64, 128, 256)
_GAIN = 3
_SAMPLE = 40
_ROUNDS = 6
_BLOCK = 8_192


@dataclass(frozen=True)
class Index:
    """Vectors in lists by the centre they are nearest to (Jégou, Douze & Schmid, TPAMI 2011), one list after another.

    Attributes:
        items: All vectors, in the order of the lists.
        centres: One a list, shape (n_lists, dims).
        ptr: Where each list starts, shape (n_lists + 1,).
        probes: Lists searched.
    """

    items: Exact
    centres: Vectors
    ptr: Offsets
    probes: int

    @classmethod
    def of(cls, items: Exact, probes: int, seed: int) -> Index:
        """Put vectors into lists by k-means on a sample; there are four times as many lists as vectors in one.

        Args:
            items: The vectors, in any order.
            probes: Lists to search.
            seed: Seed of the sample and the first centres.
        """
        n = len(items)
        n_lists = max(1, round(2.0 * np.sqrt(n)))
        rng = np.random.default_rng(seed)
        drawn = np.sort(rng.choice(n, min(n, _SAMPLE * n_lists), replace=False))
        centres = _centres(items.vectors[drawn], n_lists, rng)
        near = np.concatenate(
            [nearest(items.vectors[a : a + _BLOCK], centres) for a in range(0, n, _BLOCK)] or [np.zeros(0, np.int64)]
        )
        order = np.argsort(near, kind="stable")
        ptr = np.concatenate([[0], np.cumsum(np.bincount(near, minlength=n_lists))]).astype(np.int64)
        stored = Exact.stored(items.vectors[order], items.codes[order])
        return cls(stored, centres, ptr, min(probes, n_lists))

    def searched(self, query: Vectors) -> NDArray[np.int64]:
        """Rows of the lists that one query, shape (dims,), is answered from."""
        lists = np.sort(np.argpartition(self.centres @ query, -self.probes)[-self.probes :])
        starts, sizes = self.ptr[lists], self.ptr[lists + 1] - self.ptr[lists]
        ends = np.cumsum(sizes)
        at: NDArray[np.int64] = np.arange(ends[-1]) + np.repeat(starts - ends + sizes, sizes)
        return at

    def top(self, queries: Vectors, k: int, allowed: Allowed = None) -> Candidates:
        """The k best allowed items of the searched lists; of all, for a query to which they leave fewer than k.

        Scores and their order are those of `Exact.top`.
        """
        parts = []
        for i in range(len(queries)):
            query, mask = queries[i : i + 1], allowed_in(allowed, i)
            at = self.searched(query[0])
            if mask is not None:
                at = at[mask[self.items.codes[at]]]
            if len(at) < k:
                parts.append(self.items.top(query, k, mask))
                continue
            few = Exact(self.items.vectors[at], self.items.codes[at], self.items.ceilings[at])
            parts.append(few.top(query, k))
        return joined(parts) if parts else Candidates.from_rows([])


@dataclass(frozen=True)
class Recall:
    """What a test of an index found.

    Attributes:
        recall: Share of the exact answers it found.
        searched: Share of all vectors that it looks at.
    """

    recall: float
    searched: float


def chosen(items: Exact, queries: Vectors, seed: int, least: int = INDEX_FROM) -> tuple[Index | None, dict[str, Any]]:
    """An index, if one is wanted and passes the test on the model's own queries, and what was found.

    It is wanted where exact search looks at `least` vectors or more before it can stop. It must then find 99 % of the
    exact answers, and look at fewer vectors than a third of those: picked rows cost more than a run of them. Times
    would be nearer the truth, but two fits would differ.

    Args:
        items: The vectors, longest first.
        queries: Folded-in people.
        seed: Seed of the index.
        least: Vectors from which on an index may pay.

    Returns:
        None where exact search stays, and settings to be kept: `used`; `exact`, the share of the vectors that exact
        search looks at; and, where an index was tried, its `recall`, its `probes` and its share, `searched`.
    """
    if len(items) < least or not len(queries):
        return None, {"used": False}
    with threadpool_limits(1, "blas"):  # one thread and several give the same bits
        wanted = items.top(queries, DEPTH)
        exact = _share_searched(items, queries, wanted)
        if exact * len(items) < least:
            return None, {"used": False, "exact": round(exact, 4)}
        index = Index.of(items, _PROBES[0], seed)
        for probes in _PROBES:
            index = replace(index, probes=min(probes, len(index.centres)))
            found = measured(index, queries, wanted)
            if found.recall >= RECALL or found.searched * _GAIN > exact:
                break
    used = found.recall >= RECALL and found.searched * _GAIN <= exact
    told = {"recall": round(found.recall, 4), "probes": index.probes, "searched": round(found.searched, 4)}
    return (index if used else None), {"used": used, "exact": round(exact, 4), **told}


def measured(index: Index, queries: Vectors, wanted: Candidates) -> Recall:
    """Test an index against exact answers to the same queries."""
    found = searched = 0
    for i in range(len(queries)):
        at = index.searched(queries[i])
        found += int(np.isin(wanted.row(i)[0], index.items.codes[at]).sum())
        searched += len(at)
    return Recall(found / max(len(wanted.items), 1), searched / max(len(queries) * len(index.items), 1))


def nearest(vectors: Vectors, centres: Vectors) -> NDArray[np.int64]:
    """The centre nearest to each vector, in Euclidean distance."""
    half = 0.5 * lengths(centres) ** 2
    at: NDArray[np.int64] = np.argmax(vectors @ centres.T - half.astype(np.float32), axis=1)
    return at


def _share_searched(items: Exact, queries: Vectors, wanted: Candidates) -> float:
    """Share of the vectors that are too long for exact search to pass over."""
    ends = wanted.ptr[1:] - 1
    edge = np.where(np.diff(wanted.ptr) > 0, wanted.scores[np.maximum(ends, 0)], np.float32(-np.inf))
    least = edge / np.maximum(lengths(queries), 1e-30)
    return float((np.searchsorted(-items.ceilings, -least, side="right") / max(len(items), 1)).mean())


def _centres(sample: Vectors, n_lists: int, rng: np.random.Generator) -> Vectors:
    """Lloyd's k-means; a centre that lost all its vectors stays where it is."""
    centres = sample[np.sort(rng.choice(len(sample), n_lists, replace=False))].copy()
    for _ in range(_ROUNDS):
        near = np.concatenate([nearest(sample[a : a + _BLOCK], centres) for a in range(0, len(sample), _BLOCK)])
        order = np.argsort(near, kind="stable")
        held, starts = np.unique(near[order], return_index=True)
        sums = np.add.reduceat(sample[order].astype(np.float64), starts, axis=0)
        counts = np.diff(starts, append=len(order))
        centres[held] = (sums / counts[:, None]).astype(np.float32)
    return centres
