from __future__ import annotations

import gzip
import io

import pytest

from feed_reading import FILES, read
from penchant.catalog.feeds import Options
from penchant.catalog.feeds.sitemap import Listed, read_sitemap
from penchant.errors import FeedFailed

URL = "https://paper.example/sitemap.xml"


def listed(data: bytes | str, **told: str) -> list[Listed]:
    file = io.BytesIO(data.encode() if isinstance(data, str) else data)
    return list(read_sitemap(file, Options(url=URL, **told)))  # type: ignore[arg-type]


def test_an_index_names_sitemaps() -> None:
    assert listed((FILES / "content/sitemap_index.xml").read_bytes()) == [
        Listed(1, "https://shop.example/sitemap_products_1.xml?from=1&to=9", "2026-11-20T07:00:00+00:00", True),
        Listed(2, "https://shop.example/sitemap_pages.xml.gz", None, True),
    ]


def test_pages_come_once_with_their_news_and_videos() -> None:
    assert listed((FILES / "content/sitemap_news.xml").read_bytes(), timezone="Europe/Berlin") == [
        Listed(
            1,
            "https://paper.example/a/1",
            "2026-11-20T23:00:00+00:00",
            news={
                "name": "The Paper",
                "language": "en",
                "publication_date": "2026-11-21T06:00:00Z",
                "title": "Bridge reopens",
                "keywords": "bridge, traffic",
            },
        ),
        Listed(
            2,
            "https://paper.example/v/2",
            video={
                "thumbnail_loc": "https://paper.example/2.jpg",
                "title": "Bridge from above",
                "duration": "61",
                "expiration_date": "2027-01-01T00:00:00+00:00",
                "tag": "bridge, drone",
            },
        ),
    ]


@pytest.mark.parametrize("packed", [False, True])
def test_a_text_with_an_address_in_each_line_is_a_sitemap(packed: bool) -> None:
    data = (FILES / "content/sitemap.txt").read_bytes()

    found = listed(gzip.compress(data) if packed else data)

    assert [(page.place, page.url) for page in found] == [
        (1, "https://shop.example/a"),
        (2, "https://shop.example/b"),
        (3, "https://shop.example/c"),
    ]


def test_lines_are_whole_wherever_the_file_is_cut_into_pieces() -> None:
    lines = [f"https://shop.example/{'p' * (n % 90)}/{n}" for n in range(5_000)]

    assert [page.url for page in listed("\r\n".join(lines))] == lines


def test_namespaces_of_other_years_and_none_are_read() -> None:
    for space in ("", 'xmlns="http://www.google.com/schemas/sitemap/0.84"', 'xmlns="https://www.sitemaps.org/x"'):
        assert [
            page.url for page in listed(f"<urlset {space}><url><loc> https://a.example/ </loc></url></urlset>")
        ] == ["https://a.example/"]


def test_a_sitemap_may_be_empty() -> None:
    assert listed("<urlset/>") == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "empty"),
        ("<!doctype html><html></html>", "HTML"),
        ("<rss><channel/></rss>", "begins with <rss>, not with <sitemapindex> or <urlset>"),
        ("<urlset><url><loc>https://a.example/</loc>", "breaks off"),
        ("hello\nhttps://a.example/", "no sitemap"),
        ("https://a.example/" + "a" * 20_000, "a line of more than"),
        ("\n".join(f"https://a.example/{n}" for n in range(50_001)), "more than 50000 addresses"),
        ('<!DOCTYPE u [<!ENTITY a "b">]><urlset/>', "document type"),
    ],
    ids=["empty", "html", "rss", "cut", "words", "long line", "too many", "entities"],
)
def test_what_is_no_sitemap_fails_with_a_reason(data: str, reason: str) -> None:
    with pytest.raises(FeedFailed, match=reason) as failed:
        listed(data)

    assert (failed.value.feed, failed.value.step) == ("sitemap", "read")


def test_a_sitemap_has_no_items_itself() -> None:
    with pytest.raises(FeedFailed, match="no items itself"):
        read("sitemap", "<urlset/>")
