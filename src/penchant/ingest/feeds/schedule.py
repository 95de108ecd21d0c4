"""The thread that pulls feeds when they are due."""

from __future__ import annotations

import logging
import threading
from types import TracebackType

from penchant.ingest.feeds.feeds import Feeds

LOOK = 5.0
"""Seconds between two looks at what is due."""
_log = logging.getLogger("penchant.ingest")


class FeedSchedule:
    """Looks for feeds that are due, and pulls them one after the other; a context manager.

    Any number of servers may have one on the same store: whoever claims a feed first pulls it.
    """

    def __init__(self, feeds: Feeds, *, look: float = LOOK) -> None:
        """Make an idle one.

        Args:
            feeds: The feeds.
            look: Seconds between two looks.
        """
        self._feeds, self._look = feeds, look
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="penchant-feeds", daemon=True)

    def __enter__(self) -> FeedSchedule:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Stop; a run that is under way takes nothing, and is due again."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._feeds.run_due(self._stop)
            except Exception as error:
                # The store may be away for a while; the next look tells.
                _log.error("feeds could not be looked at: %s", type(error).__name__)
            self._stop.wait(self._look)
