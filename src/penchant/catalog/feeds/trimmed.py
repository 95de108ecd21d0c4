"""Entries of a feed, cut to what a parser may safely see of them, and what is read of them before that.

`feedparser` takes the square of the time for some texts: for the names of authors, where it looks for addresses of
e-mail, and for long lists of labels. It also cuts addresses at the fourth letter of their domain. So authors are read
here, and it never sees them.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element, tostring

from penchant.catalog.feeds.xml import local

ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
MEDIA = "http://search.yahoo.com/mrss"
_PROSE = frozenset(("description", "summary", "content", "encoded", "title", "subtitle", "abstract"))
_LINES = frozenset(("title", "subtitle"))
_AUTHORS = ("author", "creator")
_NAMES = frozenset((*_AUTHORS, "contributor", "managingEditor", "webMaster", "publisher", "owner"))
_LABELS = frozenset(("category", "subject", "keywords", "tags"))
_MOST_LABELS, _MOST_NAMES, _LONGEST = 100, 10, 2_048
_LONGEST_LINE = 10_000


def creators(elements: Iterable[Element]) -> list[str]:
    """Who is said to have made it, as it stands: names, some with an address."""
    told: list[str] = []
    for element in elements:
        if local(element.tag) in _AUTHORS and len(told) < _MOST_NAMES:
            name = next((child for child in element if local(child.tag) == "name"), element)
            told.append((name.text or "").strip()[:_LONGEST])
    return told


def explicit(elements: Iterable[Element]) -> str:
    """What is said of explicit words, as it stands; feedparser knows the older of two spellings alone."""
    texts = (one.text for one in elements if one.tag.lower() == f"{{{ITUNES}}}explicit" and one.text)
    return next(texts, "").strip()


def trimmed(element: Element) -> Element:
    """An element without authors, with markup as text, long lines cut, and few enough labels. It is changed."""
    if local(element.tag) in _PROSE:
        _flatten(element)
    labels = 0
    stack = [element]
    while stack:
        parent = stack.pop()
        parent.attrib.update((name, value[:_LONGEST]) for name, value in parent.items() if len(value) > _LONGEST)
        kept: list[Element] = []
        for child in parent:
            word = local(child.tag)
            labels += word in _LABELS
            if word in _NAMES or (word in _LABELS and labels > _MOST_LABELS):
                continue
            kept.append(child)
            # A media:content is a file, with words of its own.
            if word in _PROSE and not (word == "content" and child.tag.startswith(f"{{{MEDIA}")):
                _flatten(child)
            else:
                child.text = (child.text or "")[:_LONGEST]
                stack.append(child)
        parent[:] = kept
    element.tail = None
    return element


def _flatten(element: Element) -> None:
    """Make the markup within an element its text."""
    if len(element):
        for child in element.iter():
            child.tag = local(child.tag)
        inner = "".join((element.text or "", *(tostring(child, "unicode") for child in element)))
        element[:] = []
        element.text = inner
        element.set("type", "html")
    if local(element.tag) in _LINES:
        element.text = (element.text or "")[:_LONGEST_LINE]
    element.tail = None
