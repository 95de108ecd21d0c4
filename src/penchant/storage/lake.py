"""The lake: the log rolled into Parquet, one folder a domain and a day.

A roll writes files first and then replaces `lake.json`, which names every file that counts; a roll that was cut
short leaves files that nobody reads, and the next one writes over them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from penchant.errors import StorageError
from penchant.storage.durable import replace
from penchant.storage.store import Store

_DAY_MS = 86_400_000


class _Index(msgspec.Struct):
    seq: int = 0
    files: dict[str, list[str]] = {}


class Lake:
    """Parquet partitions of the event log."""

    def __init__(self, folder: Path) -> None:
        """Use this folder; it is made by the first roll."""
        self.folder = folder

    def _index(self) -> _Index:
        path = self.folder / "lake.json"
        try:
            return msgspec.json.decode(path.read_bytes(), type=_Index) if path.exists() else _Index()
        except msgspec.DecodeError as error:
            raise StorageError(str(path), f"not a lake index: {error}") from error

    @property
    def seq(self) -> int:
        """The last sequence number of the log that the lake holds."""
        return self._index().seq

    def files(self, domain: str) -> list[Path]:
        """Every Parquet file of a domain."""
        return [self.folder / name for name in self._index().files.get(domain, [])]

    def roll(
        self, store: Store, *, batch: int = 500_000, progress: Callable[[int, int], None] = lambda done, total: None
    ) -> int:
        """Bring the lake up to the end of the log.

        Args:
            store: Where the log is.
            batch: Events written together; more make fewer files.
            progress: Called with events done and to do.

        Returns:
            Events added.
        """
        index = self._index()
        start, total = index.seq, store.last_seq()
        added = 0
        for table in _gather(store.scan(start, 25_000), batch):
            last = int(pc.max(table["seq"]).as_py())
            for domain in pc.unique(table["domain"]).to_pylist():
                part = table.filter(pc.equal(table["domain"], domain))
                index.files.setdefault(domain, []).extend(self._write(part, domain, index.seq, last))
            index.seq = last
            self._save(index)
            added += table.num_rows
            progress(last - start, total - start)
        return added

    def _write(self, part: pa.Table, domain: str, after: int, upto: int) -> list[str]:
        day = pc.floor(pc.divide(pc.cast(part["time"], pa.float64()), float(_DAY_MS)))
        part = part.append_column("_day", pc.cast(day, pa.int64())).sort_by(
            [("_day", "ascending"), ("seq", "ascending")]
        )
        days = part["_day"].to_numpy()
        part = part.drop_columns(["_day"])
        names: list[str] = []
        start = 0
        while start < len(days):
            stop = int(days.searchsorted(days[start], side="right"))
            name = f"domain={domain}/day={_date(int(days[start]))}/{after + 1:012d}-{upto:012d}.parquet"
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                pq.write_table(part.slice(start, stop - start), file, compression="zstd")
                file.flush()
                os.fsync(file.fileno())
            names.append(name)
            start = stop
        return names

    def _save(self, index: _Index) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        replace(self.folder / "lake.json", msgspec.json.encode(index))


def _gather(batches: Iterator[pa.RecordBatch], rows: int) -> Iterator[pa.Table]:
    held: list[pa.RecordBatch] = []
    for batch in batches:
        held.append(batch)
        if sum(b.num_rows for b in held) >= rows:
            yield pa.Table.from_batches(held)
            held = []
    if held:
        yield pa.Table.from_batches(held)


def _date(day: int) -> str:
    return str(pa.scalar(day, pa.int32()).cast(pa.date32()).as_py())
