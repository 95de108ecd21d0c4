"""JSON Feed, versions 1.0 and 1.1."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from penchant.catalog.feeds.charset import text_of
from penchant.catalog.feeds.prose import one_line
from penchant.catalog.feeds.syndicated import Medium, Post
from penchant.catalog.feeds.wrong import Wrong
from penchant.errors import FeedFailed

MOST = 32 * 1024 * 1024
"""Bytes: the file is read as a whole."""


def read_json_feed(file: BinaryIO, name: str, encoding: str | None = None) -> Iterator[Post | Wrong]:
    """Read a JSON Feed.

    Args:
        file: The feed.
        name: The dialect's name, for errors.
        encoding: What the server said; JSON should be UTF-8.

    Raises:
        FeedFailed: It is too large, no JSON, or no JSON Feed.
    """
    data = file.read(MOST + 1)
    if len(data) > MOST:
        raise FeedFailed(name, "read", f"it is larger than {MOST // 1024 // 1024} MB")
    feed = decode_json("".join(text_of(io.BytesIO(data), encoding, lambda _: None)), name)
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise FeedFailed(name, "read", 'it is JSON, but no JSON Feed: it has no "items"')
    if "jsonfeed.org" not in str(feed.get("version", ""))[:200]:
        raise FeedFailed(name, "read", 'it is JSON, but no JSON Feed: it has no "version" of one')
    for item in feed["items"]:
        yield _told(item, feed) if isinstance(item, dict) else Wrong("items", "the entry is no object")


def decode_json(text: str, name: str) -> Any:
    """What JSON says.

    Raises:
        FeedFailed: It is no JSON, or nested too deep.
    """
    try:
        return msgspec.json.decode(text)
    except RecursionError:
        raise FeedFailed(name, "read", "it is nested too deep") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FeedFailed(name, "read", f"it is no JSON: {error}") from None


def _told(item: dict[str, Any], feed: dict[str, Any]) -> Post:
    media = [
        Medium(_text(one, "url"), _text(one, "mime_type").lower(), _text(one, "duration_in_seconds"))
        for one in _list(item.get("attachments"))
        if isinstance(one, dict)
    ]
    itunes = "_itunes" in feed or "_itunes" in item
    words = {"explicit": _text(item.get("_itunes"), "explicit"), "episode": _text(item.get("_itunes"), "episode")}
    return Post(
        id=_text(item, "id"),
        link=_text(item, "url") or _text(item, "external_url"),
        title=one_line(_text(item, "title")[:10_000]),
        summary=_text(item, "summary"),
        content=_text(item, "content_html") or _text(item, "content_text"),
        creators=[*_authors(item), *_authors(feed)],
        topics=[tag for tag in _list(item.get("tags")) if isinstance(tag, str)],
        languages=[_text(item, "language"), _text(feed, "language")],
        published=[_text(item, "date_published"), _text(item, "date_modified")],
        dates=[],
        media=media,
        images=[_text(item, "image"), _text(item, "banner_image")],
        podcast=True,
        series=one_line(_text(feed, "title")[:10_000]) if itunes or _is_podcast(media) else "",
        words={name: text for name, text in words.items() if text},
    )


def _is_podcast(media: list[Medium]) -> bool:
    return any(medium.type.startswith("audio") for medium in media)


def _authors(told: dict[str, Any]) -> list[str]:
    """Names: 1.1 has `authors`, 1.0 had `author`."""
    return [_text(one, "name") for one in (*_list(told.get("authors")), told.get("author"))]


def _text(told: object, key: str) -> str:
    """A text, or a number as text; empty for anything else."""
    value = told.get(key) if isinstance(told, dict) else None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
