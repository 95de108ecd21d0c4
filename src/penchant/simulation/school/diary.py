"""What learners do, gathered block by block and told as one table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from penchant.simulation.choice import Index
from penchant.simulation.loop import LIVING

_KINDS = (
    "Recommendation Clicked",
    "Module Started",
    "Module Progressed",
    "Quiz Answered",
    "Module Completed",
    "Module Failed",
    "Action Taken",
)


class Diary:
    """Events of learners who are all signed in; ids number them in the order told."""

    def __init__(self, people: list[str], items: list[str]) -> None:
        """Start an empty one.

        Args:
            people: User ids by code.
            items: Item ids by code.
        """
        self._people, self._items = pa.array(people, pa.string()), pa.array(items, pa.string())
        self._kinds = pa.array(_KINDS, pa.string())
        self._told = 0
        self._blocks: list[tuple[NDArray[Any], ...]] = []

    def add(
        self,
        event: str,
        person: Index,
        time: NDArray[np.float64],
        item: Index,
        *,
        progress: ArrayLike = np.nan,
        dwell: ArrayLike = np.nan,
        row: ArrayLike = -1,
        place: ArrayLike = 0,
        visit: ArrayLike = -1,
    ) -> None:
        """Append events of one kind.

        Args:
            event: Vocabulary name.
            person: Person codes, shape (n,).
            time: Unix seconds, shape (n,).
            item: Item codes, shape (n,).
            progress: Share gone through, or of right answers; NaN: not told.
            dwell: Seconds of attention; NaN: not told.
            row: Row of the request they answer to; -1: none.
            place: Place on its slate, from 1.
            visit: Number of the person's visit; -1: outside of any.
        """
        n = len(person)
        kind = np.full(n, _KINDS.index(event), np.int64)
        whole = [np.broadcast_to(np.asarray(x, np.int64), (n,)) for x in (row, place, visit)]
        shares = [np.broadcast_to(np.asarray(x, np.float64), (n,)) for x in (progress, dwell)]
        self._blocks.append((kind, person, time, item, *whole, *shares))

    def table(self, slates: tuple[str, ...] = ()) -> pa.Table:
        """All events since the last time, sorted by time, as rows of the schema `LIVING`.

        Args:
            slates: Slate ids by row of the request; empty when there are none.
        """
        if not self._blocks:
            return LIVING.empty_table()
        columns = [np.concatenate(parts) for parts in zip(*self._blocks, strict=True)]
        self._blocks = []
        time = np.round(columns[2] * 1000.0).astype(np.int64)
        # Events of one millisecond stay in the order of the blocks: a start is added before its end.
        order = np.argsort(time, kind="stable")
        kind, person, _, item, row, place, visit, progress, dwell = (column[order] for column in columns)
        n, first = len(order), self._told
        self._told += n
        none = row < 0
        shown = pa.array(slates, pa.string()).take(pa.array(row, mask=none)) if slates else pa.nulls(n, pa.string())
        sessions = [None if v < 0 else f"{p}-{v}" for p, v in zip(person.tolist(), visit.tolist(), strict=True)]
        columns_by_name = {
            "id": pa.array([f"school-{i:08d}" for i in range(first, first + n)], pa.string()),
            "event": self._kinds.take(pa.array(kind)),
            "time": pa.array(time[order]).cast(LIVING.field("time").type),
            "user_id": self._people.take(pa.array(person)),
            "item": self._items.take(pa.array(item)),
            "progress": pa.array(progress, mask=np.isnan(progress)),
            "slate": shown,
            "position": pa.array(place.astype(np.int32), mask=none),
            "dwell": pa.array(dwell, mask=np.isnan(dwell)),
            "session": pa.array(sessions, pa.string()),
        }
        return pa.table([columns_by_name.get(field.name, pa.nulls(n, field.type)) for field in LIVING], schema=LIVING)
