"""When a feed is to be pulled next."""

from __future__ import annotations

from hashlib import blake2b

from penchant.clock import DAY

FIRST = 60
"""Seconds until a feed that could not be pulled is tried again; they double with every failure."""
_JITTER = 0.05


def next_due(name: str, now: float, every: int | None, *, failures: int = 0, wait: float | None = None) -> int | None:
    """The moment of the next run, milliseconds; None when nobody waits for it.

    A feed that cannot be pulled is tried again soon, then less and less often, down to its interval: a server that was
    away for a minute costs a minute, one that is away for good is asked no more often than before. Feeds of one
    interval spread over a twentieth of it, so that they do not all come at once.

    Args:
        name: The feed's name.
        now: Unix seconds.
        every: Seconds between two runs; None for by hand alone.
        failures: Pulls in a row that failed.
        wait: Seconds that the server asks us to wait at least, a day at most.
    """
    if every is None:
        return None
    seconds = float(every) if not failures else min(float(every), FIRST * 2.0 ** min(failures - 1, 30))
    seconds = max(seconds, min(wait or 0.0, DAY))
    drawn = int.from_bytes(blake2b(f"{name} {now}".encode(), digest_size=4).digest(), "big") / 2**32
    return int((now + seconds * (1 + _JITTER * drawn)) * 1000)
