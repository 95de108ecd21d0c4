"""A text file on its way into SQL: its readable rows as a temporary Parquet file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import pyarrow as pa
import pyarrow.parquet as pq

LINE = "__line"
"""Name of the column with a row's line number in the file it came from."""


@dataclass(frozen=True)
class Staged:
    """A file that SQL can read.

    Attributes:
        path: A Parquet file.
        rows: How many rows it has.
        keys: For JSON lines, the keys that occur; the only columns are then `__line` and `text`.
    """

    path: Path
    rows: int
    keys: tuple[str, ...] | None = None


class Stage:
    """Writes text columns and line numbers to a Parquet file; a context manager."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        """Write to `path`, columns all text."""
        self.path = path
        self.rows = 0
        self.schema = pa.schema([(LINE, pa.int64()), *((name, pa.string()) for name in columns)])
        # Speed counts here, not size: the file lives as long as one import.
        self._out = pq.ParquetWriter(
            str(path), self.schema, compression="lz4", use_dictionary=False, write_statistics=False
        )

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._out.close()

    def write(self, lines: Sequence[int] | range, columns: Sequence[pa.Array]) -> None:
        """Add rows: their line numbers, and one array a column."""
        if len(lines):
            numbers = pa.array(lines, pa.int64())
            self._out.write_batch(pa.RecordBatch.from_arrays([numbers, *columns], schema=self.schema))
            self.rows += len(lines)
