"""What is popular by region, device and part of the day, counted from the log beside the requests.

A region and a device are those that the request of a slate named; what answers to that slate counts for them. An event
that answers to no slate counts for its part of the day, and for what its person declared where the domain names traits.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from copy import copy

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from penchant.events import Role, Signal, Trait
from penchant.features import HOUR
from penchant.people import Rules, profile
from penchant.placements import Segments, declared, segments_of
from penchant.serving.counting import counted_of
from penchant.serving.logged import read_logged
from penchant.storage import Store

RECENT = 200_000
"""Latest events of the log that are counted at the start; when there are twice as many, all counts are halved."""

_BATCH = 2_000
_BEFORE = 86_400_000
"""Milliseconds that a slate may lie before what answers to it."""
_LATE = 60_000
"""Milliseconds that a slate may take into the log."""
_POSITIVE = (Role.GOAL, Role.STRONG, Role.WEAK)

Counts = Mapping[str, Mapping[str, float]]


class LiveSegments:
    """One domain's segments. Safe to ask from several threads.

    Nobody waits for it: once an hour the log is read on, and until then the counts of before serve.
    """

    def __init__(
        self, domain: str, signals: Sequence[Signal], store: Store, consent: Rules, traits: Sequence[str] = ()
    ) -> None:
        """Know nothing yet.

        Args:
            domain: Domain name.
            signals: How its events are read.
            store: The log.
            consent: What holds for people who have said nothing.
            traits: Traits of people whose values are segments.
        """
        self._domain, self._store, self._consent, self._traits = domain, store, consent, traits
        told = [signal for signal in signals if signal.role in _POSITIVE and signal.weight > 0 and signal.reads_untold]
        self._weights = {signal.event: signal.weight for signal in reversed(told)}
        self.note = ""
        """What went wrong last time; empty when nothing did."""
        self._lock = threading.Lock()
        self._hour, self._seq, self._events = -1, -1, 0
        self._counts: dict[str, dict[str, float]] = {}
        self._slates: dict[str, tuple[str | None, str | None]] = {}
        self._read_until = 0
        self._behind: threading.Thread | None = None
        self._made: tuple[object, Counts, Segments] = (None, {}, Segments.empty())

    def at(self, names: Sequence[str], row: Callable[[str], int], now: float) -> Segments:
        """The counts as they are; once an hour this begins to read on, and does not wait for it.

        Args:
            names: Item ids by code; another object as soon as a code means another item.
            row: Code of an item id; -1 for none.
            now: Unix seconds.
        """
        hour = int(now // HOUR)
        if self._hour < hour:
            with self._lock:
                if self._hour < hour and (self._behind is None or not self._behind.is_alive()):
                    self._hour = hour  # whatever comes of it, the next try is an hour away
                    self._behind = threading.Thread(
                        target=self._grow, args=(now,), name="penchant-segments", daemon=True
                    )
                    self._behind.start()
        told, counts, made = self._made
        if counts is not self._counts or told is not names:
            counts = self._counts
            made = coded(counts, row)
            self._made = (names, counts, made)
        return made

    def beside(self) -> LiveSegments:
        """Another one that goes on from here by itself, so that the log is not read again."""
        other = copy(self)
        other._lock, other._behind, other._slates = threading.Lock(), None, dict(self._slates)
        return other

    def wait(self, seconds: float | None = None) -> None:
        """Wait until what was begun is done."""
        behind = self._behind
        if behind is not None:
            behind.join(seconds)

    def _grow(self, now: float) -> None:
        try:
            self._read_on(now)
            self.note = ""
        except Exception as error:  # counts that are an hour older still serve; the answers say so
            self.note = f"segments: not brought up to date: {type(error).__name__}"

    def _read_on(self, now: float) -> None:
        after = self._seq if self._seq >= 0 else max(0, self._store.last_seq() - RECENT)
        counts: dict[str, dict[str, float]] = defaultdict(dict, {name: dict(one) for name, one in self._counts.items()})
        events = self._events
        persons = self._store.persons() if self._traits else {}
        for batch in self._store.scan(after, _BATCH):
            after = int(batch["seq"][-1].as_py())
            told = pa.Table.from_batches([batch]).filter(
                pc.and_(
                    pc.and_(pc.equal(batch["domain"], self._domain), pc.is_valid(batch["item"])),
                    pc.is_in(batch["name"], pa.array(list(self._weights), pa.string())),
                )
            )
            if len(told):
                told = told.filter(pa.array(self._allowed(told["actor"].to_pylist())))
            if len(told):
                self._read_slates(int(pc.min(told["time"]).as_py()) - _BEFORE, int(now * 1000))
                events += self._count(told, counts, self._declared(told["actor"].to_pylist(), persons))
        if events > 2 * RECENT:
            counts = {name: {item: count / 2 for item, count in one.items()} for name, one in counts.items()}
            events //= 2
        self._events, self._seq, self._counts = events, after, dict(counts)

    def _declared(self, actors: Sequence[str], persons: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
        """Segments that each of these declared to be of, under any of their ids."""
        if not self._traits:
            return {}
        whose = {actor: persons.get(actor, actor) for actor in actors}
        mine = {person: [person] for person in whose.values()}
        for actor, person in persons.items():
            if person in mine and actor != person:
                mine[person].append(actor)
        said: dict[str, list[Trait]] = defaultdict(list)
        for trait in self._store.traits([actor for ids in mine.values() for actor in ids]):
            if trait.name in self._traits:
                said[persons.get(trait.actor, trait.actor)].append(trait)
        made = {
            person: declared(
                {name: msgspec.json.decode(fact.value) for name, fact in profile(told).items()}, self._traits
            )
            for person, told in said.items()
        }
        return {actor: made[person] for actor, person in whose.items() if person in made}

    def _count(
        self, told: pa.Table, counts: dict[str, dict[str, float]], of_people: Mapping[str, tuple[str, ...]]
    ) -> int:
        columns = (told[name].to_pylist() for name in ("item", "name", "time", "slate", "actor"))
        for item, name, time, slate, actor in zip(*columns, strict=True):
            region, device = self._slates.get(slate, (None, None))
            for segment in ("", *segments_of(region, device, time / 1000.0), *of_people.get(actor, ())):
                one = counts[segment]
                one[item] = one.get(item, 0.0) + self._weights[name]
        return len(told)

    def _read_slates(self, first: int, last: int) -> None:
        """Learn where and on what slates were asked for, those of before what was read already left out."""
        after = max(first, self._read_until)
        if after >= last:
            return
        for slates in self._store.slates(self._domain, after=after, until=last):
            for slate in slates:
                asked = read_logged(slate.body).asked
                if asked is not None and (asked.region or asked.device):
                    self._slates[slate.slate_id] = asked.region, asked.device
        while len(self._slates) > RECENT:
            del self._slates[next(iter(self._slates))]
        self._read_until = last - _LATE

    def _allowed(self, actors: Sequence[str]) -> list[bool]:
        return counted_of(self._store, actors, self._consent)


def coded(counts: Counts, row: Callable[[str], int]) -> Segments:
    """Counts by item id in codes; items without a code are left out.

    Args:
        counts: By segment and item; those of all events under the empty name.
        row: Code of an item id; -1 for none.
    """
    codes = {item: code for item in counts.get("", {}) if (code := row(item)) >= 0}
    if not codes:
        return Segments.empty()
    ids = sorted(codes, key=codes.__getitem__)
    columns = {name: np.array([one.get(item, 0.0) for item in ids]) for name, one in counts.items()}
    everyone = columns.pop("")
    return Segments(np.array([codes[item] for item in ids], np.int32), everyone, columns)
