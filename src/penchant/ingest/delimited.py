"""CSV, read so that no row is lost: what cannot be read is refused row by row, never the file.

Quoting is RFC 4180's. A quote that is opened and never rightly closed would swallow the rows after it; here only
the line that opens it is refused, and reading goes on with the next.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pc

from penchant.errors import ImportFailed
from penchant.ingest.blocks import BLOCK, LONGEST, Block, Overlong, blocks
from penchant.ingest.rejected import RejectedRows
from penchant.ingest.staged import LINE, Stage, Staged

DELIMITERS = (",", ";", "\t", "|")
"""What may part fields; the header decides."""
MAX_SPAN = 1 << 20
"""Most bytes a quoted field may run on over further lines."""
_BATCH = 20_000


def stage_delimited(path: Path, out: Path, rejected: RejectedRows) -> Staged:
    """Read a CSV file with a header; all columns are text.

    Args:
        path: The file.
        out: Parquet file to write.
        rejected: Takes the rows that cannot be read.

    Raises:
        ImportFailed: The file is empty or is no text, or its header cannot be read.
    """
    parts = blocks(path)
    first = next(parts)
    if isinstance(first, Overlong):
        raise ImportFailed(str(path), "its header is above 16 MB")
    delimiter, header, body = _header(path, first)
    with Stage(out, header) as stage, _field_limit():
        reader = _Reader(path, delimiter, header, stage, rejected)
        reader.take(body)
        for part in parts:
            if isinstance(part, Overlong):
                reader.finish()
                rejected.add("too_large", "", file=path.name, line=part.line, values={"text": part.head})
            else:
                reader.take(part)
        reader.finish()
    return Staged(out, stage.rows)


def _header(path: Path, block: Block) -> tuple[str, tuple[str, ...], Block]:
    """Delimiter, unique column names, and the rest of the first block."""
    line, end, rest = block.data.partition(b"\n")
    try:
        text = line.removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        raise ImportFailed(str(path), "its header is not UTF-8 text; save the file as UTF-8") from None
    if "\r" in text:
        raise ImportFailed(str(path), "its lines end in CR alone; save it with LF or CR LF")
    bare = "".join(text.split('"')[::2])
    delimiter = max(DELIMITERS, key=bare.count)
    try:
        names = next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        raise ImportFailed(str(path), f"its header cannot be read: {error}") from None
    if not any(name.strip() for name in names):
        raise ImportFailed(str(path), "its first line, which should name the columns, is empty")
    unique: list[str] = []
    taken = {LINE}
    for at, raw in enumerate(names, 1):
        name = base = raw.strip() or f"column{at}"
        again = 1
        while name.casefold() in taken:
            name, again = f"{base}_{again}", again + 1
        taken.add(name.casefold())
        unique.append(name)
    return delimiter, tuple(unique), Block(block.first + bool(end), rest)


@contextmanager
def _field_limit() -> Iterator[None]:
    """Let the csv module read fields as long as our longest line; its own limit is 128 KB, for the whole process."""
    before = csv.field_size_limit(LONGEST + 2 * BLOCK)
    try:
        yield
    finally:
        csv.field_size_limit(before)


@dataclass
class _Lines:
    """Feeds lines to the csv module and knows how many it took."""

    lines: list[bytes]
    at: int = 0
    start: int = 0
    broken: bool = False
    span: int = 0
    ended: bool = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if self.at > self.start:
            self.span += len(self.lines[self.at]) if self.at < len(self.lines) else 0
            if self.span > MAX_SPAN:
                raise csv.Error("the quoted field runs on for more than 1 MB")
        if self.at == len(self.lines):
            self.ended = True
            raise StopIteration
        line = self.lines[self.at]
        self.at += 1
        try:
            return line.decode() + "\n"
        except UnicodeDecodeError:
            self.broken = True
            return line.decode("latin-1") + "\n"

    def begin(self) -> None:
        """A new record starts here."""
        self.start, self.broken, self.span = self.at, False, 0


class _Reader:
    """Reads blocks into a stage: fast where there are no quotes, record by record where there are."""

    def __init__(
        self, path: Path, delimiter: str, header: tuple[str, ...], stage: Stage, rejected: RejectedRows
    ) -> None:
        self._path, self._delimiter, self._header = path, delimiter, header
        self._stage, self._rejected = stage, rejected
        self._open = Block(1, b"")  # lines of a record whose quote was still open when its block ended

    def take(self, block: Block) -> None:
        """Read one block."""
        if self._open.data:
            block = Block(self._open.first, self._open.data + block.data)
            self._open = Block(1, b"")
        if not self._take_plain(block):
            self._take_records(block, last=False)

    def finish(self) -> None:
        """No block follows, or not the next one."""
        block, self._open = self._open, Block(1, b"")
        if block.data:
            self._take_records(block, last=True)

    def _take_plain(self, block: Block) -> bool:
        """Read a block in which a line is a row and nothing is wrong; False when it is not so."""
        data = block.data
        if (
            b'"' in data
            or b"\n\n" in data
            or data.startswith((b"\n", b"\r"))
            or (b"\r" in data and not _all_crlf(data))
        ):
            return False
        try:
            table = pc.read_csv(
                io.BytesIO(data),
                pc.ReadOptions(use_threads=False, block_size=max(len(data), 1), column_names=self._header),
                pc.ParseOptions(delimiter=self._delimiter, quote_char=False, ignore_empty_lines=False),
                pc.ConvertOptions(column_types={name: pa.string() for name in self._header}, strings_can_be_null=False),
            )
        except pa.ArrowInvalid:
            return not data
        first = block.first
        for batch in table.to_batches():
            self._stage.write(range(first, first + len(batch)), batch.columns)
            first += len(batch)
        return True

    def _take_records(self, block: Block, *, last: bool) -> None:
        source = _Lines(block.lines())
        reader: Iterator[list[str]] = csv.reader(source, delimiter=self._delimiter, strict=True)
        width = len(self._header)
        numbers: list[int] = []
        rows: list[list[str]] = []
        while True:
            source.begin()
            try:
                row = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                if source.ended and not last:
                    held = source.lines[source.start :]
                    self._open = Block(block.first + source.start, b"\n".join(held) + b"\n")
                    break
                reader = self._refuse(source, block, "malformed", str(error))
                continue
            number = block.first + source.start
            if not row:
                continue
            if source.broken:
                reader = self._refuse(source, block, "bad_encoding", "")
            elif len(row) != width:
                reader = self._refuse(source, block, "malformed", f"has {len(row)} fields, the header has {width}")
            else:
                numbers.append(number)
                rows.append(row)
                if len(rows) == _BATCH:
                    self._write(numbers, rows)
        self._write(numbers, rows)

    def _refuse(self, source: _Lines, block: Block, reason: str, message: str) -> Iterator[list[str]]:
        """Refuse the line a record began with, and go on at the line after it."""
        line = source.lines[source.start]
        self._rejected.add(
            reason, "", file=self._path.name, line=block.first + source.start, values={"text": line}, message=message
        )
        source.at, source.ended = source.start + 1, False
        return csv.reader(source, delimiter=self._delimiter, strict=True)

    def _write(self, numbers: list[int], rows: list[list[str]]) -> None:
        self._stage.write(numbers, [pa.array(column, pa.string()) for column in zip(*rows, strict=True)])
        numbers.clear()
        rows.clear()


def _all_crlf(data: bytes) -> bool:
    return data.count(b"\r") == data.count(b"\r\n") == data.count(b"\n") and b"\n\r" not in data
