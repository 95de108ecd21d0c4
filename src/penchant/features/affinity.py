"""How much a candidate is like what the person turned to, or away from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable
from penchant.dataset import Queries
from penchant.features.feature import Compute, Feature
from penchant.features.ragged import decayed, known, rows_of, sum_by
from penchant.slate import Candidates, Reason


def category_affinity(
    name: str, field: str, about: str, *, half_life_days: float = 14.0, reason: Reason | None = None
) -> Feature:
    """Share of the person's liking that lies on the candidate's value of `field`, against their favourite's.

    1 is the favourite value, 0 one never touched, NaN a person without likings or an item without the field.
    """
    return Feature(name, "share", (field,), about, _affinity(field, half_life_days, 1), reason)


def category_aversion(name: str, field: str, about: str, *, half_life_days: float = 14.0) -> Feature:
    """Share of the person's dislike that lies on the candidate's value of `field`, when liking does not outweigh it."""
    return Feature(name, "share", (field,), about, _affinity(field, half_life_days, -1))


def tag_affinity(
    name: str, field: str, about: str, *, half_life_days: float = 14.0, reason: Reason | None = None
) -> Feature:
    """Mean liking over the candidate's tags, against the favourite tag's; NaN as in `category_affinity`."""

    def compute(queries: Queries, candidates: Candidates, table: ItemTable) -> NDArray[np.float32]:
        tags = table.tags(field)
        good = known(queries, len(table)) & (queries.weights > 0)
        weight, row, items = decayed(queries, half_life_days, good), rows_of(queries.ptr)[good], queries.items[good]
        sizes = np.diff(tags.ptr)
        spread = np.repeat(np.arange(len(items)), sizes[items])
        flat = _ragged_take(tags.ptr, items)
        likes = sum_by(row[spread], tags.codes[flat], weight[spread], (len(queries), max(len(tags.names), 1)))
        best = likes.max(axis=1)
        of = rows_of(candidates.ptr)
        n_tags = sizes[candidates.items]
        entry = np.repeat(np.arange(len(candidates.items)), n_tags)
        value = likes[of[entry], tags.codes[_ragged_take(tags.ptr, candidates.items)]]
        total = np.bincount(entry, value, len(candidates.items))
        with np.errstate(invalid="ignore", divide="ignore"):
            out = total / n_tags / best[of]
        return np.where((best[of] > 0) & (n_tags > 0), out, np.nan).astype(np.float32)

    return Feature(name, "share", (field,), about, compute, reason)


def number_fit(
    name: str,
    field: str,
    group: str,
    about: str,
    *,
    spread: float = 0.3,
    shrinkage: float = 1.0,
    half_life_days: float = 30.0,
    reason: Reason | None = None,
) -> Feature:
    """How near a number is to where the person moves, on a log scale, inside the candidate's group.

    The person's level in a group is the weighted mean of log(number) over their history in that group, drawn
    towards the group's own mean by `shrinkage` units of weight, so one look is a hint and ten are a habit. The
    value is a bell of width `spread` (0.3 is about ±30 %) around the level: 1 on it, near 0 far away.

    Args:
        name: Feature name.
        field: A number above 0, such as a price or a length.
        group: Category field inside which levels are compared.
        about: One sentence.
        spread: Width of the bell, in log units.
        shrinkage: Weight of the group's mean.
        half_life_days: Decay of the history.
        reason: Told when it moved an item up.

    Returns:
        A feature in 0 to 1; NaN without the number or without positive history in the group.
    """

    def compute(queries: Queries, candidates: Candidates, table: ItemTable) -> NDArray[np.float32]:
        number = table.number(field)
        with np.errstate(invalid="ignore", divide="ignore"):
            log = np.where(number > 0, np.log(number), np.nan)
        groups = table.category(group)
        shape = (len(queries), max(len(groups.names), 1))
        has = np.isfinite(log) & (groups.codes >= 0)
        count = np.bincount(groups.codes[has], minlength=shape[1])
        mean = np.bincount(groups.codes[has], log[has], shape[1]) / np.maximum(count, 1)
        good = known(queries, len(table)) & (queries.weights > 0)
        good[good] &= has[queries.items[good]]
        weight, row, items = decayed(queries, half_life_days, good), rows_of(queries.ptr)[good], queries.items[good]
        mass = sum_by(row, groups.codes[items], weight, shape)
        level = sum_by(row, groups.codes[items], weight * log[items], shape)
        level = (level + shrinkage * mean) / np.maximum(mass + shrinkage, 1e-12)
        of, code = rows_of(candidates.ptr), groups.codes[candidates.items]
        distance = (log[candidates.items] - level[of, code]) / spread
        value = np.exp(-0.5 * distance**2)
        return np.where((code >= 0) & (mass[of, code] > 0), value, np.nan).astype(np.float32)

    return Feature(name, "share", (field, group), about, compute, reason)


def sibling(name: str, field: str, about: str, *, reason: Reason | None = None) -> Feature:
    """1 for a candidate that shares `field` with something the person turned to but is not that thing, else 0."""

    def compute(queries: Queries, candidates: Candidates, table: ItemTable) -> NDArray[np.float32]:
        codes = table.category(field).codes
        n = max(len(table.category(field).names), 1)
        good = known(queries, len(table)) & (queries.weights > 0)
        row, items = rows_of(queries.ptr)[good], queries.items[good]
        touched = sum_by(row, codes[items], np.ones(len(items)), (len(queries), n)) > 0
        own = np.unique(row * np.int64(len(table)) + items)
        of, code = rows_of(candidates.ptr), codes[candidates.items]
        itself = np.isin(of * np.int64(len(table)) + candidates.items, own)
        value: NDArray[np.float32] = ((code >= 0) & touched[of, code] & ~itself).astype(np.float32)
        return value

    return Feature(name, "share", (field,), about, compute, reason)


def _affinity(field: str, half_life_days: float, sign: int) -> Compute:
    def compute(queries: Queries, candidates: Candidates, table: ItemTable) -> NDArray[np.float32]:
        codes = table.category(field).codes
        good = known(queries, len(table)) & ((queries.weights > 0) if sign > 0 else (queries.weights != 0))
        weight = decayed(queries, half_life_days, good) * sign
        row, code = rows_of(queries.ptr)[good], codes[queries.items[good]]
        shape = (len(queries), max(len(table.category(field).names), 1))
        # An affinity counts likings alone; an aversion is what dislikes leave after likings.
        total = sum_by(row, code, weight, shape)
        best = total.max(axis=1)
        of, mine = rows_of(candidates.ptr), codes[candidates.items]
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.clip(total[of, mine] / best[of], 0, 1)
        return np.where((mine >= 0) & (best[of] > 0), share, np.nan).astype(np.float32)

    return compute


def _ragged_take(ptr: NDArray[np.int64], rows: NDArray[np.int32]) -> NDArray[np.int64]:
    sizes = ptr[rows + 1] - ptr[rows]
    ends = np.cumsum(sizes)
    taken: NDArray[np.int64] = np.arange(int(ends[-1]) if len(ends) else 0) + np.repeat(
        ptr[rows] - (ends - sizes), sizes
    )
    return taken
