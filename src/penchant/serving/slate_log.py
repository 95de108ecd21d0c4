"""Served slates go to the store in groups, beside the answer and not before it."""

from __future__ import annotations

import queue
import threading

from penchant.storage import SlateRow, Store

_GROUP = 256

NOT_KEPT = "log: slates are not kept now"


class SlateLog:
    """A bounded queue and one writing thread.

    An answer does not wait for its log line; when the store cannot keep up for `size` slates, further ones are
    counted in `dropped` and not kept.
    """

    def __init__(self, store: Store, size: int = 10_000) -> None:
        """Start the thread."""
        self._store = store
        self._queue: queue.Queue[SlateRow | None] = queue.Queue(size)
        self._waiting: dict[str, SlateRow] = {}
        """Slates that are on their way to the store, by slate id."""
        self.dropped = 0
        self.note = ""
        """What is not as it should be, for `degraded`; empty while slates are kept."""
        self._thread = threading.Thread(target=self._write, name="penchant-slates", daemon=True)
        self._thread.start()

    def add(self, row: SlateRow) -> None:
        """Keep one slate soon."""
        self._waiting[row.slate_id] = row
        try:
            self._queue.put_nowait(row)
        except queue.Full:
            self._waiting.pop(row.slate_id, None)
            self.dropped += 1
            self.note = NOT_KEPT

    def find(self, slate_id: str) -> bytes | None:
        """The line of a slate, also while it is on its way; None when it is not kept.

        Raises:
            StorageError: The store cannot be read.
        """
        # In this order: what is on its way no longer is in the store.
        waiting = self._waiting.get(slate_id)
        return waiting.body if waiting is not None else self._store.slate(slate_id)

    def row(self, slate_id: str) -> SlateRow | None:
        """A slate with whose it was and when, also while it is on its way; None when it is not kept.

        Raises:
            StorageError: The store cannot be read.
        """
        waiting = self._waiting.get(slate_id)
        return waiting if waiting is not None else self._store.slate_row(slate_id)

    def flush(self) -> None:
        """Wait until everything added is in the store."""
        self._queue.join()

    def close(self) -> None:
        """Write what is left and end the thread."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()

    def _write(self) -> None:
        while True:
            rows = [self._queue.get()]
            while len(rows) < _GROUP and rows[-1] is not None:
                try:
                    rows.append(self._queue.get_nowait())
                except queue.Empty:
                    break
            kept = [row for row in rows if row is not None]
            try:
                if kept:
                    self._store.log_slates(kept)
                    self.note = ""
            except Exception:  # a full disk must not end the thread: the next slates may be kept again
                self.dropped += len(kept)
                self.note = NOT_KEPT
            for row in kept:
                self._waiting.pop(row.slate_id, None)
            for _ in rows:
                self._queue.task_done()
            if rows[-1] is None:
                return
