"""What an entry of RSS, Atom or JSON Feed says, as fields of a content."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from penchant.catalog.feeds.cells import LONGEST_ID, read_link
from penchant.catalog.feeds.dates import read_date
from penchant.catalog.feeds.lengths import read_length, reading_seconds
from penchant.catalog.feeds.prose import MOST_HTML, one_line, plain_text
from penchant.catalog.feeds.wrong import Wrong

MOST_TOPICS = 50
LONGEST_WORD = 200
"""Characters of a topic, a name or a series; longer ones are cut."""
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})((?:-[A-Za-z0-9]{1,8})*)")
_EMAIL = re.compile(r"[^\s@]*+@\S*")
EXPLICIT_AGE = 18
"""What is marked as explicit is for adults: no feed says more exactly."""


@dataclass(frozen=True)
class Medium:
    """A file that belongs to an entry.

    Attributes:
        url: Where it lies.
        type: MIME type in lower case, or `image`, `video`, `audio`; empty when not told.
        length: Its length in time, as told.
    """

    url: str
    type: str = ""
    length: str = ""


@dataclass(frozen=True)
class Post:
    """What a feed says of one entry, in texts, whatever its dialect.

    Attributes:
        id: The entry's own id.
        link: Where it lives.
        title: Plain text in one line.
        summary: HTML or text.
        content: The whole, HTML or text; empty when the feed has an extract only.
        creators: Names; of the entry, else of the feed.
        topics: What it is about.
        languages: Codes, best first.
        published: Dates, best first.
        dates: The same as a parser understood them, for spellings that are not known here.
        media: Files, as the feed has them.
        images: Addresses of pictures, best first.
        podcast: The feed is one.
        series: What it is an episode of.
        words: Everything else that is a single text, by the name it has here.
        spelled: What the feed calls the id.
    """

    id: str
    link: str
    title: str
    summary: str
    content: str
    creators: Sequence[str]
    topics: Sequence[str]
    languages: Sequence[str]
    published: Sequence[str]
    dates: Sequence[Any]
    media: Sequence[Medium]
    images: Sequence[str]
    podcast: bool
    series: str
    words: Mapping[str, str]
    spelled: str = "id"


def content_id(post: Post) -> str:
    """The entry's id: its own, else its link.

    Raises:
        Wrong: It has neither, or one that is too long.
    """
    id = post.id.strip() or post.link.strip()
    if not id:
        raise Wrong(post.spelled, "the entry has neither an id nor a link")
    if len(id) > LONGEST_ID:
        raise Wrong(post.spelled, f"the id is longer than {LONGEST_ID} characters")
    if not id.isprintable():
        raise Wrong(post.spelled, "the id has control characters")
    return id


def content_fields(post: Post, base: str, zone: tzinfo) -> dict[str, Any]:
    """The fields of a content that the entry tells.

    What only adorns an item and cannot be read is left out; what says where, when and to whom it may be shown is not.

    Args:
        post: What the feed says.
        base: Where the feed lives, for relative links.
        zone: Of times without an offset.

    Raises:
        Wrong: A link that is none, or rights that cannot be read.
    """
    words = post.words
    kind, medium = _kind(post)
    fields: dict[str, Any] = {
        "kind": kind,
        "title": post.title,
        "description": plain_text(post.summary or post.content),
        "url": _link(post, medium, base),
        "image": _image(post, base),
        "topics": topics(post.topics),
        "genre": words.get("genre"),
        "format": words.get("format"),
        "creator": next((name for name in map(_name, post.creators) if name), None),
        "series": post.series[:LONGEST_WORD] or None if kind in ("podcast", "video") else None,
        "episode": whole(words.get("episode")),
        "length_s": _length(post, kind),
        "language": next((code for code in map(language, post.languages) if code), None),
        "published": _published(post, zone),
        "available_from": _right(words, "available_from", zone),
        "available_until": _right(words, "available_until", zone),
        "regions": _regions(words),
    }
    if words.get("explicit", "").strip().lower() in ("true", "yes", "explicit"):
        fields |= {"age_rating": EXPLICIT_AGE, "flags": ["explicit"]}
    if season := whole(words.get("season")):
        fields["attributes"] = {"season": season}
    return {field: value for field, value in fields.items() if value not in (None, "", [])}


def language(code: str) -> str | None:
    """A BCP 47 code in its usual case, as `en-GB` for `en_gb`; None for what is none."""
    found = _LANGUAGE.fullmatch(code.strip().replace("_", "-"))
    if found is None:
        return None
    parts = (part.upper() if len(part) == 2 else part for part in found[2].split("-")[1:])
    return "-".join((found[1].lower(), *parts))[:40]


def whole(text: object) -> int | None:
    """A whole number from 1; None for what is none."""
    word = str(text).strip() if isinstance(text, str | int | float) and not isinstance(text, bool) else ""
    if not re.fullmatch(r"[0-9]{1,9}(?:\.0+)?", word):
        return None
    return int(float(word)) or None


def topics(names: Iterable[str]) -> list[str]:
    """Each name once, in one line."""
    kept: dict[str, None] = {}
    for name in names:
        word = one_line(name)[:LONGEST_WORD]
        if word and len(kept) < MOST_TOPICS:
            kept.setdefault(word)
    return list(kept)


def words_in(html: str) -> int:
    """Words that a reader sees of HTML."""
    return sum(len(plain_text(html[at : at + MOST_HTML]).split()) for at in range(0, len(html), MOST_HTML))


def _kind(post: Post) -> tuple[str, Medium | None]:
    """What an entry is, by the first of its files that is to be watched or heard."""
    for medium in post.media:
        if medium.type.startswith("video") or medium.type == "application/x-shockwave-flash":
            return "video", medium
        if medium.type.startswith("audio"):
            return ("podcast" if post.podcast else "track"), medium
    return "article", None


def _link(post: Post, medium: Medium | None, base: str) -> str | None:
    text = post.link or (medium.url if medium else "")
    if not text:
        return None
    try:
        return read_link(text, base)
    except ValueError as error:
        raise Wrong("link", str(error)) from None


def _image(post: Post, base: str) -> str | None:
    for text in (*post.images, *(medium.url for medium in post.media if medium.type.startswith("image"))):
        try:
            if text:
                return read_link(text, base)
        except ValueError:
            continue
    return None


def _name(text: str) -> str | None:
    """A person's or channel's name without an address that stands beside it."""
    name = one_line(_EMAIL.sub(" ", text[:1_000])).strip("()<>,; ")
    return name[:LONGEST_WORD] or None


def _length(post: Post, kind: str) -> float | None:
    for text in (post.words.get("duration", ""), *(medium.length for medium in post.media)):
        try:
            return read_length(text)
        except ValueError:
            continue
    return reading_seconds(words_in(post.content)) if kind == "article" else None


def _published(post: Post, zone: tzinfo) -> str | None:
    for text in post.published:
        try:
            return read_date(text, zone)
        except ValueError:
            continue
    for parsed in post.dates:
        try:
            return datetime.fromtimestamp(calendar.timegm(parsed), UTC).isoformat()
        except (TypeError, ValueError, OverflowError, OSError):
            continue
    return None


def _right(words: Mapping[str, str], name: str, zone: tzinfo) -> str | None:
    text = words.get(name, "").strip()
    if not text:
        return None
    try:
        return read_date(text, zone)
    except ValueError as error:
        raise Wrong("dcterms:valid", f"{error}; until it is known it cannot be shown") from None


def _regions(words: Mapping[str, str]) -> list[str]:
    """Countries that media:restriction allows; a list of those it denies cannot be kept."""
    listed = words.get("countries", "").split()
    denies = words.get("relationship", "allow").strip().lower() == "deny"
    if not listed:
        return []
    if denies == (listed[0].lower() == "none") and listed[0].lower() in ("all", "none"):
        return []
    if denies or listed[0].lower() == "none":
        raise Wrong("media:restriction", "only lists of countries where it may be shown can be kept")
    return [country.upper()[:20] for country in listed[:300]]
