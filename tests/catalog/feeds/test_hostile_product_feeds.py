from __future__ import annotations

import gzip
import io
import tracemalloc
from collections.abc import Iterator
from itertools import chain, repeat
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feed_reading import FILES, entries, read, refused
from penchant.catalog.feeds import DIALECTS, Entry, Options
from penchant.errors import FeedFailed

READ: dict[str, tuple[str, dict[str, Any]]] = {
    "merchant.tsv": ("merchant", {}),
    "merchant.csv": ("merchant", {}),
    "merchant_g.rss": ("merchant", {}),
    "merchant_plain.rss": ("merchant", {}),
    "merchant.atom": ("merchant", {}),
    "shopify_old.csv": ("shopify", {}),
    "shopify_new.csv": ("shopify", {}),
    "woocommerce.csv": ("woocommerce", {}),
    "tabular.csv": ("tabular", {"columns": {"id": "Artikelnummer", "title": "Bezeichnung", "price": "VK"}}),
    "tabular.jsonl": ("tabular", {"columns": {"id": "uuid", "title": "headline"}, "kind": "content"}),
}
HEADERS = {
    "merchant": "id,title,price",
    "shopify": "Handle,Title,Variant Price",
    "woocommerce": "ID,Type,Name",
    "tabular": "id,title,price",
}
COLUMNS = {"columns": {"id": "id", "title": "title"}}


class Stream(io.RawIOBase):
    """A file that is made while it is read, and cannot be sought in."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest, self.given = pieces, b"", 0

    def read(self, size: int = -1) -> bytes:
        while len(self._rest) < size and (piece := next(self._pieces, b"")):
            self._rest += piece
        told, self._rest = self._rest[:size], self._rest[size:]
        self.given += len(told)
        return told


def options(dialect: str) -> dict[str, Any]:
    return COLUMNS if dialect == "tabular" else {}


@pytest.mark.parametrize("dialect", HEADERS)
@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"\n\n \r\n", "empty"),
        (b"<!doctype html>\n<html><body>503</body></html>", "HTML"),
        (b"PK\x03\x04" + b"\x00" * 99, "zip archive"),
        (gzip.compress(b"<!doctype html>"), "HTML"),
        (b"\x1f\x8b\x08\x00 no gzip at all", "gzip"),
        (b'"id,title\n1,x\n', "never closed"),
    ],
    ids=["empty", "blank", "html", "zip", "packed html", "damaged gzip", "open quote"],
)
def test_what_is_no_feed_fails_with_a_reason(dialect: str, data: bytes, reason: str) -> None:
    with pytest.raises(FeedFailed, match=reason) as failed:
        read(dialect, data, **options(dialect))

    assert (failed.value.feed, failed.value.step) == (dialect, "read")


@pytest.mark.parametrize("dialect", HEADERS)
def test_gzip_that_was_cut_breaks_off(dialect: str) -> None:
    packed = gzip.compress(f"{HEADERS[dialect]}\n".encode() * 9_000)

    assert read(dialect, packed, **options(dialect)) == []
    with pytest.raises(FeedFailed, match="breaks off: its gzip has no end"):
        read(dialect, packed[:-20], **options(dialect))


@pytest.mark.parametrize("dialect", HEADERS)
def test_a_header_alone_tells_of_nothing(dialect: str) -> None:
    assert read(dialect, HEADERS[dialect] + "\n", **options(dialect)) == []


@pytest.mark.parametrize("dialect", HEADERS)
def test_a_disk_that_fails_fails_the_feed(dialect: str) -> None:
    def pieces() -> Iterator[bytes]:
        yield f"{HEADERS[dialect]}\n".encode() * 20_000
        raise OSError(5, "a secret path")

    with pytest.raises(FeedFailed, match=r"cannot be read \(OSError\)$"):
        list(DIALECTS[dialect].read(Stream(pieces()), Options(**options(dialect))))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><rss><item><id>&b;</id></item></rss>',
        '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><item><id>&x;</id></item></rss>',
        '<!DOCTYPE rss SYSTEM "http://127.0.0.1/x.dtd"><rss><item><id>1</id></item></rss>',
        "<rss>" + "<a>" * 100_000,
        "<sitemapindex><sitemap><loc>https://x.example</loc></sitemap></sitemapindex>",
        "<rss><item><id>1</id></item><item><id>2</id>",
        "<rss><item><g:id>1</g:id></item></rss>",
        f"<rss><item><id>1</id><title>{'x' * 10_000_000}</title></item></rss>",
    ],
    ids=["bomb", "file", "dtd", "deep", "sitemap", "cut", "no prefix declared", "10 MB of text"],
)
def test_hostile_xml_fails(document: str) -> None:
    with pytest.raises(FeedFailed) as failed:
        read("merchant", document)

    assert failed.value.feed == "merchant"


def test_entries_before_the_cut_have_been_told() -> None:
    stream = DIALECTS["merchant"].read(
        io.BytesIO(b"id,price\n1,5\n" + b"2,6\n" * 5_000 + b'3,"7'), Options(currency="EUR")
    )

    assert next(stream) == Entry(2, "1", "product", {"currency": "EUR", "price": 5.0})
    with pytest.raises(FeedFailed, match="breaks off"):
        list(stream)


def test_ids_that_repeat_are_refused_with_the_place_of_the_first() -> None:
    told = read("merchant", "id,title\n" + "1,x\n" * 3)

    assert list(entries(told)) == ["1"]
    assert refused(told) == [(3, "1", "id"), (4, "1", "id")]


@pytest.mark.parametrize("id", ["", " ", "x" * 201, "a\x12b", "a\u2028b"])
def test_ids_that_cannot_be_kept_are_refused(id: str) -> None:
    assert refused(read("merchant", f"id,title\n{id},x\n")) == [(2, id.strip()[:200], "id")]


@pytest.mark.parametrize("name", READ)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_read_or_fails_with_a_reason(name: str, data: st.DataObject) -> None:
    dialect, told = READ[name]
    whole = bytearray((FILES / name).read_bytes())
    for _ in range(data.draw(st.integers(0, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.sampled_from(b'"\x00<>&\xff\n\r,;\t{}[]:%a0'))
    end = data.draw(st.integers(0, len(whole)))
    try:
        read(dialect, bytes(whole[:end]), **told)  # proves each entry
    except FeedFailed as failed:
        assert failed.step == "read"


@settings(deadline=None)
@given(st.sampled_from(sorted(HEADERS)), st.binary(max_size=300), st.booleans())
def test_any_bytes_are_read_or_fail_with_a_reason(dialect: str, data: bytes, headed: bool) -> None:
    try:
        read(dialect, (HEADERS[dialect].encode() + b"\n" if headed else b"") + data, **options(dialect))
    except FeedFailed as failed:
        assert failed.feed == dialect


def test_json_that_is_no_lines_fails_and_long_lines_are_refused() -> None:
    with pytest.raises(FeedFailed, match="an object a line"):
        read("tabular", '[{"id": 1}]', **COLUMNS)
    told = read("tabular", f'{{"id": 1, "title": "{"x" * 2_000_000}"}}\n{{"id": 2, "title": "y"}}\n', **COLUMNS)

    assert entries(told) == {"2": {"title": "y"}}
    assert refused(told) == [(1, "", "")]


def test_a_full_disk_fails_the_feed(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", full)

    with pytest.raises(FeedFailed, match="no room for rows that wait"):
        read("woocommerce", "ID,Type\n1,simple\n")


LONG = ("Light" * 100 + " and soft, ") * 39 + "&amp; warm."


def big(form: str, megabytes: int) -> Iterator[bytes]:
    """A feed of about this size, with 20 kB an entry."""
    numbers = range(megabytes * 50)
    if form == "rss":
        start, end = b'<rss xmlns:g="http://base.google.com/ns/1.0"><channel>', b"</channel></rss>"
        entry = f"<item><g:id>%d</g:id><title>A</title><description>{LONG}</description><g:price>5 EUR</g:price></item>"
    elif form == "jsonl":
        start, end, entry = b"", b"", f'{{"id": %d, "title": "{LONG}"}}\n'
    elif form == "woocommerce":
        start, end = b"ID,Type,Name,Description,Parent\n", b""
        entry = f"%d,variation,A,{LONG},id:900000000\n"
    else:
        separator = "\t" if form == "tsv" else ","
        start, end = separator.join(("id", "title", "description", "price\n")).encode(), b""
        entry = separator.join(("%d", "A", f'"{LONG}"', "5 EUR\n"))
    return chain([start], (entry.encode() % number for number in numbers), [end])


def peak_of(form: str, megabytes: int) -> tuple[int, int]:
    """Entries told, and the most bytes held while they were."""
    dialect = {"jsonl": "tabular", "woocommerce": "woocommerce"}.get(form, "merchant")
    stream: Any = Stream(big(form, megabytes))
    tracemalloc.start()
    try:
        count = sum(1 for _ in DIALECTS[dialect].read(stream, Options(**options(dialect))))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert stream.given >= megabytes * 900_000
    return count, peak


@pytest.mark.parametrize(
    ("form", "megabytes"), [("tsv", 20), ("rss", 20), ("csv", 5), ("jsonl", 5), ("woocommerce", 5)]
)
def test_memory_stays_flat(form: str, megabytes: int) -> None:
    count, peak = peak_of(form, megabytes)

    assert count == megabytes * 50
    assert peak < 3_000_000


@pytest.mark.slow
@pytest.mark.parametrize("form", ["tsv", "csv", "rss", "jsonl", "woocommerce"])
def test_a_hundred_megabytes_are_read_in_a_few(form: str) -> None:
    count, peak = peak_of(form, 100)

    assert count == 100 * 50
    assert peak < 12_000_000


@pytest.mark.parametrize("data", [b"id,title\n1,", b"id\ttitle\n1\t", b"<rss><item><id>", b'{"id": "'])
def test_a_field_without_end_is_not_held_in_memory(data: bytes) -> None:
    stream: Any = Stream(chain([data], repeat(b"x" * 65_536, 320)))
    dialect = "tabular" if data.startswith(b"{") else "merchant"
    tracemalloc.start()
    try:
        with pytest.raises(FeedFailed):
            list(DIALECTS[dialect].read(stream, Options(**options(dialect))))
        assert tracemalloc.get_traced_memory()[1] < 24_000_000
    finally:
        tracemalloc.stop()
