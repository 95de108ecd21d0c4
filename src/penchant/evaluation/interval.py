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


def intervals(values: NDArray[np.float64], draws: int = DRAWS, seed: int = SEED) -> list[Estimate | None]:
    """Means of several metrics over the same people.

    Args:
        values: Shape (n, m), one column a metric; NaN where a metric says nothing of a person, who is then left
            out of that mean.
        draws: How often the n people are drawn.
        seed: Seed of the draws.

    Returns:
        m estimates; None for a column without any number.
    """
    known = ~np.isnan(values)
    filled = np.where(known, values, 0.0)
    counts = known.sum(axis=0)
    # Most columns know everyone; then the divisor is n in every draw and needs no product.
    partial = np.flatnonzero((counts > 0) & (counts < len(values)))
    means = np.empty((draws, values.shape[1]))
    for start, weights in _drawn(len(values), draws, seed):
        stop = start + len(weights)
        sizes = np.full((len(weights), values.shape[1]), float(max(len(values), 1)))
        sizes[:, partial] = weights @ known[:, partial].astype(np.float64)
        means[start:stop] = np.divide(weights @ filled, sizes, out=np.full(sizes.shape, np.nan), where=sizes > 0)
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


def interval(values: NDArray[np.float64], draws: int = DRAWS, seed: int = SEED) -> Estimate | None:
    """The mean of one metric, values of shape (n,); otherwise as `intervals`."""
    return intervals(values[:, None], draws, seed)[0]


def difference(
    first: NDArray[np.float64], second: NDArray[np.float64], draws: int = DRAWS, seed: int = SEED
) -> Estimate | None:
    """The mean of first minus second over the same people, paired; arguments as in `interval`."""
    return interval(first - second, draws, seed)


def coverage_interval(lists: Codes, k: int, n_items: int, draws: int = DRAWS, seed: int = SEED) -> Estimate | None:
    """Coverage of the lists, with an interval from drawing people again and counting distinct items.

    A draw repeats people, and a repeated person adds no item, so drawn coverage lies below the real one by
    construction. The interval is therefore the percentile interval moved by that difference of means: its width
    comes from the draws, its place from the lists.

    Args:
        lists: Item codes, shape (n, at least k), -1 is an empty place.
        k: Places that count.
        n_items: Size of the item space.
        draws: How often the n people are drawn.
        seed: Seed of the draws.

    Returns:
        The estimate, 0 to 1; None without lists or items.
    """
    n = len(lists)
    if not n or not n_items:
        return None
    top = lists[:, :k]
    person = np.repeat(np.arange(n), top.shape[1])
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
