"""What an academy is judged by: progress on the path, and no step that cannot be taken."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.events import Role
from penchant.features import Batch, next_in
from penchant.pack import Judged, Metric
from penchant.slate import Candidates

_NEXT = next_in("next", "series", "position", "The step after the furthest one completed.")


def progression(judged: Judged) -> NDArray[np.float64]:
    """1 when the first three hold the next step of a begun series that the learner then completed.

    NaN for learners who took no such step.
    """
    targets = judged.targets
    following = Candidates(judged.target_ptr, targets, np.zeros(len(targets), np.float32))
    taken = _NEXT.compute(Batch(judged.queries, following, judged.table)) > 0
    row, n = judged.row_of(judged.target_ptr), len(judged.lists)
    found = np.bincount(row, taken & judged.shown(3, judged.target_ptr, targets), n) > 0
    return np.where(np.bincount(row, taken, n) > 0, found, np.nan)


def next_step(judged: Judged) -> NDArray[np.float64]:
    """1 when the first three hold a module the learner then took; NaN for learners who took none."""
    hit = judged.shown(3, judged.target_ptr, judged.targets)
    found = np.bincount(judged.row_of(judged.target_ptr), hit, len(judged.lists)) > 0
    return np.where(np.diff(judged.target_ptr) > 0, found, np.nan)


def violations(judged: Judged) -> NDArray[np.float64]:
    """Share of the first ten whose prerequisites the learner has not completed; NaN where the catalog tells none."""
    tags, n_items = judged.table.tags("prerequisites"), len(judged.table)
    if not len(tags.codes):
        return np.full(len(judged.lists), np.nan)
    queries = judged.queries
    goal = (queries.roles == Role.GOAL) & (queries.items >= 0) & (queries.items < n_items)
    learner = np.repeat(np.arange(len(queries)), np.diff(queries.ptr))
    done = np.unique(learner[goal] * n_items + queries.items[goal])

    row, place = np.nonzero(judged.lists[:, :10] >= 0)
    item = judged.lists[row, place]
    sizes = np.diff(tags.ptr)[item]
    first = np.repeat(tags.ptr[item] - np.cumsum(sizes) + sizes, sizes)
    row_of = np.array([judged.table.row(name) for name in tags.names], np.int64)
    needed = row_of[tags.codes[first + np.arange(len(first))]]
    # What no module of the catalog is can never be completed.
    lacks = (needed < 0) | ~np.isin(np.repeat(row, sizes) * n_items + needed, done)
    wrong = np.bincount(np.repeat(np.arange(len(item)), sizes), lacks, len(item)) > 0
    shown = np.bincount(row, minlength=len(judged.lists))
    out = np.full(len(judged.lists), np.nan)
    np.divide(np.bincount(row, wrong, len(judged.lists)), shown, out=out, where=shown > 0)
    return out


METRICS = (
    Metric("progression@3", "Learners whose next step in a series was among the first three.", "higher", progression),
    Metric("next-step@3", "Learners whose next module was among the first three.", "higher", next_step),
    Metric("violations@10", "Share of the first ten that could not be taken, before constraints.", "lower", violations),
)
