"""Google Merchant feeds: RSS and Atom with or without `g:`, and tables with tabs or commas."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO, NamedTuple
from xml.etree.ElementTree import Element

from penchant.catalog.feeds.cells import Cells, Told
from penchant.catalog.feeds.entry import Dialect, Entry, Options, Refused
from penchant.catalog.feeds.firsts import Firsts
from penchant.catalog.feeds.merchant_words import merchant_fields, parts_of, word_of
from penchant.catalog.feeds.table import read_table
from penchant.catalog.feeds.unpacked import PEEK, encoding_of, looks_like, unpacked
from penchant.catalog.feeds.wrong import Wrong
from penchant.catalog.feeds.xml import iter_elements, local
from penchant.errors import FeedFailed, nearest

NAME = "merchant"
_PARTS = {
    "shipping": (
        "country", "region", "service", "price",
        "min_handling_time", "max_handling_time", "min_transit_time", "max_transit_time",
    ),
    "product_detail": ("section_name", "attribute_name", "attribute_value"),
}  # fmt: skip
"""Parts of the words that have some, in the order of a table that does not name them."""
_ROOTS = ("rss", "feed", "RDF", "channel", "products", "items")
_ATOM = "http://www.w3.org/2005/Atom"
_OF_THE_FEED = frozenset((
    "guid", "pubdate", "updated", "published", "author", "category", "comments", "source", "enclosure", "rights",
    "contributor",
))  # fmt: skip
"""Words of RSS and Atom that tell of the entry and not of the product."""
_ALSO = {"summary": "description", "content": "description"}
Values = dict[str, list[str]]
Parts = dict[str, list[dict[str, str]]]


class Row(NamedTuple):
    """One product as any of the forms tells it.

    Attributes:
        place: Line, or number of the entry.
        values: Texts by word; what stands under `g:` goes first.
        parts: Of the words that have some.
        spelled: Words as the feed spells them.
        problem: What is wrong with the whole.
    """

    place: int
    values: Values
    parts: Parts
    spelled: Mapping[str, str]
    problem: str


def read_merchant(file: BinaryIO, options: Options) -> Iterator[Entry | Refused]:
    """Read a Merchant feed in whichever of its forms the file is.

    Raises:
        FeedFailed: It is none of them, or breaks off.
    """
    told = Told(options, NAME)
    bytes_ = unpacked(file, NAME)
    head = bytes_.peek(PEEK)
    seems = looks_like(head, encoding_of(head, options.encoding))
    rows, unit = (_elements(bytes_, options), "entry") if seems == "xml" else (_rows(bytes_, options), "line")
    firsts = Firsts()
    for place, values, parts, spelled, problem in rows:
        cells = Cells(values, told, spelled)
        try:
            if problem:
                raise Wrong("", problem)
            id = cells.id("id")
            fields = merchant_fields(cells, values, parts.get("shipping", ()), parts.get("product_detail", ()))
        except Wrong as wrong:
            yield Refused(place, (cells.raw("id") or "")[:200], wrong.word, wrong.reason)
            continue
        first = firsts.take(id, place)
        if first is None:
            yield Entry(place, id, "product", fields)
        else:
            yield Refused(place, id, cells.word("id"), f"the id stands already in {unit} {first}")


def _rows(file: io.BufferedReader, options: Options) -> Iterator[Row]:
    table = read_table(file, NAME, options.encoding)
    words, names = [], {}
    for column in table.columns:
        named = re.fullmatch(r"([^()]+)\(([^()]*)\)", column.strip())
        word = word_of(named[1] if named else column)
        if word in _PARTS:
            names[word] = [word_of(part) for part in named[2].split(":")] if named else _PARTS[word]
        else:
            word = word_of(column)
        words.append(word)
    if "id" not in words:
        near = nearest("id", table.columns)
        hint = f'; did you mean "{near}"?' if near else ""
        raise FeedFailed(NAME, "read", f'the table has no column "id"{hint}')
    spelled = dict(zip(reversed(words), reversed(table.columns), strict=True))
    for line, cells, problem in table.rows:
        values: Values = {}
        parts: Parts = {}
        for word, cell in zip(words, cells, strict=False):
            if word in names:
                parts.setdefault(word, []).extend(parts_of(cell, names[word]))
            elif cell and not cell.isspace():
                values.setdefault(word, []).append(cell)
        yield Row(line, values, parts, spelled, problem)


def _elements(file: io.BufferedReader, options: Options) -> Iterator[Row]:
    found = iter_elements(file, ("item", "entry"), NAME, encoding=options.encoding, roots=_ROOTS)
    for place, element in enumerate(found, 1):
        values: Values = {}
        plain: Values = {}
        parts: Parts = {}
        spelled: dict[str, str] = {}
        for child in element:
            name = local(child.tag)
            word = word_of(name)
            space = child.tag[1:].partition("}")[0] if child.tag.startswith("{") else ""
            google = "base.google.com" in space
            if word in _PARTS:
                parts.setdefault(word, []).append({word_of(local(part.tag)): _text(part) for part in child})
            elif google and not len(child):
                spelled[word] = f"g:{name}"
                if text := _text(child):
                    values.setdefault(word, []).append(text)
            elif space in ("", _ATOM) and not len(child) and word not in _OF_THE_FEED:
                word = _ALSO.get(word, word)
                spelled.setdefault(word, name)
                text = child.get("href", "").strip() or _text(child)
                if text and not (word == "link" and child.get("rel", "alternate") != "alternate"):
                    plain.setdefault(word, []).append(text)
        for word, texts in plain.items():
            values.setdefault(word, []).extend(texts)
        yield Row(place, values, parts, spelled, "")


def _text(element: Element) -> str:
    return "".join(element.itertext()).strip()


DIALECT = Dialect(
    NAME,
    "Google Merchant: RSS or Atom with or without g:, or a table with tabs or commas.",
    ("product",),
    read_merchant,
)
