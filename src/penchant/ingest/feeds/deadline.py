"""How long a run may take, and whether it is to stop."""

from __future__ import annotations

import threading

from penchant.clock import Clock
from penchant.errors import FeedFailed


class Deadline:
    """The end of a run: its time is up, or somebody wants it to stop."""

    def __init__(self, clock: Clock, seconds: float, stop: threading.Event | None = None) -> None:
        """Start to count.

        Args:
            clock: Tells the time.
            seconds: How long the run may take.
            stop: Ends it before.
        """
        self._clock, self._seconds = clock, seconds
        self._start = clock.elapsed()
        self._stop = stop or threading.Event()

    @property
    def left(self) -> float:
        """Seconds that are left; 0 when it is over."""
        return 0.0 if self._stop.is_set() else max(0.0, self._seconds - (self._clock.elapsed() - self._start))

    @property
    def stopped(self) -> bool:
        """Whether somebody wants the run to stop."""
        return self._stop.is_set()

    def check(self, feed: str) -> None:
        """Go on only while there is time.

        Raises:
            FeedFailed: There is none.
        """
        if self.left <= 0.0:
            raise FeedFailed(feed, "fetch", self.reason)

    @property
    def reason(self) -> str:
        """Why it is over, in a sentence."""
        if self._stop.is_set():
            return "the run was stopped before its end"
        return f"it took longer than {self._seconds:g} seconds ([feeds] seconds)"

    def pause(self, seconds: float) -> None:
        """Wait a while, at most until the end."""
        self._stop.wait(min(seconds, self.left))
