"""A small share of places is left to chance, so that what nobody is shown can still be learned of.

One place of a slate at most, never the first: its item gives way to another candidate that might stand there as well.
The chances are known exactly and told beside each item, so that what follows can be weighed by them (Horvitz, D. G.
and Thompson, D. J. (1952). A generalization of sampling without replacement from a finite universe).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHARE_OF_RARE = 0.25
"""Share of the draws that go to the candidates that were shown least."""
RARE = 10
"""How many of them those are."""
EXPLORED = "explored"
"""Source name of an item that chance put on the slate, beside those that proposed it."""


@dataclass(frozen=True)
class Drawn:
    """What chance did to a slate.

    Attributes:
        propensity: Chance that each place came to hold what it holds, shape (places,).
        place: The place that was given away, from 0; None when none was.
        taken: Position in the pool of what stands there now; -1 when none.
    """

    propensity: NDArray[np.float64]
    place: int | None = None
    taken: int = -1


@dataclass(frozen=True)
class Limit:
    """How many items of one group a slate may have.

    Attributes:
        slate: Group of each item on the slate; -1 for none, which is not counted.
        pool: Group of each item of the pool.
        least: Least items of one group.
        most: Most items of one group.
    """

    slate: NDArray[np.integer]
    pool: NDArray[np.integer]
    least: int
    most: int


def draw(
    explore: float,
    seed: bytes,
    fits: NDArray[np.bool_],
    free: Sequence[bool],
    shown: NDArray[np.integer] | NDArray[np.floating] | None = None,
) -> Drawn:
    """Perhaps give one place to chance.

    With probability explore times the number of places, one of the free places is drawn, each as likely, and for it
    one of the candidates that fit there: three times in four each as likely, and once in four one of the `RARE` that
    were shown least. Where nothing fits the place stays as it is.

    Args:
        explore: Share of all places that is left to chance.
        seed: What the luck of this slate depends on: the same seed draws the same.
        fits: Which candidate of the pool may stand at which place, shape (places, pool).
        free: Which places may be given away; the first never is.
        shown: How often each candidate of the pool was shown; None where nobody counted, and then all are as likely.
    """
    size = len(fits)
    propensity = np.ones(size)
    places = [place for place in range(1, size) if free[place]]
    chance = min(1.0, explore * size)
    if chance <= 0 or not places:
        return Drawn(propensity)
    given = chance / len(places)
    for place in places:
        if fits[place].any():
            propensity[place] = 1.0 - given
    whether, which, what = _luck(seed)
    if whether >= chance:
        return Drawn(propensity)
    place = places[min(int(which * len(places)), len(places) - 1)]
    odds = _odds(fits[place], shown)
    if odds is None:
        return Drawn(propensity)
    # What has no chance at all is never drawn, however near to 1 the luck is.
    taken = min(int(np.searchsorted(np.cumsum(odds), what, side="right")), int(np.flatnonzero(odds)[-1]))
    propensity[place] = given * odds[taken]
    return Drawn(propensity, place, taken)


def fitting(places: int, pool: int, limits: Sequence[Limit]) -> NDArray[np.bool_]:
    """Which items of a pool may take which place of a slate without breaking what is counted, shape (places, pool).

    Args:
        places: Items on the slate.
        pool: Items that might come instead of one.
        limits: What is counted. A slate that has less or more already may stay so, and gets no worse.
    """
    fits = np.ones((places, pool), bool)
    for limit in limits:
        slate, others = limit.slate, limit.pool
        count = np.bincount(slate[slate >= 0], minlength=int(max(slate.max(initial=0), others.max(initial=0))) + 1)
        crowded = (others >= 0) & (count[np.maximum(others, 0)] + 1 > limit.most)
        needed = (slate >= 0) & (count[np.maximum(slate, 0)] - 1 < limit.least)
        # An item of the same group changes nothing; one of another takes a place there and leaves one here.
        fits &= (slate[:, None] == others[None, :]) | ~(crowded[None, :] | needed[:, None])
    return fits


def _odds(
    fits: NDArray[np.bool_], shown: NDArray[np.integer] | NDArray[np.floating] | None
) -> NDArray[np.float64] | None:
    """The chance of each candidate once a place was drawn; None where nothing fits."""
    pool = np.flatnonzero(fits)
    if not len(pool):
        return None
    odds = np.zeros(len(fits))
    share = 0.0 if shown is None else SHARE_OF_RARE
    odds[pool] = (1.0 - share) / len(pool)
    if shown is not None:
        rare = pool[np.argsort(shown[pool], kind="stable")[:RARE]]
        odds[rare] += share / len(rare)
    return odds


def _luck(seed: bytes) -> tuple[float, float, float]:
    """Three numbers from 0 to below 1."""
    told = hashlib.blake2b(seed, digest_size=24, person=b"explore").digest()
    first, second, third = (int.from_bytes(told[at : at + 8], "big") >> 11 for at in (0, 8, 16))
    return first / 2**53, second / 2**53, third / 2**53
