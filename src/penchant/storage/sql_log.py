"""Calls of a store that are about the log, and what was said beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa
from msgspec.structs import replace

from penchant.errors import StorageError
from penchant.events import Consent, Event, Link, Trait
from penchant.storage.database import Writer
from penchant.storage.rows import FailedRow, Fate, Past
from penchant.storage.sql_tables import SQLTables
from penchant.storage.tables import pairs, row_of


class SQLLog(SQLTables):
    """Events: kept once, read by person and in order."""

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

    def past(self, domain: str, actors: Sequence[str], *, until: int, limit: int) -> list[Past]:
        """The same events, as far as a request reads them."""
        return self._log.past(domain, actors, until=until, limit=limit)

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


def _actors(user_id: str | None, anonymous_id: str | None) -> set[str]:
    named = set()
    if user_id is not None:
        named.add(f"user:{user_id}")
    if anonymous_id is not None:
        named.add(f"anon:{anonymous_id}")
    return named
