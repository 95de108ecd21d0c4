"""What a feed says beyond the fields of an item, kept within bounds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from penchant.catalog.feeds.prose import one_line

MOST = 50
"""Attributes kept of one item; those that come first."""
LONGEST_NAME = 80
LONGEST_VALUE = 500
"""Characters; longer values are cut."""
MOST_VALUES = 20
"""Values kept of one attribute."""


def free_attributes(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Names and values as `Item.attributes` keeps them.

    Empty values are left out; a name told more than once has a list.
    """
    kept: dict[str, Any] = {}
    for name, value in pairs:
        name, value = one_line(name)[:LONGEST_NAME], value.strip()[:LONGEST_VALUE]
        if not name or not value:
            continue
        before = kept.get(name)
        if before is None:
            if len(kept) < MOST:
                kept[name] = value
        elif isinstance(before, list):
            if value not in before and len(before) < MOST_VALUES:
                before.append(value)
        elif value != before:
            kept[name] = [before, value]
    return kept
