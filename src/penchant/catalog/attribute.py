"""Which fields make two items alike, and how much each counts."""

from __future__ import annotations

from typing import Literal

import msgspec


class Attribute(msgspec.Struct, frozen=True):
    """One field of an item as a similarity sees it.

    Attributes:
        field: Field name of the pack's item type.
        kind: `category` (one value), `tags` (several), `number` (near is alike, on a log scale), `text` (words).
        weight: Share in the similarity, relative to the other attributes; 0 or more.
        asked: People can say which of its values they like; not of codes that mean nothing to them.
    """

    field: str
    kind: Literal["category", "tags", "number", "text"]
    weight: float = 1.0
    asked: bool = True
