"""One connection to a PostgreSQL server, through psycopg 3; whatever goes wrong on it is a `StorageError`."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from penchant.errors import ExtraNotInstalled, StorageError
from penchant.storage.database import Row

try:
    import psycopg
    from psycopg import RawCursor
    from psycopg.conninfo import conninfo_to_dict
    from psycopg.pq import TransactionStatus
    from psycopg.types.numeric import Int8BinaryDumper

    _INSTALLED = True
except ImportError:
    _INSTALLED = False

# Whatever the settings of the server and the role are: a commit waits for the disk, a statement sees all that was
# committed before it, and nobody waits for a lock for ever. Every statement is written for its index, as on SQLite. A
# plan is kept as long as a connection, and one made while a table was empty must not read all of the full one.
_SETTINGS = """
SET default_transaction_isolation = 'read committed';
SET lock_timeout = '30s';
SET client_min_messages = 'error';
SET jit = off;
SET enable_seqscan = off;
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
"""

_DISK_FULL = "53100"
_QUOTED = re.compile(r' ?"[^"]*"( \([^)]*\))?')
_UNREAD = "postgresql://…"

_TOKENS = re.compile(r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | --[^\n]* | \?(\d*)""", re.VERBOSE)


@dataclass(frozen=True)
class Address:
    """Where a database is.

    Attributes:
        url: To be shown: without any password.
        told: What libpq needs to connect, by name.
    """

    url: str
    told: dict[str, Any] = field(repr=False)

    @classmethod
    def parse(cls, url: str) -> Address:
        """Read `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`, or what else libpq takes.

        Raises:
            ExtraNotInstalled: psycopg is missing.
            StorageError: This is no such URL.
        """
        if not _INSTALLED:
            raise ExtraNotInstalled("postgres", "a store on PostgreSQL")
        if url.count("@") > 1:
            # A part of the password would be taken for the host, and shown.
            raise StorageError(_UNREAD, "in names and passwords, @ must be written as %40 and / as %2F")
        try:
            told = conninfo_to_dict(url)
        except psycopg.Error:
            # What libpq says about it may quote a part of the password.
            raise StorageError(_UNREAD, "this is no URL of a PostgreSQL database") from None
        user = f"{quote(str(told['user']), safe='')}@" if told.get("user") else ""
        host, port = str(told.get("host", "")), str(told.get("port", ""))
        port = f":{port}" if port.isdecimal() else ""
        # A folder with the server's socket cannot stand where a host stands.
        place, query = ("", f"?host={quote(host)}") if host.startswith("/") else (host, "")
        shown = f"postgresql://{user}{place}{port}/{quote(str(told.get('dbname', '')), safe='')}{query}"
        return cls(shown, {"connect_timeout": 10, "fallback_application_name": "penchant", **told})


class Connection:
    """A connection that commits each statement by itself, unless `BEGIN` was said.

    Errors carry the server's first line alone: its details quote rows, and rows are people's data.
    """

    def __init__(self, address: Address) -> None:
        """Connect.

        Raises:
            StorageError: The server does not answer, or the database cannot be used.
        """
        self.url = address.url
        try:
            self._made = psycopg.connect(
                **address.told, autocommit=True, client_encoding="utf8", cursor_factory=RawCursor[Row]
            )
        except psycopg.Error as error:
            # The first line, without names: libpq puts hosts, users and whatever it could not read in quotes.
            why = _QUOTED.sub("", str(error).partition("\n")[0]).rpartition("failed: ")[2]
            raise StorageError(self.url, f"the server cannot be reached: {why}") from None
        # One width for all whole numbers, so that a statement is prepared once and not for each size of number.
        self._made.adapters.register_dumper(int, Int8BinaryDumper)
        # Made once: it costs a third of a short statement's time.
        self._cursor = self._made.cursor()
        try:
            encoding = self._made.info.parameter_status("server_encoding")
            if encoding != "UTF8":
                raise StorageError(self.url, f"the database's encoding must be UTF8, not {encoding}")
            self.script(_SETTINGS)
        except BaseException:
            self._made.close()
            raise

    @property
    def broken(self) -> bool:
        """Whether the server has gone away."""
        return self._made.closed

    @property
    def idle(self) -> bool:
        """Whether no statement and no transaction is under way."""
        return self._made.info.transaction_status == TransactionStatus.IDLE

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run a statement with `?` for parameters; its rows."""
        with self._translated():
            # A cursor of its own: it keeps the rows as long as it lives.
            cursor = self._made.execute(_numbered(statement), tuple(parameters), binary=True)
            return cursor.fetchall() if cursor.description else []

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> int:
        """Run a statement with `?` for parameters, or several that have none; how many rows the last one changed."""
        with self._translated():
            return max(0, self._cursor.execute(_numbered(statement), tuple(parameters) or None).rowcount)

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each row, without a wait for each answer."""
        with self._translated():
            self._cursor.executemany(_numbered(statement), rows)

    def script(self, statements: str) -> str:
        """Run statements as they stand; what the server calls the last one when it is done."""
        with self._translated():
            return self._cursor.execute(statements.encode()).statusmessage or ""

    def attempt(self, statements: str) -> bool:
        """Run statements that this role may not be allowed, or this server not have; whether it did them."""
        try:
            self.script(statements)
        except StorageError:
            if self.broken:
                raise
            return False
        return True

    def rollback(self) -> None:
        """Undo the transaction under way, if there is one; a connection on which that fails is closed."""
        status = self._made.info.transaction_status
        if status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
            try:
                self._made.execute(b"ROLLBACK")
            except psycopg.Error:
                self._made.close()
        elif status != TransactionStatus.IDLE:
            self._made.close()

    def close(self) -> None:
        """Let go of it."""
        self._made.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            if error.sqlstate == _DISK_FULL:
                raise StorageError(self.url, "the disk is full", full=True) from None
            # Of wrong values even the first line quotes the value.
            quotes = isinstance(error, psycopg.DataError) and error.sqlstate is not None
            reason = error.diag.message_primary or str(error).partition("\n")[0]
            unfit = isinstance(error, psycopg.DataError | psycopg.IntegrityError)
            raise StorageError(self.url, type(error).__name__ if quotes else reason, refused=unfit) from None
        except (UnicodeError, OverflowError, struct.error) as error:
            raise StorageError(self.url, f"a value cannot be stored ({type(error).__name__})", refused=True) from None


@lru_cache(maxsize=4096)
def _numbered(statement: str) -> bytes:
    """`?` as `$1`, `$2` …, and `?3` as `$3`; what stands in quotes stays."""
    count = 0

    def mark(found: re.Match[str]) -> str:
        nonlocal count
        if not found[0].startswith("?"):
            return found[0]
        count += 1
        return f"${found[1] or count}"

    return _TOKENS.sub(mark, statement).encode()
