"""Who trains a domain now, and how the last trainings by schedule went: kept beside its releases.

releases/shop/training.lock    held by whoever trains it
releases/shop/attempts.json    how often it failed since it last did not, and when it may be tried again

The lock is one of the system's, on an open file. A process that is given the open file holds the lock with whoever gave
it, and alone when that one is gone: so a training that outlives its schedule is still the only one.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from penchant.storage import put_file

FIRST_S = 300.0
"""Seconds from the first failure to the next try; each further failure doubles them."""
MOST_S = 6 * 3_600.0
"""The longest they become."""


class Attempts(msgspec.Struct, frozen=True):
    """How trainings by schedule went.

    Attributes:
        failed: Failures since the last that did not fail.
        failure: What the last said.
        at: When it failed, Unix seconds; 0 for never.
    """

    failed: int = 0
    failure: str = ""
    at: float = 0.0

    @property
    def again(self) -> float:
        """The moment from which it may be tried again, Unix seconds; 0 for at once."""
        return self.at + min(FIRST_S * 2.0 ** min(self.failed - 1, 30), MOST_S) if self.failed else 0.0

    def then(self, failure: str | None, now: float) -> Attempts:
        """With one more: what it said, or None when it did not fail."""
        return Attempts() if failure is None else Attempts(self.failed + 1, failure, now)


class Turns:
    """Locks and attempts of a workspace's domains."""

    def __init__(self, folder: Path) -> None:
        """Beside the releases in this folder."""
        self._folder = folder
        self._held: dict[str, int] = {}

    def read(self, domain: str) -> Attempts:
        """How trainings of a domain went; as if there were none where that cannot be read."""
        try:
            return msgspec.json.decode((self._folder / domain / "attempts.json").read_bytes(), type=Attempts)
        except (OSError, msgspec.DecodeError):
            return Attempts()

    def keep(self, domain: str, attempts: Attempts) -> None:
        """Keep how they went."""
        (self._folder / domain).mkdir(parents=True, exist_ok=True)
        put_file(self._folder / domain / "attempts.json", msgspec.json.encode(attempts))

    def handle(self, domain: str) -> int | None:
        """The open file of a turn that was taken, to be given to a process that trains in it; None for none."""
        return self._held.get(domain)

    @contextmanager
    def taken(self, domain: str, given: int | None = None) -> Iterator[bool]:
        """Take the turn to train a domain; gives False at once while somebody else has it.

        It is given back when the block ends, and by the system when the process does, and those that were given its
        open file.

        Args:
            domain: Domain name.
            given: The open file of a turn that was taken for this process; it is closed in the end.

        Raises:
            OSError: What was given is no such file, or the folder cannot be written.
        """
        home = self._folder / domain
        home.mkdir(parents=True, exist_ok=True)
        path = home / "training.lock"
        if given is not None and not os.path.samestat(os.fstat(given), path.stat()):
            raise OSError(f"file {given} is not {path}")
        with path.open("ab") if given is None else os.fdopen(given, "ab") as file:
            os.set_inheritable(file.fileno(), False)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            self._held[domain] = file.fileno()
            try:
                yield True
            finally:
                del self._held[domain]
