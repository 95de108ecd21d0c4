"""RSS 0.9x, 1.0 and 2.0, Atom, and JSON Feed: what publishers tell of what is new.

Entries are taken from the file one by one, cut to what an entry needs, and read by `feedparser`: it knows what a decade
of dialects means, but it wants a whole file in memory.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element, SubElement, tostring

import feedparser

from penchant.catalog.feeds.cells import Told
from penchant.catalog.feeds.charset import charset_of
from penchant.catalog.feeds.entry import Dialect, Entry, Options, Refused
from penchant.catalog.feeds.firsts import Firsts
from penchant.catalog.feeds.json_feed import read_json_feed
from penchant.catalog.feeds.markup import attributes, tags
from penchant.catalog.feeds.prose import one_line, plain_text
from penchant.catalog.feeds.syndicated import Medium, Post, content_fields, content_id
from penchant.catalog.feeds.trimmed import creators, explicit, trimmed
from penchant.catalog.feeds.unpacked import PEEK, looks_like, unpacked
from penchant.catalog.feeds.wrong import Wrong
from penchant.catalog.feeds.xml import iter_elements, local
from penchant.errors import FeedFailed

_ATOM = "http://www.w3.org/2005/Atom"
_ENTRIES = frozenset(("item", "entry"))
_PASSED = frozenset(("owner", "textInput", "textinput"))
_HEADER = _PASSED | {"title", "language", "image", "author", "explicit", "category"}
"""What is wanted of the feed itself; and what is passed over, so that titles and names within it are not the feed's."""
_ROOTS = ("rss", "feed", "RDF", "channel")
_MOST_OF_THE_FEED = 100
MOST_ENTRIES = 200_000
"""Entries of one feed."""


def read_syndication(name: str, file: BinaryIO, options: Options) -> Iterator[Entry | Refused]:
    """Read a feed of news, told apart by what is in it.

    Args:
        name: The dialect's name, for errors.
        file: The feed.
        options: What it does not say of itself.

    Raises:
        FeedFailed: It is none of these feeds, is above a limit, or breaks off.
    """
    told = Told(options, name)
    bytes_ = unpacked(file, name)
    head = bytes_.peek(PEEK)
    charset = charset_of(head, options.encoding)
    if looks_like(head, charset) == "json":
        entries = read_json_feed(bytes_, name, options.encoding)
    else:
        entries = _xml_entries(bytes_, name, _root_of(head, charset), options.encoding)
    firsts = Firsts()
    for place, entry in enumerate(entries, 1):
        if place > MOST_ENTRIES:
            raise FeedFailed(name, "read", f"it has more than {MOST_ENTRIES} entries")
        id = ""
        try:
            if isinstance(entry, Wrong):
                raise entry
            id = content_id(entry)
            fields = content_fields(entry, entry.words.get("base") or told.url, told.zone)
        except Wrong as wrong:
            yield Refused(place, id or entry_id(entry), wrong.word, wrong.reason)
            continue
        first = firsts.take(id, place)
        if first is None:
            yield Entry(place, id, "content", fields)
        else:
            yield Refused(place, id, entry.spelled, f"the id stands already at {first}")


def entry_id(entry: Post | Wrong) -> str:
    """What is known of an entry's id, for a refusal."""
    return "" if isinstance(entry, Wrong) else (entry.id or entry.link).strip()[:200]


def _root_of(head: bytes, charset: str) -> Mapping[str, str]:
    """Attributes of the outermost element."""
    text = head.decode(charset, "replace")
    first = next((tag for tag in tags(text, frozenset()) if tag.name), None)
    return attributes(text, first) if first else {}


def _xml_entries(file: BinaryIO, name: str, root: Mapping[str, str], encoding: str | None) -> Iterator[Post | Wrong]:
    header: list[Element] = []
    feed: Mapping[str, Any] | None = None
    for element in iter_elements(file, _ENTRIES | _HEADER, name, encoding=encoding, roots=_ROOTS):
        if local(element.tag) not in _ENTRIES:
            if feed is None and len(header) < _MOST_OF_THE_FEED and local(element.tag) not in _PASSED:
                header.append(element)
            continue
        if feed is None:
            beside = {"creators": creators(header), "explicit": explicit(header)}
            feed = {
                **_parsed([one for one in map(trimmed, header) if local(one.tag) != "author"], name)["feed"],
                **beside,
            }
        names, adult = creators(element), explicit(element)
        found = _parsed([trimmed(element)], name)["entries"]
        if found:
            yield _told({**found[0], "creators": names, "explicit": adult}, feed, root, element)
        else:
            yield Wrong("", "the entry cannot be read")


def _parsed(elements: list[Element], name: str) -> Mapping[str, Any]:
    """What feedparser makes of some elements of a feed."""
    atom = any(element.tag.startswith(f"{{{_ATOM}}}") for element in elements)
    outer = Element(f"{{{_ATOM}}}feed") if atom else Element("rss", version="2.0")
    inner = outer if atom else SubElement(outer, "channel")
    inner.extend(elements)
    file = io.BytesIO(tostring(outer, "utf-8"))
    headers = {"content-type": "application/xml; charset=utf-8"}
    try:
        return feedparser.parse(  # type: ignore[no-any-return]
            file, sanitize_html=False, resolve_relative_uris=False, response_headers=headers
        )
    except Exception as error:  # Whatever a feed can make it raise, the feed is what is wrong.
        raise FeedFailed(name, "read", f"an entry cannot be read ({type(error).__name__})") from None


def _told(entry: dict[str, Any], feed: Mapping[str, Any], root: Mapping[str, str], element: Element) -> Post:
    contents = [dict(part) for part in entry.get("content", ())]
    content = next((c["value"] for c in contents if c.get("value") and c.get("type") != "text/plain"), "")
    summary = entry.get("summary") or ""
    if not content and len(contents) > 0 and contents[0].get("value") != summary:
        content = contents[0].get("value", "")
    links = [dict(link) for link in entry.get("links", ())]
    enclosed = [link for link in links if link.get("rel") == "enclosure"]
    media = [Medium(link.get("href") or "", (link.get("type") or "").lower()) for link in enclosed]
    media += [_medium(attributes) for attributes in entry.get("media_content", ())]
    video = any(local(child.tag) == "videoId" for child in element)
    if video:
        media.append(Medium("", "video"))
    itunes = any(key.startswith("itunes_") for key in (*entry, *feed))
    podcast = itunes or bool(enclosed)
    return Post(
        id=entry.get("id") or "",
        link=entry.get("link") or "",
        title=_line(entry, "title"),
        summary=summary,
        content=content,
        creators=[*entry["creators"], *feed["creators"]],
        topics=[str(tag.get("label") or tag.get("term") or "") for tag in entry.get("tags", ())],
        languages=[
            text
            for text in (
                entry.get("language"),
                dict(entry.get("title_detail") or {}).get("language"),
                feed.get("language"),
                root.get("xml:lang"),
            )
            if isinstance(text, str)
        ],
        published=[text for key in ("published", "updated", "created") if isinstance(text := entry.get(key), str)],
        dates=[entry.get(f"{key}_parsed") for key in ("published", "updated", "created")],
        media=media,
        images=_images(entry, feed if itunes else {}, media),
        podcast=podcast,
        series=_line(feed, "title") if itunes or video else "",
        words=_words(entry, feed, root),
        spelled="id" if local(element.tag) == "entry" else "guid",
    )


def _words(entry: Mapping[str, Any], feed: Mapping[str, Any], root: Mapping[str, str]) -> Mapping[str, str]:
    """The single texts beside; those that are missing are left out."""
    rights = dict(entry.get("media_restriction") or {})
    countries = rights.get("content") if rights.get("type", "country") == "country" else None
    rating = dict(entry.get("media_rating") or {})
    format_ = str(entry.get("itunes_episodetype") or "").lower()
    words = {
        "duration": entry.get("itunes_duration"),
        "episode": entry.get("itunes_episode"),
        "season": entry.get("itunes_season"),
        "format": format_ if format_ in ("trailer", "bonus") else None,
        "genre": next((one_line(str(tag.get("term") or "")) for tag in feed.get("tags", ())), None),
        "explicit": entry["explicit"] or ("yes" if rating.get("content") == "adult" else feed.get("explicit")),
        "available_from": entry.get("validity_start"),
        "available_until": entry.get("validity_end") or entry.get("expired"),
        "countries": " ".join(countries or ()),
        "relationship": rights.get("relationship"),
        "base": root.get("xml:base"),
    }
    return {name: text for name, text in words.items() if isinstance(text, str) and text}


def _line(told: Mapping[str, Any], key: str) -> str:
    """A text in one line: of HTML what a reader sees of it."""
    text = str(told.get(key) or "")[:10_000]
    detail = dict(told.get(f"{key}_detail") or {})
    if detail.get("type") in ("text/html", "application/xhtml+xml"):
        return " ".join(plain_text(text).split())
    return " ".join(text.split())


def _medium(told: Mapping[str, Any]) -> Medium:
    kind = str(told.get("type") or told.get("medium") or "").lower()
    return Medium(str(told.get("url") or ""), kind, str(told.get("duration") or ""))


def _images(entry: Mapping[str, Any], feed: Mapping[str, Any], media: list[Medium]) -> list[str]:
    """Addresses of pictures: of the entry, else of the series."""
    images = [str(told.get("url") or "") for told in entry.get("media_thumbnail", ())]
    images += [medium.url for medium in media if medium.type.startswith("image")]
    images += [str(dict(told).get("href") or "") for told in (entry.get("image"), feed.get("image")) if told]
    return images


def _dialect(name: str, about: str) -> Dialect:
    read: Callable[[BinaryIO, Options], Iterator[Entry | Refused]] = partial(read_syndication, name)
    return Dialect(name, about, ("content",), read, whole=False)


RSS = _dialect("rss", "RSS 0.9x, 1.0 or 2.0, with podcast and media words.")
ATOM = _dialect("atom", "Atom, with media words.")
JSON_FEED = _dialect("jsonfeed", "JSON Feed 1.0 or 1.1.")
