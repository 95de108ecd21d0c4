"""The lake: the log rolled into Parquet, one folder a domain and a day.

A roll or an erasure writes files first and then replaces `lake.json`, which names every file that counts. What one
that was cut short left behind is named by nobody, and the next one deletes it. They take turns, and wait for whoever
reads: `lake.lock` is held by one writer or by any number of readers, of all processes.

Files from before a column was added do not have it; read several together by the names of their columns.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from penchant.errors import StorageError
from penchant.storage.durable import FULL, replace, sync_folder
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

    @contextmanager
    def reading(self, domain: str) -> Iterator[list[Path]]:
        """Every Parquet file of a domain, and none of them goes away while the block runs."""
        with self._lock(fcntl.LOCK_SH):
            yield self.files(domain)

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

        Raises:
            StorageError: A file cannot be read or written; the lake is as before this batch.
        """
        with self._writing():
            index = self._index()
            self._sweep(index)
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

    def erase(self, actors: Collection[str]) -> int:
        """Take the rows of these actors out of all files; a file that holds any is written anew, the old one deleted.

        Erase from the store first: what a roll is just bringing in is then found here, and the next one has nothing.

        Args:
            actors: `user:…` and `anon:…` keys; with none, only what crashes left behind is deleted.

        Returns:
            Rows removed.

        Raises:
            StorageError: A file cannot be read or written; the lake is as before.
        """
        if not self.folder.exists():
            return 0
        theirs = pa.array(sorted(actors), pa.string())
        removed = 0
        with self._writing():
            index = self._index()
            for domain, names in index.files.items() if actors else ():
                kept: list[str] = []
                for name in names:
                    rows, new = self._without(name, theirs)
                    removed += rows
                    kept += [name] if rows == 0 else [new] if new else []
                index.files[domain] = kept
            if removed:
                self._save(index)
            self._sweep(index)
        return removed

    def _without(self, name: str, actors: pa.Array) -> tuple[int, str | None]:
        """Write a file anew without these actors; the rows it lost, and the new name if any row is left."""
        path = self.folder / name
        found = pc.is_in(pq.ParquetFile(path).read(columns=["actor"])["actor"], value_set=actors)
        rows = int(pc.sum(found).as_py() or 0)
        if not rows:
            return 0, None
        rest = pq.ParquetFile(path).read().filter(pc.invert(found))
        if not rest.num_rows:
            return rows, None
        span, _, turn = path.stem.partition(".")
        new = path.with_name(f"{span}.{int(turn or 0) + 1}.parquet")
        _store(new, rest)
        _sync({new.parent})
        return rows, str(new.relative_to(self.folder))

    def _sweep(self, index: _Index) -> None:
        """Delete files that the index does not name."""
        named = {self.folder / name for names in index.files.values() for name in names}
        left = [path for path in self.folder.glob("domain=*/day=*/*.parquet") if path not in named]
        for path in left:
            path.unlink()
        _sync({path.parent for path in left})

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            with self._lock(fcntl.LOCK_EX):
                yield
        except (OSError, pa.ArrowException) as error:
            full = isinstance(error, OSError) and error.errno in FULL
            raise StorageError(str(self.folder), "the disk is full" if full else str(error), full=full) from error

    @contextmanager
    def _lock(self, how: int) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lake.lock").open("ab") as file:
            fcntl.flock(file, how)
            yield

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
            _store(path, part.slice(start, stop - start))
            names.append(name)
            start = stop
        _sync({folder for name in names for folder in (self.folder / name).parents[:3]})
        return names

    def _save(self, index: _Index) -> None:
        replace(self.folder / "lake.json", msgspec.json.encode(index))


def _store(path: Path, rows: pa.Table) -> None:
    with path.open("wb") as file:
        pq.write_table(rows, file, compression="zstd")
        file.flush()
        os.fsync(file.fileno())


def _sync(folders: Iterable[Path]) -> None:
    for folder in folders:
        sync_folder(folder)


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
