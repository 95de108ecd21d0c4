"""Bytes are unpacked piece by piece, so that a small file cannot become a large one unseen."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

PIECE = 1 << 16
"""Largest piece that comes out at once."""
GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"
_MOST_LAYERS = 2


class Broken(ValueError):
    """What came is not packed as it says it is; never seen outside of this folder."""


def unpacked(chunks: Iterable[bytes], encoding: str = "") -> Iterator[bytes]:
    """Take the packing off: that of the transfer, and that of a `.gz` file.

    Args:
        chunks: As they come.
        encoding: The header `Content-Encoding`.

    Raises:
        Broken: It cannot be unpacked.
    """
    names = [name.strip().lower() for name in encoding.split(",")]
    layers = [name for name in names if name not in ("", "identity")]
    if len(layers) > _MOST_LAYERS:
        raise Broken("it is packed in too many layers")
    for name in reversed(layers):
        if name in ("gzip", "x-gzip"):
            chunks = _gunzipped(chunks)
        elif name == "deflate":
            chunks = _inflated(chunks)
        else:
            raise Broken(f'it is packed with "{name[:20]}", which was not asked for')
    return _file(iter(chunks))


def _file(chunks: Iterator[bytes]) -> Iterator[bytes]:
    head, whole = _peeked(chunks)
    if head.startswith(ZIP):
        raise Broken("it is a zip archive; only gzip is unpacked")
    if not head.startswith(GZIP):
        return whole
    head, whole = _peeked(_gunzipped(whole))
    if head.startswith(GZIP):
        raise Broken("it is gzip within gzip")
    return whole


def _peeked(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes, and all of them."""
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= len(ZIP):
            break
    return head, chain([head] if head else [], chunks)


def _gunzipped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack gzip, of one member or several."""
    engine, between = zlib.decompressobj(31), True
    for data in chunks:
        while data:
            if engine.eof:
                engine, between = zlib.decompressobj(31), True
            if between:
                data = data.lstrip(b"\0")  # some writers fill up the last block
            if not data:
                break
            between = False
            yield from _piece(engine, data)
            data = engine.unused_data if engine.eof else engine.unconsumed_tail
    yield from _rest(engine, between)


def _inflated(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack deflate, with the wrapping that the standard asks for or without, as many servers send it."""
    engine, empty = zlib.decompressobj(), True
    for data in chunks:
        while data and not engine.eof:
            if empty and not _is_wrapped(data):
                engine = zlib.decompressobj(-15)
            empty = False
            yield from _piece(engine, data)
            data = engine.unconsumed_tail
    yield from _rest(engine, empty)


def _is_wrapped(data: bytes) -> bool:
    """Whether it begins as zlib's wrapping does (RFC 1950)."""
    return data[0] & 0x0F == 8 and (len(data) < 2 or (data[0] << 8 | data[1]) % 31 == 0)


def _piece(engine: zlib._Decompress, data: bytes) -> Iterator[bytes]:
    try:
        piece = engine.decompress(data, PIECE)
    except zlib.error as error:
        raise Broken(f"it cannot be unpacked ({error})") from None
    if piece:
        yield piece


def _rest(engine: zlib._Decompress, nothing: bool) -> Iterator[bytes]:
    while not engine.eof and not nothing:
        pieces = list(_piece(engine, engine.unconsumed_tail))
        if not pieces:
            raise Broken("it breaks off before its packing ends")
        yield from pieces
