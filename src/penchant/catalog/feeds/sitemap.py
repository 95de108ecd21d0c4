"""Sitemaps: which pages a site has, and when they changed. Told by sitemaps.org; with the words for news and videos.

A sitemap has no items itself: whoever pulls it follows its pages, and the sitemaps that an index names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.etree.ElementTree import Element

from penchant.catalog.feeds.cells import Told, read_link
from penchant.catalog.feeds.charset import charset_of, text_of
from penchant.catalog.feeds.dates import read_date
from penchant.catalog.feeds.entry import Dialect, Entry, Options, Refused
from penchant.catalog.feeds.unpacked import PEEK, looks_like, unpacked
from penchant.catalog.feeds.xml import iter_elements, local
from penchant.errors import FeedFailed

NAME = "sitemap"
MOST_PAGES = 50_000
"""Pages or sitemaps of one file, as the standard has it."""
_LONGEST_URL = 2_048
_LONGEST = 10_000
_MOST_WORDS = 100


@dataclass(frozen=True)
class Listed:
    """An address that a sitemap names.

    Attributes:
        place: Its number in the file, from 1.
        url: Whole, of the web.
        lastmod: When it last changed, ISO 8601 in UTC; None when not told, or not readable.
        sitemap: It is another sitemap, named by an index.
        news: Words of the news extension, as `title`, `publication_date`, `language`, `keywords`.
        video: Words of the first video of the video extension, as `title`, `duration`, `expiration_date`.
    """

    place: int
    url: str
    lastmod: str | None = None
    sitemap: bool = False
    news: Mapping[str, str] = field(default_factory=dict)
    video: Mapping[str, str] = field(default_factory=dict)


def read_sitemap(file: BinaryIO, options: Options) -> Iterator[Listed]:
    """Read a sitemap or an index of sitemaps: XML, or text with an address in each line; packed with gzip or not.

    Addresses that are none of the web, and those of another scheme, are left out; the same address comes once. How many
    pages may be followed in all is for the caller to say.

    Args:
        file: The sitemap.
        options: Its `url` makes relative addresses whole, `timezone` dates.

    Raises:
        FeedFailed: It is neither, has more than 50,000 addresses, or breaks off.
    """
    told = Told(options, NAME)
    bytes_ = unpacked(file, NAME)
    head = bytes_.peek(PEEK)
    seems = looks_like(head, charset_of(head, options.encoding))
    if seems == "html":
        raise FeedFailed(NAME, "read", "it is an HTML page, not a sitemap")
    lines = _elements(bytes_, options) if seems == "xml" else _lines(bytes_, options)
    seen: set[str] = set()
    for place, (word, text, element) in enumerate(lines, 1):
        if place > MOST_PAGES:
            raise FeedFailed(NAME, "read", f"it has more than {MOST_PAGES} addresses")
        try:
            url = read_link(text, told.url) if 0 < len(text) <= _LONGEST_URL else ""
        except ValueError:
            continue
        if not url.startswith(("http://", "https://")) or url in seen:
            continue
        seen.add(url)
        lastmod = None
        if element is not None and (date := _word(element, "lastmod")):
            try:
                lastmod = read_date(date, told.zone)
            except ValueError:
                lastmod = None
        yield Listed(place, url, lastmod, word == "sitemap", _words(element, "news"), _words(element, "video"))


def _elements(file: BinaryIO, options: Options) -> Iterator[tuple[str, str, Element | None]]:
    roots = ("urlset", "sitemapindex")
    for element in iter_elements(file, ("url", "sitemap"), NAME, encoding=options.encoding, roots=roots):
        yield local(element.tag), _word(element, "loc"), element


def _lines(file: BinaryIO, options: Options) -> Iterator[tuple[str, str, Element | None]]:
    rest = ""
    any_ = False
    for piece in text_of(file, options.encoding, lambda _: None):
        *lines, rest = (rest + piece).splitlines() if piece[-1:] not in "\r\n" else [*(rest + piece).splitlines(), ""]
        if len(rest) > _LONGEST:
            raise FeedFailed(NAME, "read", f"it has a line of more than {_LONGEST} characters")
        for line in lines:
            any_ = _checked(line, any_)
            if line.strip():
                yield "url", line.strip(), None
    if rest.strip():
        _checked(rest, any_)
        yield "url", rest.strip(), None


def _checked(line: str, any_: bool) -> bool:
    """Raise for a text that is no list of addresses, by its first line."""
    if not any_ and line.strip() and not line.strip().lower().startswith(("http://", "https://")):
        raise FeedFailed(NAME, "read", f"it is no sitemap: it begins with {line.strip()[:40]!r}")
    return any_ or bool(line.strip())


def _word(element: Element, word: str) -> str:
    """The text of the first child of a name."""
    for child in element:
        if local(child.tag) == word:
            return "".join((child.text or "").split()) if word == "loc" else (child.text or "").strip()
    return ""


def _words(element: Element | None, extension: str) -> dict[str, str]:
    """Texts of what an extension has, by name, however deep; of what stands more than once, the texts with commas."""
    if element is None:
        return {}
    top = next((child for child in element if local(child.tag) == extension and "}" in child.tag), None)
    words: dict[str, str] = {}
    for child in top.iter() if top is not None else ():
        text = " ".join((child.text or "").split())[:_LONGEST]
        name = local(child.tag)
        if text and (name in words or len(words) < _MOST_WORDS):
            words[name] = f"{words[name]}, {text}"[:_LONGEST] if name in words else text
    return words


def _no_items(file: BinaryIO, options: Options) -> Iterator[Entry | Refused]:
    raise FeedFailed(NAME, "read", "a sitemap has no items itself: they are on the pages it names, which are pulled")


DIALECT = Dialect(
    NAME,
    "A sitemap; its items are those of the pages it names, as `page` reads them.",
    ("product", "content", "learning"),
    _no_items,
)
