"""Luck that depends on who, when and what, and on nothing else.

Two policies that show one person the same item at the same visit meet the same luck, so that what differs between
them is what they did. (Common random numbers: Glasserman and Yao 1992, "Some guidelines and guarantees for common
random numbers".)
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


def uniform(seed: int, *keys: ArrayLike) -> NDArray[np.float64]:
    """Numbers in (0, 1), one for each combination of keys; keys are whole numbers and broadcast.

    The mixing is that of SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators").

    Args:
        seed: Of the whole world.
        keys: What the luck is about, as in `uniform(seed, DRAW, person, day, item)`. Give every kind of draw a number
            of its own among the keys.
    """
    state = np.asarray(_mixed(np.asarray(seed, np.int64).astype(np.uint64)))
    for key in keys:
        with np.errstate(over="ignore"):
            state = _mixed(state ^ (np.asarray(key, np.int64).astype(np.uint64) + _STEP))
    return ((state >> np.uint64(11)).astype(np.float64) + 0.5) / float(1 << 53)


def normal(seed: int, *keys: ArrayLike) -> NDArray[np.float64]:
    """Standard normal numbers, one for each combination of keys.

    Box, G. E. P. and Muller, M. E. (1958). A note on the generation of random normal deviates.
    """
    radius = np.sqrt(-2.0 * np.log(uniform(seed, *keys, 1)))
    turn: NDArray[np.float64] = radius * np.cos(2.0 * np.pi * uniform(seed, *keys, 2))
    return turn


def extreme(seed: int, *keys: ArrayLike) -> NDArray[np.float64]:
    """Standard Gumbel numbers: utility plus this, then the largest, is a choice in proportion to exp(utility)."""
    noise: NDArray[np.float64] = -np.log(-np.log(uniform(seed, *keys)))
    return noise


def _mixed(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    with np.errstate(over="ignore"):
        state = state + _STEP
        state = (state ^ (state >> np.uint64(30))) * _FIRST
        state = (state ^ (state >> np.uint64(27))) * _SECOND
    mixed: NDArray[np.uint64] = state ^ (state >> np.uint64(31))
    return mixed
