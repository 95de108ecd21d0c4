"""The kernel: features of a batch as one matrix, the same while serving, while training and in a replay."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.features.batch import Batch
from penchant.features.feature import By, Feature
from penchant.features.meeting import meet

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
        values: Shape (number of candidates, number of features), float32; NaN where nothing can be said. Of one request
            they stand column by column in memory, of many row by row.
        failed: Features that raised or gave values of a wrong shape, with the error's text; their columns are NaN.
    """

    names: tuple[str, ...]
    values: NDArray[np.float32]
    failed: Mapping[str, str]

    def column(self, name: str) -> NDArray[np.float32]:
        """Values of one feature, shape (number of candidates,)."""
        return self.values[:, self.names.index(name)]

    def first(self, n: int) -> Matrix:
        """Those of the first n candidates alone; what failed is not told again."""
        return Matrix(self.names, self.values[:n], {})


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
        done = _together(features, batch, columns) if len(batch.queries) == 1 else frozenset[int]()
        for place, feature in enumerate(features):
            if place in done:
                continue
            column = columns[place]
            try:
                column[:] = _checked(feature.compute(batch), column)
            except Exception as error:  # rows without one value are better than none; the caller says so
                failed[feature.name] = f"{type(error).__name__}: {error}"
                column[:] = np.nan
    values = columns.T if len(batch.queries) == 1 else np.ascontiguousarray(columns.T)
    return Matrix(tuple(feature.name for feature in features), values, failed)


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


def _together(features: Sequence[Feature], batch: Batch, columns: NDArray[np.float32]) -> Collection[int]:
    """Work out what goes in one go of a single request, where calls cost more than arithmetic.

    Returns:
        Places of the features that are worked out. One that cannot be is worked out alone, and fails alone.
    """
    plan = _plan(features)
    done: set[int] = set()
    try:
        meet(batch, plan.by)
        for of, said, places in plan.kin:
            done.update(places[at] for at in of(batch, said, [columns[place] for place in places]))
    except Exception:  # whatever it is, the feature that it is of tells it
        return done
    return done


@dataclass(frozen=True)
class _Plan:
    """What some features are asked together.

    Attributes:
        features: The features.
        by: What they find entries by.
        kin: Of each kind how it is worked out, what its features say, and their places.
    """

    features: tuple[Feature, ...]
    by: tuple[By, ...]
    kin: tuple[tuple[Any, tuple[Any, ...], list[int]], ...]


_plans: dict[tuple[int, ...], _Plan] = {}
_MOST = 256
"""Plans kept: one for each list of features that is asked for, such as those of a formula's heads."""


def _plan(features: Sequence[Feature]) -> _Plan:
    name = tuple(map(id, features))
    found = _plans.get(name)
    if found is None:
        by = tuple(dict.fromkeys(one for feature in features for one in feature.by))
        kinds: dict[Any, list[tuple[Any, int]]] = {}
        for place, feature in enumerate(features):
            if feature.kin is not None:
                kinds.setdefault(feature.kin.of, []).append((feature.kin.said, place))
        kin = tuple((of, tuple(said for said, _ in some), [place for _, place in some]) for of, some in kinds.items())
        # The features are kept beside it, so that their ids stay theirs.
        found = _Plan(tuple(features), by, kin)
        if len(_plans) >= _MOST:
            _plans.clear()
        _plans[name] = found
    return found
