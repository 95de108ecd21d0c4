"""What a publisher is judged by beside being right: taken in to the end, new, and not always the same voice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.pack import Judged, Metric


def completion(judged: Judged) -> NDArray[np.float64]:
    """Share of what stood in the first ten and was begun in the window that was also completed in it."""
    if judged.begun_ptr is None or judged.begun is None:
        return np.full(len(judged.lists), np.nan)
    ended, begun = (
        np.bincount(judged.row_of(ptr), judged.shown(10, ptr, items), len(judged.lists))
        for ptr, items in ((judged.target_ptr, judged.targets), (judged.begun_ptr, judged.begun))
    )
    return _ratio(ended, begun)


def topic_entropy(judged: Judged) -> NDArray[np.float64]:
    """Entropy of the topics of the first ten, in bits."""
    tags, (row, item) = judged.table.tags("topics"), _places(judged)
    sizes = np.diff(tags.ptr)[item]
    first = np.repeat(tags.ptr[item] - np.cumsum(sizes) + sizes, sizes)
    topic = tags.codes[first + np.arange(len(first))]
    of, counts = _counted(np.repeat(row, sizes), topic, len(tags.names))
    total = np.bincount(of, counts, len(judged.lists))
    share = counts / total[of]
    bits = np.bincount(of, -share * np.log2(share), len(judged.lists))
    return np.where(total > 0, np.maximum(bits, 0.0), np.nan)


def creator_share(judged: Judged) -> NDArray[np.float64]:
    """Share of the first ten that comes from one creator, the most frequent."""
    creators, (row, item) = judged.table.category("creator"), _places(judged)
    known = creators.codes[item] >= 0
    of, counts = _counted(row[known], creators.codes[item[known]], len(creators.names))
    most = np.zeros(len(judged.lists))
    np.maximum.at(most, of, counts)
    return _ratio(most, np.bincount(of, counts, len(judged.lists)))


def age(judged: Judged) -> NDArray[np.float64]:
    """Mean age of the first ten at the moment of the request, in days since they came out."""
    row, item = _places(judged)
    days = (judged.queries.now[row] - judged.table.number("published")[item]) / DAY
    known = ~np.isnan(days)
    total = np.bincount(row[known], np.maximum(days[known], 0.0), len(judged.lists))
    return _ratio(total, np.bincount(row[known], minlength=len(judged.lists)))


def _places(judged: Judged) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    """Row and item of every filled place among the first ten."""
    row, place = np.nonzero(judged.lists[:, :10] >= 0)
    return row, judged.lists[row, place]


def _counted(
    row: NDArray[np.intp], code: NDArray[np.int32], n_codes: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """How often each code stands in each row that has it: rows, counts."""
    width = max(n_codes, 1)
    keys, counts = np.unique(row.astype(np.int64) * width + code, return_counts=True)
    return keys // width, counts.astype(np.float64)


def _ratio(part: NDArray[np.floating | np.integer], whole: NDArray[np.floating | np.integer]) -> NDArray[np.float64]:
    out = np.full(len(whole), np.nan)
    np.divide(part, whole, out=out, where=whole > 0)
    return out


METRICS = (
    Metric("completion@10", "Share of what was in the first ten and begun that was completed.", "higher", completion),
    Metric("topic-entropy@10", "Entropy of the topics of the first ten, in bits.", "higher", topic_entropy),
    Metric("creator-share@10", "Share of the first ten from one creator.", "lower", creator_share),
    Metric("age-days@10", "Mean age of the first ten, in days since they came out.", "lower", age),
)
