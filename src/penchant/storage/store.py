"""The Store protocol: the log of events, the live catalog, who is who, and the slates that were served.

What `append` acknowledged is on disk. Everything else can be rebuilt from the log. One test suite
(`penchant.testing.StoreChecks`) runs against every adapter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

import pyarrow as pa

from penchant.catalog import CatalogWrite, KeptItem
from penchant.events import Consent, Event, Link, Trait
from penchant.keys import Key
from penchant.storage.rows import (
    FailedRow,
    FailureKind,
    Fate,
    FeedRow,
    Once,
    Past,
    Revision,
    SlateRow,
    Versions,
)


class Store(Protocol):
    """The operational store of one workspace."""

    url: str
    """Where it is, without any password."""

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
        """Keep events, each (source, message_id, line) once, and what was said beside them: all of it or nothing.

        Links, traits and consents that are known already are no error; what is about an erased person is left out. An
        event of somebody else that names an erased anonymous id is kept without that id. A failed message that came
        before is counted.

        Returns:
            What became of each event. All that is STORED or KNOWN is durable.

        Raises:
            StorageError: Nothing of this call was stored.
        """
        ...

    def history(self, domain: str, actors: Sequence[str], *, until: int, limit: int) -> list[Event]:
        """The latest events of a person under any of their ids, oldest first.

        Args:
            domain: Domain name.
            actors: `user:…` and `anon:…` keys.
            until: Milliseconds; later events are left out.
            limit: Most events.
        """
        ...

    def past(self, domain: str, actors: Sequence[str], *, until: int, limit: int) -> list[Past]:
        """The same events as `history`, oldest first, as far as a request reads them.

        Args:
            domain: Domain name.
            actors: `user:…` and `anon:…` keys.
            until: Milliseconds; later events are left out.
            limit: Most events.
        """
        ...

    def reached(self, domain: str, actors: Sequence[str], names: Sequence[str], *, until: int) -> list[str]:
        """Items a person has any of these events with, however long ago, by id.

        Args:
            domain: Domain name.
            actors: `user:…` and `anon:…` keys.
            names: Event names.
            until: Milliseconds; later events are left out.
        """
        ...

    def find(self, source: str, message_ids: Sequence[str]) -> list[Event]:
        """Events of these messages, by message id and line."""
        ...

    def events_of(self, actors: Sequence[str], *, after: int = 0, limit: int = 10_000) -> list[tuple[int, Event]]:
        """Events of every domain under any of these ids, in the order they were stored, with sequence numbers."""
        ...

    def scan(self, after: int, batch: int) -> Iterator[pa.RecordBatch]:
        """The log after a sequence number, in order, as batches of `EVENT_SCHEMA`."""
        ...

    def last_seq(self) -> int:
        """The highest sequence number that was given; 0 when none was."""
        ...

    # the catalog

    def change_items(
        self, domain: str, ids: Sequence[str], decide: Callable[[Mapping[str, KeptItem]], CatalogWrite]
    ) -> int:
        """Read items and write what follows from them, with nobody in between; durable when it returns.

        A changed item and a changed live state carry the new version of the catalog; an item that is taken out leaves
        its id and the version behind, so that others see it go.

        Args:
            domain: Domain name.
            ids: Items to read.
            decide: Given those of them that the catalog has, by id, says what to write. It is called inside the
                transaction, once or (when the engine asks for it) again, and does nothing else.

        Returns:
            The catalog's version: grown by one when an item, a live state or a fact was written.
        """
        ...

    def items(self, domain: str, after: int = 0, *, batch: int = 10_000) -> Iterator[list[KeptItem]]:
        """Items that became what they were not after a catalog version, with their live state, by id.

        With `after`, items that were taken out are among them, without body. What changes while this runs may or may
        not be in it: it has a higher version than the catalog had before.

        Args:
            domain: Domain name.
            after: A version; 0 for the whole catalog.
            batch: Most items of one list.
        """
        ...

    def live_items(self, domain: str, after: int) -> list[tuple[str, bytes]]:
        """Id and live state of items whose live state changed after a catalog version."""
        ...

    def items_of(self, domain: str, ids: Sequence[str]) -> dict[str, KeptItem]:
        """Those of these items that the catalog has, by id."""
        ...

    def versions(self, domain: str) -> Versions:
        """Numbers that grow with every change of the domain's catalog, and of its rules and placements."""
        ...

    def facts(self, domain: str, *, batch: int = 100_000) -> Iterator[pa.RecordBatch]:
        """Everything remembered of tracked fields, as batches of `FACT_SCHEMA`, by id, field and time."""
        ...

    # rules

    def put_rule(
        self, domain: str, id: str, body: bytes | None, *, at: int, by: str, revision: int | None = None
    ) -> int:
        """Keep a new revision of a rule, or take it out (None); what was before stays in its history.

        Args:
            domain: Domain name.
            id: The rule.
            body: It, as JSON.
            at: Milliseconds.
            by: Who does it.
            revision: The revision this was made from, 0 for none; any when None.

        Returns:
            The new revision, counted from 1; 0 when `revision` is not the last one, and nothing was kept.
        """
        ...

    def rules(self, domain: str) -> list[Revision]:
        """The last revision of every rule that was not taken out, by id."""
        ...

    def rule_history(self, domain: str, id: str | None = None, *, limit: int = 1_000) -> list[Revision]:
        """Revisions of one rule or of all, the latest first."""
        ...

    # placements

    def put_placement(
        self, domain: str, id: str, body: bytes | None, *, at: int, by: str, revision: int | None = None
    ) -> int:
        """Keep a new revision of a placement, or take it out (None); as with `put_rule`."""
        ...

    def placements(self, domain: str) -> list[Revision]:
        """The last revision of every placement that was kept here and not taken out, by name."""
        ...

    def placement_history(self, domain: str, id: str | None = None, *, limit: int = 1_000) -> list[Revision]:
        """Revisions of one placement or of all, the latest first."""
        ...

    # feeds

    def put_feed(self, feed: FeedRow) -> bool:
        """Keep a new feed, or change its settings; whether it is new. A change keeps its state, entries and runs."""
        ...

    def feeds(self) -> list[FeedRow]:
        """All feeds by name."""
        ...

    def drop_feed(self, name: str) -> bool:
        """Forget a feed, its entries and its runs; the items stay. False when there is none."""
        ...

    def claim_feed(self, name: str, *, now: int, until: int) -> bool:
        """Take the right to pull a feed until a moment (milliseconds); False while somebody else has it."""
        ...

    def end_feed(self, name: str, *, state: bytes, due: int | None, at: int, report: bytes) -> None:
        """Give the right back, and keep the feed's state, when it is due next, and the report of the run.

        Of each feed the last 100 reports are kept.
        """
        ...

    def feed_runs(self, name: str, *, limit: int = 20) -> list[tuple[int, bytes]]:
        """Reports of a feed as (milliseconds, JSON), the latest first."""
        ...

    def feed_entries(self, name: str, *, batch: int = 10_000) -> Iterator[list[tuple[str, bytes]]]:
        """What a feed said last, as (item id, JSON), by id."""
        ...

    def entries_of(self, ids: Sequence[str], *, domain: str) -> dict[str, list[str]]:
        """Names of the domain's feeds that say something of each of these items, by id; others are left out."""
        ...

    # once

    def begin_once(self, key: str, digest: bytes, *, at: int, stale: int) -> Once | None:
        """Claim a key of idempotency; None when it is yours, else what is kept under it.

        Args:
            key: The key, with whose it is.
            digest: Of what is asked.
            at: Milliseconds.
            stale: A claim from before this moment that has no answer is taken over, whoever made it is gone.
        """
        ...

    def end_once(self, key: str, answer: bytes | None) -> None:
        """Keep the answer of a claim; None gives the claim up."""
        ...

    def forget_once(self, *, before: int) -> int:
        """Delete answers from before a moment (milliseconds); how many."""
        ...

    # people

    def links(self) -> list[tuple[str, str]]:
        """Every link that holds, as pairs in order."""
        ...

    def link_history(self, actors: Sequence[str]) -> list[tuple[Link, int | None]]:
        """Every link that touches any of these, with the moment it was undone (milliseconds), oldest first."""
        ...

    def unlink(self, a: str, b: str, at: int) -> bool:
        """Undo a link; False when there is none.

        It stays in the history, and only a link through the API joins the two again: what comes with events does not.
        """
        ...

    def actors(self, actor: str) -> list[str]:
        """All actors that are one person with this one, itself included, sorted; see `penchant.people`."""
        ...

    def persons(self) -> dict[str, str]:
        """Actor to person for every actor that is one person with another."""
        ...

    def regroup(self) -> None:
        """Work out from the links alone who is one person; changes nothing unless something was broken."""
        ...

    def traits(self, actors: Sequence[str]) -> list[Trait]:
        """Everything ever said of these actors, by time."""
        ...

    def consents(self, actors: Sequence[str]) -> dict[str, list[Consent]]:
        """What the person of each of these actors allowed and forbade under any id, by time.

        Those who said nothing are not in it.
        """
        ...

    def every_consent(self) -> list[Consent]:
        """All statements of consent, by time."""
        ...

    # slates

    def log_slates(self, slates: Sequence[SlateRow]) -> None:
        """Keep served slates; one that is known already is no error, one of an erased person is left out."""
        ...

    def slate(self, slate_id: str) -> bytes | None:
        """A served slate, or None."""
        ...

    def slate_row(self, slate_id: str) -> SlateRow | None:
        """A served slate with whose it was and when, or None."""
        ...

    def slates(self, domain: str, *, after: int = 0, until: int, batch: int = 1_000) -> Iterator[list[SlateRow]]:
        """A domain's slates, those without a person too, by time and then id.

        Args:
            domain: Domain name.
            after: Milliseconds; earlier slates are left out.
            until: Milliseconds; slates of this moment and later ones are left out.
            batch: Most slates of one list.
        """
        ...

    def slates_of(self, actors: Sequence[str]) -> list[SlateRow]:
        """Slates served to any of these, by time."""
        ...

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
        """Failed messages, the latest first; those that wait, or those that are settled.

        Args:
            domain: Of one domain alone.
            kind: Of one kind alone.
            settled: Replayed or put aside ones instead of those that wait.
            before: (at, id) of the last one seen, to page on.
            limit: Most rows.
        """
        ...

    def failed_message(self, id: str) -> FailedRow | None:
        """One failed message, or None."""
        ...

    def failed_of(self, actors: Sequence[str]) -> list[FailedRow]:
        """Failed messages of any of these actors, waiting and settled, by time."""
        ...

    def failed_counts(self) -> dict[str, int]:
        """How many wait, by kind."""
        ...

    def settle(self, ids: Sequence[str], at: int) -> None:
        """Mark failed messages as done with (replayed or put aside)."""
        ...

    def forget_failed(self, *, before: int, keep: int) -> int:
        """Delete failed messages from before a moment (milliseconds), and all but the latest `keep`; how many."""
        ...

    # keys

    def put_key(self, key: Key) -> None:
        """Keep a new key.

        Raises:
            StorageError: There is one of this id.
        """
        ...

    def keys(self) -> list[Key]:
        """All keys, also expired and revoked ones, by time of creation."""
        ...

    def end_key(self, id: str, *, expires: int | None = None, revoked: int | None = None) -> bool:
        """Let a key expire at a moment, or revoke it; False when there is none of this id."""
        ...

    # erasure

    def erase(self, actors: Sequence[str], at: int, receipt: str, body: bytes) -> dict[str, int]:
        """Delete everything under these ids, refuse later events of theirs, and keep the receipt; all or nothing.

        Of the ids themselves only salted hashes stay. Call `scrub` afterwards, so that the files forget too.

        Returns:
            Rows deleted, by kind: events, links, traits, consents, slates, failed.
        """
        ...

    def erased(self, actors: Sequence[str]) -> list[str]:
        """Which of these were erased."""
        ...

    def readmit(self, actors: Sequence[str]) -> int:
        """Take events of erased actors again, when they come back; how many were erased."""
        ...

    def receipts(self) -> list[tuple[str, int, bytes]]:
        """Receipts of erasure as (id, milliseconds, JSON), by time."""
        ...

    def scrub(self) -> None:
        """Make sure that nothing deleted is left in the files."""
        ...

    # itself

    def meta(self) -> Mapping[str, str]:
        """Facts of this store: `schema`, `salt`."""
        ...

    def count(self) -> dict[str, int]:
        """Rows by kind: events, items, links, slates, traits, consents, failed, keys, rules, placements, feeds."""
        ...

    def check(self) -> list[str]:
        """What is wrong with the files or between tables; empty when nothing is. May take a while."""
        ...

    def close(self) -> None:
        """Let go of all files."""
        ...
