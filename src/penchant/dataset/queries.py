"""A batch of requests as models and features see them: ragged histories, seed items, a moment each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.events import Role
from penchant.slate import Codes, Offsets


@dataclass(frozen=True)
class Queries:
    """Row i's history is `items[ptr[i]:ptr[i+1]]`, oldest first, in codes of one item space.

    Attributes:
        ptr: History offsets, shape (n + 1,), int64.
        items: Item codes, int32.
        times: Unix seconds, float64, same shape as `items`.
        weights: Signal weights, float32; below 0 for negative signals.
        roles: `Role` values, int8.
        now: The moment of each request, Unix seconds, shape (n,). Nothing in a row is later.
        seed_ptr: Seed offsets, shape (n + 1,), int64.
        seeds: Item codes each request is about: the page's item, the basket, the item that just ended.
    """

    ptr: Offsets
    items: Codes
    times: NDArray[np.float64]
    weights: NDArray[np.float32]
    roles: NDArray[np.int8]
    now: NDArray[np.float64]
    seed_ptr: Offsets
    seeds: Codes
    kept: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What readers of these requests worked out and want to find again; nothing depends on it."""

    def __len__(self) -> int:
        """Number of requests."""
        return len(self.ptr) - 1

    def history(self, i: int) -> slice:
        """Where row i's history stands."""
        return slice(int(self.ptr[i]), int(self.ptr[i + 1]))

    def seeds_of(self, i: int) -> Codes:
        """Seed items of row i."""
        return self.seeds[int(self.seed_ptr[i]) : int(self.seed_ptr[i + 1])]

    def touched(self, n_items: int, *roles: Role) -> NDArray[np.bool_]:
        """Items of the whole batch's histories, of the given roles (any when none is named), shape (n_items,)."""
        keep = (self.items >= 0) & (self.items < n_items)
        if roles:
            of = self.roles == int(roles[0])
            for role in roles[1:]:
                of |= self.roles == int(role)
            keep &= of
        mask = np.zeros(n_items, bool)
        mask[self.items[keep]] = True
        return mask

    def take(self, start: int, stop: int) -> Queries:
        """Rows start to stop, as a batch of their own."""
        a, b = int(self.ptr[start]), int(self.ptr[stop])
        c, d = int(self.seed_ptr[start]), int(self.seed_ptr[stop])
        return Queries(
            self.ptr[start : stop + 1] - a,
            self.items[a:b],
            self.times[a:b],
            self.weights[a:b],
            self.roles[a:b],
            self.now[start:stop],
            self.seed_ptr[start : stop + 1] - c,
            self.seeds[c:d],
        )

    @classmethod
    def single(
        cls,
        now: float,
        items: Sequence[int] | Codes = (),
        times: Sequence[float] | NDArray[np.float64] = (),
        weights: Sequence[float] | NDArray[np.float32] = (),
        roles: Sequence[int] | NDArray[np.int8] = (),
        seeds: Sequence[int] | Codes = (),
    ) -> Queries:
        """A batch of one."""
        return cls(
            np.array([0, len(items)], np.int64),
            np.asarray(items, np.int32),
            np.asarray(times, np.float64),
            np.asarray(weights, np.float32),
            np.asarray(roles, np.int8),
            np.array([now], np.float64),
            np.array([0, len(seeds)], np.int64),
            np.asarray(seeds, np.int32),
        )
