"""Training rows: a shown item, what was known when it was shown, and later what followed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable
from penchant.clock import DAY
from penchant.dataset import Dataset, Shown
from penchant.events import Role
from penchant.features import DEVICES, RELEVANCE, Batch, Feature, Moment, Statistics, matrix
from penchant.ranking import Rows
from penchant.slate import Candidates, Codes
from penchant.training.asked import Asked
from penchant.training.histories import Histories
from penchant.training.labels import Labels

MOST = 400_000
"""Rows that heads learn from at most; whole requests are drawn when there are more."""

MOST_REQUESTS = 100_000
"""Requests likewise: what is dear of a row is its request's history."""

_CHUNK = 16_384
"""Rows whose features are worked out at a time."""

Origin = Literal["slates", "impressions", "candidates"]
"""Where rows come from: slates as they were served, what senders say was seen, or lists that would have been shown."""


@dataclass(frozen=True)
class Examples:
    """m shown items with everything that was known then.

    Attributes:
        shown: The n requests they were shown in, by time.
        names: Names of the f features.
        values: Shape (m, f), float32; NaN where nothing can be said.
        failed: Features that could not be worked out, with the error's text.
    """

    shown: Shown
    names: tuple[str, ...]
    values: NDArray[np.float32]
    failed: Mapping[str, str]

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.values)

    @property
    def asked(self) -> Asked:
        """Who was shown what, and when."""
        row = self.shown.row_of
        return Asked(self.shown.person[row], self.shown.items, self.shown.time[row])

    def rows(self, labels: Labels, keep: NDArray[np.bool_] | None = None) -> Rows:
        """Rows for one head.

        Args:
            labels: What followed.
            keep: Which rows; all when None.
        """
        row = self.shown.row_of
        at = np.flatnonzero(labels.weight > 0 if keep is None else keep & (labels.weight > 0))
        return Rows(
            self.names,
            self.values[at],
            labels.value[at],
            labels.weight[at],
            row[at].astype(np.int32),
            self.shown.time[row[at]],
            None if labels.come is None else labels.come[at],
        )


def sampled(shown: Shown, seed: int, most: int = MOST) -> Shown:
    """Whole requests, at most `MOST_REQUESTS`, drawn until they hold at most so many items, by time."""
    sizes = np.diff(shown.ptr)
    rows = np.arange(len(shown))
    if int(sizes.sum()) > most or len(shown) > MOST_REQUESTS:
        order = np.random.default_rng(seed).permutation(len(shown))[:MOST_REQUESTS]
        rows = order[np.cumsum(sizes[order]) <= most]
    return shown.take(rows[np.argsort(shown.time[rows], kind="stable")])


def counted(data: Dataset, shown: Shown | None, logged: bool) -> Statistics:
    """Statistics of items: of everything people did, and of what they were shown.

    Args:
        data: Everything known.
        shown: All that was shown; None for nothing.
        logged: Whether slates are in it. Then what senders say of the same slates is not counted beside them.
    """
    rows, n_items = data.interactions, len(data.items)
    if not logged or shown is None:
        return Statistics.of_interactions(rows, n_items)
    made = Statistics.of_interactions(rows.where(rows.role != Role.IMPRESSION), n_items)
    times = shown.time[shown.row_of]
    return made.grown(shown.items, times, np.full(len(times), int(Role.IMPRESSION), np.int8))


class Builder:
    """Works out what was known when items were shown."""

    def __init__(
        self,
        data: Dataset,
        features: Sequence[Feature],
        statistics: Statistics,
        placements: Sequence[str],
        *,
        threads: int = 2,
    ) -> None:
        """Get ready.

        Args:
            data: Everything known of the domain.
            features: The pack's; `relevance` is added when it is not among them.
            statistics: Of everything known; of a moment no more is read than was known then.
            placements: Names of placements by code, as the release will have them.
            threads: How many work at once.
        """
        known = {feature.name for feature in features}
        self._features = (*(() if RELEVANCE.name in known else (RELEVANCE,)), *features)
        self._data, self._statistics, self._placements = data, statistics, tuple(placements)
        self._histories = Histories.of(data)
        self._threads = threads

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the features, in the order of the columns."""
        return tuple(feature.name for feature in self._features)

    def build(
        self, shown: Shown, *, held: bool = False, progress: Callable[[float], None] = lambda share: None
    ) -> Examples:
        """The features of requests that stand by time.

        Args:
            shown: The requests.
            held: Take every item as if it stood at the first place, as serving does.
            progress: Called with the share that is done.
        """
        values = np.empty((len(shown.items), len(self._features)), np.float32)
        failed: dict[str, str] = {}
        spans = self._spans(shown)
        tables = self._tables(shown)

        def fill(span: tuple[int, int]) -> None:
            made = matrix(self._features, self._batch(shown, span, tables, held=held))
            values[shown.ptr[span[0]] : shown.ptr[span[1]]] = made.values
            failed.update(made.failed)

        with ThreadPoolExecutor(max(self._threads, 1)) as pool:
            for done, _ in enumerate(pool.map(fill, spans), 1):
                progress(done / len(spans))
        for name in failed:
            values[:, self.names.index(name)] = np.nan
        return Examples(shown, self.names, values, failed)

    def batches(self, shown: Shown, *, held: bool = False) -> Iterator[Batch]:
        """The same requests as features see them, some at a time; arguments as in `build`."""
        tables = self._tables(shown)
        for span in self._spans(shown):
            yield self._batch(shown, span, tables, held=held)

    def _tables(self, shown: Shown) -> dict[int, ItemTable]:
        """The catalog as it was when each day of the requests began."""
        days = np.unique(np.floor(shown.time / DAY)).astype(np.int64).tolist() if self._tracked else []
        return {day: self._data.table_at(day * DAY) for day in days}

    @property
    def _tracked(self) -> bool:
        return self._data.history is not None and bool(self._data.history.fields)

    def _spans(self, shown: Shown) -> list[tuple[int, int]]:
        """Requests that are worked out together: of one day where the catalog's past is known, and not too many."""
        if not len(shown):
            return []
        starts, held = [0], 0
        day = np.floor(shown.time / DAY).tolist() if self._tracked else [0.0] * len(shown)
        for row, size in enumerate(np.diff(shown.ptr).tolist()):
            if row > starts[-1] and (held + size > _CHUNK or day[row] != day[starts[-1]]):
                starts.append(row)
                held = 0
            held += size
        return list(zip(starts, [*starts[1:], len(shown)], strict=True))

    def _batch(self, whole: Shown, span: tuple[int, int], tables: Mapping[int, ItemTable], *, held: bool) -> Batch:
        shown = whole.take(np.arange(*span))
        table = tables.get(int(shown.time[0] // DAY), self._data.table)
        device = _codes(shown.device, shown.devices, DEVICES).astype(np.int8)
        placement = _codes(shown.placement, shown.placements, self._placements).astype(np.int16)
        position = np.ones_like(shown.position) if held else shown.position
        return Batch(
            self._histories.queries(shown),
            Candidates(shown.ptr, shown.items, shown.relevance),
            table,
            self._statistics,
            Moment(device, placement, position),
        )


def _codes(codes: NDArray[np.signedinteger], names: Sequence[str], into: Sequence[str]) -> Codes:
    """Codes in one list of names as codes in another; -1 for what it lacks."""
    at = [into.index(name) if name in into else -1 for name in names]
    found: Codes = np.array([*at, -1], np.int32)[codes]
    return found


def without_relevance(shown: Shown) -> bool:
    """Whether nothing is known of how relevant anything was found."""
    return bool(np.isnan(shown.relevance).all())
