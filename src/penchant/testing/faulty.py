"""A store that fails on purpose, to see what is answered then."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, cast

from penchant.errors import StorageError
from penchant.storage import Store

CATALOG = frozenset({"versions", "items", "live_items", "items_of", "rules", "placements"})
"""Calls by which requests read the catalog, rules and placements."""
CHANGES = frozenset({"items", "live_items"})
"""Calls by which they read what changed."""
PEOPLE = frozenset({"consents", "actors", "traits", "past", "reached"})
"""Calls by which they read people."""
SLATES = frozenset({"slate", "slate_row"})
"""Calls by which they read earlier slates."""
READS = CATALOG | PEOPLE | SLATES | {"keys"}
"""All of them, and that by which a server reads its keys."""


class FaultyStore:
    """Stands between those who use a store and the store; chosen calls raise, or take their time. Thread-safe.

    `as_store` gives it the type of what it stands for.
    """

    def __init__(self, store: Store) -> None:
        """Hand everything on to a store."""
        self._store = store
        self._lock = threading.Lock()
        self._faults: list[tuple[Collection[str], Callable[[], None]]] = []
        self._waits: list[threading.Event] = []

    def as_store(self) -> Store:
        """Itself, as a store."""
        return cast(Store, self)

    @contextmanager
    def raising(self, calls: Collection[str], *, full: bool = False) -> Iterator[None]:
        """Let calls raise until the block ends.

        Args:
            calls: Names of the store's methods.
            full: As when there is no room left on the disk.
        """

        def fault() -> None:
            raise StorageError("faulty", "the disk is full" if full else "broken on purpose", full=full)

        with self._with(calls, fault):
            yield

    @contextmanager
    def waiting(self, calls: Collection[str], seconds: float) -> Iterator[None]:
        """Let calls take so many seconds longer until the block ends; then nobody waits any more."""
        over = threading.Event()

        def fault() -> None:
            over.wait(seconds)

        self._waits.append(over)
        try:
            with self._with(calls, fault):
                yield
        finally:
            over.set()
            self._waits.remove(over)

    def let_go(self) -> None:
        """Let those who wait go on now, though the block is not at its end."""
        for over in self._waits:
            over.set()

    @contextmanager
    def _with(self, calls: Collection[str], fault: Callable[[], None]) -> Iterator[None]:
        entry = (calls, fault)
        with self._lock:
            self._faults = [*self._faults, entry]
        try:
            yield
        finally:
            with self._lock:
                self._faults = [one for one in self._faults if one is not entry]

    def __getattr__(self, name: str) -> Any:
        """What the store has under this name; of a method, one that fails when it shall."""
        found = getattr(self._store, name)
        if not callable(found):
            return found

        @wraps(found)
        def call(*args: Any, **kwargs: Any) -> Any:
            for calls, fault in self._faults:
                if name in calls:
                    fault()
            return found(*args, **kwargs)

        return call
