"""Text out of HTML."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from penchant.catalog.feeds.markup import tags

MOST_HTML = 65_536
"""Characters of a description that are read; what follows is left out."""
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Characters that mean nothing in a text, and that no id may have."""
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_MARKUP = re.compile(r"</?[a-zA-Z][^<>]*+>|<!--")
_SILENT = frozenset(("script", "style", "template", "noscript", "iframe", "object", "svg", "head"))
"""Elements whose content no reader sees."""
_BLOCKS = frozenset((
    "address", "blockquote", "br", "dd", "div", "dl", "dt", "figure", "footer", "form", "h1", "h2", "h3", "h4",
    "h5", "h6", "header", "hr", "li", "ol", "p", "pre", "section", "table", "td", "th", "tr", "ul",
))  # fmt: skip


def unescape(text: str) -> str:
    """Text with its entities resolved; only those that end in `;`, so that `?a=1&region=2` stays what it is."""
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text) if "&" in text else text


def one_line(text: str) -> str:
    """Text with its entities resolved, control characters left out, every run of white space made one space."""
    text = unescape(text)
    return " ".join((text if text.isprintable() else CONTROL.sub(" ", text)).split())


def plain_text(text: str) -> str:
    """What a reader would see of HTML, be it escaped once more than it should, or of text without any.

    Returns:
        Words in lines, without tags, scripts and styles.
    """
    text = text[:MOST_HTML]
    if not _MARKUP.search(text):
        text = unescape(text)
    if _MARKUP.search(text):
        text = "".join(_words(text))
    lines = (one_line(line) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _words(text: str) -> Iterator[str]:
    """The text between the tags, with a newline for each tag that begins or ends a block."""
    at = 0
    for tag in tags(text, _SILENT):
        yield text[at : tag.start].replace("\n", " ")
        if tag.name in _BLOCKS:
            yield "\n"
        at = tag.inside
    yield text[at:].replace("\n", " ")
