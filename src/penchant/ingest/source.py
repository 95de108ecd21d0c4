"""Files as the SQL view `input`, whatever their form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from penchant.errors import ImportFailed
from penchant.ingest.casting import literal, quoted
from penchant.ingest.delimited import stage_delimited
from penchant.ingest.files import Format, format_of
from penchant.ingest.json_lines import stage_json_lines
from penchant.ingest.mapping import sentence
from penchant.ingest.rejected import RejectedRows
from penchant.ingest.staged import LINE

MEMORY = "256MB"
"""What DuckDB may hold; more goes to disk."""


@contextmanager
def database(folder: Path, threads: int, timezone: str, path: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that spills into `folder`, with `num(x)`: a number, or NULL for what is none.

    Raises:
        ImportFailed: There is no such timezone; `path` names the file in the message.
    """
    con = duckdb.connect()
    try:
        con.execute(f"SET memory_limit = '{MEMORY}'")
        con.execute(f"SET threads = {threads}")
        con.execute(f"SET temp_directory = {literal(str(folder / 'spill'))}")
        con.execute("SET enable_progress_bar = false")
        con.execute("SET streaming_buffer_size = '8MB'")
        # Order is kept, so that a row's number means something and the last of equal items wins.
        con.execute("SET preserve_insertion_order = true")
        try:
            con.execute(f"SET TimeZone = {literal(timezone)}")
        except duckdb.Error as error:
            raise ImportFailed(path, f"timezone: {sentence(error)}") from None
        # Text becomes a number in a mapping's SQL without one bad value ending the import.
        con.execute("CREATE MACRO num(x) AS TRY_CAST(x AS DOUBLE)")
        yield con
    finally:
        con.close()


def make_input(
    con: duckdb.DuckDBPyConnection, paths: Sequence[Path], told: Format | None, folder: Path, rejected: RejectedRows
) -> int:
    """Make the view `input` over files, and over the same rows `numbered`, which has line numbers where lines are.

    Args:
        con: Where to make it.
        paths: The files, all of one form.
        told: Their form; by their endings when None.
        folder: Takes temporary files.
        rejected: Takes rows that cannot be read.

    Returns:
        How many rows it has.

    Raises:
        ImportFailed: A file is missing, empty, or not of its form, or the files differ in form.
    """
    for path in paths:
        if not path.is_file():
            raise ImportFailed(str(path), "there is no such file")
    forms = {format_of(path, told) for path in paths}
    if len(forms) > 1:
        raise ImportFailed(str(paths[0]), "a query reads files of one form at a time")
    form = forms.pop()
    rows, parquet = 0, list(paths)
    keys: dict[str, None] = {}
    if form == "parquet":
        rows = sum(_parquet_rows(path) for path in paths)
    else:
        stage = stage_delimited if form == "csv" else stage_json_lines
        for at, path in enumerate(paths):
            parquet[at] = folder / f"{at}.parquet"
            try:
                staged = stage(path, parquet[at], rejected)
            except OSError as error:
                raise ImportFailed(str(path), f"its temporary copy cannot be written: {error}") from None
            rows += staged.rows
            keys |= dict.fromkeys(staged.keys or ())
    files = ", ".join(literal(str(path)) for path in parquet)
    source = f"SELECT * FROM read_parquet([{files}], union_by_name = true)"
    if form == "jsonl":
        source = _unpack(source, tuple(keys))
    try:
        con.execute(f"CREATE VIEW numbered AS {source}")
        kept = "*" if form == "parquet" else f"* EXCLUDE ({quoted(LINE)})"
        con.execute(f"CREATE VIEW input AS SELECT {kept} FROM numbered")
    except duckdb.Error as error:
        raise ImportFailed(str(paths[0]), sentence(error)) from None
    return rows


def _unpack(source: str, keys: Sequence[str]) -> str:
    """Keys of JSON objects as text columns; an object or list inside stays JSON."""
    # Names that differ in case alone are one column to SQL: the first that came gives it its name.
    names = {key.casefold(): key for key in reversed(keys) if key and "\0" not in key and key.casefold() != LINE}
    shape = msgspec.json.encode(dict.fromkeys(reversed(names.values()), "VARCHAR")).decode()
    fields = "j.*" if names else 'NULL AS "nothing"'
    unpacked = f"CASE WHEN json_valid(text) THEN json_transform(text, {literal(shape)}) END"
    return f"SELECT {quoted(LINE)}, {fields} FROM (SELECT {quoted(LINE)}, {unpacked} AS j FROM ({source}))"


def _parquet_rows(path: Path) -> int:
    try:
        with pq.ParquetFile(str(path)) as file:
            return int(file.metadata.num_rows)
    except (pa.ArrowException, OSError) as error:
        empty = path.stat().st_size == 0
        raise ImportFailed(str(path), "the file is empty" if empty else f"is not a Parquet file: {error}") from None
