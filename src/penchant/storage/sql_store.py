"""The store over a database: what the tables give, put together so that each call is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import pyarrow as pa
from msgspec.structs import replace

from penchant.catalog import CatalogWrite, KeptItem
from penchant.errors import StorageError
from penchant.events import Consent, Event, Link, Trait
from penchant.keys import Key
from penchant.storage.database import Database, Writer
from penchant.storage.rows import FailedRow, FailureKind, Fate, FeedRow, Once, Revision, SlateRow, Versions
from penchant.storage.tables import (
    Answers,
    Catalog,
    Erasure,
    Failed,
    Feeds,
    Keys,
    Log,
    People,
    Revisions,
    Slates,
    Statements,
    current,
    pairs,
    row_of,
)

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


class SQLStore:
    """A `Store` over a `Database`."""

    def __init__(self, database: Database) -> None:
        """Use this database, whose tables were made by `tables.create`."""
        self.url = database.url
        self.database = database
        self._log = Log(database)
        self._catalog = Catalog(database)
        self._rules = Revisions(database, "rule")
        self._placements = Revisions(database, "placement")
        self._feeds = Feeds(database)
        self._answers = Answers(database)
        self._people = People(database)
        self._statements = Statements(database)
        self._slates = Slates(database)
        self._failed = Failed(database)
        self._keys = Keys(database)
        self._erasure = Erasure(database, self.meta()["salt"])

    # the log

    def append(
        self,
        events: Sequence[Event],
        *,
        links: Sequence[Link] = (),
        traits: Sequence[Trait] = (),
        consents: Sequence[Consent] = (),
        failed: Sequence[FailedRow] = (),
    ) -> list[Fate]:
        """Keep events, each (source, message_id, line) once, and what was said beside them: all of it or nothing."""
        rows = self._rows(events)
        joined = pairs(links)
        with self.database.writing() as writer:
            erased = self._erased(writer, events, links, traits, consents, failed)
            if erased:
                gone = [event.actor in erased for event in events]
                rows = [
                    row if f"anon:{event.anonymous_id}" not in erased else row_of(replace(event, anonymous_id=None))
                    for event, row, out in zip(events, rows, gone, strict=True)
                    if not out
                ]
                joined = {pair: link for pair, link in joined.items() if erased.isdisjoint(pair)}
                traits = [trait for trait in traits if trait.actor not in erased]
                consents = [consent for consent in consents if consent.actor not in erased]
                failed = [row for row in failed if erased.isdisjoint(_actors(row.user_id, row.anonymous_id))]
            new = iter(self._log.add(writer, rows, joined.keys()))
            self._people.add(writer, joined)
            self._statements.add(writer, traits, consents)
            self._failed.add(writer, failed)
        if erased:
            return [Fate.ERASED if out else Fate.STORED if next(new) else Fate.KNOWN for out in gone]
        return [Fate.STORED if stored else Fate.KNOWN for stored in new]

    def _rows(self, events: Sequence[Event]) -> list[tuple[object, ...]]:
        try:
            return [row_of(event) for event in events]
        except (TypeError, ValueError) as error:
            raise StorageError(self.url, f"an event cannot be written: {error}", refused=True) from error

    def _erased(
        self,
        writer: Writer,
        events: Sequence[Event],
        links: Sequence[Link],
        traits: Sequence[Trait],
        consents: Sequence[Consent],
        failed: Sequence[FailedRow],
    ) -> set[str]:
        """Who of all that is spoken of was erased; nobody is asked for while nobody ever was."""
        if not self._erasure.any(writer.rows):
            return set()
        actors = {actor for link in links for actor in (link.a, link.b)}
        actors.update(trait.actor for trait in traits)
        actors.update(consent.actor for consent in consents)
        for event in events:
            actors |= _actors(event.user_id, event.anonymous_id)
        for row in failed:
            actors |= _actors(row.user_id, row.anonymous_id)
        return self._erasure.among(writer.rows, actors)

    def history(self, domain: str, actors: Sequence[str], *, until: int, limit: int) -> list[Event]:
        """The latest events of a person under any of their ids, oldest first."""
        return self._log.history(domain, actors, until=until, limit=limit)

    def reached(self, domain: str, actors: Sequence[str], names: Sequence[str], *, until: int) -> list[str]:
        """Items a person has any of these events with, however long ago, by id."""
        return self._log.reached(domain, actors, names, until=until)

    def find(self, source: str, message_ids: Sequence[str]) -> list[Event]:
        """Events of these messages, by message id and line."""
        return self._log.find(source, message_ids)

    def events_of(self, actors: Sequence[str], *, after: int = 0, limit: int = 10_000) -> list[tuple[int, Event]]:
        """Events of every domain under any of these ids, in the order they were stored, with sequence numbers."""
        return self._log.events_of(actors, after=after, limit=limit)

    def scan(self, after: int, batch: int) -> Iterator[pa.RecordBatch]:
        """The log after a sequence number, in order, as batches of `EVENT_SCHEMA`."""
        return self._log.scan(after, batch)

    def last_seq(self) -> int:
        """The highest sequence number that was given; 0 when none was."""
        return self._log.last_seq()

    # the catalog

    def change_items(
        self, domain: str, ids: Sequence[str], decide: Callable[[Mapping[str, KeptItem]], CatalogWrite]
    ) -> int:
        """Read items and write what follows from them, with nobody in between; durable when it returns."""
        with self.database.writing() as writer:
            kept = self._catalog.of(writer.rows, domain, ids)
            write = decide(kept)
            if write.entries:
                self._feeds.remember(writer, domain, write.entries)
            return self._catalog.write(writer, domain, write, kept)

    def items(self, domain: str, after: int = 0, *, batch: int = 10_000) -> Iterator[list[KeptItem]]:
        """Items that became what they were not after a catalog version, with their live state, by id."""
        return self._catalog.items(domain, after, batch)

    def live_items(self, domain: str, after: int) -> list[tuple[str, bytes]]:
        """Id and live state of items whose live state changed after a catalog version."""
        return self._catalog.lives(domain, after)

    def items_of(self, domain: str, ids: Sequence[str]) -> dict[str, KeptItem]:
        """Those of these items that the catalog has, by id."""
        return self._catalog.of(self.database.rows, domain, ids)

    def versions(self, domain: str) -> Versions:
        """Numbers that grow with every change of the domain's catalog, and of its rules and placements."""
        return self._catalog.versions(domain)

    def facts(self, domain: str, *, batch: int = 100_000) -> Iterator[pa.RecordBatch]:
        """Everything remembered of tracked fields, as batches of `FACT_SCHEMA`, by id, field and time."""
        return self._catalog.facts(domain, batch)

    # rules

    def put_rule(
        self, domain: str, id: str, body: bytes | None, *, at: int, by: str, revision: int | None = None
    ) -> int:
        """Keep a new revision of a rule, or take it out (None); what was before stays in its history."""
        with self.database.writing() as writer:
            return self._rules.put(writer, domain, id, body, at=at, by=by, revision=revision)

    def rules(self, domain: str) -> list[Revision]:
        """The last revision of every rule that was not taken out, by id."""
        return self._rules.current(domain)

    def rule_history(self, domain: str, id: str | None = None, *, limit: int = 1_000) -> list[Revision]:
        """Revisions of one rule or of all, the latest first."""
        return self._rules.history(domain, id, limit)

    # placements

    def put_placement(
        self, domain: str, id: str, body: bytes | None, *, at: int, by: str, revision: int | None = None
    ) -> int:
        """Keep a new revision of a placement, or take it out (None); what was before stays in its history."""
        with self.database.writing() as writer:
            return self._placements.put(writer, domain, id, body, at=at, by=by, revision=revision)

    def placements(self, domain: str) -> list[Revision]:
        """The last revision of every placement that was kept here and not taken out, by name."""
        return self._placements.current(domain)

    def placement_history(self, domain: str, id: str | None = None, *, limit: int = 1_000) -> list[Revision]:
        """Revisions of one placement or of all, the latest first."""
        return self._placements.history(domain, id, limit)

    # feeds

    def put_feed(self, feed: FeedRow) -> bool:
        """Keep a new feed, or change its settings; whether it is new."""
        with self.database.writing() as writer:
            return self._feeds.put(writer, feed)

    def feeds(self) -> list[FeedRow]:
        """All feeds by name."""
        return self._feeds.all()

    def drop_feed(self, name: str) -> bool:
        """Forget a feed, its entries and its runs; the items stay. False when there is none."""
        with self.database.writing() as writer:
            return self._feeds.drop(writer, name)

    def claim_feed(self, name: str, *, now: int, until: int) -> bool:
        """Take the right to pull a feed until a moment (milliseconds); False while somebody else has it."""
        with self.database.writing() as writer:
            return self._feeds.claim(writer, name, now=now, until=until)

    def end_feed(self, name: str, *, state: bytes, due: int | None, at: int, report: bytes) -> None:
        """Give the right back, and keep the feed's state, when it is due next, and the report of the run."""
        with self.database.writing() as writer:
            self._feeds.end(writer, name, state=state, due=due, at=at, report=report)

    def feed_runs(self, name: str, *, limit: int = 20) -> list[tuple[int, bytes]]:
        """Reports of a feed as (milliseconds, JSON), the latest first."""
        return self._feeds.runs(name, limit)

    def feed_entries(self, name: str, *, batch: int = 10_000) -> Iterator[list[tuple[str, bytes]]]:
        """What a feed said last, as (item id, JSON), by id."""
        return self._feeds.entries(name, batch)

    def entries_of(self, ids: Sequence[str], *, domain: str) -> dict[str, list[str]]:
        """Names of the domain's feeds that say something of each of these items, by id."""
        return self._feeds.naming(ids, domain)

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

    # people

    def links(self) -> list[tuple[str, str]]:
        """Every link that holds, as pairs in order."""
        return self._people.links()

    def link_history(self, actors: Sequence[str]) -> list[tuple[Link, int | None]]:
        """Every link that touches any of these, with the moment it was undone (milliseconds), oldest first."""
        return self._people.history(actors)

    def unlink(self, a: str, b: str, at: int) -> bool:
        """Undo a link; False when there is none."""
        with self.database.writing() as writer:
            return self._people.part(writer, a, b, at)

    def actors(self, actor: str) -> list[str]:
        """All actors that are one person with this one, itself included, sorted."""
        return self._people.actors(actor)

    def persons(self) -> dict[str, str]:
        """Actor to person for every actor that is one person with another."""
        return self._people.persons()

    def regroup(self) -> None:
        """Work out from the links alone who is one person; changes nothing unless something was broken."""
        with self.database.writing() as writer:
            self._people.rebuild(writer)

    def traits(self, actors: Sequence[str]) -> list[Trait]:
        """Everything ever said of these actors, by time."""
        return self._statements.traits(actors)

    def consents(self, actors: Sequence[str]) -> dict[str, list[Consent]]:
        """What the person of each of these actors allowed and forbade under any id, by time."""
        return self._statements.consents(actors)

    def every_consent(self) -> list[Consent]:
        """All statements of consent, by time."""
        return self._statements.every_consent()

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

    # erasure

    def erase(self, actors: Sequence[str], at: int, receipt: str, body: bytes) -> dict[str, int]:
        """Delete everything under these ids, refuse later events of theirs, and keep the receipt; all or nothing.

        An event that carries one of these ids beside another one is deleted too, as it names the erased person.
        """
        with self.database.writing() as writer:
            traits, consents = self._statements.drop(writer, actors)
            deleted = {
                # Before the links: they tell which events name these ids beside another one.
                "events": self._log.drop(writer, actors),
                "links": self._people.drop(writer, actors),
                "traits": traits,
                "consents": consents,
                "slates": self._slates.drop(writer, actors),
                "failed": self._failed.drop(writer, actors),
            }
            self._erasure.add(writer, actors, at, receipt, body)
        return deleted

    def erased(self, actors: Sequence[str]) -> list[str]:
        """Which of these were erased."""
        erased = self._erasure.among(self.database.rows, actors)
        return [actor for actor in dict.fromkeys(actors) if actor in erased]

    def readmit(self, actors: Sequence[str]) -> int:
        """Take events of erased actors again, when they come back; how many were erased."""
        with self.database.writing() as writer:
            return self._erasure.readmit(writer, actors)

    def receipts(self) -> list[tuple[str, int, bytes]]:
        """Receipts of erasure as (id, milliseconds, JSON), by time."""
        return self._erasure.receipts()

    def scrub(self) -> None:
        """Make sure that nothing deleted is left in the files."""
        self.database.scrub()

    # itself

    def meta(self) -> Mapping[str, str]:
        """Facts of this store: `schema`, `salt`."""
        return {str(name): str(value) for name, value in self.database.rows("SELECT name, value FROM meta")}

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


def _actors(user_id: str | None, anonymous_id: str | None) -> set[str]:
    named = set()
    if user_id is not None:
        named.add(f"user:{user_id}")
    if anonymous_id is not None:
        named.add(f"anon:{anonymous_id}")
    return named
