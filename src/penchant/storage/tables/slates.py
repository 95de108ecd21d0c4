"""The slates that were served."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from penchant.storage.database import Database, Writer
from penchant.storage.rows import SlateRow
from penchant.storage.tables.values import marks, pieces

_PAGE = (
    "SELECT id, domain, actor, at, body FROM slate WHERE domain = ? AND at < ? AND (at, id) > (?, ?)"
    " ORDER BY at, id LIMIT ?"
)
_INSERT = "INSERT INTO slate (id, domain, actor, at, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"


class Slates:
    """Slates by id and by whose they were."""

    def __init__(self, database: Database) -> None:
        """Use this database."""
        self._database = database

    def add(self, writer: Writer, slates: Sequence[SlateRow]) -> None:
        """Keep slates; a known one stays as it is."""
        writer.executemany(_INSERT, slates)

    def find(self, slate_id: str) -> bytes | None:
        """See `Store.slate`."""
        rows = self._database.rows("SELECT body FROM slate WHERE id = ?", (slate_id,))
        return bytes(rows[0][0]) if rows else None

    def row(self, slate_id: str) -> SlateRow | None:
        """See `Store.slate_row`."""
        rows = self._database.rows("SELECT id, domain, actor, at, body FROM slate WHERE id = ?", (slate_id,))
        if not rows:
            return None
        name, domain, actor, at, body = rows[0]
        return SlateRow(name, domain, actor, at, bytes(body))

    def of(self, actors: Sequence[str]) -> list[SlateRow]:
        """See `Store.slates_of`."""
        found: list[SlateRow] = []
        for some in pieces(actors):
            rows = self._database.rows(
                f"SELECT id, domain, actor, at, body FROM slate WHERE actor IS NOT NULL AND actor IN ({marks(some)})",
                some,
            )
            found += [SlateRow(name, domain, actor, at, bytes(body)) for name, domain, actor, at, body in rows]
        return sorted(found, key=lambda slate: (slate.at, slate.slate_id))

    def scan(self, domain: str, after: int, until: int, batch: int) -> Iterator[list[SlateRow]]:
        """See `Store.slates`."""
        last: tuple[int, str] = (after, "")
        while rows := self._database.rows(_PAGE, (domain, until, *last, batch)):
            yield [SlateRow(name, domain, actor, at, bytes(body)) for name, domain, actor, at, body in rows]
            last = (int(rows[-1][3]), str(rows[-1][0]))

    def drop(self, writer: Writer, actors: Sequence[str]) -> int:
        """Delete the slates of these; how many."""
        return sum(
            writer.execute(f"DELETE FROM slate WHERE actor IS NOT NULL AND actor IN ({marks(some)})", some)
            for some in pieces(actors)
        )
