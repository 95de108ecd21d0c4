"""Feeds, what each said last of every item, and the reports of their runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from penchant.catalog import FeedEntry
from penchant.errors import StorageError
from penchant.storage.database import Database, Writer
from penchant.storage.rows import FeedRow
from penchant.storage.tables.values import marks, pieces

REPORTS = 100
"""Reports that are kept of each feed."""

_COLUMNS = ", ".join(FeedRow._fields)
_PUT = (
    f"INSERT INTO feed ({_COLUMNS}) VALUES ({marks(FeedRow._fields)}) ON CONFLICT (name) DO UPDATE"
    " SET domain = excluded.domain, settings = excluded.settings, due = excluded.due"
)
_CLAIM = "UPDATE feed SET claimed = ? WHERE name = ? AND (claimed IS NULL OR claimed <= ?)"
_END = "UPDATE feed SET claimed = NULL, state = ?, due = ? WHERE name = ?"
_ENTRY = (
    "INSERT INTO feed_entry (feed, id, body) VALUES (?, ?, ?) ON CONFLICT (feed, id) DO UPDATE SET body = excluded.body"
)
_PAGE = "SELECT id, body FROM feed_entry WHERE feed = ? AND id > ? ORDER BY id LIMIT ?"


class Feeds:
    """Feeds by name."""

    def __init__(self, database: Database) -> None:
        """Use this database."""
        self._database = database

    def put(self, writer: Writer, feed: FeedRow) -> bool:
        """See `Store.put_feed`."""
        new = not writer.rows("SELECT 1 FROM feed WHERE name = ?", (feed.name,))
        writer.execute(_PUT, feed)
        return new

    def all(self) -> list[FeedRow]:
        """See `Store.feeds`."""
        return [
            FeedRow(name, domain, bytes(settings), created, bytes(state), due)
            for name, domain, settings, created, state, due in self._database.rows(
                f"SELECT {_COLUMNS} FROM feed ORDER BY name"
            )
        ]

    def drop(self, writer: Writer, name: str) -> bool:
        """See `Store.drop_feed`."""
        for table in ("feed_entry", "feed_run"):
            writer.execute(f"DELETE FROM {table} WHERE feed = ?", (name,))
        return writer.execute("DELETE FROM feed WHERE name = ?", (name,)) == 1

    def claim(self, writer: Writer, name: str, *, now: int, until: int) -> bool:
        """See `Store.claim_feed`."""
        return writer.execute(_CLAIM, (until, name, now)) == 1

    def end(self, writer: Writer, name: str, *, state: bytes, due: int | None, at: int, report: bytes) -> None:
        """See `Store.end_feed`; of a feed that was dropped meanwhile nothing is kept."""
        if not writer.execute(_END, (state, due, name)):
            return
        [(last,)] = writer.rows("SELECT coalesce(max(number), 0) FROM feed_run WHERE feed = ?", (name,))
        writer.execute(
            "INSERT INTO feed_run (feed, number, at, report) VALUES (?, ?, ?, ?)", (name, last + 1, at, report)
        )
        writer.execute("DELETE FROM feed_run WHERE feed = ? AND number <= ?", (name, last + 1 - REPORTS))

    def runs(self, name: str, limit: int) -> list[tuple[int, bytes]]:
        """See `Store.feed_runs`."""
        sql = "SELECT at, report FROM feed_run WHERE feed = ? ORDER BY number DESC LIMIT ?"
        return [(int(at), bytes(report)) for at, report in self._database.rows(sql, (name, limit))]

    def remember(self, writer: Writer, domain: str, entries: Sequence[FeedEntry]) -> None:
        """Keep what feeds of a domain say of items now."""
        names: set[str] = set()
        gone: list[tuple[str, str]] = []
        for feed, id, body in entries:  # only twice, as they may be made as they are asked for
            names.add(feed)
            if body is None:
                gone.append((feed, id))
        for some in pieces(names):
            rows = writer.rows(f"SELECT name FROM feed WHERE name IN ({marks(some)}) AND domain = ?", (*some, domain))
            names.difference_update(str(row[0]) for row in rows)
        if names:
            reason = f"there is no feed {min(names)} of {domain} (any more)"
            raise StorageError(self._database.url, reason, refused=True)
        if gone:
            writer.executemany("DELETE FROM feed_entry WHERE feed = ? AND id = ?", sorted(gone))
        if len(gone) < len(entries):
            writer.executemany(_ENTRY, (entry for entry in entries if entry.body is not None))

    def entries(self, name: str, batch: int) -> Iterator[list[tuple[str, bytes]]]:
        """See `Store.feed_entries`."""
        last = ""
        while rows := self._database.rows(_PAGE, (name, last, batch)):
            yield [(str(id), bytes(body)) for id, body in rows]
            last = str(rows[-1][0])

    def naming(self, ids: Sequence[str], domain: str) -> dict[str, list[str]]:
        """See `Store.entries_of`."""
        named = [str(row[0]) for row in self._database.rows("SELECT name FROM feed WHERE domain = ?", (domain,))]
        found: dict[str, list[str]] = {}
        for some in pieces(sorted(ids)) if named else ():
            sql = f"SELECT id, feed FROM feed_entry WHERE id IN ({marks(some)})"
            for id, feed in self._database.rows(sql, some):
                if feed in named:
                    found.setdefault(str(id), []).append(str(feed))
        return {id: sorted(feeds) for id, feeds in found.items()}

    def check(self) -> list[str]:
        """Entries and reports of no feed."""
        wrong = []
        for table in ("feed_entry", "feed_run"):
            feeds = self._database.rows(
                f"SELECT DISTINCT feed FROM {table} WHERE NOT EXISTS (SELECT 1 FROM feed WHERE name = {table}.feed)"
            )
            wrong += [f"{table} has rows of a feed {row[0]} that is not there" for row in feeds]
        return wrong
