"""Several worker processes behind one address: begun, watched, and begun again when one ends.

Workers listen on sockets of their own that share the port (`SO_REUSEPORT`), and the system spreads connections evenly;
of one socket that all accept from, whoever is quickest takes most.
"""

from __future__ import annotations

import os
import selectors
import signal
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from penchant.cli.forked import LAST_S, Worker
from penchant.clock import Clock

STEADY_S = 60.0
"""A worker that answered for so long is begun again at once; of one that ended sooner the next waits."""
MOST_PAUSE_S = 60.0
"""Longest pause before a worker is begun again."""

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Place:
    """Which of several workers a process is.

    Attributes:
        number: From 1.
        first: Nobody answers yet: it tells what is to be told of all, and makes sure that nobody else has the port.
    """

    number: int
    first: bool


@dataclass
class _Seat:
    """Where a worker is, or the next one will be."""

    number: int
    worker: Worker | None = None
    began: float = 0.0
    answered: float = 0.0
    """When it first answered."""
    ready: bool = False
    failed: int = 0
    """How often in a row a worker ended before it was steady."""
    due: float = 0.0
    """When the next one begins."""


class Workers:
    """So many workers, until told to stop. For one run, in a process without threads."""

    def __init__(
        self,
        count: int,
        begin: Callable[[Place, Collection[int]], Worker],
        clock: Clock,
        tell: Callable[[str], None],
        *,
        last_s: float = LAST_S,
    ) -> None:
        """Begin nothing yet.

        Args:
            count: How many.
            begin: Begins one; is given its place, and open files that it must not hold.
            clock: Measures how long they take and live.
            tell: Is told what happens, a line at a time.
            last_s: Seconds that workers have to end by themselves.
        """
        self._seats = [_Seat(n + 1) for n in range(count)]
        self._begin, self._clock, self._tell, self._last_s = begin, clock, tell, last_s
        self._selector = selectors.PollSelector()
        self._own: tuple[int, ...] = ()
        """Open files that no worker may hold."""
        self._begun = False
        """Some worker has answered."""

    def run(self, begun: Callable[[], None]) -> int:
        """Keep workers at work until SIGTERM or Ctrl-C comes, or until no worker can begin.

        The first begins alone: whatever keeps it from answering is told once, and nothing else is begun.

        Args:
            begun: Is called once the first answers.

        Returns:
            0, or an exit code other than 0 where no worker can begin.
        """
        with self._signals():
            try:
                while True:
                    self._fill()
                    for key, _ in self._selector.select(self._pause()):
                        seat, said = key.data, os.read(key.fd, 1)
                        if seat is None:
                            return 0
                        if not said:
                            self._lost(seat, self._reap(seat))
                        elif not seat.ready:
                            self._answers(seat)
                            if not self._begun:
                                self._begun = True
                                begun()
            except _NoneCanBegin as lost:
                return lost.code
            finally:
                self._stop()

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Signals wake whoever waits for workers, and do nothing else."""
        hears, says = os.pipe()

        def signalled(*_: object) -> None:
            os.write(says, b"s")

        before = [(kind, signal.signal(kind, signalled)) for kind in (signal.SIGTERM, signal.SIGINT)]
        self._selector.register(hears, selectors.EVENT_READ)
        self._own = (hears, says)
        try:
            yield
        finally:
            for kind, handler in before:
                signal.signal(kind, handler)
            self._selector.close()
            for file in self._own:
                os.close(file)

    def _fill(self) -> None:
        """Begin whoever is due."""
        now = self._clock.elapsed()
        for seat in self._vacant():
            if seat.due <= now:
                held = (file for other in self._at_work() for file in (other.says, other.life))
                seat.began, seat.ready = now, False
                try:
                    seat.worker = self._begin(Place(seat.number, not self._begun), (*self._own, *held))
                except OSError as error:  # the system has no room for it now
                    self._lost(seat, (f"worker {seat.number} cannot begin: {error.strerror}", 1))
                else:
                    self._selector.register(seat.worker.says, selectors.EVENT_READ, seat)

    def _vacant(self) -> list[_Seat]:
        return [seat for seat in self._seats[: None if self._begun else 1] if seat.worker is None]

    def _at_work(self) -> list[Worker]:
        return [seat.worker for seat in self._seats if seat.worker is not None]

    def _pause(self) -> float | None:
        """Seconds until somebody is due."""
        due = [seat.due for seat in self._vacant()]
        return max(min(due) - self._clock.elapsed(), 0.0) if due else None

    def _answers(self, seat: _Seat) -> None:
        assert seat.worker is not None
        seat.ready, seat.answered = True, self._clock.elapsed()
        took = seat.answered - seat.began
        self._tell(f"worker {seat.number} answers after {took:.1f} s, process {seat.worker.pid}")

    def _reap(self, seat: _Seat) -> tuple[str, int]:
        """How a worker ended, in words and as an exit code."""
        worker = seat.worker
        assert worker is not None
        self._selector.unregister(worker.says)
        os.close(worker.says)
        os.close(worker.life)
        code = os.waitstatus_to_exitcode(os.waitpid(worker.pid, 0)[1])
        seat.worker = None
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}" if code else "ended"
        before = "" if seat.ready else " before it answered"
        return f"worker {seat.number} (process {worker.pid}) {how}{before}", code

    def _lost(self, seat: _Seat, ended: tuple[str, int]) -> None:
        """Let another worker take a seat, the later the more often one was lost.

        Raises:
            _NoneCanBegin: It never answered, and nobody else is at work.
        """
        how, code = ended
        now = self._clock.elapsed()
        if not seat.ready and not self._at_work():
            self._tell(f"{how}; no other is at work, and none can begin")
            raise _NoneCanBegin(max(code, 0) or 1)
        seat.failed = 0 if seat.ready and now - seat.answered >= STEADY_S else seat.failed + 1
        pause = min(2.0 ** (seat.failed - 1), MOST_PAUSE_S) if seat.failed else 0.0
        seat.due = now + pause
        self._tell(f"{how}; another one begins {f'in {pause:.0f} s' if pause else 'now'}")

    def _stop(self) -> None:
        """End all, kindly first; who says it twice does not want to wait for answers."""
        self._send(signal.SIGTERM)
        until, killed = self._clock.elapsed() + self._last_s, False
        while self._at_work():
            left = until - self._clock.elapsed()
            if left <= 0 and not killed:
                killed = True
                for worker in self._at_work():
                    self._tell(f"process {worker.pid} did not end within {self._last_s:g} s, and is killed")
                self._send(signal.SIGKILL)
            for key, _ in self._selector.select(left if left > 0 else None):
                said = os.read(key.fd, 1)
                if key.data is None:
                    self._send(signal.SIGINT)
                elif not said:
                    self._reap(key.data)

    def _send(self, kind: signal.Signals) -> None:
        for worker in self._at_work():
            os.kill(worker.pid, kind)


class _NoneCanBegin(Exception):
    """No worker is at work, and none can begin."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def quiet(environment: Mapping[str, str]) -> dict[str, str]:
    """Variables of workers, where nothing else is said: what keeps many processes from taking more than they need.

    Libraries use one thread each, as workers share the cores, and threads share two arenas of memory: with one for each
    thread, what one let go of is not there for others (30 MB of a worker).

    Args:
        environment: That of the parent.
    """
    return {**dict.fromkeys(_THREADS, "1"), "OMP_WAIT_POLICY": "PASSIVE", "MALLOC_ARENA_MAX": "2", **environment}
