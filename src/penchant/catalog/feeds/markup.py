"""The tags of HTML as it is found, in one pass.

Time grows with the length alone, whatever the HTML: the parser of Python's library takes minutes for 60 kB of tags that
are opened and never closed.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

_TAG = re.compile(r"<(?:!--|(/?)([a-zA-Z][a-zA-Z0-9:-]*)|[!?])")
_TAIL = re.compile(r"""(?:[^<>"']|"[^"<]*"|'[^'<]*')*>""")
"""The rest of a tag. It ends at the next `<` at the latest, so that no part of the text is read more than twice."""
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"?|'([^']*)'?|([^\s"'<>]+)))?""")


class Tag(NamedTuple):
    """A tag of HTML.

    Attributes:
        name: In lower case; empty for a comment or declaration.
        closes: It is `</name>`.
        start: Where its `<` stands.
        end: What follows its `>`.
        inside: End of its content, for elements whose content is not HTML; else as `end`.
    """

    name: str
    closes: bool
    start: int
    end: int
    inside: int


def tags(text: str, raw: frozenset[str]) -> Iterator[Tag]:
    """The tags of HTML in their order.

    Args:
        text: The HTML.
        raw: Elements whose content is passed over.
    """
    at = 0
    while found := _TAG.search(text, at):
        name = (found[2] or "").lower()
        if found[0] == "<!--":
            end = text.find("-->", found.end())
            at = end + 3
        elif tail := _TAIL.match(text, found.end()):
            end, at = tail.end() - 1, tail.end()
        else:
            end = text.find(">", found.end())
            at = end + 1
        if end < 0:
            # Never closed: what follows is part of it.
            yield Tag(name, found[1] == "/", found.start(), len(text), len(text))
            return
        inside = at
        if name in raw and found[1] != "/" and text[end - 1] != "/":
            closing = re.compile(rf"</{re.escape(name)}[\s/>]", re.IGNORECASE).search(text, at)
            inside = closing.start() if closing else len(text)
        yield Tag(name, found[1] == "/", found.start(), at, inside)
        at = inside


def attributes(text: str, tag: Tag, most: int = 8_192) -> dict[str, str]:
    """A tag's attributes, names in lower case; of one that stands twice the first; what is past `most` is left out."""
    told: dict[str, str] = {}
    for found in _ATTRIBUTE.finditer(text, tag.start + 1 + len(tag.name), min(tag.end, tag.start + most)):
        told.setdefault(found[1].lower(), html.unescape(found[2] or found[3] or found[4] or ""))
    return told
