"""A person's own events become a request, by the same rules that make training rows of everybody's."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from penchant.dataset.interactions import LINES_OF_ORDERS
from penchant.dataset.orders import ALL, settle
from penchant.dataset.queries import Queries
from penchant.dataset.viewings import watched
from penchant.events import PLAYER, Motion, Role, Signal
from penchant.slate import Codes

_NONE: list[Signal] = []


class Happened(Protocol):
    """What is read of an event: an `Event`, or as much of it as a store gives for a request."""

    @property
    def name(self) -> str:
        """Vocabulary name."""
        ...

    @property
    def time(self) -> int:
        """Milliseconds."""
        ...

    @property
    def item(self) -> str | None:
        """Item id."""
        ...

    @property
    def quantity(self) -> float | None:
        """Pieces."""
        ...

    @property
    def order(self) -> str | None:
        """Order or basket id."""
        ...

    @property
    def progress(self) -> float | None:
        """Share of the item."""
        ...

    @property
    def playhead(self) -> float | None:
        """Where a player was, in seconds."""
        ...

    @property
    def length(self) -> float | None:
        """How long the item plays, in seconds."""
        ...

    @property
    def session(self) -> str | None:
        """Id of the viewing or visit."""
        ...


class Seen(NamedTuple):
    """What is known of a viewing at one of its events: its number, seconds watched so far, and their share."""

    viewing: int
    seconds: float | None
    share: float | None


class Reader:
    """Reads events with a pack's signals."""

    def __init__(self, signals: Sequence[Signal]) -> None:
        """Take the pack's signals."""
        self._by_event: dict[str, list[Signal]] = {}
        for signal in signals:
            self._by_event.setdefault(signal.event, []).append(signal)
        # Events that have one reading, whatever they tell.
        self._plain = {
            name: found
            for name, found in self._by_event.items()
            if len(found) == 1
            and found[0].min_progress == 0.0
            and found[0].max_progress > 1.0
            and found[0].reads_untold
            and found[0].max_seconds == math.inf
        }

        self._lone = {
            name: (one.weight, int(one.role), math.nan if one.corrects else 1.0, one.corrects)
            for name, (one,) in self._plain.items()
            if one.role not in LINES_OF_ORDERS
        }
        """Those of them that are never lines of an order: weight, role, pieces where none are told, and whether they
        correct."""

    def signals(self, event: Happened, seen: Seen | None = None) -> list[Signal]:
        """How the pack reads an event; empty when it does not.

        Args:
            event: The event.
            seen: What is known of its viewing; what the event itself tells of progress goes before it.
        """
        plain = self._plain.get(event.name)
        if plain is not None:
            return plain
        found = self._by_event.get(event.name, _NONE)
        if not found:
            return found
        share, seconds = (None, None) if seen is None else (seen.share, seen.seconds)
        progress = share if event.progress is None else event.progress
        return [signal for signal in found if signal.reads(progress, seconds)]

    def queries(
        self,
        events: Sequence[Happened],
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
        rows = _Rows()
        first = min(events[0].time / 1000.0, now) if events else now
        for name in earlier:
            if name in codes:
                rows.add(codes[name], first, 0.0, Role.GOAL, 1.0)
        viewings = _viewings(events, codes, now)
        whole: list[tuple[Happened, Signal]] = []
        until, find, append = now * 1000.0, codes.get, rows.rows.append
        lone = {} if viewings else self._lone
        for n, event in enumerate(events):
            time, item = event.time, event.item
            if time > until:
                continue
            if item is None:
                if event.order is not None:
                    whole += [(event, s) for s in self.signals(event) if s.role is Role.REVERSAL]
                continue
            code = find(item, -1)
            one = lone.get(event.name)
            if one is not None:
                # The most of what there is: one reading, and no line of an order that others might belong to.
                if code >= 0:
                    weight, role, usual, corrects = one
                    pieces = event.quantity
                    append([code, time / 1000.0, weight, role, usual if pieces is None else pieces, -1, corrects])
                    if corrects:
                        rows.settles = True
                continue
            if code >= 0:
                seen = viewings.get(n)
                for signal in self.signals(event, seen):
                    rows.read(code, event, signal, seen)
        for event, signal in whole:
            rows.take_back(event, signal)
        return rows.queries(now, seeds)


class _Rows:
    """Interactions of one person, as the dataset has them."""

    def __init__(self) -> None:
        # item, time, weight, role, pieces, order, corrects
        self.rows: list[list[float]] = []
        self.orders: dict[str, int] = {}
        self.lines: dict[tuple[int, Role, bool, str, int], list[float]] = {}
        self.told: set[tuple[int, str]] = set()
        self.folded: set[tuple[int, int, Role, float]] = set()
        self.settles = False
        self.sorted = True

    def add(
        self, code: int, time: float, weight: float, role: Role, pieces: float, order: int = -1, corrects: bool = False
    ) -> list[float]:
        row = [code, time, weight, role, pieces, order, corrects]
        self.rows.append(row)
        return row

    def read(self, code: int, event: Happened, signal: Signal, seen: Seen | None) -> None:
        """Take an event, read as one signal."""
        role = signal.role
        if seen is not None:
            said = (code, seen.viewing, role, signal.weight)
            if said in self.folded:
                return
            self.folded.add(said)
        pieces = event.quantity
        if pieces is None:
            pieces = math.nan if signal.corrects else 1.0
        time = event.time / 1000.0
        self.settles |= signal.corrects or role is Role.REVERSAL
        if event.order is None or role not in LINES_OF_ORDERS:
            self.add(code, time, signal.weight, role, pieces, -1, signal.corrects)
            return
        # Lines of one order and moment that name one item are one row.
        key = (code, role, signal.corrects, event.order, event.time)
        line = self.lines.get(key)
        if line is None:
            order = self.orders.setdefault(event.order, len(self.orders))
            self.lines[key] = self.add(code, time, signal.weight, role, pieces, order, signal.corrects)
            if role is Role.GOAL:
                self.settles |= (code, event.order) in self.told
                self.told.add((code, event.order))
        elif math.isnan(line[4]) or math.isnan(pieces):
            line[4] = pieces if math.isnan(line[4]) else line[4]
        else:
            line[4] += pieces

    def take_back(self, event: Happened, signal: Signal) -> None:
        """Take the return of a whole order, as one of all pieces of each of its lines."""
        assert event.order is not None
        order, time = self.orders.get(event.order), event.time / 1000.0
        if order is None:
            return
        goals = [row for row in self.rows if row[5] == order and row[3] == Role.GOAL and row[1] <= time]
        for code in sorted({int(row[0]) for row in goals}):
            key = (code, signal.role, False, event.order, event.time)
            line = self.lines.get(key)
            if line is None:
                self.lines[key] = self.add(code, time, signal.weight, signal.role, ALL, order)
            else:
                line[4] = ALL
        self.settles, self.sorted = True, False

    def queries(self, now: float, seeds: Codes | Sequence[int]) -> Queries:
        """All of it as one request."""
        if not self.rows:
            return Queries.single(now, seeds=seeds)
        rows = self.rows if self.sorted else sorted(self.rows, key=lambda row: row[1])
        items, stamps, weights_, roles, pieces, orders, corrects = zip(*rows, strict=True)
        item, times, role = np.array(items, np.int32), np.array(stamps, np.float64), np.array(roles, np.int8)
        weights = np.array(weights_, np.float64)
        if self.settles:
            person, price = np.zeros(len(item), np.int32), np.full(len(item), np.nan, np.float32)
            order, told = np.array(orders, np.int32), np.array(pieces, np.float64).astype(np.float32)
            done = settle(person, item, order, times, role, told, price, np.array(corrects, bool))
            keep = done.keep & ~(done.reversed_at <= now)
            item, times, weights, role = item[keep], times[keep], weights[keep], role[keep]
        return Queries.single(now, item, times, weights.astype(np.float32), role, seeds)


def _viewings(events: Sequence[Happened], codes: Mapping[str, int], now: float) -> dict[int, Seen]:
    """What is known at each event of a player, by the event's place; empty when there are none, as in most domains."""
    at = [
        n
        for n, event in enumerate(events)
        if (event.playhead is not None or (event.session is not None and event.name in PLAYER))
        and event.item in codes
        and event.time <= now * 1000.0
    ]
    if not at:
        return {}
    mine = [events[n] for n in at]
    told = sorted({event.session for event in mine if event.session is not None})
    sessions: dict[str | None, int] = {None: -1, **{name: code for code, name in enumerate(told)}}
    found = watched(
        np.zeros(len(mine), np.int32),
        np.array([codes[event.item] for event in mine if event.item is not None], np.int32),
        np.array([sessions[event.session] for event in mine], np.int32),
        np.array([event.time for event in mine], np.int64),
        np.array([PLAYER.get(event.name, Motion.PLAYS) for event in mine], np.int8),
        np.array([event.playhead for event in mine], np.float64),
        np.array([event.length for event in mine], np.float64),
    )
    columns = (found.viewing.tolist(), found.seconds.tolist(), found.progress.tolist())
    return {
        n: Seen(viewing, None if math.isnan(seconds) else seconds, None if math.isnan(share) else share)
        for n, viewing, seconds, share in zip(at, *columns, strict=True)
    }
