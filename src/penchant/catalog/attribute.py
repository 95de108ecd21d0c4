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
    """

    field: str
    kind: Literal["category", "tags", "number", "text"]
    weight: float = 1.0
