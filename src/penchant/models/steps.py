"""Where somebody is now: the last items of one request, for models that read order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.dataset import Queries
from penchant.models.history import Past, Roles
from penchant.slate import Codes


@dataclass(frozen=True)
class Steps:
    """The end of one history, oldest first; each item stands at its last place alone.

    Attributes:
        items: Distinct item codes inside the item space.
        gaps: Steps from each to the newest, which has 0.
        length: Steps looked at, those to an item that came again later among them.
    """

    items: Codes
    gaps: NDArray[np.int64]
    length: int

    @classmethod
    def of(cls, path: Codes) -> Steps:
        """Read a path, oldest first."""
        gaps: dict[int, int] = {}
        for gap, code in enumerate(reversed(path.tolist())):
            gaps.setdefault(code, gap)
        codes = np.fromiter(gaps, np.int32, len(gaps))[::-1]
        return cls(codes, np.fromiter(gaps.values(), np.int64, len(gaps))[::-1], len(path))


def path_of(queries: Queries, row: int, n_items: int, roles: Roles, most: int) -> Codes:
    """The last steps of one request, oldest first: what was liked, then the seeds, which is where the person is now.

    Args:
        queries: The batch.
        row: Which request.
        n_items: Size of the item space; items outside it are passed over.
        roles: Roles of the history that count.
        most: Steps at most. The same item twice or more in a row is one step, as in `sequences`.
    """
    items = Past.of(queries, row, n_items).latest(roles, len(queries.items))
    seeds = queries.seeds_of(row)
    if len(seeds):
        items = np.concatenate([items, seeds[(seeds >= 0) & (seeds < n_items)]])
    if len(items) > 1:
        items = items[np.concatenate([[True], items[1:] != items[:-1]])]
    return items[-most:]
