"""Values that entries and candidates may share, as a code of every item."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable
from penchant.features.columns import of_columns
from penchant.features.feature import By

Codes = NDArray[np.int32]


def codes_of(table: ItemTable, by: By) -> tuple[Codes, int]:
    """The value of each item as a code, -1 for none, and how many codes there are.

    Args:
        table: The catalog.
        by: How it is read, and of which fields: `category` and `top` (the first part of a category path) of one,
            `both` of two, `item` of none.
    """
    reads, field, other = by
    if reads == "item":
        n = len(table)
        return of_columns(("rows", n), (), lambda: np.arange(n, dtype=np.int32)), n
    column = table.category(field)
    if reads == "top":
        return of_columns("tops", (column.codes,), lambda: _tops(column.codes, list(column.names)))
    if reads == "both":
        with_it = table.category(other).codes
        return of_columns("both", (column.codes, with_it), lambda: _joined(column.codes, with_it))
    return column.codes, len(column.names)


def _tops(codes: Codes, names: list[str]) -> tuple[Codes, int]:
    """Codes of the first parts of paths."""
    tops = [name.split(">", 1)[0].strip() for name in names]
    code = {name: n for n, name in enumerate(sorted(set(tops)))}
    of: NDArray[Any] = np.array([*(code[top] for top in tops), -1], np.int32)
    return of[codes], len(code)


def _joined(a: Codes, b: Codes) -> tuple[Codes, int]:
    """Codes of the pairs that occur."""
    key = np.where((a >= 0) & (b >= 0), a.astype(np.int64) << 32 | b, -1)
    found, code = np.unique(key, return_inverse=True)
    none = int(len(found) > 0 and found[0] < 0)
    return (code - none).astype(np.int32), len(found) - none
