"""A small filter language on item fields, as JSON, compiled to a mask.

{"field": "brand", "eq": "Alto"}                    one value
{"field": "topics", "in": ["strength", "core"]}     any of these
{"field": "price", "range": [80, 120]}              at least, at most; null leaves an end open
{"field": "stock", "exists": true}
{"all": [...]}  {"any": [...]}  {"not": {...}}
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.catalog.item import Item
from penchant.catalog.table import ItemTable
from penchant.errors import InvalidRequest, choices, nearest

_TESTS = ("eq", "in", "range", "exists")
_DEPTH = 16


def compile_filter(
    filter_: object, table: ItemTable, kind: type[Item], path: str = "filter", depth: int = 0
) -> NDArray[np.bool_]:
    """The rows a filter lets through, shape (n_items,).

    Args:
        filter_: Plain JSON.
        table: The catalog.
        kind: The pack's item type: its fields are the fields a filter may name, `attributes.NAME` beside them.
        path: Where the filter stands in the request, for messages.
        depth: How deep it is nested.

    Raises:
        InvalidRequest: A wrong shape, field or type, with the path to it.
    """
    if not isinstance(filter_, dict):
        raise InvalidRequest(path, "must be an object", filter_)
    if depth > _DEPTH:
        raise InvalidRequest(path, f"is nested more than {_DEPTH} deep")
    if "field" in filter_:
        return _leaf(filter_, table, kind, path)
    if len(filter_) != 1 or (key := next(iter(filter_))) not in ("all", "any", "not"):
        raise InvalidRequest(path, 'must have "field" and a test, or one of "all", "any", "not"', filter_)
    if key == "not":
        return ~compile_filter(filter_["not"], table, kind, f"{path}.not", depth + 1)
    parts = filter_[key]
    if not isinstance(parts, list) or not parts:
        raise InvalidRequest(f"{path}.{key}", "must be a list of filters", parts)
    masks = [compile_filter(p, table, kind, f"{path}.{key}[{i}]", depth + 1) for i, p in enumerate(parts)]
    joined: NDArray[np.bool_] = (np.logical_and if key == "all" else np.logical_or).reduce(masks)
    return joined


def _leaf(filter_: dict[str, Any], table: ItemTable, kind: type[Item], path: str) -> NDArray[np.bool_]:
    field = filter_["field"]
    fields = kind.__struct_fields__
    free = isinstance(field, str) and field.startswith("attributes.")
    if not isinstance(field, str) or not (field in fields or free):
        near = nearest(field, fields) if isinstance(field, str) else None
        hint = f'; did you mean "{near}"?' if near else f" (have: {choices(fields, 30)})"
        raise InvalidRequest(f"{path}.field", f"no such field{hint}", field)
    tests = [name for name in filter_ if name != "field"]
    if len(tests) != 1 or tests[0] not in _TESTS:
        raise InvalidRequest(path, f"needs exactly one test of {', '.join(_TESTS)}", ", ".join(tests) or None)
    test, wanted = tests[0], filter_[tests[0]]
    if test == "exists":
        if not isinstance(wanted, bool):
            raise InvalidRequest(f"{path}.exists", "must be true or false", wanted)
        has = ~np.isnan(table.number(field)) | (np.diff(table.tags(field).ptr) > 0)
        return has if wanted else ~has
    if test == "range":
        return _range(table.number(field), wanted, f"{path}.range")
    values = wanted if test == "in" else [wanted]
    if not isinstance(values, list) or not all(isinstance(v, str | int | float) for v in values):
        raise InvalidRequest(f"{path}.{test}", "must be text, a number, or a list of them for in", wanted)
    mask = np.zeros(len(table), bool)
    numbers = [_float(v, f"{path}.{test}") for v in values if not isinstance(v, str)]
    if numbers:
        mask |= np.isin(table.number(field), numbers)
    texts = {v for v in values if isinstance(v, str)}
    if texts:
        tags = table.tags(field)
        chosen = np.array([name in texts for name in tags.names], bool)
        row = np.repeat(np.arange(len(table)), np.diff(tags.ptr))
        mask[row[chosen[tags.codes]]] = True
    return mask


def _range(number: NDArray[np.float64], wanted: object, path: str) -> NDArray[np.bool_]:
    if not isinstance(wanted, list) or len(wanted) != 2:
        raise InvalidRequest(path, "must be [least, most], with null for an open end", wanted)
    mask = ~np.isnan(number)
    for end, sign in zip(wanted, (1, -1), strict=True):
        if end is None:
            continue
        if isinstance(end, bool) or not isinstance(end, int | float):
            raise InvalidRequest(path, "must hold numbers or null", end)
        mask &= sign * np.nan_to_num(number, nan=-np.inf * sign) >= sign * _float(end, path)
    return mask


def _float(value: int | float, path: str) -> float:
    try:
        return float(value)
    except OverflowError:
        raise InvalidRequest(path, "must hold numbers below 1e308") from None
