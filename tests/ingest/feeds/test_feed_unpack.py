"""Taking the packing off, piece by piece."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.ingest.feeds.unpack import PIECE, Broken, unpacked

TEXT = b"id\ttitle\n" + b"".join(b"%d\tshoe %d\n" % (n, n * n) for n in range(5_000))


def raw_deflate(data: bytes) -> bytes:
    engine = zlib.compressobj(wbits=-15)
    return engine.compress(data) + engine.flush()


def cut(data: bytes, size: int) -> Iterator[bytes]:
    return (data[n : n + size] for n in range(0, len(data), size))


@pytest.mark.parametrize(
    ("packed", "encoding"),
    [
        (TEXT, ""),
        (TEXT, "identity"),
        (gzip.compress(TEXT), "gzip"),
        (gzip.compress(TEXT), "x-gzip"),
        (gzip.compress(TEXT), ""),
        (gzip.compress(gzip.compress(TEXT)), "gzip"),
        (gzip.compress(TEXT[:100]) + gzip.compress(TEXT[100:]), "GZIP"),
        (gzip.compress(TEXT) + bytes(512), "gzip"),
        (zlib.compress(TEXT), "deflate"),
        (raw_deflate(TEXT), "deflate"),
        (gzip.compress(zlib.compress(TEXT)), "deflate, gzip"),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_every_packing_comes_off_however_the_bytes_come(packed: bytes, encoding: str, size: int) -> None:
    assert b"".join(unpacked(cut(packed, size), encoding)) == TEXT


@given(st.binary(max_size=2_000), st.integers(1, 50), st.sampled_from(["gzip", "deflate"]))
def test_what_was_packed_comes_out_as_it_was(data: bytes, size: int, encoding: str) -> None:
    data = b"x" + data  # what begins as another packing does is taken for one
    packed = gzip.compress(data, 1) if encoding == "gzip" else zlib.compress(data, 1)

    assert b"".join(unpacked(cut(packed, size), encoding)) == data


def test_nothing_unpacks_to_nothing() -> None:
    assert list(unpacked(iter(()), "gzip")) == []
    assert list(unpacked(iter(()), "")) == []
    assert b"".join(unpacked(iter([gzip.compress(b"")]), "")) == b""


@pytest.mark.parametrize(
    ("packed", "encoding", "words"),
    [
        (gzip.compress(TEXT)[:-20], "gzip", "breaks off"),
        (gzip.compress(TEXT, mtime=0)[:5], "gzip", "breaks off"),
        (zlib.compress(TEXT)[:-20], "deflate", "breaks off"),
        (gzip.compress(TEXT)[:-8] + bytes(8), "gzip", "cannot be unpacked"),
        (b"\x1f\x8b" + bytes(20), "", "cannot be unpacked"),
        (TEXT, "gzip", "cannot be unpacked"),
        (gzip.compress(TEXT) + b"more", "gzip", "cannot be unpacked"),
        (TEXT, "br", '"br", which was not asked for'),
        (TEXT, "gzip, gzip, gzip", "too many layers"),
        (gzip.compress(gzip.compress(TEXT)), "", "gzip within gzip"),
        (b"PK\x03\x04" + bytes(100), "", "zip archive"),
    ],
)
def test_what_is_damaged_or_not_asked_for_is_said(packed: bytes, encoding: str, words: str) -> None:
    with pytest.raises(Broken, match=words):
        list(unpacked(cut(packed, 1_000), encoding))


@pytest.mark.parametrize("encoding", ["gzip", "deflate", ""])
def test_a_bomb_comes_out_in_pieces_and_stops_when_nobody_asks_for_more(encoding: str) -> None:
    packed = zlib.compress(bytes(20_000_000)) if encoding == "deflate" else gzip.compress(bytes(20_000_000))
    pieces = unpacked(iter([packed]), encoding)

    assert [len(next(pieces)) <= PIECE for _ in range(10)] == [True] * 10
