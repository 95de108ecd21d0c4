"""What is worked out of whole columns of a catalog, kept for as long as they do not change."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar
from weakref import WeakKeyDictionary, ref

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable

T = TypeVar("T")

_MOST = 512
"""Results kept; the oldest goes first."""

_kept: dict[tuple[object, ...], tuple[tuple[ref[NDArray[Any]], ...], object]] = {}
_tables: WeakKeyDictionary[ItemTable, dict[object, Any]] = WeakKeyDictionary()
_lock = Lock()


def of_columns(key: object, columns: tuple[NDArray[Any], ...], make: Callable[[], T]) -> T:
    """What `make` works out of these columns; made once for as long as they are the same arrays.

    Columns never change: a catalog told anew has other arrays where something differs, and the same ones elsewhere. So
    a price list is ranked once, however often pieces are sold. What is made of a column that is gone goes with it.

    Args:
        key: Names what is made.
        columns: All it is made of.
        make: Makes it.
    """
    name = (key, *(id(column) for column in columns))
    found: Any = _kept.get(name)
    if found is None:
        # At the very end there may be no module any more, but its results.
        def gone(_: object, kept: dict[tuple[object, ...], Any] = _kept) -> None:
            kept.pop(name, None)

        # An id is of another array once its own is gone; then nothing is kept under it any more.
        found = (tuple(ref(column, gone) for column in columns), make())
        with _lock:
            while len(_kept) >= _MOST:
                _kept.pop(next(iter(_kept)), None)
            _kept[name] = found
    made: T = found[1]
    return made


def dense(column: NDArray[Any]) -> NDArray[Any]:
    """A column whose values stand side by side; gathering from one of a single value would copy it whole every time."""
    if column.flags.c_contiguous:
        return column
    return of_columns("dense", (column,), lambda: np.ascontiguousarray(column))


def of_table(table: ItemTable) -> dict[object, Any]:
    """Where to keep what follows from a table alone, for as long as there is the table."""
    found = _tables.get(table)
    if found is None:
        with _lock:
            found = _tables.setdefault(table, {})
    return found


def mean_by(values: NDArray[np.float64], codes: NDArray[np.int32], n: int) -> NDArray[np.float64]:
    """Mean of the finite values of each code, shape (n + 1,); NaN for codes without any, and at the end."""
    has = np.isfinite(values) & (codes >= 0)
    count = np.bincount(codes[has], minlength=n + 1)[: n + 1]
    total = np.bincount(codes[has], values[has], n + 1)[: n + 1]
    out = np.full(n + 1, np.nan)
    np.divide(total, count, out=out, where=count > 0)
    return out


def rank_by(values: NDArray[np.float64], codes: NDArray[np.int32]) -> NDArray[np.float64]:
    """Where each value stands among those of its code: 0 is the least, 1 the highest, equals in the middle of theirs.

    NaN without a value or a code; a value that stands alone is in the middle.
    """
    at = np.flatnonzero(np.isfinite(values) & (codes >= 0))
    out = np.full(len(values), np.nan)
    if not len(at):
        return out
    at = at[np.lexsort((values[at], codes[at]))]
    code, value = codes[at], values[at]
    place = np.arange(len(at))
    first = np.append(True, code[1:] != code[:-1])
    start = np.maximum.accumulate(np.where(first, place, 0))
    size = np.diff(np.append(np.flatnonzero(first), len(at)))[np.cumsum(first) - 1]
    other = np.append(True, first[1:] | (value[1:] != value[:-1]))
    low = np.maximum.accumulate(np.where(other, place, 0))
    high = np.append(np.flatnonzero(other)[1:], len(at))[np.cumsum(other) - 1] - 1
    out[at] = ((low + high) / 2.0 - start + 0.5) / size
    return out


def median_by(values: NDArray[np.float64], codes: NDArray[np.int32], n: int) -> NDArray[np.float64]:
    """Median of the finite values of each code, shape (n + 1,); NaN for codes without any, and at the end."""
    at = np.flatnonzero(np.isfinite(values) & (codes >= 0))
    at = at[np.lexsort((values[at], codes[at]))]
    code, value = codes[at], values[at]
    count = np.bincount(code, minlength=n + 1)[: n + 1]
    start = np.cumsum(count) - count
    out = np.full(n + 1, np.nan)
    has = count > 0
    out[has] = (value[(start + (count - 1) // 2)[has]] + value[(start + count // 2)[has]]) / 2.0
    return out
