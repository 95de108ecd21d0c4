"""Plain values of a field, item by item, become arrays: the one place that says what counts as a value of a kind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from itertools import chain
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from penchant.clock import parse_time

_NUMBERS = {float, int, bool, type(None)}
_MOMENTS = {datetime, type(None)}
_TEXTS = {str, type(None)}
_LISTS = {tuple, list}


def numbers(values: Sequence[object], *, times: bool = False) -> NDArray[np.float64]:
    """Numbers, true and false (1 and 0) and moments (Unix seconds; without a zone UTC); NaN for all else.

    Args:
        values: One an item.
        times: The field holds moments, so ISO 8601 text is one too.
    """
    kinds = set(map(type, values))
    if kinds <= _MOMENTS:
        return np.array([np.nan if value is None else _seconds(value) for value in values], np.float64)  # type: ignore[arg-type]
    if kinds <= _NUMBERS:
        try:
            return np.array(values, np.float64)
        except OverflowError:
            pass
    return np.fromiter((_number(value, times) for value in values), np.float64, len(values))


def texts(values: Sequence[object]) -> Sequence[str | None]:
    """Texts; None for empty text and all else."""
    if set(map(type, values)) <= _TEXTS:
        return [value or None for value in values]  # type: ignore[misc]
    return [value if isinstance(value, str) and value else None for value in values]


def json_texts(values: Sequence[object]) -> Sequence[str | None]:
    """Anything as JSON text with sorted keys, so that equal values are equal text; None where there is none."""
    return [None if value is None else msgspec.json.encode(value, order="deterministic").decode() for value in values]


def lists(values: Sequence[object]) -> tuple[NDArray[np.int64], list[str]]:
    """Lists of text, one behind the other, and the length of each; one text is a list of one, all else an empty one."""
    if not set(map(type, values)) <= _LISTS:
        values = [_list(value) for value in values]
    rows: Sequence[Sequence[Any]] = values  # type: ignore[assignment]
    flat = list(chain.from_iterable(rows))
    if not set(map(type, flat)) <= {str}:
        flat = [str(value) for value in flat]
    return np.fromiter(map(len, rows), np.int64, len(rows)), flat


def maps(values: Sequence[object]) -> tuple[NDArray[np.int64], list[str], NDArray[np.float64]]:
    """Keys of maps one behind the other, how many each has, and the number of each key; without a number no key."""
    rows = [value if isinstance(value, dict) else {} for value in values]
    sizes = np.fromiter(map(len, rows), np.int64, len(rows))
    held = numbers(list(chain.from_iterable(row.values() for row in rows)))
    keys = [str(key) for key in chain.from_iterable(rows)]
    told = ~np.isnan(held)
    if not told.all():
        of = np.repeat(np.arange(len(rows)), sizes)[told]
        sizes = np.bincount(of, minlength=len(rows)).astype(np.int64)
        keys, held = [key for key, there in zip(keys, told.tolist(), strict=True) if there], held[told]
    return sizes, keys, held


def _seconds(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _number(value: object, times: bool) -> float:
    if isinstance(value, datetime):
        return _seconds(value)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp()
    try:
        if isinstance(value, bool | int | float):
            return float(value)
        if times and isinstance(value, str):
            return parse_time(value)
    except (OverflowError, ValueError):  # beyond what a float or a calendar holds: no number here
        pass
    return np.nan


def _list(value: object) -> Iterable[object]:
    if isinstance(value, str):
        return (value,) if value else ()
    if isinstance(value, set | frozenset):
        return sorted(str(one) for one in value)
    return value if isinstance(value, tuple | list) else ()
