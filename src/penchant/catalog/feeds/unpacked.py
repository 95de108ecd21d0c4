"""The bytes of a feed: out of gzip, and looked at before they are read."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from typing import BinaryIO

from penchant.catalog.feeds.charset import known
from penchant.errors import FeedFailed

PEEK = 65_536
"""Bytes that may be looked at beforehand."""
_GZIP = b"\x1f\x8b"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NO_TEXT = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"PAR1", "a Parquet file"),
    (b"BZh", "packed with bzip2"),
    (b"\x28\xb5\x2f\xfd", "packed with zstandard"),
    (b"\xfd7zXZ", "packed with xz"),
)


def unpacked(file: BinaryIO, feed: str) -> io.BufferedReader:
    """The file's bytes, unpacked when they are gzip; the file itself stays open.

    Args:
        file: Read from where it stands; it need not be seekable.
        feed: The dialect's name, for errors.

    Raises:
        FeedFailed: The file is empty, or of a kind that holds no text. Reading raises it too: for a file that cannot
            be read, or gzip that breaks off.
    """
    reader: io.BufferedReader = io.BufferedReader(_Bytes(file, feed), PEEK)
    if reader.peek(2)[:2] == _GZIP:
        reader = io.BufferedReader(_Bytes(gzip.GzipFile(fileobj=reader, mode="rb"), feed), PEEK)
    head = reader.peek(PEEK)
    if not head.strip(b"\x00\t\n\r \xef\xbb\xbf\xff\xfe"):
        raise FeedFailed(feed, "read", "the file is empty")
    for mark, what in _NO_TEXT:
        if head.startswith(mark):
            raise FeedFailed(feed, "read", f"the file is {what}, not text")
    return reader


def encoding_of(head: bytes, told: str | None) -> str:
    """How a file's text is written: by its mark, its bytes, or what the server told; else UTF-8.

    Args:
        head: The file's first bytes.
        told: The server's word; one that names no encoding does not count.
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    pairs = len(head[:2_000]) // 2
    if head[1 : 2 * pairs : 2].count(0) > 0.4 * pairs:
        return "utf-16-le"
    if head[0 : 2 * pairs : 2].count(0) > 0.4 * pairs:
        return "utf-16-be"
    if not head.isascii() and _is_utf8(head):
        return "utf-8"
    return known(told) or "utf-8"


def looks_like(head: bytes, encoding: str) -> str:
    """What a feed is by its first character: `html`, `xml`, `json`, or `text`."""
    text = head.decode(encoding, "replace").lstrip("\ufeff\x00 \t\r\n").casefold()
    if text.startswith(("<!doctype html", "<html", "<head", "<body", "<script")):
        return "html"
    if text.startswith("<"):
        return "html" if "<html" in text[:2_000] else "xml"
    return "json" if text.startswith(("{", "[")) else "text"


def _is_utf8(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


class _Bytes(io.RawIOBase):
    """Another file's bytes; whatever goes wrong with it is told as a `FeedFailed`."""

    def __init__(self, file: BinaryIO | gzip.GzipFile, feed: str) -> None:
        self._file, self._feed = file, feed

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Fill the buffer, short only at the end of the file."""
        filled = 0
        try:
            while filled < len(buffer):
                read = self._file.read(len(buffer) - filled)
                if not read:
                    break
                buffer[filled : filled + len(read)] = read
                filled += len(read)
        except EOFError:
            raise FeedFailed(self._feed, "read", "the file breaks off: its gzip has no end") from None
        except (gzip.BadGzipFile, zlib.error):
            raise FeedFailed(self._feed, "read", "the file's gzip is damaged") from None
        except (OSError, ValueError) as error:
            raise FeedFailed(self._feed, "read", f"the file cannot be read ({type(error).__name__})") from None
        return filled
