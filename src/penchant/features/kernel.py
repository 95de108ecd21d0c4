"""The kernel: features of a batch as one matrix, the same while serving, while training and in a replay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from penchant.features.batch import Batch
from penchant.features.feature import Feature

RELEVANCE = Feature(
    "relevance",
    "share",
    (),
    "How highly retrieval blends it, against the best of the request.",
    lambda batch: batch.candidates.scores,
)
"""The candidates' own score, as a feature like any other."""

CHUNK = 16_384
"""Candidates of a chunk: what is in between stays in the processor's cache, and threads get even shares."""


@dataclass(frozen=True)
class Matrix:
    """Values of features.

    Attributes:
        names: Of the features, by column.
        values: Shape (number of candidates, number of features), float32, row by row in memory; NaN where nothing can
            be said.
        failed: Features that raised or gave values of a wrong shape, with the error's text; their columns are NaN.
    """

    names: tuple[str, ...]
    values: NDArray[np.float32]
    failed: Mapping[str, str]

    def column(self, name: str) -> NDArray[np.float32]:
        """Values of one feature, shape (number of candidates,)."""
        return self.values[:, self.names.index(name)]


def matrix(features: Sequence[Feature], batch: Batch) -> Matrix:
    """Work features out.

    What several of them need is worked out once, by `Batch.once`. A batch of thousands gives the same bits as its
    requests one by one, whatever stands beside them.

    Args:
        features: In the order of the columns; `RELEVANCE` may be among them.
        batch: Requests and their candidates.
    """
    columns = np.empty((len(features), len(batch.candidates.items)), np.float32)
    failed: dict[str, str] = {}
    with np.errstate(divide="ignore", invalid="ignore"):
        for column, feature in zip(columns, features, strict=True):
            try:
                column[:] = _checked(feature.compute(batch), column)
            except Exception as error:  # rows without one value are better than none; the caller says so
                failed[feature.name] = f"{type(error).__name__}: {error}"
                column[:] = np.nan
    return Matrix(tuple(feature.name for feature in features), np.ascontiguousarray(columns.T), failed)


def matrix_in_chunks(features: Sequence[Feature], batch: Batch, *, threads: int = 1, chunk: int = CHUNK) -> Matrix:
    """The same values as `matrix`, to the bit, of as many requests as there are: in chunks, by several threads.

    Args:
        features: In the order of the columns.
        batch: Requests and their candidates.
        threads: How many at once.
        chunk: Candidates of a chunk; a request is never cut in two.
    """
    ptr = batch.candidates.ptr
    cuts = np.unique(ptr.searchsorted(np.arange(chunk, int(ptr[-1]), chunk)))
    edges = [0, *cuts.tolist(), len(ptr) - 1]
    spans = [(start, stop) for start, stop in pairwise(edges) if stop > start]
    values = np.empty((int(ptr[-1]), len(features)), np.float32)
    failed: dict[str, str] = {}

    def fill(span: tuple[int, int]) -> None:
        start, stop = span
        made = matrix(features, batch.take(start, stop))
        values[ptr[start] : ptr[stop]] = made.values
        failed.update(made.failed)

    if threads > 1 and len(spans) > 1:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(fill, spans))
    else:
        for span in spans:
            fill(span)
    for place, feature in enumerate(features):
        if feature.name in failed:
            values[:, place] = np.nan
    return Matrix(tuple(feature.name for feature in features), values, failed)


def _checked(values: NDArray[np.float32], like: NDArray[np.float32]) -> NDArray[np.float32]:
    if values.shape != like.shape:
        raise ValueError(f"{values.shape} values for {like.shape} candidates")
    return values
