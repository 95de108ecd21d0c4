"""A page of the web: which blocks of JSON-LD it has, and what it says of its own address."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from urllib.parse import urljoin

from penchant.catalog.feeds.markup import attributes, tags

_RAW = frozenset(("script", "style", "textarea", "title", "template", "noscript", "iframe", "xmp"))
_WRAPPED = re.compile(r"\s*(?://|/\*)?\s*(?:<!\[CDATA\[|<!--)\s*(?:\*/)?", re.IGNORECASE)
_UNWRAPPED = re.compile(r"(?://|/\*)?\s*(?:\]\]>|-->)\s*(?:\*/)?\s*")
_ENDING = 40
_META = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]{1,40})""", re.IGNORECASE)
MOST_BLOCKS = 1_000


@dataclass(frozen=True)
class Page:
    """What a page says of itself.

    Attributes:
        url: Its canonical address, else the one it came from.
        base: What its relative links are relative to.
        language: Of the page.
        blocks: Texts of its JSON-LD, in their order.
    """

    url: str
    base: str
    language: str
    blocks: tuple[str, ...]


def declared_in_html(head: bytes) -> str | None:
    """The encoding that a page's `meta` names."""
    found = _META.search(head[:4_096])
    return found[1].decode("ascii") if found else None


def read_html(text: str, url: str) -> Page:
    """Find the blocks of JSON-LD in a page, however broken its HTML is.

    Args:
        text: The page.
        url: Where it came from.
    """
    blocks: list[str] = []
    base = canonical = language = ""
    for tag in tags(text, _RAW):
        if tag.closes:
            continue
        if tag.name == "script":
            kind = attributes(text, tag).get("type", "").partition(";")[0].strip().lower()
            if kind == "application/ld+json" and len(blocks) < MOST_BLOCKS:
                blocks.append(text[tag.end : tag.inside])
        elif tag.name == "link" and not canonical:
            told = attributes(text, tag)
            if "canonical" in told.get("rel", "").lower().split():
                canonical = told.get("href", "").strip()
        elif tag.name == "base" and not base:
            base = attributes(text, tag).get("href", "").strip()
        elif tag.name == "html" and not language:
            language = attributes(text, tag).get("lang", "")
    base = _whole(base, url)
    return Page(_whole(canonical, base) if canonical else url, base, language, tuple(blocks))


def unwrapped(block: str) -> str:
    """A block without the comment or CDATA around it, and with spaces for line breaks: texts in JSON have none."""
    if wrapped := _WRAPPED.match(block):
        block = block[wrapped.end() :]
    ending = block[-_ENDING:]
    if found := next((end for end in _UNWRAPPED.finditer(ending) if end.end() == len(ending)), None):
        block = block[: len(block) - len(ending) + found.start()]
    return re.sub(r"[\x00-\x1f]", " ", block)


def escaped(block: str) -> str | None:
    """A block whose quotes were written as HTML, as it was meant; None when they were not."""
    return html.unescape(block) if "&quot;" in block or "&#34;" in block or "&#x22;" in block.lower() else None


def _whole(link: str, base: str) -> str:
    """An address made whole; the base when it is none of the web."""
    try:
        url = urljoin(base, link) if link else base
    except ValueError:
        return base
    return url if url.startswith(("http://", "https://")) and len(url) <= 2_000 else base
