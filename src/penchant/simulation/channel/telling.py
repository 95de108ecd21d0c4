"""What people did, as rows of a living world's events."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from penchant.simulation.channel.watching import Watched
from penchant.simulation.choice import Index
from penchant.simulation.loop import LIVING

EVENTS = (
    "Recommendation Clicked",
    "Content Viewed",
    "Video Content Started",
    "Content Completed",
    "Content Progressed",
    "Content Skipped",
    "Content Liked",
    "Content Shared",
)
CLICKED, VIEWED, STARTED, COMPLETED, PROGRESSED, SKIPPED, LIKED, SHARED = range(len(EVENTS))


class Telling:
    """Turns starts into tables of events."""

    def __init__(self, people: list[str], items: list[str], read: NDArray[np.bool_]) -> None:
        """Nothing was told yet.

        Args:
            people: User ids by code.
            items: Item ids by code.
            read: Items that are read, not played.
        """
        self._people, self._items = pa.array(people), pa.array(items)
        self._devices = pa.array([f"device-{name}" for name in people])
        self._events, self._read, self._told = pa.array(EVENTS), read, 0

    def table(
        self,
        person: Index,
        item: Index,
        time: NDArray[np.float64],
        watched: Watched,
        place: Index,
        slates: tuple[str, ...],
        session: list[str],
    ) -> pa.Table:
        """Events of starts, each with what became of it.

        Args:
            person: Who, shape (n,).
            item: What, shape (n,).
            time: When it was chosen, Unix seconds, shape (n,).
            watched: What became of it.
            place: Its place on the slate, from 0; -1 when it was on none. Shape (n,).
            slates: Id of the slate of each; empty when there are none.
            session: Visit of each.

        Returns:
            Columns of `LIVING`, sorted by time.
        """
        every, none = np.arange(len(person)), np.full(len(person), np.nan)
        end = time + 1.0 + watched.seconds
        done = np.where(watched.complete, COMPLETED, np.where(watched.exit, SKIPPED, PROGRESSED))
        clicks, likes, shares = (np.flatnonzero(some) for some in (place >= 0, watched.liked, watched.shared))
        # Of events of one moment, those named first come first.
        blocks: list[tuple[Index, int | Index, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]] = [
            (clicks, CLICKED, time, none, none),
            (every, np.where(self._read[item], VIEWED, STARTED), time + 1.0, none, none),
            (every, done, end, np.round(watched.share, 4), np.round(watched.attention, 1)),
            (likes, LIKED, end + 2.0, none, none),
            (shares, SHARED, end + 5.0, none, none),
        ]
        row = np.concatenate([rows for rows, *_ in blocks])
        name = np.concatenate([np.broadcast_to(event, len(person))[rows] for rows, event, *_ in blocks])
        progress = np.concatenate([values[rows] for rows, _, _, values, _ in blocks])
        dwell = np.concatenate([values[rows] for rows, _, _, _, values in blocks])
        at = np.round(1000.0 * np.concatenate([values[rows] for rows, _, values, _, _ in blocks])).astype(np.int64)
        order = np.argsort(at, kind="stable")
        row, name, at, progress, dwell = row[order], name[order], at[order], progress[order], dwell[order]

        first, self._told = self._told, self._told + len(row)
        people = pa.array(person[row])
        shown = place[row] >= 0
        null = pa.nulls(len(row), pa.float64())
        columns: dict[str, Any] = {
            "id": pa.array([f"channel-{i:09d}" for i in range(first, self._told)], pa.string()),
            "event": self._events.take(pa.array(name)),
            "time": pa.array(at).cast(LIVING.field("time").type),
            "user_id": self._people.take(people),
            "anonymous_id": self._devices.take(people),
            "item": self._items.take(pa.array(item[row])),
            "quantity": null,
            "price": null,
            "currency": null.cast(pa.string()),
            "order": null.cast(pa.string()),
            "progress": pa.array(progress, mask=np.isnan(progress)),
            "slate": pa.array(slates, pa.string()).take(pa.array(row, mask=~shown)) if slates else null.cast("string"),
            "position": pa.array((place[row] + 1).astype(np.int32), mask=~shown),
            "dwell": pa.array(dwell, mask=np.isnan(dwell)),
            "session": pa.array(session, pa.string()).take(pa.array(row)),
        }
        return pa.table([columns[field.name] for field in LIVING], schema=LIVING)
