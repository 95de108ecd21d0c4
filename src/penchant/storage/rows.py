"""What the store keeps and tells, as rows: revisions, feeds, slates, refused messages; and the columns it streams."""

from __future__ import annotations

from enum import Enum
from typing import Literal, NamedTuple

import msgspec
import pyarrow as pa

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


FACT_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("field", pa.string(), nullable=False),
        pa.field("at", pa.int64(), nullable=False),
        pa.field("value", pa.float64()),
    ]
)
"""Columns of what is remembered of tracked fields; `at` is milliseconds since the epoch."""


class Past(msgspec.Struct, frozen=True, gc=False):
    """An event as a request reads it: the fields of `Event` that say what somebody did, and how much of it."""

    name: str
    time: int
    item: str | None
    quantity: float | None
    order: str | None
    progress: float | None
    playhead: float | None
    length: float | None
    session: str | None


class Versions(NamedTuple):
    """How often a domain's catalog, and its rules and placements, were changed; 0 for never."""

    catalog: int
    rules: int


class Revision(NamedTuple):
    """A revision of a rule or a placement: when (milliseconds), by whom, what (JSON); None when it was taken out."""

    id: str
    revision: int
    at: int
    by: str
    body: bytes | None


class FeedRow(NamedTuple):
    """A feed.

    Attributes:
        name: Its name.
        domain: Where its items go.
        settings: JSON of how it is pulled.
        created: Milliseconds.
        state: JSON of what the last run left for the next one.
        due: When it is to be pulled next, milliseconds; None when nobody waits for it.
    """

    name: str
    domain: str
    settings: bytes
    created: int
    state: bytes = b"{}"
    due: int | None = None


class Once(NamedTuple):
    """What is kept under a key of idempotency; without an answer it is still being worked on."""

    key: str
    digest: bytes
    at: int
    answer: bytes | None


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
