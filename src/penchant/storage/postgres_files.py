"""The files of a PostgreSQL server, as far as they can be reached through a connection: checked, and written anew."""

from __future__ import annotations

from penchant.errors import StorageError
from penchant.storage.postgres_connection import Connection

_TABLES = "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"

_INDEXES = """
SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
JOIN pg_am ON pg_am.oid = relam WHERE amname = 'btree' AND indrelid = ?::regclass ORDER BY indexrelid
"""

_COLUMNS = """
SELECT string_agg(quote_ident(attname), ', ' ORDER BY array_position(indkey, attnum))
FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
WHERE indexrelid = ?::regclass AND indpred IS NULL AND indexprs IS NULL
"""

_WAYS = ("seqscan", "indexscan", "indexonlyscan", "bitmapscan", "sort", "hashagg")


def problems(connection: Connection) -> list[str]:
    """What is wrong with the tables of the schema; empty when nothing is.

    Every page is read, which compares its checksum in clusters that have them (the default since PostgreSQL 18). Every
    index is held against its table: by the extension `amcheck` where this role may load it, else by the number of
    rows that are found through it.
    """
    found: list[str] = []
    for (table,) in connection.rows(_TABLES):
        try:
            indexes = [str(row[0]) for row in connection.rows(_INDEXES, (table,))]
            # The extension is there for the length of the transaction alone.
            connection.script("BEGIN")
            if connection.attempt(
                "CREATE EXTENSION IF NOT EXISTS amcheck; SELECT bt_index_check('pg_class_oid_index'::regclass, true)"
            ):
                found += _amiss(connection, indexes)
                indexes = []
            connection.rollback()
            found += _miscounted(connection, table, indexes)
        except StorageError as error:
            if connection.broken:
                raise
            found.append(f"table {table}: {error.reason}")
        finally:
            connection.rollback()
    return found


def scrub(connection: Connection) -> None:
    """Write all tables of the schema anew, so that their files forget what was deleted; each is locked meanwhile.

    The planner's statistics hold values of columns, so they are written anew as well. Where this role may, the
    write-ahead log goes on in a new file, and a checkpoint lets go of the old ones. What the server recycles, archives
    or sends to replicas is out of reach.
    """
    for (table,) in connection.rows(_TABLES):
        connection.script(f"VACUUM (FULL, ANALYZE) {table}")
    for wish in ("VACUUM FULL pg_statistic", "SELECT pg_switch_wal()", "CHECKPOINT"):
        connection.attempt(wish)


def _amiss(connection: Connection, indexes: list[str]) -> list[str]:
    """What `amcheck` finds."""
    found = []
    for index in indexes:
        connection.script("SAVEPOINT here")
        try:
            connection.rows("SELECT bt_index_check(?::regclass, true)", (index,))
        except StorageError as error:
            connection.script("ROLLBACK TO here")
            found.append(f"index {index}: {error.reason}")
    return found


def _miscounted(connection: Connection, table: str, indexes: list[str]) -> list[str]:
    """Indexes through which other rows are found than the table has; also reads all of the table."""
    # One snapshot for all counts: others may write meanwhile.
    connection.script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    rows = _count(connection, table, "seqscan")
    found = []
    for index in indexes:
        [(columns,)] = connection.rows(_COLUMNS, (index,))
        if columns is None:
            continue
        # Rows in the order of the index come out of it; without OFFSET the planner would drop the order.
        seen = _count(connection, f"(SELECT 1 FROM {table} ORDER BY {columns} OFFSET 0) AS row", "indexscan")
        if seen != rows:
            found.append(f"index {index}: {seen} of the {rows} rows of {table} are found through it")
    return found


def _count(connection: Connection, rows: str, way: str) -> int:
    """How many rows there are, found in one way alone."""
    for one in _WAYS:
        connection.script(f"SET LOCAL enable_{one} = {'on' if one == way else 'off'}")
    return int(connection.rows(f"SELECT count(*) FROM {rows}")[0][0])
