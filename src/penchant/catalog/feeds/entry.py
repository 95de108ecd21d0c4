"""What every dialect of feeds is read into: one entry for each item, in the words of the item types of the packs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Literal, NamedTuple

ItemKind = Literal["product", "content", "learning"]
"""Pack whose item type the fields belong to."""


class Entry(NamedTuple):
    """One item as a feed tells of it.

    Attributes:
        place: Line of a table, or number of the entry in the file, from 1.
        id: The item's id.
        kind: Whose fields they are.
        fields: Plain values by field of the item type, without `id`; moments as ISO 8601 text with an offset.
    """

    place: int
    id: str
    kind: ItemKind
    fields: dict[str, Any]


class Refused(NamedTuple):
    """An entry that cannot be taken, though the rest of the feed can.

    Attributes:
        place: As in `Entry`.
        id: The item's id, as far as it can be read.
        field: Word of the feed that is wrong, as the feed spells it; empty when it is no single one.
        reason: What is wrong with it, in a sentence.
    """

    place: int
    id: str
    field: str
    reason: str


@dataclass(frozen=True)
class Options:
    """What a feed does not say of itself.

    Attributes:
        columns: Field = column, for tables without a dialect.
        separator: Separator of list values in one column.
        currency: Of prices that name none.
        timezone: Of times that carry none.
        encoding: What the server said; what the file says of itself goes first.
        url: Where the feed came from, for relative links.
        kind: What the items are, for dialects that do not tell by themselves.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    separator: str = "|"
    currency: str | None = None
    timezone: str = "UTC"
    encoding: str | None = None
    url: str = ""
    kind: ItemKind = "product"


Read = Callable[[BinaryIO, Options], Iterator[Entry | Refused]]
"""Reads a feed entry by entry.

Raises `FeedFailed` (step `read`, with the dialect's name as the feed) for a file that is not of the dialect or breaks
off: as soon as it is seen, which may be after some entries.
"""


@dataclass(frozen=True)
class Dialect:
    """One way of writing a feed.

    Attributes:
        name: As in `--dialect merchant`.
        about: One sentence.
        kinds: Which items it may tell of.
        read: Reads one file.
        whole: Whether a file tells of every item. One that tells of the latest alone says nothing of what left it.
    """

    name: str
    about: str
    kinds: tuple[ItemKind, ...]
    read: Read
    whole: bool = True
