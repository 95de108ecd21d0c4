"""Group commit: what waits is written together, by one thread, with one sync of the disk.

While one group is on its way to the disk the next one gathers, so a store that takes a millisecond for a sync keeps up
with thousands of requests a second, and a request that comes alone waits for nobody. The technique is that of DeWitt et
al., "Implementation techniques for main memory database systems" (SIGMOD 1984), where transactions that wait for the
log share a write.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from penchant.errors import Overloaded
from penchant.ingest.failure import place_of

MOST = 5_000
"""Rows written together, as long as more than one request waits: about a tenth of a second of writing."""
_CLEAR = 0.8
"""Share of the limit below which messages are taken again, so that a full queue does not flap."""
_RETRY_AFTER = 1
_log = logging.getLogger("penchant.ingest")


class Waiting(Protocol):
    """Something that waits to be written."""

    @property
    def size(self) -> int:
        """How many messages it has."""
        ...

    @property
    def rows(self) -> int:
        """How many rows it writes."""
        ...


W = TypeVar("W", bound=Waiting)


class GroupCommit(Generic[W]):
    """A bounded queue and the thread that writes what waits in it. The thread starts with the first request."""

    def __init__(self, write: Callable[[list[W]], None], *, limit: int, name: str = "penchant-commit") -> None:
        """Make an idle one.

        Args:
            write: Writes a group and answers everybody in it; called from the one thread.
            limit: Messages that may wait.
            name: Of the thread.
        """
        self._write, self._limit = write, limit
        self._clear = int(limit * _CLEAR)
        self._waiting: deque[W] = deque()
        self._messages = self._came = self._answered = 0
        self._shedding = self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def waiting(self) -> int:
        """Messages that were let in and have no answer yet."""
        return self._messages

    def enter(self, size: int) -> None:
        """Make room for so many messages; `put` or `leave` must follow. One request is let in whatever its size.

        Raises:
            Overloaded: Too many wait.
        """
        with self._changed:
            if self._closed:
                raise Overloaded(_RETRY_AFTER, "the server is about to stop")
            if self._shedding and self._messages > self._clear:
                raise Overloaded(_RETRY_AFTER, "more messages wait for the disk than may")
            self._shedding = self._messages > 0 and self._messages + size > self._limit
            if self._shedding:
                raise Overloaded(_RETRY_AFTER, "more messages wait for the disk than may")
            self._messages += size

    def leave(self, size: int) -> None:
        """Give back the room of messages that do not come after all."""
        with self._changed:
            self._messages -= size
            self._changed.notify_all()

    def put(self, work: W) -> None:
        """Let a request wait for which there is room."""
        with self._changed:
            if self._thread.ident is None:
                self._thread.start()
            self._waiting.append(work)
            self._came += 1
            self._changed.notify_all()

    def flush(self) -> None:
        """Wait until every request that was put before has its answer."""
        with self._changed:
            last = self._came
            self._changed.wait_for(lambda: self._answered >= last)

    def close(self) -> None:
        """Write what waits and end the thread; nothing is let in from now on."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            started = self._thread.ident is not None
        if started:
            self._thread.join()

    def _run(self) -> None:
        while group := self._next():
            try:
                self._write(group)
            except Exception as error:
                # `write` answers for everything; the thread goes on even where it fails to.
                _log.critical("a group of messages was given up: %s", place_of(error))
            with self._changed:
                self._messages -= sum(work.size for work in group)
                self._answered += len(group)
                self._changed.notify_all()

    def _next(self) -> list[W]:
        """What to write now; nothing when the end has come."""
        with self._changed:
            # What was let in comes, also after the end was called.
            self._changed.wait_for(lambda: self._waiting or (self._closed and not self._messages))
            group: list[W] = []
            rows = 0
            while self._waiting and (not group or rows + self._waiting[0].rows <= MOST):
                group.append(self._waiting.popleft())
                rows += group[-1].rows
            return group
