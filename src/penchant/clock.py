"""The only place that knows what time it is.

Everything else is handed a `Clock`, so tests and replays decide what "now" means.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

DAY = 86_400.0
"""Seconds in a day."""


_UNITS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": DAY}


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> float:
        """Seconds since the Unix epoch, UTC."""
        ...

    def elapsed(self) -> float:
        """Seconds on a clock that never runs backwards; only differences mean anything."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Seconds since the Unix epoch, UTC."""
        return time.time()

    def elapsed(self) -> float:
        """Seconds on the monotonic clock."""
        return time.perf_counter()


@dataclass
class FixedClock:
    """A clock that stands still until it is moved; for tests and replays."""

    at: float

    def now(self) -> float:
        """The time it was set to."""
        return self.at

    def elapsed(self) -> float:
        """The time it was set to."""
        return self.at

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        self.at += seconds


def iso(seconds: float) -> str:
    """Unix seconds as `2026-11-21T20:00:00Z`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def parse_time(text: str) -> float:
    """ISO 8601 text as Unix seconds; a time without a zone is UTC.

    Raises:
        ValueError: The text is not an ISO 8601 date or time.
    """
    moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def length(text: str) -> float:
    """`90s`, `30m`, `6h` or `1d` in seconds.

    Raises:
        ValueError: The text is no such length.
    """
    number, unit = text[:-1], text[-1:]
    if unit not in _UNITS or not number.isdigit():
        raise ValueError(f"not a length of time: {text!r}")
    return float(number) * _UNITS[unit]
