"""What a shop is judged by, as far as past orders can tell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable
from penchant.pack import Judged, Metric

_TELLS_STOCK = ("stock", "stock_at", "availability")


def revenue(judged: Judged) -> NDArray[np.float64]:
    """Share of the money spent in the window that went to the first ten items."""
    return _share_of(judged, np.nan_to_num(judged.target_values.astype(np.float64)))


def margin(judged: Judged) -> NDArray[np.float64]:
    """Share of the money earned in the window that was earned with the first ten items.

    What is earned is the money spent times the catalog's margin as a share of its price; the margin is the one that was
    told, or else price less cost. Losses earn nothing, and what has no known margin is left out.
    """
    earned = judged.target_values * np.maximum(_margin_share(judged.table)[judged.targets], 0.0)
    return _share_of(judged, np.nan_to_num(earned.astype(np.float64)))


def returned(judged: Judged) -> NDArray[np.float64]:
    """Share of what stood in the first ten and was bought in the window that was later returned wholly."""
    if judged.returned_ptr is None or judged.returned is None:
        return np.full(len(judged.lists), np.nan)
    kept, back = (
        np.bincount(judged.row_of(ptr), judged.shown(10, ptr, items), len(judged.lists))
        for ptr, items in ((judged.target_ptr, judged.targets), (judged.returned_ptr, judged.returned))
    )
    return _ratio(back, kept + back)


def out_of_stock(judged: Judged) -> NDArray[np.float64]:
    """Share of the first ten items that the catalog says are out of stock; NaN where it tells no stock at all."""
    if not any(judged.table.has(field).any() for field in _TELLS_STOCK):
        return np.full(len(judged.lists), np.nan)
    top = judged.lists[:, :10]
    gone = np.append(judged.table.number("available") == 0, False)
    return _ratio((gone[top] & (top >= 0)).sum(axis=1), (top >= 0).sum(axis=1))


def _share_of(judged: Judged, money: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of money by target that went to the first ten."""
    row = judged.row_of(judged.target_ptr)
    won = np.bincount(row, money * judged.shown(10, judged.target_ptr, judged.targets), len(judged.lists))
    return _ratio(won, np.bincount(row, money, len(judged.lists)))


def _margin_share(table: ItemTable) -> NDArray[np.float64]:
    """Margin over price of every product; NaN where unknown."""
    price, told = table.number("price"), table.number("margin")
    earned = np.where(np.isnan(told), price - table.number("cost"), told)
    share = np.full(len(table), np.nan)
    np.divide(earned, price, out=share, where=price > 0)
    return share


def _ratio(part: NDArray[np.floating | np.integer], whole: NDArray[np.floating | np.integer]) -> NDArray[np.float64]:
    out = np.full(len(whole), np.nan)
    np.divide(part, whole, out=out, where=whole > 0)
    return out


METRICS = (
    Metric("revenue@10", "Share of the money spent later that went to the first ten.", "higher", revenue),
    Metric("margin@10", "Share of the margin earned later that was earned with the first ten.", "higher", margin),
    Metric("returned@10", "Share of what was in the first ten and bought that came back.", "lower", returned),
    Metric("out-of-stock@10", "Share of the first ten out of stock, before constraints.", "lower", out_of_stock),
)
