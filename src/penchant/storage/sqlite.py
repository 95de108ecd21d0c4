"""The embedded store: SQLite through APSW, WAL, `synchronous=FULL`.

APSW brings a current SQLite with it; the one in Python's standard library may be one with the WAL-reset race
that 3.51.3 mended. One connection writes; each reading thread has its own.
"""

from __future__ import annotations

import secrets
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import apsw

from penchant.errors import StorageError
from penchant.storage.database import Row, Writer
from penchant.storage.durable import FULL
from penchant.storage.sql_store import SQLStore
from penchant.storage.tables import SCHEMA_VERSION, People, create

_LOG_MB = 64
"""What is left of the write-ahead log when it begins anew; a very large transaction makes it as large as itself."""

_READER_CACHE_MB = 4
"""Page cache of a reading thread's connection; there may be dozens, and the system caches the file anyway."""

_ENDING_S, _ENDING_TRIES = 0.005, 2_000
"""How long, and how often, a store that is closed waits for a reader that is under way."""

# What a value that does not fit its column raises: from SQLite, or from APSW before it gets there.
_UNFIT = (apsw.MismatchError, apsw.ConstraintError, apsw.TooBigError, TypeError, ValueError, OverflowError)
_REFUSED = (apsw.Error, *_UNFIT)

# What each version does before `create` makes what is missing, and after it.
_BEFORE_2 = (
    *(
        f"ALTER TABLE event ADD COLUMN {column}"
        for column in (
            "dwell REAL",
            "playhead REAL",
            "length REAL",
            "session TEXT",
            "told INTEGER",
            "clock TEXT",
            "context BLOB",
        )
    ),
    "ALTER TABLE link RENAME TO link_1",
    "DROP INDEX link_b",
)
_AFTER_2 = (
    "INSERT INTO link (a, b, turn, at, source, how) SELECT a, b, 1, 0, '', 'event' FROM link_1",
    "DROP TABLE link_1",
    "INSERT INTO beside (a, b) SELECT DISTINCT 'anon:' || anonymous_id, actor FROM event"
    " WHERE user_id IS NOT NULL AND anonymous_id IS NOT NULL",
)
_BEFORE_3 = (
    "ALTER TABLE item RENAME TO item_2",
    "ALTER TABLE catalog RENAME TO catalog_2",
    "DROP INDEX item_version",
)
# Which fields change often only the item types know. So the body of an item keeps them, and its live state says its id
# alone: joined they are what the item was. The next put of the item parts them.
_AFTER_3 = (
    "INSERT INTO item (domain, id, body, version) SELECT domain, id, body, version FROM item_2",
    "INSERT INTO live (domain, id, body, version)"
    " SELECT domain, id, CAST('{\"id\":' || json_quote(id) || '}' AS BLOB), version FROM item_2",
    "INSERT INTO catalog (domain, version, rules, logged) SELECT domain, version, 0, version FROM catalog_2",
    "DROP TABLE item_2",
    "DROP TABLE catalog_2",
)
_BEFORE_6 = ("DROP INDEX IF EXISTS event_actor",)
# Version 4 has an index more, version 5 a table, version 6 an index that carries more: `create` makes them.
_UPGRADES: dict[int, tuple[tuple[str, ...], tuple[str, ...]]] = {
    2: (_BEFORE_2, _AFTER_2),
    3: (_BEFORE_3, _AFTER_3),
    4: ((), ()),
    5: ((), ()),
    6: (_BEFORE_6, ()),
}


class SQLiteDatabase:
    """A `Database` in one file."""

    def __init__(self, path: Path, *, cache_mb: int = 64, salt: str | None = None) -> None:
        """Open the file, or make it; a file of an earlier version is brought up to this one.

        Args:
            path: The database file; its folder is made.
            cache_mb: Page cache of the writing connection.
            salt: Salt of a new store; random when missing.

        Raises:
            StorageError: The file cannot be opened, is no store, or was written by a newer penchant.
        """
        self.path = path
        self.url = f"sqlite:///{path}"
        self._write = threading.Lock()
        self._local = threading.local()
        # Weak: a thread's connection goes with the thread, or a server that starts one now and then runs out of files.
        self._readers: weakref.WeakSet[apsw.Connection] = weakref.WeakSet()
        self._opening = threading.Lock()
        self._closed = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = self._connect(cache_mb)
            # Freed bytes are overwritten with zeros at once, so that what is erased is gone from the file.
            self._writer.execute("PRAGMA secure_delete = ON")
        except (apsw.Error, OSError) as error:
            raise StorageError(self.url, str(error)) from error
        try:
            self._migrate(salt if salt is not None else secrets.token_hex(16))
        except BaseException:
            self.close()
            raise

    def _connect(self, cache_mb: int = _READER_CACHE_MB) -> apsw.Connection:
        connection = apsw.Connection(str(self.path))
        connection.set_busy_timeout(10_000)
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            f"cache_size = -{cache_mb * 1024}",
            "wal_autocheckpoint = 16384",
            f"journal_size_limit = {_LOG_MB << 20}",
        ):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def _migrate(self, salt: str) -> None:
        # In a transaction: two processes that open a new file at once must not both create the tables.
        with self.writing() as writer:
            version = int(writer.rows("PRAGMA user_version")[0][0])
            if version > SCHEMA_VERSION:
                raise StorageError(self.url, f"written by a newer penchant (schema {version})")
            if version == SCHEMA_VERSION:
                return
            # A new file has version 0, and nothing to bring up to date.
            steps = [_UPGRADES[n] for n in range(version + 1, SCHEMA_VERSION + 1)] if version else []
            for before, _ in steps:
                for statement in before:
                    writer.execute(statement)
            create(writer, "sqlite", salt)
            for _, after in steps:
                for statement in after:
                    writer.execute(statement)
            People(self).rebuild(writer)
            writer.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run a reading statement on this thread's connection; its rows."""
        try:
            connection: apsw.Connection | None = getattr(self._local, "connection", None)
            if connection is None:
                if self._closed:
                    raise StorageError(self.url, "the store is closed")
                connection = self._local.connection = self._connect()
                with self._opening:
                    self._readers.add(connection)
            rows: list[Row] = connection.execute(sql, tuple(parameters)).fetchall()
            return rows
        except _REFUSED as error:
            raise StorageError(self.url, str(error)) from error

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """A transaction: durable when the block ends, undone when it raises."""
        with self._write:
            try:
                self._writer.execute("BEGIN IMMEDIATE")
            except apsw.Error as error:
                raise self._said(error) from error
            try:
                yield _SQLiteWriter(self._writer, self._said)
                self._writer.execute("COMMIT")
            except BaseException as error:
                said = self._said(error) if isinstance(error, apsw.Error) else None
                self._undo()
                if said is not None:
                    raise said from error
                raise

    def _undo(self) -> None:
        # A full disk has undone the transaction already; when nothing can be undone the next BEGIN says so.
        if self._writer.in_transaction:
            with suppress(apsw.Error):
                self._writer.execute("ROLLBACK")

    def _said(self, error: Exception) -> StorageError:
        """What the engine's error means."""
        room = isinstance(error, apsw.IOError) and self._writer.system_errno in FULL
        if room or isinstance(error, apsw.FullError):
            return StorageError(self.url, "the disk is full", full=True)
        return StorageError(self.url, str(error), refused=isinstance(error, _UNFIT))

    def check(self) -> list[str]:
        """What SQLite finds wrong in its file; empty when nothing is."""
        return [str(row[0]) for row in self.rows("PRAGMA integrity_check") if row[0] != "ok"]

    def scrub(self) -> None:
        """Write all pages anew, and empty the write-ahead log."""
        with self._write:
            try:
                self._writer.execute("VACUUM")
                [(busy, _, _)] = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            except apsw.Error as error:
                raise self._said(error) from error
        if busy:
            raise StorageError(self.url, "the write-ahead log is being read and could not be emptied; scrub again")

    def limit_pages(self, pages: int) -> None:
        """Let the file grow to so many pages and no more; tests fill a disk with it."""
        with self._write:
            self._writer.execute(f"PRAGMA max_page_count = {pages}")

    def wait(self, milliseconds: int) -> None:
        """Wait so long for other processes that hold the file, instead of ten seconds."""
        with self._write:
            self._writer.set_busy_timeout(milliseconds)

    def close(self) -> None:
        """Let go of all files."""
        with self._write:
            self._closed = True
            with self._opening:
                readers = tuple(self._readers)
            for connection in (*readers, self._writer):
                _let_go(connection)
            self._readers.clear()


def _let_go(connection: apsw.Connection) -> None:
    """Close a connection; what another thread still reads by it ends there, and that thread is told."""
    for _ in range(_ENDING_TRIES):
        try:
            connection.close()
        except apsw.ThreadingViolationError:
            connection.interrupt()
            threading.Event().wait(_ENDING_S)
        else:
            return
    connection.close()


class _SQLiteWriter:
    """The `Writer` of a SQLite transaction."""

    def __init__(self, connection: apsw.Connection, said: Callable[[Exception], StorageError]) -> None:
        self._connection = connection
        self._said = said

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run a statement; its rows."""
        try:
            rows: list[Row] = self._connection.execute(sql, tuple(parameters)).fetchall()
            return rows
        except _REFUSED as error:
            raise self._said(error) from error

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run a statement; how many rows it changed."""
        before = int(self._connection.total_changes())
        try:
            self._connection.execute(sql, tuple(parameters)).fetchall()
        except _REFUSED as error:
            raise self._said(error) from error
        return int(self._connection.total_changes()) - before

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each row."""
        try:
            self._connection.executemany(sql, rows)
        except _REFUSED as error:
            raise self._said(error) from error

    def insert_new(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> list[bool]:
        """Insert the rows whose key the table does not have; for each, whether it was new."""
        if not rows:
            return []
        # Numbers are given here, since SQLite alone would give the number of an erased last row again.
        [(last, highest)] = self.rows(
            f"SELECT coalesce((SELECT max(seq) FROM {table}), 0),"
            " coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE name = 'highest'), 0)"
        )
        first = max(last, highest) + 1
        before = int(self._connection.total_changes())
        self.executemany(
            f"INSERT OR IGNORE INTO {table} (seq, {', '.join(columns)}) VALUES (?, {', '.join('?' * len(columns))})",
            ((number, *row) for number, row in enumerate(rows, first)),
        )
        if int(self._connection.total_changes()) - before == len(rows):
            return [True] * len(rows)
        inserted = {seq for (seq,) in self.rows(f"SELECT seq FROM {table} WHERE seq >= ?", (first,))}
        return [number in inserted for number in range(first, first + len(rows))]


class SQLiteStore(SQLStore):
    """A `Store` in one file."""

    database: SQLiteDatabase

    def __init__(self, path: Path, *, cache_mb: int = 64) -> None:
        """Open the file, or make it.

        Args:
            path: The database file; its folder is made.
            cache_mb: Page cache of the writing connection.

        Raises:
            StorageError: The file cannot be opened, is no store, or was written by a newer penchant.
        """
        self.path = path
        super().__init__(SQLiteDatabase(path, cache_mb=cache_mb))
