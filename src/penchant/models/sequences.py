"""What people did, one after the other: the runs of items that sequence models learn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from penchant.dataset import Dataset
from penchant.models.history import Roles, roles_named
from penchant.slate import Codes, Offsets

Window = Literal["person", "session"]
"""What one sequence is: all a person did, or one session of it."""


@dataclass(frozen=True)
class Sequences:
    """Sequence s is `items[ptr[s]:ptr[s+1]]`, oldest first.

    Attributes:
        ptr: Offsets, shape (n + 1,).
        items: Item codes.
        times: Unix seconds, same shape as `items`.
        person: Person code of each sequence, shape (n,).
    """

    ptr: Offsets
    items: Codes
    times: NDArray[np.float64]
    person: Codes

    def __len__(self) -> int:
        """Number of sequences."""
        return len(self.ptr) - 1

    @property
    def lengths(self) -> Offsets:
        """Items of each sequence, shape (n,)."""
        return np.diff(self.ptr)

    @property
    def ends(self) -> NDArray[np.float64]:
        """Time of the last item of each sequence, shape (n,)."""
        last: NDArray[np.float64] = self.times[self.ptr[1:] - 1]
        return last


def sequences(
    data: Dataset, roles: Roles, window: Window = "person", *, most: int | None = None, least: int = 1
) -> Sequences:
    """The sequences of events that speak for an item.

    The same item twice or more in a row counts once, at its first time: a view and the purchase after it are one step.

    Args:
        data: What is known; goals taken back by now are left out.
        roles: Roles that count.
        window: What one sequence is.
        most: Items of a sequence at most, the last ones; None keeps all.
        least: Items a sequence must have, after that.
    """
    rows = data.positive(*roles_named(roles))
    group = rows.person if window == "person" else rows.session
    if len(rows):
        again = (np.diff(group, prepend=-1) == 0) & (np.diff(rows.item, prepend=-1) == 0)
        rows = rows.where(~again)
        group = group[~again]
    starts = np.flatnonzero(np.diff(group, prepend=-1) != 0) if len(rows) else np.zeros(0, np.int64)
    lengths = np.diff(starts, append=len(rows))
    if most is not None:
        place_from_end = np.repeat(starts + lengths, lengths) - 1 - np.arange(len(rows))
        keep = place_from_end < most
        rows, lengths = rows.where(keep), np.minimum(lengths, most)
    enough = lengths >= least
    rows, lengths = rows.where(np.repeat(enough, lengths)), lengths[enough]
    ptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    return Sequences(ptr, rows.item, rows.time, rows.person[ptr[:-1]])
