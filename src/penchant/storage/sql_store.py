"""The store over a database: what the tables give, put together so that each call is one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from penchant.errors import StorageError
from penchant.keys import Key
from penchant.storage.rows import FailedRow, FailureKind, Once, SlateRow
from penchant.storage.sql_catalog import SQLCatalog
from penchant.storage.sql_log import SQLLog
from penchant.storage.sql_people import SQLPeople
from penchant.storage.tables import current

_COUNTS = {
    "events": "event",
    # Items that are there have a live state each, and these are small.
    "items": "live",
    "links": "link WHERE undone IS NULL",
    "slates": "slate",
    "traits": "trait",
    "consents": "consent",
    "failed": "failed",
    "keys": "access_key",
    "rules": current("rule"),
    "placements": current("placement"),
    "feeds": "feed",
}
# Where ids of people stand: table, column, and the kind that the column leaves out.
_NAMED = (
    ("event", "actor", ""),
    ("event", "anonymous_id", "anon:"),
    ("beside", "a", ""),
    ("beside", "b", ""),
    ("link", "a", ""),
    ("link", "b", ""),
    ("member", "actor", ""),
    ("member", "person", ""),
    ("trait", "actor", ""),
    ("consent", "actor", ""),
    ("slate", "actor", ""),
    ("failed", "user_id", "user:"),
    ("failed", "anonymous_id", "anon:"),
)


class SQLStore(SQLLog, SQLCatalog, SQLPeople):
    """A `Store` over a `Database`; the log, the catalog and people are in files of their own."""

    # slates

    def log_slates(self, slates: Sequence[SlateRow]) -> None:
        """Keep served slates; one that is known already is no error, one of an erased person is left out."""
        if slates:
            with self.database.writing() as writer:
                whose = {slate.actor for slate in slates if slate.actor is not None}
                erased = self._erasure.among(writer.rows, whose)
                self._slates.add(writer, [slate for slate in slates if slate.actor not in erased])

    def slate(self, slate_id: str) -> bytes | None:
        """A served slate, or None."""
        return self._slates.find(slate_id)

    def slate_row(self, slate_id: str) -> SlateRow | None:
        """A served slate with whose it was and when, or None."""
        return self._slates.row(slate_id)

    def slates(self, domain: str, *, after: int = 0, until: int, batch: int = 1_000) -> Iterator[list[SlateRow]]:
        """A domain's slates, those without a person too, by time and then id."""
        return self._slates.scan(domain, after, until, batch)

    def slates_of(self, actors: Sequence[str]) -> list[SlateRow]:
        """Slates served to any of these, by time."""
        return self._slates.of(actors)

    # failed messages

    def failed(
        self,
        *,
        domain: str | None = None,
        kind: FailureKind | None = None,
        settled: bool = False,
        before: tuple[int, str] | None = None,
        limit: int = 100,
    ) -> list[FailedRow]:
        """Failed messages, the latest first; those that wait, or those that are settled."""
        return self._failed.page(domain=domain, kind=kind, settled=settled, before=before, limit=limit)

    def failed_message(self, id: str) -> FailedRow | None:
        """One failed message, or None."""
        return self._failed.find(id)

    def failed_of(self, actors: Sequence[str]) -> list[FailedRow]:
        """Failed messages of any of these actors, waiting and settled, by time."""
        return self._failed.of(actors)

    def failed_counts(self) -> dict[str, int]:
        """How many wait, by kind."""
        return self._failed.counts()

    def settle(self, ids: Sequence[str], at: int) -> None:
        """Mark failed messages as done with (replayed or put aside)."""
        if ids:
            with self.database.writing() as writer:
                self._failed.settle(writer, ids, at)

    def forget_failed(self, *, before: int, keep: int) -> int:
        """Delete failed messages from before a moment (milliseconds), and all but the latest `keep`; how many."""
        with self.database.writing() as writer:
            return self._failed.forget(writer, before=before, keep=keep)

    # keys

    def put_key(self, key: Key) -> None:
        """Keep a new key."""
        with self.database.writing() as writer:
            if not self._keys.put(writer, key):
                raise StorageError(self.url, f"there is a key {key.id} already")

    def keys(self) -> list[Key]:
        """All keys, also expired and revoked ones, by time of creation."""
        return self._keys.all()

    def end_key(self, id: str, *, expires: int | None = None, revoked: int | None = None) -> bool:
        """Let a key expire at a moment, or revoke it; False when there is none of this id."""
        with self.database.writing() as writer:
            return self._keys.end(writer, id, expires=expires, revoked=revoked)

    # once

    def begin_once(self, key: str, digest: bytes, *, at: int, stale: int) -> Once | None:
        """Claim a key of idempotency; None when it is yours, else what is kept under it."""
        with self.database.writing() as writer:
            return self._answers.begin(writer, key, digest, at=at, stale=stale)

    def end_once(self, key: str, answer: bytes | None) -> None:
        """Keep the answer of a claim; None gives the claim up."""
        with self.database.writing() as writer:
            self._answers.end(writer, key, answer)

    def forget_once(self, *, before: int) -> int:
        """Delete answers from before a moment (milliseconds); how many."""
        with self.database.writing() as writer:
            return self._answers.forget(writer, before)

    # itself

    def count(self) -> dict[str, int]:
        """Rows by kind: events, items, links, slates, traits, consents, failed, keys, rules, placements, feeds."""
        return {kind: int(self.database.rows(f"SELECT count(*) FROM {table}")[0][0]) for kind, table in _COUNTS.items()}

    def check(self) -> list[str]:
        """What is wrong with the files or between tables; empty when nothing is."""
        return [
            *self.database.check(),
            *self._people.check(),
            *self._catalog.check(),
            *self._feeds.check(),
            *self._check_erased(),
        ]

    def _check_erased(self) -> list[str]:
        if not self._erasure.any(self.database.rows):
            return []
        wrong = []
        for table, column, prefix in _NAMED:
            ids = self.database.rows(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL")
            left = self._erasure.among(self.database.rows, (f"{prefix}{name}" for (name,) in ids))
            if left:
                wrong.append(f"{len(left)} erased ids still have rows in {table}")
        return wrong

    def close(self) -> None:
        """Let go of all files."""
        self.database.close()
