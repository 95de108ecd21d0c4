"""What is popular where, on what device and when a request is made, and with people who declared the same.

A segment with few events is drawn to what is popular everywhere: an item's chance in it is `(c + M p) / (C + M)`, where
c of the C events of the segment are the item's and p is its share of all events. So M = `PRIOR` events are added that
are like all others: additive smoothing to a background, as of Zhai and Lafferty (2004), "A study of smoothing methods
for language models". Several segments multiply how much each raises an item above p, as if they spoke independently.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.slate import Codes, Scores

PRIOR = 200.0
"""Events of a segment that count as much as all others do."""
HOURS = 6
"""Hours of a part of the day, of the clock of UTC."""

LONGEST = 100
"""Characters of a declared value, from which on it is no segment."""

_HOURS = "hours:"
_MOST = 64
"""Combinations of segments whose order is kept at hand."""


def declared(traits: Mapping[str, Any], names: Sequence[str]) -> tuple[str, ...]:
    """Names of the segments that a person declared to be of.

    Args:
        traits: Of the person, by name; texts, numbers and flags make segments.
        names: Traits that make segments.
    """
    told = ((name, traits.get(name)) for name in names)
    texts = ((name, str(value).strip()) for name, value in told if isinstance(value, str | int | float))
    return tuple(f"trait:{name}:{text}" for name, text in texts if 0 < len(text) <= LONGEST)


def segments_of(region: str | None, device: str | None, now: float) -> tuple[str, ...]:
    """Names of the segments of a request or an event.

    Args:
        region: Region code; None where nobody knows.
        device: One of `penchant.features.DEVICES`; None where nobody knows.
        now: Unix seconds.
    """
    named = (f"region:{region}" if region else "", f"device:{device}" if device else "")
    hour = int(now % DAY // 3_600) // HOURS * HOURS
    return (*(name for name in named if name), f"{_HOURS}{hour}-{hour + HOURS}")


@dataclass(frozen=True)
class Segments:
    """What people did of late, by segment.

    Attributes:
        items: Codes of the items anything was done with.
        counts: How much of it by item, same shape; above 0.
        by: The same by segment; 0 where nothing was done there.
    """

    items: Codes
    counts: NDArray[np.float64]
    by: Mapping[str, NDArray[np.float64]]
    _kept: dict[tuple[str, ...], tuple[Codes, Scores]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def empty(cls) -> Segments:
        """Nobody did anything."""
        return cls(np.zeros(0, np.int32), np.zeros(0), {})

    def ranked(self, names: Sequence[str]) -> tuple[Codes, Scores]:
        """All items by their chance in the segments of these names, best first.

        There are none where nothing is known of the region, the device or the person: hours alone are no news.
        """
        known = tuple(name for name in names if name in self.by)
        if all(name.startswith(_HOURS) for name in known):
            return _NOTHING
        kept = self._kept.get(known)
        if kept is None:
            usual = self.counts / self.counts.sum()
            chance = usual.copy()
            for name in known:
                counts = self.by[name]
                chance *= (counts + PRIOR * usual) / (counts.sum() + PRIOR) / usual
            order = np.lexsort((self.items, -chance))
            kept = self.items[order], (chance[order] / chance[order[0]]).astype(np.float32)
            if len(self._kept) >= _MOST:
                self._kept.clear()
            self._kept[known] = kept
        return kept

    def proposed(self, names: Sequence[str], open_: NDArray[np.bool_], k: int) -> tuple[Codes, Scores]:
        """The best of `ranked` that may be proposed.

        Args:
            names: Segments of the request.
            open_: Rows that may be proposed, shape (n_items,).
            k: How many at most.
        """
        items, scores = self.ranked(names)
        inside = items < len(open_)
        free = np.zeros(len(items), bool)
        free[inside] = open_[items[inside]]
        best = np.flatnonzero(free)[:k]
        return items[best], scores[best]


_NOTHING = (np.zeros(0, np.int32), np.zeros(0, np.float32))
