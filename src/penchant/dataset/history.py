"""A person's own events become a request, by the same rules that make training rows of everybody's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from penchant.dataset.interactions import LINES_OF_ORDERS
from penchant.dataset.queries import Queries
from penchant.dataset.reversals import reversed_at
from penchant.events import Event, Role, Signal
from penchant.slate import Codes

_NONE: list[Signal] = []


class Reader:
    """Reads events with a pack's signals."""

    def __init__(self, signals: Sequence[Signal]) -> None:
        """Take the pack's signals."""
        self._by_event: dict[str, list[Signal]] = {}
        for signal in signals:
            self._by_event.setdefault(signal.event, []).append(signal)

    def signals(self, event: Event) -> list[Signal]:
        """How the pack reads an event; empty when it does not."""
        found = self._by_event.get(event.name, _NONE)
        if len(found) == 1 and found[0].min_progress == 0.0 and event.progress is None:
            return found
        progress = 1.0 if event.progress is None else event.progress
        return [s for s in found if s.min_progress <= progress < s.max_progress]

    def queries(
        self,
        events: Sequence[Event],
        codes: Mapping[str, int],
        now: float,
        seeds: Codes | Sequence[int] = (),
        earlier: Iterable[str] = (),
    ) -> Queries:
        """One request with this history; goals that were taken back wholly are left out, as in training.

        Args:
            events: The person's events, oldest first.
            codes: Item codes by id; events about other items are left out.
            now: Moment of the request, Unix seconds; later events are left out.
            seeds: Item codes the request is about.
            earlier: Items the goal was reached with before these events. They stand first, with weight 0: nothing is
                learned from them, and what must not be shown again is not forgotten.
        """
        # Lines of one order that name one item are one row, as in the dataset.
        rows: list[list[float]] = []
        lines: dict[tuple[int, Role, str], list[float]] = {}
        first = min(events[0].time / 1000.0, now) if events else now
        rows += [[codes[name], first, 0.0, Role.GOAL, 1.0] for name in earlier if name in codes]
        for event in events:
            code = codes.get(event.item, -1) if event.item is not None else -1
            if code < 0 or event.time > now * 1000.0:
                continue
            for signal in self.signals(event):
                pieces = 1.0 if event.quantity is None else event.quantity
                if event.order is not None and signal.role in LINES_OF_ORDERS:
                    line = lines.get((code, signal.role, event.order))
                    if line is not None:
                        line[4] += pieces
                        continue
                row = [code, event.time / 1000.0, signal.weight, signal.role, pieces]
                rows.append(row)
                if event.order is not None:
                    lines[code, signal.role, event.order] = row
        if not rows:
            return Queries.single(now, seeds=seeds)
        table = np.array(rows)
        items, times, weights, roles, pieces_ = table.T.copy()
        item, role = items.astype(np.int32), roles.astype(np.int8)
        if (role == Role.REVERSAL).any():
            person = np.zeros(len(item), np.int32)
            keep = ~(reversed_at(person, item, times, role, pieces_.astype(np.float32)) <= now)
            item, times, weights, role = item[keep], times[keep], weights[keep], role[keep]
        return Queries.single(now, item, times, weights.astype(np.float32), role, seeds)
