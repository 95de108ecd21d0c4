"""What an academy is judged by: progress on the path, and no step that cannot be taken."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.events import Role
from penchant.pack import Judged, Metric


def violations(judged: Judged) -> NDArray[np.float64]:
    """Share of the first ten whose prerequisites the learner has not completed."""
    tags = judged.table.tags("prerequisites")
    row_of = np.array([judged.table.row(name) for name in tags.names], np.int64)
    out = np.zeros(len(judged.lists))
    for i, row in enumerate(judged.lists[:, :10]):
        shown = row[row >= 0]
        done = judged.queries.take(i, i + 1).touched(len(judged.table), Role.GOAL)
        wrong = 0
        for item in shown:
            needed = row_of[tags.codes[tags.ptr[item] : tags.ptr[item + 1]]]
            wrong += bool(len(needed)) and not bool((done[needed] & (needed >= 0)).all())
        out[i] = wrong / max(len(shown), 1)
    return out


def next_step(judged: Judged) -> NDArray[np.float64]:
    """1 when the first three hold a module the learner then took; NaN for learners who took none."""
    row = np.repeat(np.arange(len(judged.lists)), np.diff(judged.target_ptr))
    hit = (judged.lists[row, :3] == judged.targets[:, None]).any(axis=1)
    found = np.bincount(row, hit, len(judged.lists)) > 0
    return np.where(np.diff(judged.target_ptr) > 0, found, np.nan)


METRICS = (
    Metric("next-step@3", "Learners whose next module was among the first three.", "higher", next_step),
    Metric("violations@10", "Share of the first ten that could not be taken, before constraints.", "lower", violations),
)
