"""The embedded store: SQLite through APSW, WAL, `synchronous=FULL`.

APSW brings a current SQLite with it; the one in Python's standard library may be one with the WAL-reset race
that 3.51.3 mended. One connection writes; each reading thread has its own.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pyarrow as pa

from penchant.errors import StorageError
from penchant.events import Event
from penchant.storage.store import EVENT_SCHEMA, SlateRow

SCHEMA_VERSION = 1

_READER_CACHE_MB = 4
"""Page cache of a reading thread's connection; there may be dozens, and the system caches the file anyway."""

_SCHEMA = """
CREATE TABLE event (
  seq INTEGER PRIMARY KEY,
  domain TEXT NOT NULL, source TEXT NOT NULL, message_id TEXT NOT NULL, line INTEGER NOT NULL,
  name TEXT NOT NULL, actor TEXT NOT NULL, user_id TEXT, anonymous_id TEXT,
  time INTEGER NOT NULL, received INTEGER NOT NULL,
  item TEXT, quantity REAL, price REAL, currency TEXT, order_id TEXT, progress REAL,
  slate TEXT, position INTEGER, properties BLOB,
  UNIQUE (message_id, source, line)
) STRICT;
CREATE INDEX event_actor ON event (actor, domain, time);
CREATE TABLE item (
  domain TEXT NOT NULL, id TEXT NOT NULL, body BLOB NOT NULL, version INTEGER NOT NULL,
  PRIMARY KEY (domain, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX item_version ON item (domain, version);
CREATE TABLE catalog (domain TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE link (a TEXT NOT NULL, b TEXT NOT NULL, PRIMARY KEY (a, b)) STRICT, WITHOUT ROWID;
CREATE INDEX link_b ON link (b, a);
CREATE TABLE slate (
  id TEXT PRIMARY KEY, domain TEXT NOT NULL, actor TEXT, at INTEGER NOT NULL, body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
"""

_INSERT_EVENT = f"INSERT OR IGNORE INTO event VALUES (NULL, {', '.join('?' * 19)})"
_READ_EVENT = (
    "domain, source, message_id, line, name, user_id, anonymous_id, time, received, item, quantity, price,"
    " currency, order_id, progress, slate, position, properties"
)
_SCAN = f"SELECT {', '.join(EVENT_SCHEMA.names)} FROM event WHERE seq > ? AND seq <= ? ORDER BY seq"
_ACTORS = """
WITH RECURSIVE person(actor) AS (
  SELECT ?1 UNION SELECT b FROM link JOIN person ON a = actor UNION SELECT a FROM link JOIN person ON b = actor
) SELECT actor FROM person ORDER BY actor
"""


class SQLiteStore:
    """A `Store` in one file."""

    def __init__(self, path: Path, *, cache_mb: int = 64) -> None:
        """Open the file, or make it.

        Args:
            path: The database file; its folder is made.
            cache_mb: Page cache of the writing connection.

        Raises:
            StorageError: The file cannot be opened, is no store, or was written by a newer penchant.
        """
        self.path = path
        self.url = f"sqlite:///{path}"
        self._write = threading.Lock()
        self._local = threading.local()
        self._readers: list[apsw.Connection] = []
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = self._connect(cache_mb)
            self._migrate()
        except (apsw.Error, OSError) as error:
            raise StorageError(self.url, str(error)) from error

    def _connect(self, cache_mb: int = _READER_CACHE_MB) -> apsw.Connection:
        connection = apsw.Connection(str(self.path))
        connection.set_busy_timeout(10_000)
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            f"cache_size = -{cache_mb * 1024}",
            "wal_autocheckpoint = 16384",
            "foreign_keys = ON",
        ):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def _migrate(self) -> None:
        # IMMEDIATE: two processes that open a new file at once must not both create the tables.
        with self._write:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                rows: list[Any] = self._writer.execute("PRAGMA user_version").fetchall()
                version = int(rows[0][0])
                if version > SCHEMA_VERSION:
                    raise StorageError(self.url, f"written by a newer penchant (schema {version})")
                if version == 0:
                    self._writer.execute(_SCHEMA)
                    self._writer.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
                self._writer.execute("COMMIT")
            except BaseException:
                self._writer.execute("ROLLBACK")
                raise

    def _reader(self) -> apsw.Connection:
        connection: apsw.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
            self._readers.append(connection)
        return connection

    def _rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        try:
            rows: list[Any] = self._reader().execute(sql, tuple(parameters)).fetchall()
            return rows
        except apsw.Error as error:
            raise StorageError(self.url, str(error)) from error

    def append(self, events: Sequence[Event]) -> list[bool]:
        """Keep events, each (source, message_id, line) once; durable when it returns."""
        rows = [_row(event) for event in events]
        stored: list[bool] = []
        with self._write:
            try:
                with self._writer:
                    cursor = self._writer.cursor()
                    for row in rows:
                        cursor.execute(_INSERT_EVENT, row)
                        stored.append(self._writer.changes() == 1)
            except apsw.Error as error:
                raise StorageError(self.url, str(error)) from error
        return stored

    def history(self, domain: str, actors: Sequence[str], *, until: int, limit: int) -> list[Event]:
        """The latest events of a person under any of their ids, oldest first."""
        marks = ", ".join("?" * len(actors))
        sql = (
            f"SELECT {_READ_EVENT} FROM event WHERE actor IN ({marks}) AND domain = ? AND time <= ?"
            " ORDER BY time DESC, seq DESC LIMIT ?"
        )
        rows = self._rows(sql, (*actors, domain, until, limit))
        return [_event(row) for row in reversed(rows)]

    def reached(self, domain: str, actors: Sequence[str], names: Sequence[str], *, until: int) -> list[str]:
        """Items a person has any of these events with, however long ago, by id."""
        sql = (
            f"SELECT DISTINCT item FROM event WHERE actor IN ({', '.join('?' * len(actors))}) AND domain = ?"
            f" AND time <= ? AND name IN ({', '.join('?' * len(names))}) AND item IS NOT NULL ORDER BY item"
        )
        return [str(row[0]) for row in self._rows(sql, (*actors, domain, until, *names))]

    def scan(self, after: int, batch: int) -> Iterator[pa.RecordBatch]:
        """The log after a sequence number, in order, as batches of `EVENT_SCHEMA`."""
        last = self.last_seq()
        while after < last:
            upto = min(after + batch, last)
            rows = self._rows(_SCAN, (after, upto))
            if rows:
                columns = zip(*rows, strict=True)
                arrays = [pa.array(c, f.type) for c, f in zip(columns, EVENT_SCHEMA, strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, schema=EVENT_SCHEMA)
            after = upto

    def last_seq(self) -> int:
        """The highest sequence number in the log; 0 when it is empty."""
        return int(self._rows("SELECT coalesce(max(seq), 0) FROM event")[0][0])

    def put_items(self, domain: str, items: Sequence[tuple[str, bytes]]) -> None:
        """Insert or replace items (id, JSON), all or none; durable when it returns."""
        if not items:
            return
        with self._write:
            try:
                with self._writer:
                    self._writer.execute(
                        "INSERT INTO catalog VALUES (?, 1) ON CONFLICT (domain) DO UPDATE SET version = version + 1",
                        (domain,),
                    )
                    found: list[Any] = self._writer.execute(
                        "SELECT version FROM catalog WHERE domain = ?", (domain,)
                    ).fetchall()
                    number = int(found[0][0])
                    self._writer.executemany(
                        "INSERT INTO item VALUES (?, ?, ?, ?) ON CONFLICT (domain, id) DO UPDATE"
                        " SET body = excluded.body, version = excluded.version",
                        [(domain, name, body, number) for name, body in items],
                    )
            except apsw.Error as error:
                raise StorageError(self.url, str(error)) from error

    def items(self, domain: str, after: int = 0) -> list[tuple[str, bytes, int]]:
        """Items changed after a catalog version, as (id, JSON, version), by id."""
        sql = "SELECT id, body, version FROM item WHERE domain = ? AND version > ? ORDER BY id"
        return [(str(a), bytes(b), int(c)) for a, b, c in self._rows(sql, (domain, after))]

    def catalog_version(self, domain: str) -> int:
        """A number that grows with every change of the domain's catalog; 0 when it never had an item."""
        rows = self._rows("SELECT version FROM catalog WHERE domain = ?", (domain,))
        return int(rows[0][0]) if rows else 0

    def link(self, links: Sequence[tuple[str, str]]) -> None:
        """Keep that two actors are one person; known links are no error."""
        pairs = sorted({(min(a, b), max(a, b)) for a, b in links if a != b})
        if not pairs:
            return
        with self._write:
            try:
                with self._writer:
                    self._writer.executemany("INSERT OR IGNORE INTO link VALUES (?, ?)", pairs)
            except apsw.Error as error:
                raise StorageError(self.url, str(error)) from error

    def links(self) -> list[tuple[str, str]]:
        """Every link."""
        return [(str(a), str(b)) for a, b in self._rows("SELECT a, b FROM link ORDER BY a, b")]

    def actors(self, actor: str) -> list[str]:
        """All actors that are one person with this one, itself included, sorted."""
        return [str(row[0]) for row in self._rows(_ACTORS, (actor,))]

    def log_slates(self, slates: Sequence[SlateRow]) -> None:
        """Keep served slates; one that is known already is no error."""
        with self._write:
            try:
                with self._writer:
                    self._writer.executemany("INSERT OR IGNORE INTO slate VALUES (?, ?, ?, ?, ?)", slates)
            except apsw.Error as error:
                raise StorageError(self.url, str(error)) from error

    def slate(self, slate_id: str) -> bytes | None:
        """A served slate, or None."""
        rows = self._rows("SELECT body FROM slate WHERE id = ?", (slate_id,))
        return bytes(rows[0][0]) if rows else None

    def count(self) -> dict[str, int]:
        """Rows by kind: events, items, links, slates."""
        kinds = {"events": "event", "items": "item", "links": "link", "slates": "slate"}
        return {kind: int(self._rows(f"SELECT count(*) FROM {table}")[0][0]) for kind, table in kinds.items()}

    def close(self) -> None:
        """Let go of all files."""
        for connection in (*self._readers, self._writer):
            connection.close()
        self._readers.clear()


def _row(event: Event) -> tuple[Any, ...]:
    return (
        event.domain,
        event.source,
        event.message_id,
        event.line,
        event.name,
        event.actor,
        event.user_id,
        event.anonymous_id,
        event.time,
        event.received,
        event.item,
        event.quantity,
        event.price,
        event.currency,
        event.order,
        event.progress,
        event.slate,
        event.position,
        msgspec.json.encode(event.properties) if event.properties else None,
    )


def _event(row: Sequence[Any]) -> Event:
    values: list[Any] = list(row)
    values[-1] = msgspec.json.decode(row[-1]) if row[-1] else {}
    return Event(*values)
