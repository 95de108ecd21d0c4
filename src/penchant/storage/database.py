"""What the store's tables need of a database engine: SQLite and PostgreSQL each give it in a file of their own.

SQL is written once, in what both engines understand, with `?` for parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

Row = tuple[Any, ...]


class Writer(Protocol):
    """A transaction under way."""

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run a statement; its rows."""
        ...

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run a statement; how many rows it changed."""
        ...

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each row."""
        ...

    def insert_new(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> list[bool]:
        """Insert the rows whose key the table does not have; for each, whether it was new.

        Of rows with one key the first is inserted. Rows get rising sequence numbers in their order, above every number
        that was ever given.
        """
        ...


class Database(Protocol):
    """One database: reads from any thread, one write at a time.

    Every method raises `StorageError` for whatever the engine has to say.
    """

    url: str
    """Where it is, without any password."""

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run a reading statement on this thread's connection; its rows."""
        ...

    def writing(self) -> AbstractContextManager[Writer]:
        """A transaction: durable when the block ends, undone when it raises.

        Transactions of all processes come one after the other, so that sequence numbers become visible in order.
        """
        ...

    def check(self) -> list[str]:
        """What the engine's own check of its files finds wrong; empty when nothing is."""
        ...

    def scrub(self) -> None:
        """Make sure that nothing deleted is left in the files: pages are written anew, the write-ahead log emptied."""
        ...

    def close(self) -> None:
        """Let go of all connections."""
        ...
