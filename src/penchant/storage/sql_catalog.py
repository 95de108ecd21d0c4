"""Calls of a store that are about items, the rules and placements over them, and the feeds they come by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import pyarrow as pa

from penchant.catalog import CatalogWrite, KeptItem
from penchant.storage.rows import FeedRow, Revision, Versions
from penchant.storage.sql_tables import SQLTables


class SQLCatalog(SQLTables):
    """Items, rules, placements, feeds."""

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
