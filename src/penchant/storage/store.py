"""The Store protocol: the log of events, the live catalog, who is who, and the slates that were served.

What `append` acknowledged is on disk. Everything else can be rebuilt from the log. One test suite
(`penchant.testing.StoreChecks`) runs against every adapter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import pyarrow as pa

from penchant.events import Event

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


class Store(Protocol):
    """The operational store of one workspace."""

    def append(self, events: Sequence[Event]) -> list[bool]:
        """Keep events, each (source, message_id, line) once; durable when it returns.

        Returns:
            For each event, True when it was stored and False when the log had it already.

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

    def scan(self, after: int, batch: int) -> Iterator[pa.RecordBatch]:
        """The log after a sequence number, in order, as batches of `EVENT_SCHEMA`."""
        ...

    def last_seq(self) -> int:
        """The highest sequence number in the log; 0 when it is empty."""
        ...

    def put_items(self, domain: str, items: Sequence[tuple[str, bytes]]) -> None:
        """Insert or replace items (id, JSON), all or none; durable when it returns."""
        ...

    def items(self, domain: str, after: int = 0) -> list[tuple[str, bytes, int]]:
        """Items changed after a catalog version, as (id, JSON, version), by id."""
        ...

    def catalog_version(self, domain: str) -> int:
        """A number that grows with every change of the domain's catalog; 0 when it never had an item."""
        ...

    def link(self, links: Sequence[tuple[str, str]]) -> None:
        """Keep that two actors are one person; known links are no error."""
        ...

    def links(self) -> list[tuple[str, str]]:
        """Every link."""
        ...

    def actors(self, actor: str) -> list[str]:
        """All actors that are one person with this one, itself included, sorted."""
        ...

    def log_slates(self, slates: Sequence[SlateRow]) -> None:
        """Keep served slates; one that is known already is no error."""
        ...

    def slate(self, slate_id: str) -> bytes | None:
        """A served slate, or None."""
        ...

    def count(self) -> dict[str, int]:
        """Rows by kind: events, items, links, slates."""
        ...

    def close(self) -> None:
        """Let go of all files."""
        ...
