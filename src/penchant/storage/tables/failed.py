"""Messages that could not be taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from penchant.storage.database import Database, Writer
from penchant.storage.rows import FailedRow, FailureKind
from penchant.storage.tables.values import anonymous, known, marks, pieces

_COLUMNS = ", ".join(FailedRow._fields)
_INSERT = (
    f"INSERT INTO failed ({_COLUMNS}) VALUES ({marks(FailedRow._fields)})"
    " ON CONFLICT (id) DO UPDATE SET times = failed.times + 1, kind = excluded.kind, reason = excluded.reason,"
    " field = excluded.field, message = excluded.message"
)


class Failed:
    """Failed messages, waiting and settled."""

    def __init__(self, database: Database) -> None:
        """Use this database."""
        self._database = database

    def add(self, writer: Writer, rows: Sequence[FailedRow]) -> None:
        """Keep messages; one that came before is counted."""
        if rows:
            writer.executemany(_INSERT, rows)

    def page(
        self,
        *,
        domain: str | None,
        kind: FailureKind | None,
        settled: bool,
        before: tuple[int, str] | None,
        limit: int,
    ) -> list[FailedRow]:
        """See `Store.failed`."""
        terms = ["settled IS NOT NULL" if settled else "settled IS NULL"]
        values: list[Any] = []
        for column, value in (("domain", domain), ("kind", kind)):
            if value is not None:
                terms.append(f"{column} = ?")
                values.append(value)
        if before is not None:
            terms.append("(at, id) < (?, ?)")
            values.extend(before)
        sql = f"SELECT {_COLUMNS} FROM failed WHERE {' AND '.join(terms)} ORDER BY at DESC, id DESC LIMIT ?"
        return [_failed(row) for row in self._database.rows(sql, (*values, limit))]

    def find(self, id: str) -> FailedRow | None:
        """See `Store.failed_message`."""
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM failed WHERE id = ?", (id,))
        return _failed(rows[0]) if rows else None

    def of(self, actors: Sequence[str]) -> list[FailedRow]:
        """See `Store.failed_of`."""
        found: dict[str, FailedRow] = {}
        for column, ids in (("user_id", known(actors)), ("anonymous_id", anonymous(actors))):
            for some in pieces(ids):
                sql = f"SELECT {_COLUMNS} FROM failed WHERE {column} IS NOT NULL AND {column} IN ({marks(some)})"
                found.update((str(row[0]), _failed(row)) for row in self._database.rows(sql, some))
        return sorted(found.values(), key=lambda row: (row.at, row.id))

    def counts(self) -> dict[str, int]:
        """See `Store.failed_counts`."""
        rows = self._database.rows(
            "SELECT kind, count(*) FROM failed WHERE settled IS NULL GROUP BY kind ORDER BY kind"
        )
        return {str(kind): int(number) for kind, number in rows}

    def settle(self, writer: Writer, ids: Sequence[str], at: int) -> None:
        """Mark messages as done with; one that is already keeps its moment."""
        for some in pieces(ids):
            writer.execute(
                f"UPDATE failed SET settled = ? WHERE settled IS NULL AND id IN ({marks(some)})", (at, *some)
            )

    def forget(self, writer: Writer, *, before: int, keep: int) -> int:
        """Delete what came before a moment, and all but the latest; how many."""
        gone = writer.execute("DELETE FROM failed WHERE at < ?", (before,))
        edge = writer.rows("SELECT at, id FROM failed ORDER BY at DESC, id DESC LIMIT 1 OFFSET ?", (keep,))
        if edge:
            gone += writer.execute("DELETE FROM failed WHERE (at, id) <= (?, ?)", edge[0])
        return gone

    def drop(self, writer: Writer, actors: Sequence[str]) -> int:
        """Delete the messages of these; how many."""
        gone = 0
        for column, ids in (("user_id", known(actors)), ("anonymous_id", anonymous(actors))):
            for some in pieces(ids):
                gone += writer.execute(
                    f"DELETE FROM failed WHERE {column} IS NOT NULL AND {column} IN ({marks(some)})", some
                )
        return gone


def _failed(row: Sequence[Any]) -> FailedRow:
    found = FailedRow(*row)
    return found if found.body is None else found._replace(body=bytes(found.body))
