"""The Store protocol: the log of events, the live catalog, who is who, and the slates that were served.

What `append` acknowledged is on disk. Everything else can be rebuilt from the log. One test suite
(`penchant.testing.StoreChecks`) runs against every adapter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Literal, NamedTuple, Protocol

import pyarrow as pa

from penchant.events import Consent, Event, Link, Trait
from penchant.keys import Key

EVENT_SCHEMA = pa.schema(
    [
        pa.field("seq", pa.int64(), nullable=False),
        pa.field("domain", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("actor", pa.string(), nullable=False),
        pa.field("time", pa.int64(), nullable=False),
        pa.field("item", pa.string()),
        pa.field("quantity", pa.float64()),
        pa.field("price", pa.float64()),
        pa.field("currency", pa.string()),
        pa.field("order_id", pa.string()),
        pa.field("progress", pa.float64()),
        pa.field("slate", pa.string()),
        pa.field("position", pa.int64()),
        pa.field("dwell", pa.float64()),
        pa.field("playhead", pa.float64()),
        pa.field("length", pa.float64()),
        pa.field("session", pa.string()),
    ]
)
"""Columns of the log as the lake keeps them; `time` is milliseconds since the epoch."""


class SlateRow(NamedTuple):
    """A served slate: whose it was, when (milliseconds), and what it said (JSON)."""

    slate_id: str
    domain: str
    actor: str | None
    at: int
    body: bytes


class Fate(Enum):
    """What became of an event that was to be kept."""

    STORED = "stored"
    KNOWN = "known"
    """The log had it already."""
    ERASED = "erased"
    """It is about a person who was erased; nothing of it was kept."""


FailureKind = Literal["size", "parse", "schema", "key_scope", "clock", "consent", "unknown_item", "internal"]
"""Why a message could not be taken."""


class FailedRow(NamedTuple):
    """A message that could not be taken.

    Attributes:
        id: Stable: the same message from the same source has the same id.
        at: When it came, milliseconds; a replay reads it as if it came then.
        domain: Where it was meant for.
        source: Who sent it.
        message_id: The sender's id of it, if it has one.
        user_id: Whose it is, as far as that can be read.
        anonymous_id: The same.
        kind: Why.
        reason: Code of what is wrong.
        field: Where.
        message: A sentence about it.
        body: The message as JSON, or the bytes that are none; None when it must not be kept.
        times: How often it came.
        settled: When it was replayed or put aside, milliseconds; None while it waits.
    """

    id: str
    at: int
    domain: str
    source: str
    message_id: str | None
    user_id: str | None
    anonymous_id: str | None
    kind: FailureKind
    reason: str
    field: str
    message: str
    body: bytes | None
    times: int = 1
    settled: int | None = None


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

    def put_items(self, domain: str, items: Sequence[tuple[str, bytes]]) -> None:
        """Insert or replace items (id, JSON), all or none; durable when it returns."""
        ...

    def items(self, domain: str, after: int = 0) -> list[tuple[str, bytes, int]]:
        """Items changed after a catalog version, as (id, JSON, version), by id."""
        ...

    def catalog_version(self, domain: str) -> int:
        """A number that grows with every change of the domain's catalog; 0 when it never had an item."""
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
        """Rows by kind: events, items, links, slates, traits, consents, failed, keys."""
        ...

    def check(self) -> list[str]:
        """What is wrong with the files or between tables; empty when nothing is. May take a while."""
        ...

    def close(self) -> None:
        """Let go of all files."""
        ...
