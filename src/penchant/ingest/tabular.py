"""Files of events and items, streamed into a store."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from penchant.catalog import Item
from penchant.clock import Clock, iso
from penchant.config.settings import Import
from penchant.errors import ImportFailed
from penchant.ingest.event_rows import EventRows, Refuse, event_statement
from penchant.ingest.item_rows import ItemRows, item_fields
from penchant.ingest.mapping import Mapper, sentence
from penchant.ingest.rejected import RejectedRows
from penchant.ingest.report import ImportReport
from penchant.ingest.seen import Seen
from penchant.ingest.sink import ItemSink, Sink
from penchant.ingest.source import database, make_input
from penchant.storage import Fate

BATCH = 20_480
"""Rows handed to the store at a time; ten of DuckDB's vectors."""
Progress = Callable[[int, int | None], None]
"""Takes rows done, and rows in all where that is known."""


def import_file(
    spec: Import,
    paths: Sequence[Path],
    *,
    sink: Sink,
    catalog: ItemSink,
    kind: type[Item],
    rejected_folder: Path,
    clock: Clock,
    known_events: Collection[str] = (),
    progress: Progress | None = None,
    threads: int = 2,
) -> ImportReport:
    """Import files by one mapping.

    Memory stays flat: rows come in batches, DuckDB may hold 256 MB, and CSV and JSON lines go through a temporary
    Parquet file beside the rejected rows. Importing the same file again stores nothing twice. Without a query, files
    are imported one after the other; a query sees them as one.

    Args:
        spec: The mapping.
        paths: The files, as `find_files` gives them.
        sink: Where events go.
        catalog: Where items go.
        kind: The pack's item type.
        rejected_folder: Where the refused rows are kept.
        clock: Tells the moment of receipt.
        known_events: Event names accepted beside the vocabulary: those of the pack's signals.
        progress: Told after every batch.
        threads: Threads DuckDB may use.

    Raises:
        ImportFailed: A file is missing, empty or of another form, or the mapping does not fit it. Nothing of that
            file was stored, save where the message says otherwise.
    """
    started = clock.elapsed()
    stamp = iso(clock.now()).replace("-", "").replace(":", "")
    run = _Run(spec, sink, catalog, kind, clock, frozenset(known_events), progress, threads)
    rejected_folder.mkdir(parents=True, exist_ok=True)
    with (
        RejectedRows(_free(rejected_folder / f"{spec.name}-{stamp}.jsonl")) as rejected,
        tempfile.TemporaryDirectory(prefix=".import-", dir=rejected_folder) as folder,
    ):
        for group in [paths] if spec.query is not None else [[path] for path in paths]:
            run.take(group, Path(folder), rejected)
    counts = dict(sorted(rejected.counts.items()))
    return ImportReport(
        name=spec.name,
        domain=spec.domain,
        kind=spec.kind,
        files=tuple(str(path) for path in paths),
        read=run.done + run.unreadable,
        stored=run.stored,
        duplicate=run.duplicate,
        excluded={rule.reason: run.excluded[rule.reason] for rule in spec.exclude},
        rejected=counts,
        rejected_file=str(rejected.path) if counts else None,
        seconds=clock.elapsed() - started,
    )


class _Run:
    """One import under way: what it was asked, and its counts."""

    def __init__(
        self,
        spec: Import,
        sink: Sink,
        catalog: ItemSink,
        kind: type[Item],
        clock: Clock,
        known: frozenset[str],
        progress: Progress | None,
        threads: int,
    ) -> None:
        self.spec, self.sink, self.catalog, self.kind = spec, sink, catalog, kind
        self.known, self.threads = known, threads
        self.now_ms = int(clock.now() * 1000)
        self.progress = progress if progress is not None else lambda done, total: None
        self.done = self.stored = self.duplicate = self.unreadable = 0
        self.excluded: Counter[str] = Counter()
        self.seen = Seen()

    def take(self, paths: Sequence[Path], folder: Path, rejected: RejectedRows) -> None:
        """Import files that the mapping sees as one."""
        shown = str(paths[0]) if len(paths) == 1 else f"{paths[0]} and {len(paths) - 1} more"
        refused = rejected.counts.total()
        self.progress(self.done, None)
        with database(folder, self.threads, self.spec.timezone, shown) as con:
            rows = make_input(con, paths, self.spec.format, folder, rejected)
            self.unreadable += rejected.counts.total() - refused
            mapper = Mapper(con, self.spec, shown, "numbered" if self.spec.query is None else "input")
            total = None if self.spec.query is not None else self.done + rows
            before = self.done
            if self.spec.kind == "events":
                statement = event_statement(mapper, self.spec, shown, self.now_ms, self.known)
                read = partial(self._events, EventRows(self.spec, statement.fields, self.now_ms, self.known))
            else:
                fields = item_fields(self.kind)
                statement = mapper.statement(fields)
                read = partial(self._items, ItemRows(fields, statement.fields))
            name = paths[0].name if len(paths) == 1 else shown
            try:
                for batch in _batches(con, statement.sql, shown):
                    self._batch(batch, read, rejected, name, self.done - before)
                    self.progress(self.done, total)
            except ImportFailed as error:
                if self.done == before:
                    raise
                taken = f"{self.done - before} rows before it were taken in; importing again is safe"
                raise ImportFailed(error.path, f"{error.reason} ({taken})") from None
        for staged in folder.iterdir():
            if staged.is_file():
                staged.unlink()

    def _batch(
        self,
        batch: pa.RecordBatch,
        read: Callable[[pa.RecordBatch, Refuse], None],
        rejected: RejectedRows,
        file: str,
        offset: int,
    ) -> None:
        lines = batch["line"]

        def where(place: int) -> dict[str, int]:
            line = lines[place].as_py()
            return {"row": offset + place + 1} if line is None else {"line": line}

        def refuse(place: int, reason: str, field: str, values: dict[str, Any], message: str) -> None:
            rejected.add(reason, field, file=file, values=values, message=message, **where(place))

        for entry in pc.value_counts(batch["excluded"].drop_null()).to_pylist():
            self.excluded[self.spec.exclude[entry["values"]].reason] += entry["counts"]
        for place in pc.indices_nonzero(pc.is_valid(batch["why"])).to_pylist():
            reason, _, field = batch["why"][place].as_py().partition(":")
            refuse(place, reason, field, msgspec.json.decode(batch["raw"][place].as_py()), "")
        read(batch, refuse)
        self.done += batch.num_rows

    def _events(self, rows: EventRows, batch: pa.RecordBatch, refuse: Refuse) -> None:
        events, links, places = rows.read(batch, refuse)
        if not events:
            return
        fates = self.sink.append(events, links=links)
        stored, erased = fates.count(Fate.STORED), fates.count(Fate.ERASED)
        self.stored += stored
        self.duplicate += len(events) - stored - erased
        for at, fate in enumerate(fates if erased else ()):
            if fate is Fate.ERASED:
                # Of whom, the file of refused rows must not say either.
                refuse(places[at].as_py(), "erased", "", {}, "")

    def _items(self, rows: ItemRows, batch: pa.RecordBatch, refuse: Refuse) -> None:
        changes = rows.read(batch)
        if not changes:
            return
        verdicts = self.catalog.write(self.spec.domain, [change for _, change in changes])
        kept = []
        for (place, change), verdict in zip(changes, verdicts, strict=True):
            if verdict.status == "rejected":
                field = re.split(r"[.\[]", verdict.field, maxsplit=1)[0]
                refuse(place, "bad_value", field, {"id": change.id, **change.fields}, verdict.reason)
            elif verdict.status == "unchanged":
                self.duplicate += 1
            else:
                kept.append(change.id)
        # Rows that say one item several times are one item.
        hashes = np.fromiter(
            (int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big") for name in kept),
            np.uint64,
            len(kept),
        )
        repeats = self.seen.add(hashes)
        self.duplicate += repeats
        self.stored += len(kept) - repeats


def _batches(con: duckdb.DuckDBPyConnection, sql: str, path: str) -> Iterator[pa.RecordBatch]:
    # What goes wrong in the first rows is raised by DuckDB, what goes wrong later by Arrow.
    try:
        yield from con.execute(sql).to_arrow_reader(BATCH)
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        raise ImportFailed(path, sentence(error)) from None


def _free(path: Path) -> Path:
    """The path, or one like it that is not taken: two imports may start within a second."""
    again = 1
    while path.exists():
        again += 1
        path = path.with_stem(f"{path.stem.partition('~')[0]}~{again}")
    return path
