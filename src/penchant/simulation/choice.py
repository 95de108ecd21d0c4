"""Random choice by utility: many choosers at once, one matrix row each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]
Utility = NDArray[np.float32]


def gumbel(rng: np.random.Generator, shape: tuple[int, ...]) -> Utility:
    """Standard Gumbel noise. Utility plus this, then the largest, is a choice in proportion to exp(utility).

    Gumbel, E. J. (1954). Statistical theory of extreme values and some practical applications.
    """
    noise = rng.standard_exponential(shape, dtype=np.float32)
    np.maximum(noise, np.float32(1e-30), out=noise)
    np.log(noise, out=noise)
    np.negative(noise, out=noise)
    return noise


def pick(rng: np.random.Generator, utility: Utility) -> Index:
    """One choice a row, in proportion to exp(utility); `-inf` is never chosen while anything else can be.

    Args:
        rng: Source of randomness.
        utility: Shape (n, m).

    Returns:
        Columns, shape (n,).
    """
    choice: Index = np.argmax(utility + gumbel(rng, utility.shape), axis=1)
    return choice


def pick_several(rng: np.random.Generator, utility: Utility, k: int) -> Index:
    """Several different choices a row, in the order made, each in proportion to exp(utility) of what is left.

    Args:
        rng: Source of randomness.
        utility: Shape (n, m).
        k: Choices a row; at most m are made.

    Returns:
        Columns, shape (n, min(k, m)).
    """
    keys = utility + gumbel(rng, utility.shape)
    k = min(k, keys.shape[1])
    best = np.argpartition(-keys, k - 1, axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(keys, best, axis=1), axis=1, kind="stable")
    return np.take_along_axis(best, order, axis=1)


def draw(rng: np.random.Generator, weights: NDArray[np.floating]) -> Index:
    """One choice a row, in proportion to the row's weights (0 or more, not all 0).

    Args:
        rng: Source of randomness.
        weights: Shape (n, m).

    Returns:
        Columns, shape (n,).
    """
    edges = np.cumsum(weights, axis=1)
    # The smallest column whose cumulated weight exceeds the drawn share; a column of weight 0 is never hit.
    hits = rng.random(len(edges))[:, None] * edges[:, -1:]
    choice: Index = np.minimum((edges <= hits).sum(axis=1), edges.shape[1] - 1)
    return choice


def ranks(group: NDArray[np.integer]) -> Index:
    """The how-manieth row of its group each row is, from 0, in row order.

    Args:
        group: Group of each row, shape (n,), in any order.

    Returns:
        Shape (n,).
    """
    order = np.argsort(group, kind="stable")
    ordered = group[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]]) if len(group) else np.zeros(0, np.int64)
    lengths = np.diff(np.r_[starts, len(group)])
    out = np.empty(len(group), np.int64)
    out[order] = np.arange(len(group)) - np.repeat(starts, lengths)
    return out
