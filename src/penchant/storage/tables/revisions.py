"""Rules and placements, each with all their revisions: two tables of one shape."""

from __future__ import annotations

from typing import Any, Literal

from penchant.storage.database import Database, Row, Writer
from penchant.storage.rows import Revision

_COLUMNS = "id, revision, at, who, body"
# Rules and placements of a domain share a number: whoever follows one must look at the other anyway.
_GROW = (
    "INSERT INTO catalog (domain, version, rules, logged) VALUES (?, 0, 1, 0)"
    " ON CONFLICT (domain) DO UPDATE SET rules = catalog.rules + 1"
)


def current(table: str) -> str:
    """The last revisions of what was not taken out, to be selected from."""
    return (
        f"{table} WHERE body IS NOT NULL AND revision = (SELECT max(other.revision) FROM {table} AS other"
        f" WHERE other.domain = {table}.domain AND other.id = {table}.id)"
    )


class Revisions:
    """Revisions by domain; each carries the version that the domain's rules and placements have with it."""

    def __init__(self, database: Database, table: Literal["rule", "placement"]) -> None:
        """Use this table of a database."""
        self._database, self._table = database, table

    def put(
        self, writer: Writer, domain: str, id: str, body: bytes | None, *, at: int, by: str, revision: int | None
    ) -> int:
        """See `Store.put_rule`."""
        last_one = (
            f"SELECT revision, body FROM {self._table} WHERE domain = ? AND id = ? ORDER BY revision DESC LIMIT 1"
        )
        rows = writer.rows(last_one, (domain, id))
        last, there = (int(rows[0][0]), rows[0][1] is not None) if rows else (0, False)
        fits = revision is None or revision == last or (revision == 0 and not there)
        if not fits or (body is None and not there):
            return 0
        writer.execute(_GROW, (domain,))
        [(version,)] = writer.rows("SELECT rules FROM catalog WHERE domain = ?", (domain,))
        writer.execute(
            f"INSERT INTO {self._table} (domain, id, revision, version, at, who, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (domain, id, last + 1, version, at, by, body),
        )
        return last + 1

    def current(self, domain: str) -> list[Revision]:
        """See `Store.rules`."""
        sql = f"SELECT {_COLUMNS} FROM {current(self._table)} AND domain = ? ORDER BY id"
        return [_revision(row) for row in self._database.rows(sql, (domain,))]

    def history(self, domain: str, id: str | None, limit: int) -> list[Revision]:
        """See `Store.rule_history`."""
        one, values = ("", [domain]) if id is None else (" AND id = ?", [domain, id])
        # By version, not by time: clocks of two servers may differ.
        sql = f"SELECT {_COLUMNS} FROM {self._table} WHERE domain = ?{one} ORDER BY version DESC LIMIT ?"
        parameters: list[Any] = [*values, limit]
        return [_revision(row) for row in self._database.rows(sql, parameters)]


def _revision(row: Row) -> Revision:
    id, revision, at, by, body = row
    return Revision(id, revision, at, by, None if body is None else bytes(body))
