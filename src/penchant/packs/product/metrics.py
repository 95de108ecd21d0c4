"""What a shop is judged by, as far as past orders can tell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.pack import Judged, Metric


def revenue(judged: Judged) -> NDArray[np.float64]:
    """Share of the money spent in the window that went to the first ten items."""
    row = np.repeat(np.arange(len(judged.lists)), np.diff(judged.target_ptr))
    shown = (judged.lists[row, :10] == judged.targets[:, None]).any(axis=1)
    money = np.nan_to_num(judged.target_values.astype(np.float64))
    total = np.bincount(row, money, len(judged.lists))
    won = np.bincount(row, money * shown, len(judged.lists))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(total > 0, won / total, np.nan)


def out_of_stock(judged: Judged) -> NDArray[np.float64]:
    """Share of the first ten items that the catalog says are out of stock."""
    empty = np.append(judged.table.number("stock") == 0, False)
    shown = judged.lists[:, :10] >= 0
    count = np.maximum(shown.sum(axis=1), 1)
    return np.asarray((empty[judged.lists[:, :10]] & shown).sum(axis=1) / count, np.float64)


METRICS = (
    Metric("revenue@10", "Share of the money spent later that went to the first ten.", "higher", revenue),
    Metric("out-of-stock@10", "Share of the first ten out of stock, before constraints.", "lower", out_of_stock),
)
