"""Who looks whether penchant.toml was changed while a server runs."""

from __future__ import annotations

import logging
import threading

from penchant.engine.engine import Engine
from penchant.errors import PenchantError

LOOK_EVERY_S = 1.0
"""Seconds between two looks at the file."""

_log = logging.getLogger("penchant.engine")


class ConfigWatch:
    """Looks at penchant.toml beside the requests, and lets its placements be obeyed when it was changed.

    What is wrong with the file is told in the log, once; until it is right, what held before goes on to hold.
    """

    def __init__(self, engine: Engine, *, tells: bool = True) -> None:
        """Look at the file of an engine; nothing runs before `start`.

        Args:
            engine: The engine.
            tells: What is wrong goes to the log; of several processes one is enough.
        """
        self._engine, self._tells = engine, tells
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, name="penchant-config", daemon=True)
        self._seen = self._stamp()

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Stop looking."""
        self._ends.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> bool:
        """Look once; whether the file was changed since the last look."""
        stamp = self._stamp()
        if stamp == self._seen:
            return False
        self._seen = stamp
        try:
            others = self._engine.reload()
        except PenchantError as error:
            self._tell("penchant.toml was changed, and what held before still holds: %s", error)
            return True
        if others:
            self._tell("penchant.toml: a change in %s is obeyed by a new start", ", ".join(others))
        return True

    def _tell(self, words: str, what: object) -> None:
        if self._tells:
            _log.warning(words, what)

    def _run(self) -> None:
        while not self._ends.wait(LOOK_EVERY_S):
            self.look()

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self._engine.workspace.file.stat()
        except OSError:  # an editor is replacing it
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino
