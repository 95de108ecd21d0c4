"""Who is judged, and by what: the requests of one window and what really followed each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.dataset import Queries
from penchant.pack import Task
from penchant.slate import Codes, Offsets


@dataclass(frozen=True)
class Targets:
    """The judged requests of one task in one window; row i is `queries` row i, of the person `group[i]`.

    Attributes:
        task: What is judged.
        queries: The requests, with histories cut at their own moments; tasks about items have one seed a row.
        group: Person code of each row, ascending. Intervals draw persons, not rows.
        ptr: Target offsets, shape (n + 1,).
        items: Target item codes, distinct and ascending inside a row.
        values: Money of each target (price times pieces, summed); NaN where no price is known.
        repeat: Which targets the person had any event with before the request.
        fresh: Which targets' item had fewer than five events before the cut (impressions do not count).
        space: The item space: which items may be proposed at all, shape (n_items,).
        seen_ptr: Offsets of `seen`, shape (n + 1,).
        seen: Item codes that bind a row, distinct inside it: for `new` what the person had any event with before,
            for `again` what they had a goal on before, for tasks about items the seed; empty for `next`.
        warm: People with a goal before the cut who have a target, before any were drawn.
        cold: People with a target but no goal before the cut.
        unknown_share: Share of what followed that no list may hold, as the item was not there at the cut; NaN
            when nothing followed.
        repeat_share: Share of warm people's targets that are repeats, before `new` or `again` takes any out; NaN
            without targets.
        returned_ptr: Offsets of `returned`, shape (n + 1,); None in tasks about items.
        returned: Item codes that the goal was reached with in the window, and wholly taken back later.
        begun_ptr: Offsets of `begun`, shape (n + 1,); None in tasks about items.
        begun: Item codes that anything spoke for in the window, the targets among them.
        newcomers: The cold people as requests of their own; None when nobody asked for them or there are none.
    """

    task: Task
    queries: Queries
    group: Codes
    ptr: Offsets
    items: Codes
    values: NDArray[np.float32]
    repeat: NDArray[np.bool_]
    fresh: NDArray[np.bool_]
    space: NDArray[np.bool_]
    seen_ptr: Offsets
    seen: Codes
    warm: int
    cold: int
    unknown_share: float
    repeat_share: float
    returned_ptr: Offsets | None = None
    returned: Codes | None = None
    begun_ptr: Offsets | None = None
    begun: Codes | None = None
    newcomers: Targets | None = None

    def __len__(self) -> int:
        """Number of judged rows."""
        return len(self.group)

    @property
    def row_of(self) -> Offsets:
        """The row of every target, same shape as `items`."""
        return np.repeat(np.arange(len(self)), np.diff(self.ptr))

    @property
    def people(self) -> int:
        """Number of judged persons."""
        return len(np.unique(self.group))

    def part(self, mask: NDArray[np.bool_]) -> tuple[Offsets, Codes]:
        """Offsets and items of some of the targets, for the same rows; `mask` is aligned with `items`."""
        before = np.concatenate([[0], np.cumsum(mask)]).astype(np.int64)
        return before[self.ptr], self.items[mask]

    def allowed(self, start: int, stop: int) -> NDArray[np.bool_]:
        """What may be proposed to rows start to stop: shape (n_items,) in `next`, else (stop - start, n_items)."""
        if self.task == "next":
            return self.space
        a, b = int(self.seen_ptr[start]), int(self.seen_ptr[stop])
        rows = np.repeat(np.arange(stop - start), np.diff(self.seen_ptr[start : stop + 1]))
        bound = self.seen[a:b]
        if self.task == "again":
            out = np.zeros((stop - start, len(self.space)), bool)
            out[rows, bound] = self.space[bound]
            return out
        out = np.repeat(self.space[None, :], stop - start, axis=0)
        out[rows, bound] = False
        return out
