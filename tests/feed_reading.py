"""Reading feeds in tests: from files beside the tests, or from text."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from penchant.catalog import Item, read_item
from penchant.catalog.feeds import DIALECTS, Entry, Options, Refused
from penchant.packs.content.items import Content
from penchant.packs.learning.items import Module
from penchant.packs.product.items import Product

FILES = Path(__file__).parent / "catalog" / "feeds" / "files"
KINDS: dict[str, type[Item]] = {"product": Product, "content": Content, "learning": Module}


def read(dialect: str, data: bytes | str, **options: Any) -> list[Entry | Refused]:
    """Everything a feed tells; each entry is proved to be an item of its kind."""
    told = list(
        DIALECTS[dialect].read(io.BytesIO(data.encode() if isinstance(data, str) else data), Options(**options))
    )
    for entry in told:
        if isinstance(entry, Entry):
            assert entry.kind in DIALECTS[dialect].kinds
            read_item(KINDS[entry.kind], {"id": entry.id, **entry.fields})
    return told


def read_fixture(dialect: str, name: str, **options: Any) -> tuple[dict[str, dict[str, Any]], list[Refused]]:
    """Fields by id, and what was refused, of a file beside the tests."""
    told = read(dialect, (FILES / name).read_bytes(), **options)
    entries = {entry.id: entry.fields for entry in told if isinstance(entry, Entry)}
    return entries, [entry for entry in told if isinstance(entry, Refused)]


def entries(told: list[Entry | Refused]) -> dict[str, dict[str, Any]]:
    """Fields by id."""
    return {entry.id: entry.fields for entry in told if isinstance(entry, Entry)}


def refused(told: list[Entry | Refused]) -> list[tuple[int, str, str]]:
    """Place, id and word of what was refused."""
    return [(entry.place, entry.id, entry.field) for entry in told if isinstance(entry, Refused)]
