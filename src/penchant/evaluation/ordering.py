"""Does it matter in which order things were done? A check that takes seconds.

The last item of a person or a session is guessed from the one before it, by what followed that one elsewhere. Then the
same is done with the order inside each sequence shuffled: what is left is that things are done together at all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.dataset import Dataset
from penchant.evaluation.interval import Estimate, difference
from penchant.models.history import POSITIVE
from penchant.models.sequences import Sequences, Window, sequences
from penchant.slate import Codes

GUESSES = 10
"""Items that are guessed."""

MOST = 50_000
"""Sequences that are looked at, the latest ones."""

LEAST = 50
"""Steps that must be guessed; of fewer nothing can be said."""

_LENGTH = 50
_TESTED = 0.2


@dataclass(frozen=True)
class Ordering:
    """What came of the check.

    Attributes:
        window: What one sequence was.
        sequences: How many there were, of two items or more.
        tested: Steps that were guessed.
        ordered: Share of them among the guesses, by the real order.
        shuffled: The same by the shuffled order.
        gain: Their difference, paired.
    """

    window: Window
    sequences: int
    tested: int
    ordered: float
    shuffled: float
    gain: Estimate


def ordering(data: Dataset, seed: int, window: Window = "session") -> Ordering | None:
    """Guess the last step of the latest sequences, learning from the earlier ones; None with fewer than `LEAST` steps.

    Args:
        data: What is known.
        seed: Seed of the shuffling.
        window: What one sequence is.
    """
    found = _latest(_timed(sequences(data, POSITIVE, window, most=_LENGTH, least=2)))
    n, n_items = len(found), len(data.items)
    tested = int(n * _TESTED)
    if tested < LEAST:
        return None
    owner = np.repeat(np.arange(n), found.lengths)
    learned = owner < n - tested
    last = found.ptr[n - tested + 1 :] - 1
    before, after = found.items[last - 1], found.items[last]
    keys = np.random.default_rng(seed).random(len(owner))
    mixed = found.items[np.lexsort((keys, owner))]
    real, drawn = (
        _guessed(items[learned], owner[learned], before, after, n_items).astype(np.float64)
        for items in (found.items, mixed)
    )
    gain = difference(real, drawn)
    if gain is None:
        return None
    return Ordering(window, n, tested, float(real.mean()), float(drawn.mean()), gain)


def _timed(found: Sequences) -> Sequences:
    """Sequences of which every step has a moment of its own; the lines of one order have no order among them."""
    owner = np.repeat(np.arange(len(found)), found.lengths)
    at_once = (np.diff(found.times) <= 0) & (np.diff(owner) == 0)
    return _taken(found, np.flatnonzero(np.bincount(owner[1:][at_once], minlength=len(found)) == 0))


def _latest(found: Sequences) -> Sequences:
    """Sequences in the order in which they ended, the last ones."""
    return _taken(found, np.argsort(found.ends, kind="stable")[-MOST:]) if len(found) else found


def _taken(found: Sequences, order: NDArray[np.int64]) -> Sequences:
    lengths = found.lengths[order]
    ptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    at = np.repeat(found.ptr[order] - ptr[:-1], lengths) + np.arange(int(ptr[-1]))
    return Sequences(ptr, found.items[at], found.times[at], found.person[order])


def _guessed(items: Codes, owner: NDArray[np.int64], before: Codes, after: Codes, n_items: int) -> NDArray[np.bool_]:
    """Which steps are among the most frequent that followed their first item."""
    steps = (np.diff(owner) == 0) & (np.diff(items) != 0)
    keys, counts = np.unique(items[:-1][steps].astype(np.int64) * n_items + items[1:][steps], return_counts=True)
    if not len(keys):
        return np.zeros(len(before), bool)
    start = keys // n_items
    order = np.lexsort((keys, -counts, start))
    place = np.empty(len(keys), np.int64)
    place[order] = np.arange(len(keys)) - np.searchsorted(start, start)
    wanted = before.astype(np.int64) * n_items + after
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found: NDArray[np.bool_] = (keys[at] == wanted) & (place[at] < GUESSES)
    return found
