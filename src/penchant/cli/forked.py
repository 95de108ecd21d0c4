"""A worker process that is forked off, and the two pipes between it and its parent.

The parent has loaded the program and done nothing with it: it has no thread of Python's, no store and no connection,
and its libraries were told to use one thread, so nothing is in the middle of anything when it forks. A worker therefore
begins at once, and shares what interpreter and libraries take (some 90 MB) with all others.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass

LAST_S = 30.0
"""Seconds that a worker has to end by itself."""

_READY = b"r"
_TELLS = (signal.SIGTERM, signal.SIGINT)


@dataclass(frozen=True)
class Worker:
    """A worker, as its parent sees it.

    Attributes:
        pid: Its process.
        says: An open file that a byte comes from when the worker answers, and that ends with it.
        life: An open file; the worker ends when it is closed.
    """

    pid: int
    says: int
    life: int


@dataclass(frozen=True)
class Parent:
    """The parent, as a worker sees it.

    Attributes:
        says: An open file that is written to.
        life: An open file that ends with the parent.
    """

    says: int
    life: int

    def answers(self) -> None:
        """Tell it that this worker answers from here on."""
        os.write(self.says, _READY)

    def follow(self) -> None:
        """See to it that this process ends once the parent has, however that ended."""
        threading.Thread(target=self._follow, name="penchant-parent", daemon=True).start()

    def _follow(self) -> None:
        while os.read(self.life, 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(LAST_S)
        os.kill(os.getpid(), signal.SIGKILL)


def fork(work: Callable[[Parent], int], others: Collection[int] = ()) -> Worker:
    """Begin a worker. Its signals are as in a new process, and Ctrl-C does not reach it.

    Args:
        work: What it does; gives its exit code.
        others: Open files of the parent that it must not hold.

    Raises:
        OSError: The system has no room for another process.
    """
    hears, says = os.pipe()
    try:
        life, keeps = os.pipe()
    except OSError:
        os.close(hears)
        os.close(says)
        raise
    with suppress(OSError):  # nobody may hear it any more
        sys.stdout.flush()
        sys.stderr.flush()  # what waits there would be told twice
    # A signal that comes before the worker has its own handlers waits for them.
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, _TELLS)
    try:
        pid = os.fork()
        if pid == 0:
            _become(work, Parent(says, life), (hears, keeps, *others), blocked)
    except OSError:
        for file in (hears, keeps):
            os.close(file)
        raise
    finally:
        for file in (says, life):
            os.close(file)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    return Worker(pid, hears, keeps)


def _become(
    work: Callable[[Parent], int], parent: Parent, others: Collection[int], blocked: Collection[signal.Signals | int]
) -> None:
    """Be a worker to the end; nothing of what the parent was about to do is done here."""
    code = 1
    try:
        os.setpgid(0, 0)
        for file in others:
            os.close(file)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        parent.follow()
        code = work(parent)
    except BaseException:  # whatever it is, it ends here
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)
