"""The live catalog."""

from __future__ import annotations

from collections.abc import Sequence

from penchant.storage.database import Database, Writer


class Catalog:
    """Items by domain, each with the version of the catalog that changed it."""

    def __init__(self, database: Database) -> None:
        """Use this database."""
        self._database = database

    def put(self, writer: Writer, domain: str, items: Sequence[tuple[str, bytes]]) -> None:
        """Insert or replace items (id, JSON)."""
        writer.execute(
            "INSERT INTO catalog (domain, version) VALUES (?, 1)"
            " ON CONFLICT (domain) DO UPDATE SET version = catalog.version + 1",
            (domain,),
        )
        [(version,)] = writer.rows("SELECT version FROM catalog WHERE domain = ?", (domain,))
        writer.executemany(
            "INSERT INTO item (domain, id, body, version) VALUES (?, ?, ?, ?) ON CONFLICT (domain, id) DO UPDATE"
            " SET body = excluded.body, version = excluded.version",
            [(domain, name, body, version) for name, body in items],
        )

    def items(self, domain: str, after: int) -> list[tuple[str, bytes, int]]:
        """See `Store.items`."""
        sql = "SELECT id, body, version FROM item WHERE domain = ? AND version > ? ORDER BY id"
        return [(str(a), bytes(b), int(c)) for a, b, c in self._database.rows(sql, (domain, after))]

    def version(self, domain: str) -> int:
        """See `Store.catalog_version`."""
        rows = self._database.rows("SELECT version FROM catalog WHERE domain = ?", (domain,))
        return int(rows[0][0]) if rows else 0
