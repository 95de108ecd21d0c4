"""What a domain's answers were since the process began: how many, how quick, from where, and what did not work."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field

from penchant.slate import Slate

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Upper ends of the spans that times are counted in, seconds; what took longer is counted beyond."""

_CODES = (
    *(
        "after",
        "budget",
        "catalog may be stale",
        "catalog unknown",
        "charts",
        "constraint",
        "context",
        "diversity",
        "explore",
    ),
    *("failed", "fallback", "feature", "fields", "filter", "head", "history", "late", "log", "model", "no release"),
    *("not personalized", "objective", "release", "rule", "segments", "source", "statistics", "the", "traits"),
    *("unknown item", "value"),
)
"""How notes of `degraded` begin. Notes are for people, and have names in them; of these there is a known number."""


class Times:
    """How long something took, counted in spans. Not for several threads at once."""

    __slots__ = ("counts", "seconds")

    def __init__(self) -> None:
        """Nothing took any time yet."""
        self.counts = [0] * (len(BOUNDS_S) + 1)
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS_S, seconds)] += 1
        self.seconds += seconds


@dataclass
class Answers:
    """What came of the requests of one placement.

    Attributes:
        answered: Requests that were answered.
        failed: Requests that were not.
        degraded: Those whose answer says that something did not work.
        fallback: Those that began with an item of the fallback chain.
        empty: Those without an item.
        notes: What did not work, by code; an answer counts once a code.
        times: How long it took to fill the placement, the person being read.
    """

    answered: int = 0
    failed: int = 0
    degraded: int = 0
    fallback: int = 0
    empty: int = 0
    notes: dict[str, int] = field(default_factory=dict)
    times: Times = field(default_factory=Times)


class Meter:
    """Counts the answers of one domain by placement, whatever releases served. Safe to call from several threads."""

    def __init__(self) -> None:
        """Count nothing yet."""
        self._lock = threading.Lock()
        self._placements: dict[str, Answers] = {}

    def answered(self, slate: Slate, *, fallback: bool, seconds: float) -> None:
        """Count an answer.

        Args:
            slate: What was answered.
            fallback: It began with an item of the fallback chain.
            seconds: Time it took to fill.
        """
        codes = {code_of(note) for note in slate.degraded} if slate.degraded else ()
        with self._lock:
            found = self._of(slate.placement)
            found.answered += 1
            found.degraded += bool(slate.degraded)
            found.fallback += fallback
            found.empty += not slate.items
            found.times.add(seconds)
            for code in codes:
                found.notes[code] = found.notes.get(code, 0) + 1

    def failed(self, placement: str) -> None:
        """Count a request that was not answered."""
        with self._lock:
            self._of(placement).failed += 1

    def read(self) -> Mapping[str, Answers]:
        """What was counted, by placement; it stays as it is."""
        with self._lock:
            return {name: _copied(one) for name, one in self._placements.items()}

    def _of(self, placement: str) -> Answers:
        found = self._placements.get(placement)
        if found is None:
            found = self._placements[placement] = Answers()
        return found


def code_of(note: str) -> str:
    """The code of a note of `degraded`: one of few, without a name or a number in it; `other` for an unknown one."""
    code = next((code for code in _CODES if note.startswith(code)), "other")
    return "release" if code == "the" else code.replace(" ", "_")


def _copied(one: Answers) -> Answers:
    times = Times()
    times.counts, times.seconds = [*one.times.counts], one.times.seconds
    return Answers(one.answered, one.failed, one.degraded, one.fallback, one.empty, dict(one.notes), times)
