"""A store in memory, and an import in one call."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from penchant.catalog import Item
from penchant.clock import FixedClock, parse_time
from penchant.config.settings import Import
from penchant.events import Event, Link
from penchant.ingest import ImportReport, find_files, import_file
from penchant.packs.product.items import Product

NOW = parse_time("2026-11-21T20:00:00Z")


def column(value: Any) -> Any:
    """What the file says, as the settings read it: `{"value": 1}` needs its tag."""
    return {"column": next(iter(value)), **value} if isinstance(value, dict) else value


class MemorySink:
    """Keeps each (source, message id, line) once, as the log does."""

    def __init__(self) -> None:
        self.events: dict[tuple[str, str, int], Event] = {}
        self.items: dict[str, dict[str, Any]] = {}
        self.links: set[Link] = set()

    def append(self, events: Sequence[Event]) -> list[bool]:
        new = []
        for event in events:
            key = (event.source, event.message_id, event.line)
            new.append(key not in self.events)
            self.events.setdefault(key, event)
        return new

    def put_items(self, domain: str, items: Sequence[tuple[str, bytes]]) -> None:
        self.items |= {name: json.loads(data) for name, data in items}

    def link(self, links: Sequence[Link]) -> None:
        self.links |= set(links)

    def told(self, *fields: str) -> list[Any]:
        """Chosen fields of all events, in the order they came."""
        rows = [tuple(getattr(event, field) for field in fields) for event in self.events.values()]
        return [row[0] for row in rows] if len(fields) == 1 else rows


@pytest.fixture
def sink() -> MemorySink:
    return MemorySink()


@pytest.fixture
def run(tmp_path: Path, sink: MemorySink) -> Callable[..., ImportReport]:
    """Writes a file and imports it: `run("a.csv", "id,time\\n...", columns={...})`."""

    def call(
        name: str, data: str | bytes | None = None, *, item_type: type[Item] = Product, **spec: Any
    ) -> ImportReport:
        progress = spec.pop("progress", None)
        if data is not None:
            raw = data.encode() if isinstance(data, str) else data
            (tmp_path / name).write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
        spec["name"] = spec.pop("as_name", "test")
        columns = {field: column(value) for field, value in spec.pop("columns").items()}
        made = msgspec.convert({"domain": "shop", "path": name, "columns": columns, **spec}, Import)
        return import_file(
            made,
            find_files(name, tmp_path),
            sink=sink,
            kind=item_type,
            rejected_folder=tmp_path / "rejected",
            clock=FixedClock(NOW),
            known_events=("Loan Applied",),
            progress=progress,
        )

    return call


@pytest.fixture
def rejected(tmp_path: Path) -> Callable[[], list[dict[str, Any]]]:
    """Reads the rows that were refused."""

    def read() -> list[dict[str, Any]]:
        files = sorted((tmp_path / "rejected").glob("*.jsonl"))
        return [json.loads(line) for file in files for line in file.read_text().splitlines()]

    return read
