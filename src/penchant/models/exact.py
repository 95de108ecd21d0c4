"""Exact best dot products over many vectors: the longest vectors first, and a stop when no other can matter."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.models.choice import Allowed, ranked
from penchant.slate import Candidates, Codes, Scores

Vectors = NDArray[np.float32]
"""One vector a row, shape (n, dims)."""

_FIRST = 4_096
_CELLS = 1 << 21
_QUERIES = 256
_NARROW = 8
_PICKED = 4
_HEAD = 3
_HEAD_DIMS = 32
_HEAD_ROWS = 16_384
_EVERY = 16
_UNIT = 2.0**-23
_TINY = 1e-36
_NOWHERE = np.zeros(0, np.int64)
_NO_SCORES: Scores = np.zeros(0, np.float32)


@dataclass(frozen=True)
class Heads:
    """The largest columns of rows of vectors, and how long what is left of each row is.

    Attributes:
        columns: Which columns, rising.
        rest: The other columns, rising.
        rows: Those columns of each row, and the length of the rest of it, shape (n, len(columns) + 1), column
            after column.
    """

    columns: NDArray[np.int64]
    rest: NDArray[np.int64]
    rows: Vectors

    @classmethod
    def of(cls, vectors: Vectors) -> Heads:
        """A third of the columns."""
        size = np.einsum("ij,ij->j", vectors, vectors, dtype=np.float64)
        order = np.argsort(-size, kind="stable")
        few = len(order) // _HEAD
        columns, rest = np.sort(order[:few]), np.sort(order[few:])
        squares = np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64)
        head = vectors[:, columns]
        squares -= np.einsum("ij,ij->i", head, head, dtype=np.float64)
        # Rounded up: a bound must not be lower than what it bounds.
        left = np.nextafter(np.sqrt(np.maximum(squares, 0.0)).astype(np.float32), np.float32(np.inf))
        # Column after column: products with few numbers a row are several times quicker so.
        return cls(columns, rest, np.asfortranarray(np.column_stack([head, left])))

    def bounds(self, query: Vectors, start: int, stop: int) -> Scores:
        """No less than the products of one query, shape (dims,), with a span of rows, but for rounding."""
        left = np.nextafter(np.float32(lengths(query[None, self.rest])[0]), np.float32(np.inf))
        bounds: Scores = self.rows[start:stop] @ np.append(query[self.columns], left)
        return bounds


@dataclass(frozen=True)
class Exact:
    """Rows of vectors that are searched in their order; in that of `of`, longest first, a search ends early.

    A score is the dot product summed in double precision and rounded once to single, so an answer depends on nothing
    but the two vectors: not on the batch, the blocks, the threads or the library below. Products in single precision
    only choose whom to score, with room for their rounding. Search by length is LEMP's (Teflioudi, Gemulla & Mykytiuk,
    SIGMOD 2015) in its simplest form. A single query is then bounded more closely: by its product with a few columns of
    each row, and the lengths of what is left of both. That helps where columns differ much in size, see
    `penchant.models.factors.turned`.

    Attributes:
        vectors: One a row, shape (n, dims), C order.
        codes: Item code of each row, distinct, shape (n,).
        ceilings: Length of the longest vector from each row on, shape (n,), float64.
        heads: Some columns of all rows; None for few or short rows.
    """

    vectors: Vectors
    codes: Codes
    ceilings: NDArray[np.float64]
    heads: Heads | None = None

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.codes)

    @classmethod
    def of(cls, vectors: Vectors, codes: Codes, by: NDArray[np.float64] | None = None) -> Exact:
        """Put vectors in the order of their length; equal lengths stand by code.

        Args:
            vectors: One for each of `codes`.
            codes: Item codes.
            by: What they are put in the order of instead, highest first; it changes no answer.
        """
        order = np.lexsort((codes, -(lengths(vectors) if by is None else by)))
        return cls.stored(np.ascontiguousarray(vectors[order], np.float32), codes[order].astype(np.int32))

    @classmethod
    def stored(cls, vectors: Vectors, codes: Codes) -> Exact:
        """Rows as they stand, in whatever order."""
        ceilings = np.maximum.accumulate(lengths(vectors)[::-1])[::-1]
        heads = Heads.of(vectors) if len(vectors) >= _HEAD_ROWS and vectors.shape[1] >= _HEAD_DIMS else None
        return cls(vectors, codes, ceilings, heads)

    @classmethod
    def restored(cls, vectors: Vectors, codes: Codes, kept: Mapping[str, NDArray[Any]]) -> Exact:
        """Rows as they stand, with what `kept` said of them; a release that did not keep it has it worked out again."""
        if "ceilings" not in kept:
            return cls.stored(vectors, codes)
        heads = None
        if "head_rows" in kept:
            columns, rest = np.asarray(kept["head_columns"]), np.asarray(kept["head_rest"])
            heads = Heads(columns, rest, np.asarray(kept["head_rows"]).T)
        return cls(vectors, codes, np.asarray(kept["ceilings"]), heads)

    def kept(self) -> dict[str, NDArray[Any]]:
        """What was worked out of the vectors, to be stored with them: processes then share it."""
        kept: dict[str, NDArray[Any]] = {"ceilings": self.ceilings}
        if self.heads is not None:
            # Stored row after row: the columns of `rows` are what stands together.
            columns, rest, rows = self.heads.columns, self.heads.rest, self.heads.rows.T
            kept |= {"head_columns": columns, "head_rest": rest, "head_rows": rows}
        return kept

    def top(
        self,
        queries: Vectors,
        k: int,
        allowed: Allowed = None,
        *,
        scale: NDArray[np.float64] | None = None,
        above: float = -np.inf,
    ) -> Candidates:
        """The k best allowed items of each query; equal scores stand in code order.

        Args:
            queries: Shape (m, dims).
            k: Items a row at most.
            allowed: Items that may be proposed, by code, as in `Retriever.retrieve`.
            scale: What each row's products are multiplied with, such that scaled vectors are no longer than 1. Then
                no search ends early.
            above: Only scores above this are answers.
        """
        k = min(k, len(self))
        if k <= 0 or not len(queries):
            return Candidates.from_rows([(np.zeros(0, np.int32), np.zeros(0, np.float32))] * len(queries))
        if allowed is not None and allowed.ndim == 1 and np.count_nonzero(allowed) * _NARROW < len(self):
            at = np.flatnonzero(allowed[self.codes])
            few = Exact(self.vectors[at], self.codes[at], self.ceilings[at])
            return few.top(queries, k, scale=None if scale is None else scale[at], above=above)
        step = max(1, min(_QUERIES, _CELLS // max(min(len(self), _FIRST), k)))
        parts = []
        for start in range(0, len(queries), step):
            part = queries[start : start + step]
            mine = allowed if allowed is None or allowed.ndim == 1 else allowed[start : start + step]
            parts.append(self.scored(part, *self._hits(part, k, mine, scale), k, scale=scale, above=above))
        return parts[0] if len(parts) == 1 else joined(parts)

    def scored(
        self,
        queries: Vectors,
        row: NDArray[np.int64],
        at: NDArray[np.int64],
        k: int,
        *,
        scale: NDArray[np.float64] | None = None,
        above: float = -np.inf,
    ) -> Candidates:
        """The k best of chosen pairs of a query and a vector.

        Args:
            queries: Shape (m, dims).
            row: Which query, of each pair.
            at: Which row of `vectors`, same shape; a pair stands once.
            k: Items a row at most.
            scale: As in `top`.
            above: As in `top`.
        """
        # A sum along the last axis of a C array adds up in an order that depends on its length alone.
        other = queries if len(queries) == 1 else queries[row]
        products = np.multiply(self.vectors.take(at, axis=0), other, dtype=np.float64).sum(axis=1)
        scores: Scores = (products if scale is None else products * scale[at]).astype(np.float32)
        if len(queries) == 1:
            return self._ordered(at, scores, k, above)
        keep = np.flatnonzero(scores > above)
        row, codes, scores = row[keep], self.codes[at[keep]], scores[keep]
        order = ranked(row, scores, codes)
        counts = np.bincount(row, minlength=len(queries))
        place = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
        order = order[place < k]
        ptr = np.concatenate([[0], np.cumsum(np.minimum(counts, k))]).astype(np.int64)
        return Candidates(ptr, codes[order], scores[order])

    def _ordered(self, at: NDArray[np.int64], scores: Scores, k: int, above: float) -> Candidates:
        """The end of `scored` for one query."""
        if not scores.min(initial=np.inf) > above:  # NaN lies above nothing
            keep = np.flatnonzero(scores > above)
            at, scores = at[keep], scores[keep]
        codes = self.codes.take(at)
        order = np.lexsort((codes, -scores))[:k]
        return Candidates(np.array([0, len(order)], np.int64), codes[order], scores[order])

    def _hits(
        self, queries: Vectors, k: int, allowed: Allowed, scale: NDArray[np.float64] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Pairs of query and row among which are the k best of each query."""
        if len(queries) == 1:
            return self._hits_of_one(queries, k, None if allowed is None else allowed.reshape(-1), scale)
        size = lengths(queries)
        longest = 1.0 if scale is not None else float(self.ceilings[0])
        room = (queries.shape[1] + 8) * _UNIT * longest * size + _TINY
        best = np.full((len(queries), k), -np.inf, np.float32)
        live = np.arange(len(queries))
        pool: list[tuple[NDArray[np.int64], NDArray[np.int64], Scores]] = []
        for start, stop in self._blocks(len(queries), k):
            if scale is None:
                live = live[self.ceilings[start] * size[live] * (1.0 + 1e-6) >= best[live, 0] - room[live]]
            if not len(live):
                break
            edge = best[live, 0]
            products: Scores = queries[live] @ self.vectors[start:stop].T
            if scale is not None:
                products *= scale[start:stop].astype(np.float32)
            if np.isneginf(edge).any():  # somebody has fewer than k items yet: all count
                if allowed is not None:
                    codes = self.codes[start:stop]
                    mask = allowed[codes] if allowed.ndim == 1 else allowed[live[:, None], codes]
                    products = np.where(mask, products, np.float32(-np.inf))
                best[live] = _raised(best[live], products)
                row, at = _where((products >= _below(best[live, 0], room[live])) & (products > -np.inf))
            else:
                row, at = _where(products >= _below(edge, room[live]))
                if allowed is not None and len(row):
                    codes = self.codes[start + at]
                    keep = allowed[codes] if allowed.ndim == 1 else allowed[live[row], codes]
                    row, at = row[keep], at[keep]
                if len(row):
                    best[live] = _raised(best[live], _padded(row, products[row, at], len(live)))
            pool.append((live[row], start + at, products[row, at]))
        rows, places, scores = (np.concatenate(part) for part in zip(*pool, strict=True))
        keep = scores >= _below(best[:, 0], room)[rows, 0]
        return rows[keep], places[keep]

    def _hits_of_one(
        self, query: Vectors, k: int, allowed: Allowed, scale: NDArray[np.float64] | None
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """As `_hits`, for one query; `allowed` has one dimension."""
        size = float(lengths(query)[0])
        if scale is not None:
            return self._hits_by_angle(query[0], k, allowed, scale, size)
        room = (query.shape[1] + 8) * _UNIT * float(self.ceilings[0]) * size + _TINY
        at, products, edge, below = _NOWHERE, _NO_SCORES, -np.inf, np.float32(-np.inf)
        for start, stop in self._blocks(1, k):
            if edge > -np.inf:
                stop = self._reach(size, edge - room, start, stop)
                if stop == start:
                    break
            if self.heads is not None and edge > -np.inf:
                more, said = self._survivors(self.heads, query[0], start, stop, below, allowed)
            else:
                said = self.vectors[start:stop] @ query[0]
                more = np.flatnonzero(said >= below)
                if allowed is not None:
                    more = more[allowed[self.codes[start:stop].take(more)]]
                said = said.take(more)
                more += start
            if not len(more):
                continue
            at, products = (np.concatenate([at, more]), np.concatenate([products, said])) if len(at) else (more, said)
            if len(at) >= k:
                edge = float(np.partition(products, len(at) - k)[len(at) - k])
                below = np.nextafter(np.float32(edge - 2.0 * room), np.float32(-np.inf))
                kept = products >= below
                at, products = at[kept], products[kept]
        return np.zeros(len(at), np.int64), at

    def _reach(self, size: float, least: float, start: int, stop: int) -> int:
        """The first row of a span from which on none is long enough for a product of `least`; else its end."""

        def lacking(ceiling: np.float64) -> float:
            return -float(ceiling) * size * (1.0 + 1e-6)

        return bisect_right(self.ceilings, -least, start, stop, key=lacking)

    def _hits_by_angle(
        self, query: Vectors, k: int, allowed: Allowed, scale: NDArray[np.float64], size: float
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """As `_hits_of_one`, for scaled vectors, of which no bound rules out many: all products at once."""
        products: Scores = self.vectors @ query
        products *= scale.astype(np.float32)
        at = None if allowed is None else np.flatnonzero(allowed[self.codes])
        if at is not None:
            products = products[at]
        if k < len(products):
            # What a sample says that more than k reach is a first edge, and the k-th of what reaches it the true one.
            sample = products[::_EVERY]
            place = len(sample) - (2 * k // _EVERY + _EVERY)
            best = products[products >= np.partition(sample, place)[place]] if place > 0 else products
            best = products if len(best) < k else best
            edge = float(np.partition(best, len(best) - k)[len(best) - k])
            room = (len(query) + 8) * _UNIT * size + _TINY
            kept = np.flatnonzero(products >= np.nextafter(np.float32(edge - 2.0 * room), np.float32(-np.inf)))
            at = kept if at is None else at[kept]
        elif at is None:
            at = np.arange(len(products))
        return np.zeros(len(at), np.int64), at

    def _survivors(
        self, heads: Heads, query: Vectors, start: int, stop: int, below: np.float32, allowed: Allowed
    ) -> tuple[NDArray[np.int64], Scores]:
        """Allowed rows of a span whose product with one query is no less than `below`, and the products."""
        at = np.flatnonzero(heads.bounds(query, start, stop) >= below)
        if len(at) * _PICKED < stop - start:
            products: Scores = self.vectors.take(start + at, axis=0) @ query
        else:  # picked rows cost more than a run of them
            products = (self.vectors[start:stop] @ query)[at]
        keep = products >= below
        at, products = start + at[keep], products[keep]
        if allowed is not None and len(at):
            keep = allowed[self.codes[at]]
            at, products = at[keep], products[keep]
        return at, products

    def _blocks(self, queries: int, k: int) -> Iterator[tuple[int, int]]:
        """Spans of rows; the first is small, for it often suffices, and each is twice the one before."""
        start, size, most = 0, max(_FIRST, 4 * k), max(_FIRST, _CELLS // queries)
        while start < len(self):
            stop = start + size if len(self) - start > 2 * size else len(self)
            yield start, stop
            start, size = stop, min(2 * size, most)


def lengths(vectors: Vectors) -> NDArray[np.float64]:
    """Length of each vector, in double precision."""
    length: NDArray[np.float64] = np.sqrt(np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64))
    return length


def joined(parts: Sequence[Candidates]) -> Candidates:
    """Batches one after the other, as one."""
    starts = np.cumsum([0, *(int(part.ptr[-1]) for part in parts)])
    ptr = [part.ptr[1:] + start for part, start in zip(parts, starts[:-1], strict=True)]
    return Candidates(
        np.concatenate([[0], *ptr]).astype(np.int64),
        np.concatenate([part.items for part in parts]),
        np.concatenate([part.scores for part in parts]),
    )


def _where(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of what holds, by row (several times quicker than `np.nonzero` of a matrix)."""
    row, column = np.divmod(np.flatnonzero(mask), mask.shape[1])
    return row, column


def _below(edge: Scores, room: NDArray[np.float64]) -> NDArray[np.float32]:
    """The least product that may still be among the best: rounding moves it and the edge; shape (m, 1)."""
    # Rounded down, so that the comparison itself stays in single precision.
    return np.nextafter((edge - 2.0 * room).astype(np.float32), np.float32(-np.inf))[:, None]


def _raised(best: Scores, more: Scores) -> Scores:
    """The k best of the k so far and others, each row's least in the first column."""
    both = np.concatenate([best, more], axis=1)
    at = both.shape[1] - best.shape[1]
    both.partition(at, axis=1)
    return both[:, at:]


def _padded(row: NDArray[np.int64], scores: Scores, n: int) -> Scores:
    """Scores by row as a matrix filled up with -inf; rows ascend."""
    counts = np.bincount(row, minlength=n)
    place = np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    out = np.full((n, int(counts.max())), -np.inf, np.float32)
    out[row, place] = scores
    return out
