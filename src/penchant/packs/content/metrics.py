"""What a publisher is judged by beside being right: not always the same topic, not always the same voice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.pack import Judged, Metric


def topic_entropy(judged: Judged) -> NDArray[np.float64]:
    """Entropy of the topics of the first ten, in bits."""
    tags = judged.table.tags("topics")
    out = np.full(len(judged.lists), np.nan)
    for i, row in enumerate(judged.lists[:, :10]):
        codes = [tags.codes[tags.ptr[item] : tags.ptr[item + 1]] for item in row if item >= 0]
        flat = np.concatenate(codes) if codes else np.zeros(0, np.int32)
        if len(flat):
            share = np.bincount(flat) / len(flat)
            share = share[share > 0]
            out[i] = -(share * np.log2(share)).sum()
    return out


def creator_share(judged: Judged) -> NDArray[np.float64]:
    """Share of the first ten that comes from one creator, the most frequent."""
    codes = np.append(judged.table.category("creator").codes, -1)
    out = np.full(len(judged.lists), np.nan)
    for i, row in enumerate(judged.lists[:, :10]):
        known = codes[row[row >= 0]]
        known = known[known >= 0]
        if len(known):
            out[i] = np.bincount(known).max() / len(known)
    return out


METRICS = (
    Metric("topic-entropy@10", "Entropy of the topics of the first ten, in bits.", "higher", topic_entropy),
    Metric("creator-share@10", "Share of the first ten from one creator.", "lower", creator_share),
)
