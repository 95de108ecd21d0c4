"""A text file as blocks of whole lines, so that memory stays flat whatever the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa

from penchant.errors import ImportFailed

BLOCK = 4 << 20
"""Bytes read at a time."""
LONGEST = 16 << 20
"""Longest line that is still read, in bytes; what lies between this and one block more may be read, too."""


@dataclass(frozen=True)
class Block:
    """Whole lines of a file.

    Attributes:
        first: Number of the first line, from 1.
        data: The lines with their ends; the last line of a file may have none.
    """

    first: int
    data: bytes

    def lines(self) -> list[bytes]:
        """The lines without their ends."""
        lines = self.data.split(b"\n")
        if not lines[-1]:
            lines.pop()
        return [line[:-1] if line.endswith(b"\r") else line for line in lines]


@dataclass(frozen=True)
class Overlong:
    """A line that is too long to be read.

    Attributes:
        line: Its number.
        head: How it begins.
    """

    line: int
    head: bytes


def blocks(path: Path) -> Iterator[Block | Overlong]:
    """Read a text file, unpacked by its ending (.gz, .zst, .bz2), without its byte order mark.

    Raises:
        ImportFailed: The file cannot be read, is empty, or is not UTF-8-like text at all.
    """
    try:
        with pa.input_stream(str(path), compression="detect") as stream:
            yield from _blocks(path, cast(BinaryIO, stream))
    except OSError as error:
        raise ImportFailed(str(path), f"cannot be read: {error}") from None


def _blocks(path: Path, stream: BinaryIO) -> Iterator[Block | Overlong]:
    line, rest = 1, _head(path, stream.read(BLOCK))
    more = True
    while more:
        cut = rest.rfind(b"\n") + 1
        if cut:
            block, rest = Block(line, rest[:cut]), rest[cut:]
            line += block.data.count(b"\n")
            yield block
        if len(rest) > LONGEST:
            yield Overlong(line, rest[:1000])
            line, rest = line + 1, _after_line(stream)
        chunk = stream.read(BLOCK)
        more, rest = bool(chunk), rest + chunk
    if rest:
        yield Block(line, rest)


def _head(path: Path, data: bytes) -> bytes:
    """The first bytes, looked at for what is no text."""
    if not data:
        raise ImportFailed(str(path), "the file is empty")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ImportFailed(str(path), "is UTF-16 text; save it as UTF-8")
    if data.startswith(b"PAR1"):
        raise ImportFailed(str(path), 'is a Parquet file; say format = "parquet"')
    if b"\0" in data.partition(b"\n")[0]:
        raise ImportFailed(str(path), "is not a text file")
    data = data.removeprefix(b"\xef\xbb\xbf")
    if not data.strip():
        raise ImportFailed(str(path), "the file is empty")
    return data


def _after_line(stream: BinaryIO) -> bytes:
    while chunk := stream.read(BLOCK):
        end = chunk.find(b"\n")
        if end >= 0:
            return chunk[end + 1 :]
    return b""
