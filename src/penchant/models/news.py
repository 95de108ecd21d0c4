"""What happened after a model was fitted, and models that follow it until the next fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeGuard, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from penchant.models.model import Fitted, Recipe
from penchant.slate import Codes

F = TypeVar("F", bound=Fitted)


@dataclass(frozen=True)
class News:
    """Events that a fit did not know, of items that it did or did not; arrays of one length.

    Attributes:
        since: The moment of the fit, Unix seconds.
        people: Whose each is, as any whole numbers.
        items: Item codes.
        times: When each happened, Unix seconds; one that was told late may be older than `since`.
        roles: `Role` values.
    """

    since: float
    people: NDArray[np.int64]
    items: Codes
    times: NDArray[np.float64]
    roles: NDArray[np.int8]

    @classmethod
    def none(cls, since: float) -> News:
        """Nothing happened."""
        whole = np.zeros(0, np.int64)
        return cls(since, whole, whole.astype(np.int32), np.zeros(0), whole.astype(np.int8))

    def __len__(self) -> int:
        """Number of events."""
        return len(self.items)

    def joined(self, *more: News) -> News:
        """These, and more behind them, in which the same numbers are the same people."""
        parts = (self, *more)
        return News(
            self.since,
            np.concatenate([part.people for part in parts]),
            np.concatenate([part.items for part in parts]),
            np.concatenate([part.times for part in parts]),
            np.concatenate([part.roles for part in parts]),
        )

    def where(self, kept: NDArray[np.bool_] | NDArray[np.integer]) -> News:
        """Some of them, by a mask or by number."""
        return News(self.since, self.people[kept], self.items[kept], self.times[kept], self.roles[kept])


@runtime_checkable
class Follows(Protocol[F]):
    """A recipe whose fitted model can be brought up to a later moment at the price of counting what happened."""

    def followed(self, fitted: F, news: News, now: float) -> F:
        """The fitted model as of `now`; items that it does not know stay unknown to it.

        Args:
            fitted: What this recipe fitted.
            news: What happened since.
            now: Unix seconds, not before `news.since`.
        """
        ...


def follows(recipe: Recipe) -> TypeGuard[Follows[Fitted]]:
    """Whether what a recipe fits can be brought up to a later moment."""
    return isinstance(recipe, Follows)
