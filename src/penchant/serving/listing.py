"""Lists for many people as a file: Parquet, CSV or JSON lines, by its ending, there as a whole or not at all."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from penchant.catalog import ColumnKind, Schema
from penchant.catalog.schema import split_key
from penchant.errors import InvalidRequest
from penchant.serving.batch import Listed
from penchant.serving.fields import ALL

FIELD = "fields."
"""What names of columns begin with that hold fields of items."""
ENDINGS = (".parquet", ".csv", ".jsonl")

_COLUMNS: tuple[tuple[str, pa.DataType], ...] = (
    ("user_id", pa.string()),
    ("anonymous_id", pa.string()),
    ("domain", pa.string()),
    ("placement", pa.string()),
    ("release", pa.string()),
    ("position", pa.int16()),
    ("item", pa.string()),
    ("value", pa.float64()),
    ("reasons", pa.list_(pa.string())),
    ("slate_id", pa.string()),
)
_TYPES: Mapping[ColumnKind, pa.DataType] = {
    "number": pa.float64(),
    "flag": pa.bool_(),
    "tags": pa.list_(pa.string()),
}
_GROUP = 50_000

Row = dict[str, Any]


class ListFile:
    """A file of lists, a row an item. It is written beside its place and moved there when it is whole."""

    def __init__(self, path: Path, schema: Schema, fields: Sequence[str] = ()) -> None:
        """Open nothing yet; see `__enter__`.

        Args:
            path: Where to; its ending says what it is.
            schema: Of the domain's items.
            fields: Fields that each row has; `*` makes one column of JSON.

        Raises:
            InvalidRequest: The ending is none of these, or the folder is not there.
        """
        if path.suffix not in ENDINGS:
            raise InvalidRequest("--out", f"must end with {', '.join(ENDINGS)}", str(path))
        if not path.parent.is_dir():
            raise InvalidRequest("--out", "must be in a folder that is there", str(path))
        self._path, self._fields = path, tuple(dict.fromkeys(fields))
        self._kinds = {name: _kind(schema, name) for name in self._fields}
        types = [*_COLUMNS, *((FIELD + name, _TYPES.get(kind, pa.string())) for name, kind in self._kinds.items())]
        self._schema = pa.schema(types)
        self._temporary = path.with_name(f".{path.name}.new")
        self._rows: list[Row] = []
        self.rows = 0
        """Rows written."""

    def __enter__(self) -> Self:
        """Begin the file.

        Raises:
            InvalidRequest: It cannot be written.
        """
        try:
            self._sink: _Sink = _SINKS[self._path.suffix](self._temporary, self._schema)
        except OSError as error:
            raise InvalidRequest("--out", f"cannot be written: {error.strerror}", str(self._path)) from None
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        """Put the file in its place; after an error nothing of it stays."""
        try:
            if kind is None:
                self._write()
            self._sink.close()
            if kind is None:
                with self._temporary.open("rb") as file:
                    os.fsync(file.fileno())
                self._temporary.replace(self._path)
        finally:
            self._temporary.unlink(missing_ok=True)

    def add(self, one: Listed) -> None:
        """Write one person's list."""
        sort, _, name = one.actor.partition(":")
        slate = one.slate
        for item in slate.items:
            row: Row = {
                "user_id": name if sort == "user" else None,
                "anonymous_id": name if sort == "anon" else None,
                "domain": slate.domain,
                "placement": slate.placement,
                "release": slate.release,
                "position": item.position,
                "item": item.id,
                "value": item.value,
                "reasons": [reason.code for reason in item.reasons],
                "slate_id": slate.slate_id or None,
            }
            told = item.fields if isinstance(item.fields, dict) else {}
            for field, held in self._kinds.items():
                row[FIELD + field] = _json(told) if field == ALL else _plain(told.get(field), held)
            self._rows.append(row)
        if len(self._rows) >= _GROUP:
            self._write()

    def _write(self) -> None:
        if self._rows:
            self._sink.write(self._rows)
            self.rows += len(self._rows)
            self._rows = []


class _Sink:
    """Writes rows of one form."""

    def __init__(self, path: Path, schema: pa.Schema) -> None: ...

    def write(self, rows: Sequence[Row]) -> None: ...

    def close(self) -> None: ...


class _Parquet(_Sink):
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._schema = schema
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")

    def write(self, rows: Sequence[Row]) -> None:
        self._writer.write_table(pa.Table.from_pylist(list(rows), self._schema))

    def close(self) -> None:
        self._writer.close()


class _Csv(_Sink):
    """Lists of texts are JSON in their cell."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._file: IO[str] = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.DictWriter(self._file, schema.names)
        self._writer.writeheader()

    def write(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._writer.writerow({name: _cell(value) for name, value in row.items()})

    def close(self) -> None:
        self._file.close()


class _JsonLines(_Sink):
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._file: IO[bytes] = path.open("wb")

    def write(self, rows: Sequence[Row]) -> None:
        self._file.write(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))

    def close(self) -> None:
        self._file.close()


_SINKS: Mapping[str, Callable[[Path, pa.Schema], _Sink]] = {
    ".parquet": _Parquet,
    ".csv": _Csv,
    ".jsonl": _JsonLines,
}


def _kind(schema: Schema, name: str) -> ColumnKind:
    if split_key(schema, name) is not None:
        return "number"
    return schema.columns.get(name, "json")


def _plain(value: Any, kind: ColumnKind) -> Any:
    """A value as its column holds it."""
    if value is None or kind in ("flag", "text", "category", "time"):
        return value
    if kind == "number":
        return float(value)
    return list(value) if kind == "tags" else _json(value)


def _json(value: Any) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()


def _cell(value: Any) -> Any:
    return _json(value) if isinstance(value, list | dict | bool) else value
