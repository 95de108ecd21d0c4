"""Items as a store keeps them: what they are and what changes often, apart; and what is written of them at once.

`body` and `live` are JSON objects of the item's fields that differ from their defaults: `live` has `id` and the fields
that the item type declares `live`, `body` has all others. An item is read back from either, or from both joined.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec


class KeptItem(NamedTuple):
    """An item.

    Attributes:
        id: Its id.
        body: What it is; None when the catalog does not have it (any more).
        live: What changes often; None as `body`.
        version: Version of the catalog that changed it last.
    """

    id: str
    body: bytes | None
    live: bytes | None
    version: int = 0


class ItemFact(msgspec.Struct, frozen=True, gc=False):
    """A tracked field had a value from a moment on (milliseconds); None means that it had none."""

    id: str
    field: str
    at: int
    value: float | None


class FeedEntry(NamedTuple):
    """What a feed said last of one item: JSON of its fields; None when it says nothing any more."""

    feed: str
    id: str
    body: bytes | None


@dataclass(frozen=True)
class CatalogWrite:
    """What is written at once.

    Attributes:
        bodies: Id and body of items that became what they were not; a new item is in `lives` too.
        lives: Id and live state of items whose live state changed.
        gone: Ids of items that are taken out.
        facts: What to remember of tracked fields.
        entries: What to remember of feeds.
    """

    bodies: Sequence[tuple[str, bytes]] = ()
    lives: Sequence[tuple[str, bytes]] = ()
    gone: Sequence[str] = ()
    facts: Sequence[ItemFact] = ()
    entries: Sequence[FeedEntry] = ()

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.bodies or self.lives or self.gone or self.facts or self.entries)
