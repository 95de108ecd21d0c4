"""A request waits for the store so long and no longer, and a store that is slow is left alone for a while.

Reads run in threads of their own, since nothing else can be given up while it waits for a disk or a network. A read
that is late goes on without whoever asked. After `TRIES` late ones in a row nobody waits any more: once in `RETRY_S`
one request's read is tried beside its answer, and when that comes back in time, requests wait again (a circuit breaker,
after Nygard, "Release It!", 2007).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Self, TypeVar, cast

from penchant.clock import Clock
from penchant.errors import StorageLate
from penchant.serving.turn import Turn

WAIT_S = 0.25
"""Longest wait for what says whether the catalog changed, and for keys."""
CATCH_UP_S = 0.5
"""Longest wait for a change of the catalog that there is known to be."""
RETRY_S = 1.0
"""Seconds between two tries of a store that is left alone."""
TRIES = 3
"""Late reads in a row after which it is."""
TRUSTED_S = 600.0
"""Seconds for which the catalog is believed as it was seen last; after them it lets nothing pass. Keys are as well."""
SLICES = 10
"""Pieces of a wait. Where this process itself does not get to run, each takes longer, and the store is not blamed."""
LEAVE_S = 0.01
"""Longest wait in the turn; who waits on leaves it."""
MOST = 64
"""Reads under way at once; while all of them are stuck, further ones are late before they begin."""

T = TypeVar("T")


class _Read(Generic[T]):
    """One read: what to do, and what came of it."""

    __slots__ = ("beside", "do", "done", "error", "late", "value")

    def __init__(self, do: Callable[[], T], *, beside: bool) -> None:
        self.do, self.beside, self.late = do, beside, False
        self.done = threading.Lock()
        self.done.acquire()
        self.value: T | None = None
        self.error: Exception | None = None


class _Worker:
    """A thread that reads: what wakes it up, and what it is to do then."""

    __slots__ = ("read", "wake")

    def __init__(self) -> None:
        self.wake = threading.Lock()
        self.wake.acquire()
        self.read: _Read[Any] | None = None


class Patience:
    """Reads with an end to the wait. Safe to use from several threads."""

    def __init__(
        self,
        url: str,
        clock: Clock,
        *,
        wait_s: float = WAIT_S,
        retry_s: float = RETRY_S,
        most: int = MOST,
        turn: Turn | None = None,
    ) -> None:
        """Start no thread yet.

        Args:
            url: Of the store, for its errors.
            clock: Tells when to try again, and how long a try took.
            wait_s: Longest wait of those who name none.
            retry_s: Seconds between two tries while the store is left alone.
            most: Reads under way at once.
            turn: Left by whoever waits longer than `LEAVE_S`.
        """
        self._turn = turn
        self._url, self._clock, self._wait_s, self._retry_s, self._most = url, clock, wait_s, retry_s, most
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._workers = self._late = 0
        self._again = 0.0
        """Moment of the next try, on the clock that never runs backwards."""

    @property
    def open(self) -> bool:
        """Whether the store is left alone."""
        return self._late >= TRIES

    def ask(self, do: Callable[[], T], wait_s: float | None = None) -> T:
        """Read, in another thread.

        Args:
            do: Reads. It goes on where it is late.
            wait_s: Longest wait.

        Raises:
            StorageLate: It is not done by then, or the store is left alone now.
            Exception: Whatever the read raises.
        """
        with self._lock:
            beside = self._late >= TRIES
            if beside and self._clock.elapsed() < self._again:
                raise StorageLate(self._url)
            worker = self._free()
            if beside:
                self._again = self._clock.elapsed() + self._retry_s
        if worker is None:
            raise StorageLate(self._url)
        read = _Read(do, beside=beside)
        worker.read = read
        worker.wake.release()
        if beside:
            raise StorageLate(self._url)
        slice_s = (self._wait_s if wait_s is None else max(wait_s, 0.0)) / SLICES
        if not read.done.acquire(timeout=min(slice_s, LEAVE_S)):
            if self._turn is not None:
                self._turn.leave()
            if not any(read.done.acquire(timeout=slice_s) for _ in range(SLICES)):
                self._give_up(read)
        if read.error is not None:
            raise read.error
        self._late = 0
        return cast(T, read.value)

    def _give_up(self, read: _Read[Any]) -> None:
        """Say that a read is late, unless it came at the last moment."""
        with self._lock:
            if not read.done.acquire(blocking=False):
                read.late = True
                self._late += 1
                self._again = self._clock.elapsed() + self._retry_s
                raise StorageLate(self._url)

    def _free(self) -> _Worker | None:
        """The thread that was the last to have work, or a new one; None where all there may be are stuck."""
        if self._idle:
            return self._idle.pop()
        if self._workers >= self._most:
            self._late = max(self._late, TRIES)
            return None
        self._workers += 1
        worker = _Worker()
        # It may hang for good, and must not keep the process from ending.
        threading.Thread(target=self._run, args=(worker,), name="penchant-reads", daemon=True).start()
        return worker

    def _run(self, worker: _Worker) -> None:
        while True:
            worker.wake.acquire()
            read, worker.read = worker.read, None
            assert read is not None
            begun = self._clock.elapsed()
            try:
                read.value = read.do()
            except Exception as error:  # raised again by whoever asked
                read.error = error
            with self._lock:
                if read.beside:
                    self._late = 0 if self._clock.elapsed() - begun <= self._wait_s else TRIES
                elif read.late:
                    self._again = 0.0  # it does answer: the next one may try
                self._idle.append(worker)
                read.done.release()
            del read


@dataclass
class Waits:
    """How long a process waits for its store, and how long it believes what it saw of it.

    Attributes:
        catalog: Whether the catalog, rules or placements changed.
        changes: What changed of them.
        people: What is read of whoever asks.
        keys: The keys.
        clock: Tells how old the catalog is.
        turn: Whose turn it is to work out an answer.
        trusted_s: Seconds for which a catalog is believed that cannot be read any more.
    """

    catalog: Patience
    changes: Patience
    people: Patience
    keys: Patience
    clock: Clock
    turn: Turn
    trusted_s: float = TRUSTED_S

    @classmethod
    def of(cls, url: str, clock: Clock) -> Self:
        """As it is usual. What is slow in one of them says nothing of the others."""
        turn = Turn()

        def patience(wait_s: float = WAIT_S) -> Patience:
            return Patience(url, clock, wait_s=wait_s, turn=turn)

        return cls(patience(), patience(CATCH_UP_S), patience(), patience(), clock, turn)
