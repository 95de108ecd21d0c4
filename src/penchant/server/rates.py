"""How often each key may ask: a token bucket (RFC 2697's idea, in requests) of one second's requests a key."""

from __future__ import annotations

import math

from penchant.clock import Clock
from penchant.errors import TooMany

MOST_BUCKETS = 10_000
"""Keys that are counted at once; those that have not asked for a second are forgotten first."""


class Rates:
    """Counts requests by key. For one thread."""

    def __init__(self, clock: Clock) -> None:
        """Count nothing yet."""
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}
        """What is left, and when that was so."""

    def take(self, name: str, rate: int) -> None:
        """Count one request.

        Args:
            name: Whose.
            rate: Requests a second it may make; as many may come at once.

        Raises:
            TooMany: It made too many.
        """
        now = self._clock.elapsed()
        left, at = self._buckets.get(name, (float(rate), now))
        left = min(float(rate), left + (now - at) * rate)
        if left < 1.0:
            self._buckets[name] = (left, now)
            wait = math.ceil((1.0 - left) / rate)
            raise TooMany(wait, f"this key may ask {rate:,} times a second; come again in {wait} s")
        self._buckets[name] = (left - 1.0, now)
        if len(self._buckets) > MOST_BUCKETS:
            self._forget(now)

    def _forget(self, now: float) -> None:
        # A bucket is full again after a second: then it says nothing that a new one would not.
        kept = {name: bucket for name, bucket in self._buckets.items() if now - bucket[1] < 1.0}
        self._buckets = kept if len(kept) <= MOST_BUCKETS else {}
