"""Articles, videos, episodes and recordings of schema.org, as fields of a content."""

from __future__ import annotations

import re
from typing import Any

from penchant.catalog.feeds.dates import read_date
from penchant.catalog.feeds.ld_node import Node
from penchant.catalog.feeds.lengths import read_length, reading_seconds
from penchant.catalog.feeds.syndicated import language, topics, whole, words_in
from penchant.catalog.feeds.wrong import Wrong

KINDS = {
    "Article": "article", "NewsArticle": "article", "BlogPosting": "article", "TechArticle": "article",
    "Report": "article", "ScholarlyArticle": "article", "SocialMediaPosting": "article", "LiveBlogPosting": "article",
    "AnalysisNewsArticle": "article", "AskPublicNewsArticle": "article", "BackgroundNewsArticle": "article",
    "OpinionNewsArticle": "article", "ReportageNewsArticle": "article", "ReviewNewsArticle": "article",
    "AdvertiserContentArticle": "article", "SatiricalArticle": "article", "VideoObject": "video", "Movie": "video",
    "TVEpisode": "video", "Clip": "video", "AudioObject": "track", "MusicRecording": "track",
    "PodcastEpisode": "podcast", "RadioEpisode": "podcast",
}  # fmt: skip
"""Kind of content by type."""
_AGE = re.compile(r"(?:(?:FSK|USK|PEGI|AGES?)\s*)?(\d{1,2})\s*\+?(?:\s*(?:and up|years?))?", re.IGNORECASE)
_OLDEST = 21
_LONGEST, _LONGEST_CODE, _MOST_REGIONS = 200, 20, 300


def content_fields(node: Node) -> dict[str, Any]:
    """The fields of a content that a thing tells.

    Raises:
        Wrong: A link, or rights, that cannot be read.
    """
    if node.values("ineligibleRegion"):
        raise Wrong("ineligibleRegion", "only lists of regions where it may be shown can be kept")
    kind = next(KINDS[name] for name in KINDS if name in node.types)
    fields: dict[str, Any] = {
        "kind": kind,
        "title": node.text("headline", "name"),
        "description": node.prose("description", "abstract"),
        "url": node.link(),
        "image": node.image(),
        "topics": topics([*node.texts("articleSection"), *keywords(node), *node.texts("about")]),
        "genre": node.text("genre"),
        "creator": (node.text("author", "creator", "byArtist") or "")[:_LONGEST],
        "series": (node.text("partOfSeries") or node.text("inAlbum") or _part_of(node) or "")[:_LONGEST],
        "episode": whole(node.text("episodeNumber")),
        "length_s": _length(node, kind),
        "language": language_of(node),
        "published": date_of(node, "datePublished", "uploadDate", "dateCreated"),
        "available_until": node.cells.moment("expires", end=True),
        "regions": regions(node, "regionsAllowed"),
    }
    rating = _rating(node)
    age = _AGE.fullmatch(rating)
    attributes: dict[str, Any] = {}
    if age and int(age[1]) <= _OLDEST:
        fields["age_rating"] = int(age[1])
    elif rating:
        attributes["content_rating"] = rating
    free, subscribers = node.flag("isAccessibleForFree"), node.flag("requiresSubscription")
    if free is not None or subscribers is not None:
        attributes["free"] = free if free is not None else not subscribers
    season = node.node("partOfSeason")
    if season and (number := whole(season.text("seasonNumber"))):
        attributes["season"] = number
    fields["attributes"] = attributes
    return {field: value for field, value in fields.items() if value not in (None, "", [], {})}


def language_of(node: Node) -> str | None:
    """Its language: a code, a `Language` with one, or that of the page."""
    told = node.node("inLanguage")
    text = told.text("alternateName", "identifier", "name") if told else node.text("inLanguage")
    return language(text or node.graph.language)


def keywords(node: Node) -> list[str]:
    """Key words: a list, or a text with commas."""
    return [word.strip() for text in node.texts("keywords") for word in text.split(",")]


def date_of(node: Node, *words: str) -> str | None:
    """The first date that can be read."""
    for word in words:
        for text in node.texts(word):
            try:
                return read_date(text, node.graph.told.zone)
            except ValueError:
                continue
    return None


def length_of(node: Node, *words: str) -> float | None:
    """The first length of time that can be read."""
    for word in words:
        for text in node.texts(word):
            try:
                return read_length(text)
            except ValueError:
                continue
    return None


def regions(node: Node, word: str) -> list[str]:
    """Codes of countries or regions: texts with or without commas, or places."""
    found: dict[str, None] = {}
    for value in node.values(word):
        for code in _codes(Node(value, node.graph)) if isinstance(value, dict) else re.split(r"[,;\s]+", str(value)):
            if code.strip():
                found.setdefault(code.strip().upper()[:_LONGEST_CODE])
    return list(found)[:_MOST_REGIONS]


def _codes(place: Node) -> list[str]:
    """What names a place: the country of its address, else its code, else its name."""
    address = place.node("address")
    return (address.texts("addressCountry") if address else []) or place.texts("identifier") or place.texts("name")


def _part_of(node: Node) -> str | None:
    """The series that it is part of; a page or a site that it is part of is none."""
    for whole_ in node.nodes("isPartOf"):
        if any(name.endswith(("Series", "Season")) for name in whole_.types):
            return whole_.text("name") or whole_.id
    return None


def _length(node: Node, kind: str) -> float | None:
    told = length_of(node, "duration", "timeRequired")
    if told is not None or kind != "article":
        return told
    words = whole(node.text("wordCount"))
    if words is None:
        words = next((words_in(body) for body in node.values("articleBody") if isinstance(body, str)), 0)
    return reading_seconds(words)


def _rating(node: Node) -> str:
    """What it is rated, in words: of a `Rating` its value."""
    for value in node.values("contentRating"):
        told = Node(value, node.graph).text("ratingValue", "name") if isinstance(value, dict) else str(value)
        return (told or "").strip()[:_LONGEST]
    return ""
