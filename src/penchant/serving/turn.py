"""Answers of one process are worked out one after the other; whoever waits for a store that is slow lets others go on.

Threads that compute at once share one interpreter and take it from each other all the time: four answers at once cost
more than four in a row, and all of them come when the last would have come. Workers, not threads, use several
processors.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Turn:
    """Who is at work; those who wait have it in the order in which they came.

    Nobody who left it comes back to it, so it can be left while locks are held.
    """

    def __init__(self) -> None:
        """Nobody is."""
        self._lock = threading.Lock()
        self._taken = False
        self._waiting: deque[threading.Lock] = deque()
        self._mine = threading.local()

    def run(self, do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Wait for the turn and do something in it."""
        with self:
            return do(*args, **kwargs)

    def leave(self) -> None:
        """Let the next one begin, where this thread has the turn; what it does afterwards, it does beside others."""
        if not getattr(self._mine, "held", False):
            return
        self._mine.held = False
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False

    def __enter__(self) -> Self:
        """Wait for the turn."""
        mine = None
        with self._lock:
            if self._taken:
                mine = threading.Lock()
                mine.acquire()
                self._waiting.append(mine)
            self._taken = True
        if mine is not None:
            mine.acquire()
        self._mine.held = True
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Give it to the next one."""
        self.leave()
