from __future__ import annotations

import io
import resource
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feed_reading import FILES, entries, read, refused
from penchant.catalog.feeds import DIALECTS, Entry, Options
from penchant.catalog.feeds.sitemap import read_sitemap
from penchant.errors import FeedFailed

READ = {
    "wordpress.rss": "rss",
    "podcast.rss": "rss",
    "clips.mrss": "rss",
    "digest.rdf": "rss",
    "channel.atom": "atom",
    "blog.atom": "atom",
    "notes.json": "jsonfeed",
    "product.html": "page",
    "product_group.html": "page",
    "publisher.html": "page",
    "video.html": "page",
    "course.html": "page",
    "sitemap_news.xml": "sitemap",
    "sitemap.txt": "sitemap",
}
HEADS = {
    "rss": b"<rss><channel><item><guid>1</guid>",
    "atom": b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id>',
    "jsonfeed": b'{"version": "https://jsonfeed.org/version/1.1", "items": [',
    "page": b'<script type="application/ld+json">{"@type": "Product", "sku": ',
    "sitemap": b"<urlset><url><loc>https://a.example/</loc>",
}
DAMAGE = b'"\x00<>&\xff\n\r,;{}[]:%a0/-\xe2'


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


def take(dialect: str, data: bytes) -> None:
    """Read everything; each entry is proved to be an item, and to be text that can be kept."""
    if dialect == "sitemap":
        list(read_sitemap(io.BytesIO(data), Options(url="https://a.example/")))
    else:
        for one in read(dialect, data, url="https://a.example/feed"):
            msgspec.json.encode(one)


@pytest.mark.parametrize("name", READ)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_read_or_fails_with_a_reason(name: str, data: st.DataObject) -> None:
    whole = bytearray((FILES / "content" / name).read_bytes())
    for _ in range(data.draw(st.integers(0, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(
            st.sampled_from(b'"\x00<>&\xff\n\r,;{}[]:%a0/-\xe2')
        )
    end = data.draw(st.integers(0, len(whole)))
    try:
        take(READ[name], bytes(whole[:end]))
    except FeedFailed as failed:
        assert (failed.feed, failed.step) == (READ[name], "read")


@settings(deadline=None)
@given(st.sampled_from(sorted(HEADS)), st.binary(max_size=300), st.booleans())
def test_any_bytes_are_read_or_fail_with_a_reason(dialect: str, data: bytes, headed: bool) -> None:
    try:
        take(dialect, (HEADS[dialect] if headed else b"") + data)
    except FeedFailed as failed:
        assert failed.feed == dialect


WORDS = (
    "name", "headline", "sku", "@id", "identifier", "url", "image", "offers", "price", "priceCurrency", "brand",
    "author", "keywords", "duration", "expires", "isPartOf", "hasPart", "hasVariant", "mainEntity", "contentRating",
    "regionsAllowed", "aggregateRating", "ratingValue", "about", "coursePrerequisites", "position", "inLanguage",
    "description", "category", "audience", "additionalProperty", "priceSpecification", "isVariantOf", "datePublished",
)  # fmt: skip
TYPES = ("Product", "ProductGroup", "Article", "VideoObject", "PodcastEpisode", "Course", "LearningResource", "Offer")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
    | st.sampled_from(["12", "PT5M", "EUR", "2026-11-21", "https://a.example/x", "#a", "1e999", "\ud7ff", "InStock"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(WORDS), inner, max_size=6).flatmap(
        lambda told: st.sampled_from(TYPES).map(lambda kind: {"@type": kind, **told})
    ),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(TYPES), st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=10))
def test_any_thing_of_the_vocabulary_is_an_item_or_refused(kind: str, told: dict[str, Any]) -> None:
    block = msgspec.json.encode({"@type": kind, **told})

    take("page", b'<script type="application/ld+json">' + block.replace(b"<", b"\\u003c") + b"</script>")


@settings(max_examples=50, deadline=None)
@given(st.lists(st.dictionaries(
    st.sampled_from(("id", "url", "title", "content_html", "summary", "image", "tags", "authors", "attachments",
                     "date_published", "language")), VALUES, max_size=8), max_size=3))  # fmt: skip
def test_any_json_feed_is_read_or_refused(items: list[Any]) -> None:
    take("jsonfeed", msgspec.json.encode({"version": "https://jsonfeed.org/version/1.1", "items": items}))


def test_numbers_too_large_for_a_field_do_no_harm() -> None:
    huge = (
        b'{"@type": "LearningResource", "@id": "a", "position": 1e400, "timeRequired": 9e999, "educationalLevel": 9e99}'
    )

    take("page", b'<script type="application/ld+json">' + huge + b"</script>")


def test_ids_that_repeat_are_refused_with_the_place_of_the_first() -> None:
    told = read("rss", "<rss><channel>" + "<item><guid>a</guid></item>" * 3 + "</channel></rss>")

    assert list(entries(told)) == ["a"]
    assert refused(told) == [(2, "a", "guid"), (3, "a", "guid")]


LONG = "A quiet day at the harbour, and then the fog came in. " * 300


def big(form: str, megabytes: int) -> Iterator[bytes]:
    """A feed of about this size, with 16 kB an entry."""
    if form == "rss":
        start, end = b'<rss version="2.0"><channel><title>T</title>', b"</channel></rss>"
        entry = f"<item><guid>g%d</guid><title>A</title><description>{LONG}</description></item>"
    else:
        start, end = b'<feed xmlns="http://www.w3.org/2005/Atom">', b"</feed>"
        entry = f'<entry><id>g%d</id><title>A</title><content type="html">{LONG}</content></entry>'
    return chain([start], (entry.encode() % number for number in range(megabytes * 62)), [end])


def grown(form: str, megabytes: int) -> tuple[int, int, int]:
    """Entries told; and the most memory the process has held, before and after, in whatever unit the system has."""
    told: list[int] = []
    most: list[int] = []
    for size in (2, megabytes):
        stream: Any = Stream(big(form, size))
        told.append(sum(isinstance(one, Entry) for one in DIALECTS[form].read(stream, Options())))
        assert stream.given >= size * 900_000
        most.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return told[-1], most[0], most[1]


@pytest.mark.parametrize(
    ("form", "megabytes"),
    [("rss", 20), pytest.param("rss", 100, marks=pytest.mark.slow), pytest.param("atom", 100, marks=pytest.mark.slow)],
)
def test_memory_stays_flat_however_long_the_feed(form: str, megabytes: int) -> None:
    # In a process of its own: what other tests have held would hide what this one holds.
    here = Path(__file__)
    code = f"import sys; sys.path[:0] = sys.argv[1:]; import {here.stem} as t; print(*t.grown({form!r}, {megabytes}))"
    told = subprocess.run(
        [sys.executable, "-c", code, str(here.parent), str(FILES.parents[2])],
        capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    count, before, after = map(int, told.stdout.split())

    assert count == megabytes * 62
    assert after < 1.15 * before


def test_a_sitemap_that_never_ends_is_stopped() -> None:
    endless = (b"<url><loc>https://a.example/%d</loc></url>" % number for number in range(10**9))
    stream: Any = Stream(chain([b"<urlset>"], endless))

    with pytest.raises(FeedFailed, match="more than 50000 addresses"):
        for _ in read_sitemap(stream, Options()):
            pass
    assert stream.given < 4_000_000
