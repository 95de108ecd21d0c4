"""A store in memory, and an import in one call."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from penchant.catalog import Change, ChangeVerdict, Item, KeptItem, Schema, apply_changes, join
from penchant.clock import FixedClock, parse_time
from penchant.config.settings import Import, Limits
from penchant.events import Event, Link, Reading
from penchant.ingest import Collector, ImportReport, Sender, find_files, import_file
from penchant.packs.product.items import Product
from penchant.storage import Fate, SQLiteStore, Store

NOW = parse_time("2026-11-21T20:00:00Z")


def column(value: Any) -> Any:
    """What the file says, as the settings read it: `{"value": 1}` needs its tag."""
    return {"column": next(iter(value)), **value} if isinstance(value, dict) else value


class MemorySink:
    """Keeps each (source, message id, line) once, as the log does."""

    def __init__(self) -> None:
        self.events: dict[tuple[str, str, int], Event] = {}
        self.kept: dict[str, KeptItem] = {}
        self.kind: type[Item] = Product
        self.links: set[Link] = set()
        self.erased: set[str] = set()

    def append(self, events: Sequence[Event], *, links: Sequence[Link] = ()) -> list[Fate]:
        fates = []
        for event in events:
            key = (event.source, event.message_id, event.line)
            fate = Fate.KNOWN if key in self.events else Fate.STORED
            if event.user_id in self.erased:
                fate = Fate.ERASED
            else:
                self.events.setdefault(key, event)
            fates.append(fate)
        self.links |= set(links)
        return fates

    def write(self, domain: str, changes: Sequence[Change]) -> list[ChangeVerdict]:
        write, verdicts = apply_changes(Schema.of(self.kind), changes, self.kept, int(NOW * 1000))
        for name, live in write.lives:
            self.kept[name] = self.kept.get(name, KeptItem(name, b"", b""))._replace(live=live)
        for name, body in write.bodies:
            self.kept[name] = self.kept[name]._replace(body=body)
        return verdicts

    @property
    def items(self) -> dict[str, dict[str, Any]]:
        """What is kept, as plain fields."""
        return {item.id: json.loads(join(item.body or b"", item.live or b"")) for item in self.kept.values()}

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
        sink.kind = item_type
        made = msgspec.convert({"domain": "shop", "path": name, "columns": columns, **spec}, Import)
        return import_file(
            made,
            find_files(name, tmp_path),
            sink=sink,
            catalog=sink,
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


class FaultyStore:
    """A store that fails where it is told to."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.faults: dict[int, Exception] = {}
        self.appends = 0
        self.poison: str | None = None
        self.error: Exception = RuntimeError("poison")

    def append(self, events: Sequence[Event], **beside: Any) -> list[Fate]:
        """Fails at the n-th call, and whenever the poison is among the events."""
        self.appends += 1
        if self.appends in self.faults:
            raise self.faults[self.appends]
        if self.poison is not None and any(event.item == self.poison for event in events):
            raise self.error
        return self.store.append(events, **beside)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def faulty(store: SQLiteStore) -> FaultyStore:
    return FaultyStore(store)


@pytest.fixture
def open_collector(faulty: FaultyStore, clock: FixedClock) -> Iterator[Callable[..., Collector]]:
    """Makes collectors over the store, with limits or defaults of consent of one's own; all are closed in the end."""
    opened: list[Collector] = []

    def make(*, consent: dict[str, bool] | None = None, items: Sequence[str] = (), **limits: Any) -> Collector:
        opened.append(
            Collector(
                faulty,  # type: ignore[arg-type]
                clock,
                limits=Limits(**limits),
                consent={"analytics": True} | (consent or {}),
                items=lambda domain: items,
            )
        )
        return opened[-1]

    yield make
    for collector in opened:
        collector.close()


@pytest.fixture
def collector(open_collector: Callable[..., Collector]) -> Collector:
    return open_collector()


@pytest.fixture
def sender() -> Callable[..., Sender]:
    """Makes senders: `sender()` may say anything, `sender(trusted=False)` is a browser."""

    def make(source: str = "web", **fields: Any) -> Sender:
        return Sender(source, "shop", Reading("shop", source), **fields)

    return make


@pytest.fixture
def view() -> Callable[..., dict[str, Any]]:
    """Makes messages: `view("m1", item="shoe", userId="ann")`."""

    def make(message_id: str, *, item: str | None = "shoe", at: str | None = None, **fields: Any) -> dict[str, Any]:
        person = {} if {"userId", "anonymousId"} & fields.keys() else {"userId": "ann"}
        told = {"type": "track", "event": "Product Viewed", "messageId": message_id, **person}
        return {**told, "properties": {"product_id": item}, **({"timestamp": at} if at else {}), **fields}

    return make
