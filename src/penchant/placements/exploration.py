"""A small share of places is left to chance, so that what nobody is shown can still be learned of.

One place of a slate at most, never the first: its item gives way to another candidate that might stand there as well.
The chances are known exactly and told beside each item, so that what follows can be weighed by them (Horvitz, D. G.
and Thompson, D. J. (1952). A generalization of sampling without replacement from a finite universe).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.placements.thompson import Known, odds

SHARE_OF_ALL = 0.25
"""Share of the draws in which each candidate is as likely: nothing is so unlikely that nothing can be learned of it."""
SHARE_OF_RARE = 0.25
"""Share of the draws that go to the candidates that were shown least."""
RARE = 10
"""How many of them those are."""
EXPLORED = "explored"
"""Source name of an item that chance put on the slate, beside those that proposed it."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Drawn:
    """What chance did to a slate.

    Attributes:
        propensity: Chance that each place came to hold what it holds, shape (places,).
        place: The place that was given away, from 0; None when none was.
        taken: Position in the pool of what stands there now; -1 when none.
    """

    propensity: Floats
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


class Lottery:
    """The chances of one slate, all of them; nothing is drawn before it is asked to.

    With probability explore times the number of places, one of the free places is drawn, each as likely, and for it
    one of the candidates that fit there: once in four each as likely, once in four one of the `RARE` that were shown
    least, and else as likely as each is the best by what is known (`thompson`). Where nothing fits the place stays as
    it is.
    """

    def __init__(
        self,
        explore: float,
        fits: NDArray[np.bool_],
        free: Sequence[bool],
        known: Known | Callable[[], Known | None] | None = None,
    ) -> None:
        """Say what may happen.

        Args:
            explore: Share of all places that is left to chance.
            fits: Which candidate of the pool may stand at which place, shape (places, pool).
            free: Which places may be given away; the first never is.
            known: What is known of the pool, or what tells it, which is asked once a place was drawn; None where nobody
                counted, and then all are as likely.
        """
        self._fits, self._known = fits, known
        self.places = [place for place in range(1, len(fits)) if free[place]]
        """Those that may be given away."""
        self.touched = max(0.0, min(1.0, explore * len(fits))) if self.places else 0.0
        """The chance that one of them is drawn."""
        self.stays = np.ones(len(fits))
        """The chance of each place to hold what it held before, shape (places,)."""
        if self.touched > 0:
            some: list[bool] = np.any(fits, axis=1).tolist()
            for place in self.places:
                if some[place]:
                    self.stays[place] = 1.0 - self.touched / len(self.places)
        self._odds: dict[int, tuple[Floats, Floats] | None] = {}
        """By place, and what they add up to from the first on."""

    def odds(self, place: int) -> Floats | None:
        """The chance of each candidate once a place was drawn, shape (pool,); None where nothing fits there."""
        found = self._of(place)
        return None if found is None else found[0]

    def draw(self, seed: bytes) -> Drawn:
        """Perhaps give one place to chance.

        Args:
            seed: What the luck of this slate depends on: the same seed draws the same.
        """
        whether, which, what = _luck(seed)
        propensity = self.stays.copy()
        if whether >= self.touched:
            return Drawn(propensity)
        place = self.places[min(int(which * len(self.places)), len(self.places) - 1)]
        found = self._of(place)
        if found is None:
            return Drawn(propensity)
        chances, upto = found
        # What has no chance at all is never drawn, however near to 1 the luck is.
        taken = int(upto.searchsorted(min(what, float(np.nextafter(upto[-1], 0.0))), side="right"))
        propensity[place] = self.touched / len(self.places) * chances[taken]
        return Drawn(propensity, place, taken)

    def _of(self, place: int) -> tuple[Floats, Floats] | None:
        if place not in self._odds:
            if callable(self._known):
                self._known = self._known()
            chances = _odds(self._fits[place], self._known)
            self._odds[place] = None if chances is None else (chances, np.cumsum(chances))
        return self._odds[place]


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
        if not crowded.any() and not needed.any():
            continue
        # An item of the same group changes nothing; one of another takes a place there and leaves one here.
        fits &= (slate[:, None] == others[None, :]) | ~(crowded[None, :] | needed[:, None])
    return fits


def _odds(fits: NDArray[np.bool_], known: Known | None) -> Floats | None:
    """The chance of each candidate once a place was drawn; None where nothing fits."""
    pool = np.flatnonzero(fits)
    if not len(pool):
        return None
    chances = np.zeros(len(fits))
    if known is None:
        chances[pool] = 1.0 / len(pool)
        return chances
    known = known.take(pool)
    chances[pool] = SHARE_OF_ALL / len(pool) + (1.0 - SHARE_OF_ALL - SHARE_OF_RARE) * odds(known)
    rare = pool[np.argsort(known.shown, kind="stable")[:RARE]]
    chances[rare] += SHARE_OF_RARE / len(rare)
    return chances


def _luck(seed: bytes) -> tuple[float, float, float]:
    """Three numbers from 0 to below 1."""
    told = hashlib.blake2b(seed, digest_size=24, person=b"explore").digest()
    first, second, third = (int.from_bytes(told[at : at + 8], "big") >> 11 for at in (0, 8, 16))
    return first / 2**53, second / 2**53, third / 2**53
