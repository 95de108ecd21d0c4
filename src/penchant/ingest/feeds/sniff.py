"""Which dialect a file is written in, by its beginning."""

from __future__ import annotations

import re
from collections.abc import Container

HEAD = 65_536
"""Bytes that are looked at."""
_COMMENT = re.compile(r"<!--.*?-->|<\?.*?\?>|<!DOCTYPE[^>]*>", re.DOTALL | re.IGNORECASE)
_ROOT = re.compile(r"<\s*(?:[\w.-]+:)?([\w-]+)([^>]*)>", re.DOTALL)
_MERCHANT = ("base.google.com/ns/1.0", "base.google.com/cns/1.0")
_SEPARATORS = re.compile(r"[\t,;|]")
_XML_ROOTS = {"rss": "rss", "rdf": "rss", "feed": "atom", "urlset": "sitemap", "sitemapindex": "sitemap"}


def sniff(head: bytes, known: Container[str]) -> str | None:
    """The dialect of a file; None when it cannot be told.

    Args:
        head: How the file begins, unpacked.
        known: Names of the dialects there are.
    """
    name = _sniff(_text(head))
    return name if name in known else None


def _sniff(text: str) -> str | None:
    if text.startswith("<"):
        return _of_xml(text)
    if text.startswith("{"):
        return "jsonfeed" if "jsonfeed.org/version" in text[:4_000] else None
    return _of_table(text.split("\n", 1)[0])


def _of_xml(text: str) -> str | None:
    root = _ROOT.search(_COMMENT.sub("", text))
    name = _XML_ROOTS.get(root[1].casefold()) if root else None
    if name in ("rss", "atom") and any(space in text for space in _MERCHANT):
        return "merchant"
    return name


def _of_table(header: str) -> str | None:
    columns = {column.strip().strip('"').casefold() for column in _SEPARATORS.split(header)}
    columns = {column.removeprefix("g:").replace("_", " ") for column in columns}
    if {"handle", "url handle"} & columns and "title" in columns:
        return "shopify"
    if {"sku", "regular price"} <= columns or {"type", "published", "regular price"} <= columns:
        return "woocommerce"
    if {"id", "title"} <= columns and {"link", "availability", "image link"} & columns:
        return "merchant"
    return None


def _text(head: bytes) -> str:
    """The beginning as text, whatever it is written in; only its plain letters matter."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", "replace").lstrip()
    if b"\0" in head[:200]:
        return head.replace(b"\0", b"").decode("latin-1").lstrip()
    return head.decode("utf-8-sig", "replace").lstrip()
