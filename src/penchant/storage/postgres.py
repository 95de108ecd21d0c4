"""The store on a PostgreSQL server: for several servers over one store.

Reads take a connection of a bounded set, without a transaction around them, so that each sees all that was committed
before. One connection writes. Each of its transactions first takes an advisory lock that all processes share;
PostgreSQL lets go of it when the commit can be seen, so that sequence numbers become visible in order.
"""

from __future__ import annotations

import queue
import re
import secrets
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any

import msgspec

from penchant.errors import StorageError
from penchant.storage import postgres_files
from penchant.storage.database import Row
from penchant.storage.postgres_connection import Address, Connection
from penchant.storage.sql_store import SQLStore
from penchant.storage.tables import SCHEMA_VERSION, create
from penchant.storage.tables.schema import TABLES

_BEGIN = "BEGIN; SELECT pg_advisory_xact_lock(8099000878127738484)"  # the letters of `penchant` as a number

_COLUMNS = """
SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute
WHERE attrelid = ?::regclass AND attnum > 0 AND NOT attisdropped
"""

_KEYS = """
SELECT array_agg(attname::text ORDER BY array_position(indkey, attnum))
FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
WHERE indrelid = ?::regclass AND indisunique AND indpred IS NULL AND indexprs IS NULL GROUP BY indexrelid
"""

_INSERT = re.compile(
    r"INSERT INTO (?P<table>\w+) \((?P<columns>[\w, ]+)\) VALUES \((\?, )*\?\)"
    r"(?P<conflict> ON CONFLICT( \([\w, ]+\))? DO NOTHING| ON CONFLICT \((?P<key>[\w, ]+)\) DO UPDATE SET [^?]+)?"
)
"""An insertion that can be done for many rows at once: all parameters are values of the row."""

_MOST_ROWS = 1_000
"""Rows in one statement; each may have tens of kilobytes."""

_TABLES = "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()"

# From version 2, the first one on PostgreSQL. Of what becomes of live states see the same step in `sqlite`.
_NEW_IN_5 = {"placement"}
_NEW_IN_3 = {"live", "live_change", "item_fact", "rule", "feed", "feed_entry", "feed_run", "once"}
_NEW_SINCE: dict[int, set[str]] = {2: _NEW_IN_3 | _NEW_IN_5, 3: _NEW_IN_5, 4: _NEW_IN_5, 5: set()}
_BEFORE_3 = (
    "ALTER TABLE item ALTER COLUMN body DROP NOT NULL",
    "DROP INDEX item_version",
    "ALTER TABLE catalog ADD COLUMN rules BIGINT NOT NULL DEFAULT 0, ADD COLUMN logged BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE catalog ALTER COLUMN rules DROP DEFAULT, ALTER COLUMN logged DROP DEFAULT",
    "UPDATE catalog SET logged = version",
)
_LIVE_3 = (
    "INSERT INTO live (domain, id, body, version)"
    " SELECT domain, id, convert_to('{\"id\":' || to_json(id)::text || '}', 'UTF8'), version FROM item"
)


class PostgresDatabase:
    """A `Database` on a PostgreSQL server; its tables lie in the first schema of the search path."""

    def __init__(self, url: str, *, readers: int = 8) -> None:
        """Connect once, to see that it works.

        Args:
            url: `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`.
            readers: Most connections that read at a time; who comes later waits for one.

        Raises:
            ExtraNotInstalled: psycopg is missing.
            StorageError: The server does not answer, or the database cannot be used.
        """
        self._address = Address.parse(url)
        self.url = self._address.url
        self._closed = False
        self._epoch = 0
        self._write = threading.Lock()
        self._writer: _Slot = None
        self._tables: dict[str, _Table] = {}
        # The last one given back is the next one taken, so that few are open while few are needed.
        self._idle: queue.LifoQueue[_Slot] = queue.LifoQueue()
        for _ in range(readers):
            self._idle.put(None)
        self.rows("SELECT 1")

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run a reading statement; its rows."""
        with self._reading() as connection:
            return connection.rows(sql, parameters)

    @contextmanager
    def writing(self) -> Iterator[_Transaction]:
        """A transaction: durable when the block ends, undone when it raises.

        When the connection breaks while it commits, nobody knows whether it did. The error says that it did not; what
        is sent again with the same ids is found to be there.
        """
        with self._write:
            slot = self._writer = self._usable(self._writer)
            connection = slot[0]
            try:
                connection.script(_BEGIN)
                yield _Transaction(connection, self._tables)
                # A transaction that has failed answers COMMIT with a rollback, and with no error.
                if connection.script("COMMIT") != "COMMIT":
                    raise StorageError(self.url, "the transaction had failed before its end")
            except BaseException:
                connection.rollback()
                raise
            finally:
                self._writer = self._kept(slot)

    def check(self) -> list[str]:
        """What is wrong with the server's files, see `postgres_files.problems`; empty when nothing is."""
        with self._reading() as connection:
            return postgres_files.problems(connection)

    def scrub(self) -> None:
        """Write all tables anew, see `postgres_files.scrub`."""
        with self._reading() as connection:
            postgres_files.scrub(connection)

    def close(self) -> None:
        """Let go of all connections; those at work are closed when they are done."""
        self._closed = True
        with self._write:
            self._writer = self._kept(self._writer)
        idle: list[_Slot] = []
        with suppress(queue.Empty):
            while True:
                idle.append(self._idle.get_nowait())
        for slot in idle:
            self._idle.put(self._kept(slot))

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        slot = self._idle.get()
        try:
            slot = self._usable(slot)
            yield slot[0]
        finally:
            self._idle.put(self._kept(slot))

    def _usable(self, slot: _Slot) -> tuple[Connection, int]:
        """This connection, or a new one when there is none, or the server has gone away since it was made."""
        if self._closed:
            raise StorageError(self.url, "the store is closed")
        if slot is not None:
            if slot[1] == self._epoch and not slot[0].broken:
                return slot
            slot[0].close()
        return Connection(self._address), self._epoch

    def _kept(self, slot: _Slot) -> _Slot:
        """The connection, unless it can be used no more."""
        if slot is None:
            return None
        connection, epoch = slot
        if connection.broken and epoch == self._epoch and not self._closed:
            # When one is lost the server has mostly gone away: the others of its time are not to be trusted either.
            self._epoch += 1
        if self._closed or not connection.idle:
            connection.close()
            return None
        return slot


_Slot = tuple[Connection, int] | None
"""A connection, and how often the server had gone away when it was made."""


class _Table:
    """A table as rows are put into it: type of each column, and the columns of each unique index.

    Rows go in as JSON, in one statement: a few hundred of them are encoded in a fraction of the time that arrays take,
    or a statement for each row, and without the round trips of a COPY. JSON has no infinity and no NaN; they become
    NULL.
    """

    def __init__(self, connection: Connection, name: str) -> None:
        self.name = name
        self.types = {str(column): str(kind) for column, kind in connection.rows(_COLUMNS, (name,))}
        self.keys = [tuple(columns) for (columns,) in connection.rows(_KEYS, (name,))]

    def insert(self, columns: Sequence[str]) -> str:
        """The statement, without what becomes of rows that are there."""
        # JSON has no bytes: they come as base64.
        fields = ", ".join(f"{c} {'text' if self.types[c] == 'bytea' else self.types[c]}" for c in columns)
        values = ", ".join(f"decode({c}, 'base64')" if self.types[c] == "bytea" else c for c in columns)
        names = ", ".join(columns)
        return (
            f"INSERT INTO {self.name} ({names}) SELECT {values} FROM ROWS FROM"
            f" (json_to_recordset(?::json) AS ({fields})) WITH ORDINALITY AS given ({names}, ordinal) ORDER BY ordinal"
        )

    def key(self, columns: Sequence[str]) -> tuple[str, ...]:
        """The columns that tell rows apart."""
        return next(key for key in self.keys if set(key) <= set(columns))


class _Transaction:
    """A `Writer`."""

    def __init__(self, connection: Connection, tables: dict[str, _Table]) -> None:
        self._connection, self._tables = connection, tables

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run a statement; its rows."""
        return self._connection.rows(sql, parameters)

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Run a statement; how many rows it changed."""
        return self._connection.execute(sql, parameters)

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each row."""
        plain = _INSERT.fullmatch(sql)
        if plain is None:
            self._connection.executemany(sql, rows)
            return
        columns = tuple(plain["columns"].split(", "))
        statement = f"{self._table(plain['table']).insert(columns)}{plain['conflict'] or ''}"
        key = [columns.index(c) for c in plain["key"].split(", ")] if plain["key"] else []
        left = iter(rows)
        while some := list(islice(left, _MOST_ROWS)):
            # One statement may not change one row twice.
            if len(some) == 1 or (key and len({tuple(row[n] for n in key) for row in some}) < len(some)):
                self._connection.executemany(sql, some)
            else:
                self._connection.execute(statement, (self._json(columns, some),))

    def insert_new(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> list[bool]:
        """Insert the rows whose key the table does not have; for each, whether it was new."""
        flags: list[bool] = []
        if not rows:
            return flags
        key = self._table(table).key(columns)
        statement = f"{self._table(table).insert(columns)} ON CONFLICT DO NOTHING RETURNING {', '.join(key)}"
        places = [columns.index(c) for c in key]
        for start in range(0, len(rows), _MOST_ROWS):
            some = rows[start : start + _MOST_ROWS]
            new = set(self._connection.rows(statement, (self._json(columns, some),)))
            for row in some:
                found = tuple(row[n] for n in places)
                flags.append(found in new)
                new.discard(found)
        return flags

    def _table(self, name: str) -> _Table:
        if name not in self._tables:
            self._tables[name] = _Table(self._connection, name)
        return self._tables[name]

    def _json(self, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
        try:
            text = msgspec.json.encode([dict(zip(columns, row, strict=True)) for row in rows]).decode()
        except (TypeError, ValueError) as error:
            reason = f"a value cannot be stored ({type(error).__name__})"
            raise StorageError(self._connection.url, reason, refused=True) from None
        # The server would refuse it, and write the rows into its own log.
        if "\\u0000" in text and any(isinstance(value, str) and "\0" in value for row in rows for value in row):
            reason = "a text has a NUL character, which PostgreSQL cannot keep"
            raise StorageError(self._connection.url, reason, refused=True)
        return text


class PostgresStore(SQLStore):
    """A `Store` in one schema of a PostgreSQL database."""

    def __init__(self, url: str, *, readers: int = 8) -> None:
        """Connect, and make the tables if they are not there.

        Args:
            url: `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`.
            readers: Most connections that read at a time.

        Raises:
            ExtraNotInstalled: psycopg is missing.
            StorageError: The server does not answer, the schema belongs to something else, or it was written by a newer
                penchant.
        """
        database = PostgresDatabase(url, readers=readers)
        try:
            _prepare(database)
            super().__init__(database)
        except BaseException:
            database.close()
            raise


def _prepare(database: PostgresDatabase) -> None:
    """Make the tables of a new store, or bring those of an older one up to date."""
    # In a transaction: two servers that start on an empty database at once must not both create them.
    with database.writing() as writer:
        there = {str(row[0]) for row in writer.rows(_TABLES)}
        rows = writer.rows("SELECT value FROM meta WHERE name = 'schema'") if "meta" in there else []
        version = int(rows[0][0]) if rows else 0
        if version == SCHEMA_VERSION:
            return
        if version > SCHEMA_VERSION:
            raise StorageError(database.url, f"written by a newer penchant (schema {version})")
        if "meta" in there and version not in _NEW_SINCE:
            raise StorageError(database.url, f"schema {version} is not one that this penchant can bring up to date")
        new: set[str] = {table.name for table in TABLES} if not version else _NEW_SINCE[version]
        taken = sorted(there & new)
        if taken:
            raise StorageError(database.url, f"the schema has a table {taken[0]} of something else")
        for statement in _BEFORE_3 if version == 2 else ():
            writer.execute(statement)
        create(writer, "postgresql", secrets.token_hex(16))  # version 4 has an index more, 5 a table; 6 is of SQLite
        if version == 2:
            writer.execute(_LIVE_3)
