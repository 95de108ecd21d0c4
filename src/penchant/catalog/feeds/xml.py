"""XML that may be hostile, huge or broken, read element by element.

Parsing is expat's, made safe by `defusedxml`: a document type, entities of its own and whatever lies elsewhere are
refused. On top of that every size is bounded, so that a file of any length is read in a few megabytes of memory.
"""

from __future__ import annotations

import html.entities
import re
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from penchant.catalog.feeds.charset import text_of
from penchant.errors import FeedFailed

_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html|head|body|script)\b", re.I | re.S
)
_BROKEN_OFF = frozenset((3, 5, 6, 20))
"""What expat says at the end of a file that has none: no element, unclosed token, half a character, unclosed CDATA."""


@dataclass(frozen=True)
class Limits:
    """The most that an XML file may have; no feed that is meant well comes near.

    Attributes:
        depth: Elements within each other.
        attributes: Attributes of one element.
        attribute: Characters of one attribute.
        token: Bytes of one tag or comment.
        names: Different names of elements and attributes in the file; and different prefixes.
        elements: Elements within one of those that are given out.
        text: Characters of text and attributes within one of those.
    """

    depth: int = 100
    attributes: int = 100
    attribute: int = 65_536
    token: int = 262_144
    names: int = 5_000
    elements: int = 20_000
    text: int = 4_000_000


LIMITS = Limits()


def local(tag: str) -> str:
    """An element's or attribute's name without its namespace."""
    return tag.rpartition("}")[2]


def iter_elements(
    file: BinaryIO,
    tags: Collection[str],
    dialect: str,
    *,
    encoding: str | None = None,
    roots: Collection[str] = (),
    limits: Limits = LIMITS,
) -> Iterator[Element]:
    """Give out the elements of some names, each complete with what is in it, and keep nothing else in memory.

        for place, item in enumerate(iter_elements(file, ("item", "entry"), "merchant", encoding=told), 1):
            for child in item:
                child.tag                 # "{http://base.google.com/ns/1.0}price" or "title"
                local(child.tag)          # "price"
                "".join(child.itertext())

    Names come with their namespace in braces, as `xml.etree` writes them, whatever prefix the file uses. Of wanted
    elements within each other the outermost is given out. HTML's named characters (`&nbsp;`) are read in text though
    XML does not have them; in an attribute they are left out. Control characters are left out.

    Args:
        file: Read from where it stands, in pieces; already unpacked if it was gzip. It is not closed.
        tags: Names to give out: `item` in whatever namespace, or `{http://www.w3.org/2005/Atom}entry` in this one.
        dialect: Name of the dialect, for errors.
        encoding: What the server said. A byte order mark and the XML declaration go first; bytes that are wrong in
            the encoding are read as this one, else as Windows-1252.
        roots: Names, without namespace, that the outermost element may have; any when empty.
        limits: The most that the file may have.

    Raises:
        FeedFailed: (step `read`) The file is empty, HTML, JSON or no XML; has a document type or entities; has another
            root; is above a limit; is not well-formed; or breaks off. Raised when it is seen, which may be after some
            elements have been given out.
    """
    passing = _Passing(frozenset(tags), dialect, frozenset(roots), limits)
    parser = DefusedXMLParser(target=passing, encoding="utf-8", forbid_dtd=True)
    # Without a document type expat knows five names of characters; told that there may be one, it asks for the others.
    parser.parser.UseForeignDTD(True)
    parser.entity.update(_CHARACTERS)
    fed = 0
    for text in text_of(file, encoding):
        if not fed:
            text = text.lstrip()
            _check_start(text, dialect)
        if "\0" in text:
            raise FeedFailed(dialect, "read", "it is no text: it has NUL characters")
        chunk = text.encode("utf-8", "replace")
        _feed(parser, chunk, dialect, last=False)
        fed += len(chunk)
        if fed - parser.parser.CurrentByteIndex > limits.token:
            raise FeedFailed(dialect, "read", f"it has a tag or comment of more than {limits.token} bytes")
        if len(parser.parser.intern) > limits.names:
            raise FeedFailed(dialect, "read", f"it has more than {limits.names} different names of elements")
        while passing.ready:
            yield passing.ready.popleft()
    if not fed:
        raise FeedFailed(dialect, "read", "it is empty")
    _feed(parser, b"", dialect, last=True)


_CHARACTERS = {name: chr(code) for name, code in html.entities.name2codepoint.items()}


def _feed(parser: DefusedXMLParser, chunk: bytes, dialect: str, *, last: bool) -> None:
    try:
        if last:
            parser.close()
        else:
            parser.feed(chunk)
    except ParseError as error:
        line, column = error.position
        if last and error.code in _BROKEN_OFF:
            raise FeedFailed(dialect, "read", f"it breaks off in line {line}") from None
        what = str(error).partition(": line ")[0]
        raise FeedFailed(
            dialect, "read", f"it is not well-formed XML: {what} in line {line}, column {column + 1}"
        ) from None
    except DefusedXmlException:
        raise FeedFailed(
            dialect, "read", "it has a document type (DTD) or entities of its own, which is refused"
        ) from None


def _check_start(text: str, dialect: str) -> None:
    """Raise for what is no XML at all."""
    if not text:
        return
    if _HTML.match(text[:8_000]):
        raise FeedFailed(dialect, "read", "it is an HTML page, not XML")
    if text[0] in "{[":
        raise FeedFailed(dialect, "read", "it is JSON, not XML")
    if text[0] not in "<\0":
        raise FeedFailed(dialect, "read", f"it is no XML: it begins with {text[:20]!r}")


class _Passing:
    """Expat's target: builds the elements that are wanted and lets the others pass.

    Attributes:
        ready: Elements that are complete.
    """

    def __init__(self, tags: frozenset[str], dialect: str, roots: frozenset[str], limits: Limits) -> None:
        self.ready: deque[Element] = deque()
        self._tags, self._dialect, self._roots, self._limits = tags, dialect, roots, limits
        self._depth = 0
        self._since = 0
        self._builder: TreeBuilder | None = None
        self._elements = self._text = 0
        self._prefixes: set[str] = set()

    def start_ns(self, prefix: str, uri: str) -> None:
        """A prefix is declared; expat remembers every one there ever was."""
        self._prefixes.add(prefix)
        if len(self._prefixes) > self._limits.names:
            raise self._above(f"more than {self._limits.names} different prefixes")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._depth += 1
        if self._depth > self._limits.depth:
            raise self._above(f"elements nested more than {self._limits.depth} deep")
        if self._depth == 1 and self._roots and local(tag) not in self._roots:
            wanted = " or ".join(f"<{name}>" for name in sorted(self._roots))
            raise FeedFailed(self._dialect, "read", f"it begins with <{local(tag)[:40]}>, not with {wanted}")
        if len(attributes) > self._limits.attributes:
            raise self._above(f"an element with more than {self._limits.attributes} attributes")
        length = 0
        for value in attributes.values():
            length += len(value)
            if len(value) > self._limits.attribute:
                raise self._above(f"an attribute of more than {self._limits.attribute} characters")
        if self._builder is None:
            if tag not in self._tags and local(tag) not in self._tags:
                return
            self._builder, self._since, self._elements, self._text = TreeBuilder(), self._depth, 0, 0
        self._elements += 1
        if self._elements > self._limits.elements:
            raise self._above(f"an entry of more than {self._limits.elements} elements")
        self._add(length)
        self._builder.start(tag, attributes)

    def data(self, text: str) -> None:
        """Text between tags."""
        if self._builder is not None:
            self._add(len(text))
            self._builder.data(text)

    def end(self, tag: str) -> None:
        """An element ends."""
        if self._builder is not None:
            self._builder.end(tag)
            if self._depth == self._since:
                self.ready.append(self._builder.close())
                self._builder = None
        self._depth -= 1

    def close(self) -> None:
        """The file ends."""

    def _add(self, length: int) -> None:
        self._text += length
        if self._text > self._limits.text:
            raise self._above(f"an entry of more than {self._limits.text} characters")

    def _above(self, what: str) -> FeedFailed:
        return FeedFailed(self._dialect, "read", f"it has {what}")
