"""95 % intervals by the percentile bootstrap over people (Efron & Tibshirani 1993): people are drawn with replacement.

The same seed draws the same people for every model, so differences between models are paired.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from penchant.slate import Codes

DRAWS = 1000
"""Bootstrap draws of an interval."""

SEED = 1
"""Seed of the draws when none is given."""

_CHUNK = 64
"""Draws handled at once; one bit each of a 64-bit word in `coverage_interval`."""

_BOUNDS = (2.5, 97.5)


class Estimate(msgspec.Struct, frozen=True):
    """A mean and its 95 % interval.

    Attributes:
        mean: Over the people judged.
        low: 2.5th percentile.
        high: 97.5th percentile.
    """

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        """`0.3508 [0.3352, 0.3669]`."""
        return f"{self.mean:.4f} [{self.low:.4f}, {self.high:.4f}]"

    @property
    def signed(self) -> str:
        """As a difference: `+0.0104 [+0.0061, +0.0147]`."""
        return f"{self.mean:+.4f} [{self.low:+.4f}, {self.high:+.4f}]"


def intervals(
    values: NDArray[np.float64], draws: int = DRAWS, seed: int = SEED, group: Codes | None = None
) -> list[Estimate | None]:
    """Means of several metrics over the same rows.

    Args:
        values: Shape (n, m), one column a metric; NaN where a metric says nothing of a row, which is then left
            out of that mean.
        draws: How often the people are drawn.
        seed: Seed of the draws.
        group: Person of each row, ascending, shape (n,): rows of one person are drawn together. Each row is a person
            of its own when None.

    Returns:
        m estimates; None for a column without any number.
    """
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    counts = known.sum(axis=0)
    sizes = known.astype(np.float64)
    if group is not None and len(group):
        starts = _starts(group)
        filled, sizes = np.add.reduceat(filled, starts, axis=0), np.add.reduceat(sizes, starts, axis=0)
    # Many columns know the same rows, and most know everyone once: then the divisor is n in every draw.
    partial = [int(j) for j in np.flatnonzero((counts > 0) & (sizes != 1.0).any(axis=0))]
    same: dict[bytes, int] = {}
    number = [same.setdefault(sizes[:, j].tobytes(), len(same)) for j in partial]
    distinct = sizes[:, [partial[number.index(i)] for i in range(len(same))]]
    means = np.empty((draws, values.shape[1]))
    for start, weights in _drawn(len(filled), draws, seed):
        stop = start + len(weights)
        divisor = np.full((len(weights), values.shape[1]), float(max(len(filled), 1)))
        divisor[:, partial] = (weights @ distinct)[:, number]
        means[start:stop] = np.divide(weights @ filled, divisor, out=np.full(divisor.shape, np.nan), where=divisor > 0)
    out: list[Estimate | None] = []
    for j, count in enumerate(counts):
        # A draw that has nobody with a number (few people, many NaN) says nothing and is left out.
        drawn = means[~np.isnan(means[:, j]), j]
        if not count or not len(drawn):
            out.append(None)
            continue
        low, high = np.percentile(drawn, _BOUNDS)
        out.append(Estimate(float(filled[:, j].sum() / count), float(low), float(high)))
    return out


def interval(
    values: NDArray[np.float64], draws: int = DRAWS, seed: int = SEED, group: Codes | None = None
) -> Estimate | None:
    """The mean of one metric, values of shape (n,); otherwise as `intervals`."""
    return intervals(values[:, None], draws, seed, group)[0]


def difference(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    draws: int = DRAWS,
    seed: int = SEED,
    group: Codes | None = None,
) -> Estimate | None:
    """The mean of first minus second over the same rows, paired; arguments as in `interval`."""
    return interval(first - second, draws, seed, group)


def coverage_interval(
    lists: Codes, k: int, n_items: int, draws: int = DRAWS, seed: int = SEED, group: Codes | None = None
) -> Estimate | None:
    """Coverage of the lists, with an interval from drawing people again and counting distinct items.

    A draw repeats people, and a repeated person adds no item, so drawn coverage lies below the real one by
    construction. The interval is therefore the percentile interval moved by that difference of means: its width
    comes from the draws, its place from the lists.

    Args:
        lists: Item codes, shape (n, at least k), -1 is an empty place.
        k: Places that count.
        n_items: Size of the item space.
        draws: How often the people are drawn.
        seed: Seed of the draws.
        group: As in `intervals`.

    Returns:
        The estimate, 0 to 1; None without lists or items.
    """
    if not len(lists) or not n_items:
        return None
    top = lists[:, :k]
    person = np.repeat(np.arange(len(lists)) if group is None else _numbers(group), top.shape[1])
    n = int(person[-1]) + 1 if len(person) else len(lists)
    item = top.ravel()
    person, item = person[item >= 0], item[item >= 0]
    order = np.argsort(item, kind="stable")
    person, item = person[order], item[order]
    if not len(item):
        return Estimate(0.0, 0.0, 0.0)
    starts = np.flatnonzero(np.concatenate([[True], item[1:] != item[:-1]]))
    covered = np.empty(draws)
    for start, weights in _drawn(n, draws, seed):
        # Bit d of a person's word says that draw d has the person; an item is covered where any holder is drawn.
        bits = np.zeros((_CHUNK, n), np.bool_)
        bits[: len(weights)] = weights > 0
        words = np.ascontiguousarray(np.packbits(bits, axis=0, bitorder="little").T).view(np.uint64)[:, 0]
        held = np.bitwise_or.reduceat(words[person], starts)
        found = np.unpackbits(held[:, None].view(np.uint8), axis=1, bitorder="little").sum(axis=0)
        covered[start : start + len(weights)] = found[: len(weights)] / n_items
    mean = len(starts) / n_items
    low, high = np.clip(np.percentile(covered, _BOUNDS) + mean - covered.mean(), 0.0, 1.0)
    return Estimate(mean, float(min(low, mean)), float(max(high, mean)))


def _starts(group: Codes) -> NDArray[np.int64]:
    """The first row of each person; rows of a person stand together."""
    return np.flatnonzero(np.diff(group, prepend=-1) != 0).astype(np.int64)


def _numbers(group: Codes) -> NDArray[np.int64]:
    """Persons numbered from 0, for each row."""
    return np.cumsum(np.diff(group, prepend=-1) != 0).astype(np.int64) - 1


def _drawn(n: int, draws: int, seed: int) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """How often each of n people stands in each draw: (first draw, counts of shape (up to 64, n))."""
    rng = np.random.default_rng(seed)
    for start in range(0, draws, _CHUNK):
        size = min(_CHUNK, draws - start)
        if not n:
            yield start, np.zeros((size, 0))
            continue
        people = rng.integers(0, n, (size, n)) + np.arange(size)[:, None] * n
        yield start, np.bincount(people.ravel(), minlength=size * n).reshape(size, n).astype(np.float64)
