"""How answers of one release go: how many failed, were degraded, or had nothing better than the fallback chain."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from scipy.special import bdtrc

from penchant.pack import Placement
from penchant.placements.fallback import CATALOG
from penchant.serving.meter import Meter
from penchant.serving.tried import filler
from penchant.slate import Slate

LEAST = 50
"""Answers below which nothing is said of a release."""
JUMP = 0.10
"""Points by which a rate must lie above that of before."""
SURE = 1e-4
"""Chance below which a rate is no luck. It is small, as rates are looked at several times while answers come in."""
MOST = 3_200
"""Answers after which a release is trusted."""
_KEPT = 4_000
"""Answers that are remembered of what served before; of more, older ones count less."""
_PLAIN = 0.01
"""Share of errors that is taken for usual where nothing is known of before."""

WAITED = "late:waiting"
"""What is noted where something was late because the request had waited: no release can help it."""
_OUTAGE = ("history: ", "traits: ", "not personalized: what", "catalog may be stale", "catalog unknown")
"""Notes on a store that cannot be read: whoever is answered then is nobody, and no release can help it."""

KINDS = ("errors", "degraded", "fallback")


@dataclass(frozen=True)
class Counts:
    """What came of requests.

    Attributes:
        answers: Requests that were answered or failed.
        errors: Those that failed.
        degraded: Those whose answer says that something did not work.
        fallback: Those whose answer is empty, or begins with an item of the fallback chain.
    """

    answers: int = 0
    errors: int = 0
    degraded: int = 0
    fallback: int = 0

    def rate(self, kind: str) -> float:
        """The share of one kind."""
        return float(getattr(self, kind)) / self.answers if self.answers else 0.0

    def halved(self) -> Counts:
        """Half of all."""
        return Counts(self.answers // 2, self.errors // 2, self.degraded // 2, self.fallback // 2)


class Tally:
    """Counts the answers of one domain since a release took over. Safe to call from several threads."""

    def __init__(self, placements: Mapping[str, Placement], meter: Meter | None = None) -> None:
        """Start at nothing.

        Args:
            placements: The domain's, by name.
            meter: What goes on counting from release to release; one of its own when None.
        """
        self.meter = Meter() if meter is None else meter
        self._lock = threading.Lock()
        self._counts = Counts()
        self.follow(placements)

    def follow(self, placements: Mapping[str, Placement]) -> None:
        """Go on with placements that were changed."""
        self._last = {name: last_links(one) for name, one in placements.items()}

    @property
    def counts(self) -> Counts:
        """What was counted."""
        return self._counts

    def answered(self, slate: Slate, seconds: float = 0.0, *, broken: bool = False) -> None:
        """Count an answer.

        Args:
            slate: What was answered.
            seconds: Time it took.
            broken: It is what was left when nothing else could be made: of its release it is an error.
        """
        last = self._last.get(filler(slate.placement, slate.experiment), frozenset())
        fallback = bool(slate.items) and last.issuperset(slate.items[0].source)
        if broken:
            self._add(1, 0, 0)
        elif not any(note == WAITED or note.startswith(_OUTAGE) for note in slate.degraded):
            self._add(0, bool(slate.degraded), fallback or not slate.items)
        self.meter.answered(slate, fallback=fallback, seconds=seconds)

    def failed(self, placement: str) -> None:
        """Count a request that was not answered."""
        self._add(1, 0, 0)
        self.meter.failed(placement)

    def _add(self, errors: int, degraded: int, fallback: int) -> None:
        with self._lock:
            was = self._counts if self._counts.answers < _KEPT else self._counts.halved()
            self._counts = Counts(
                was.answers + 1, was.errors + errors, was.degraded + degraded, was.fallback + fallback
            )


def last_links(placement: Placement) -> frozenset[str]:
    """Sources that propose an item only when nothing better was found.

    A link of the fallback chain may be one of the placement's own sources: then it is no sign of anything.
    """
    return frozenset({CATALOG, *placement.fallback} - {source.model for source in placement.sources})


def jumped(before: Counts, after: Counts) -> str | None:
    """What became so much more frequent that it cannot be luck, in words; None for nothing.

    A rate jumped when it lies more than `JUMP` above that of before, and when so many would come by a rate as high as
    that of before may have been (the upper end of its Wilson interval, Wilson 1927, at two standard errors) in fewer
    than one of 1 / `SURE` cases, by the binomial distribution. Where fewer than `LEAST` answers of before are known,
    only errors are looked at, against one in a hundred.

    Args:
        before: Of the release that served before.
        after: Of the one that serves.
    """
    if after.answers < LEAST:
        return None
    known = before.answers >= LEAST
    for kind in KINDS if known else KINDS[:1]:
        usual = before.rate(kind) if known else _PLAIN
        most = _upper(usual, before.answers) if known else _PLAIN
        found, rate = getattr(after, kind), after.rate(kind)
        if rate > usual + JUMP and float(bdtrc(found - 1, after.answers, most)) < SURE:
            return f"{kind}: {rate:.0%} of {after.answers:,} answers, {usual:.0%} before"
    return None


def _upper(rate: float, n: int, z: float = 2.0) -> float:
    """The upper end of Wilson's interval of a share."""
    middle = rate + z * z / (2 * n)
    spread = z * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return min((middle + spread) / (1 + z * z / n), 1.0)
