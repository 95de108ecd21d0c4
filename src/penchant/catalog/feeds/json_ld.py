"""Items that a page tells of in JSON-LD, in the words of schema.org."""

from __future__ import annotations

import io
from collections.abc import Iterator, Set
from dataclasses import replace
from typing import Any, BinaryIO, NamedTuple

import msgspec

from penchant.catalog.feeds import ld_content, ld_learning, ld_product
from penchant.catalog.feeds.cells import LONGEST_ID, Told
from penchant.catalog.feeds.charset import text_of
from penchant.catalog.feeds.entry import Dialect, Entry, ItemKind, Options, Refused
from penchant.catalog.feeds.firsts import Firsts
from penchant.catalog.feeds.ld_node import MOST_NODES, Graph, Node, merged
from penchant.catalog.feeds.page import declared_in_html, escaped, read_html, unwrapped
from penchant.catalog.feeds.wrong import Wrong
from penchant.errors import FeedFailed

NAME = "page"
MOST_PAGE = 10 * 1024 * 1024
MOST_BLOCK = 2 * 1024 * 1024
"""Bytes of a page, characters of a block."""
MOST_ENTRIES = 1_000
"""Entries of a page."""
_CONTAINERS = ("@graph", "mainEntity", "mainEntityOfPage")
_PARTS = ("hasPart", "syllabusSections")
_KINDS: tuple[tuple[ItemKind, Set[str]], ...] = (
    ("product", ld_product.TYPES),
    ("content", ld_content.KINDS.keys()),
    ("learning", ld_learning.TYPES),
)
_TYPES = ld_product.TYPES | ld_learning.TYPES | ld_content.KINDS.keys()


class _Found(NamedTuple):
    """A thing that is an item, and what it stands in: the group of a variant, the course of a module."""

    node: Node
    within: Node | None = None


def read_page(html: bytes, options: Options) -> list[Entry | Refused]:
    """Read the items of a page: products, contents and modules that its blocks of JSON-LD tell of.

    A page without such blocks has none. A thing that is two kinds at once (a `VideoObject` that is a
    `LearningResource`) is an entry of each.

    Args:
        html: The page.
        options: `url` is where it came from, `encoding` what the server said.

    Raises:
        FeedFailed: The page is too large, or has too many entries.
    """
    if len(html) > MOST_PAGE:
        raise FeedFailed(NAME, "read", f"the page is larger than {MOST_PAGE // 1024 // 1024} MB")
    page = read_html("".join(text_of(io.BytesIO(html), options.encoding, declared_in_html)), options.url)
    blocks = [_decoded(block) for block in page.blocks]
    graph = Graph(page.url, Told(replace(options, url=page.base), NAME), page.language)
    for block in blocks:
        graph.add(block)
    entries: list[Entry | Refused] = []
    firsts = Firsts()
    place = 0
    for block in blocks:
        if isinstance(block, Wrong):
            place += 1
            entries.append(Refused(place, "", block.word, block.reason))
            continue
        for found in _items(block, graph):
            place += 1
            if place > MOST_ENTRIES:
                raise FeedFailed(NAME, "read", f"the page has more than {MOST_ENTRIES} entries")
            entries.extend(_read(found, place, firsts))
    return entries


def _decoded(block: str) -> Any:
    """What a block says, or what is wrong with it."""
    if len(block) > MOST_BLOCK:
        return Wrong("script", f"the block is longer than {MOST_BLOCK // 1024 // 1024} MB")
    text = unwrapped(block)
    reason = ""
    for one in (text, escaped(text)):
        if one is None or not one.strip():
            continue
        try:
            return msgspec.json.decode(one)
        except RecursionError:
            return Wrong("script", "the block is nested too deep")
        except (msgspec.DecodeError, UnicodeError) as error:
            reason = reason or str(error)
    return Wrong("script", f"the block is no JSON: {reason}") if reason else None


def _items(block: Any, graph: Graph) -> Iterator[_Found]:
    """The things of a block that are items, in their order; of a group its variants, of a course its parts."""
    stack: list[tuple[Any, Node | None]] = [(block, None)]
    given: set[int] = set()
    seen = 0
    while stack and seen < MOST_NODES:
        value, within = stack.pop()
        seen += 1
        if isinstance(value, list):
            stack.extend((one, within) for one in reversed(value))
        if not isinstance(value, dict):
            continue
        node = Node(value, graph)
        if "ProductGroup" in node.types and (variants := node.values("hasVariant")):
            stack.extend((one, node) for one in reversed(variants))
        elif node.types & ld_learning.TYPES and (parts := _parts(node)):
            stack.extend((one, node) for one in reversed(parts))
        elif node.types & _TYPES:
            # One that says no more than what it is and which is a pointer.
            if value.keys() - {"@type", "@id"} and id(value) not in given:
                given.add(id(value))
                yield _Found(node, within)
        else:
            stack.extend((value[word], None) for word in reversed(_CONTAINERS) if word in value)


def _parts(node: Node) -> list[Any]:
    """Parts of a course that are modules themselves."""
    return [part.told for part in node.nodes(*_PARTS) if part.types & ld_learning.TYPES]


def _read(found: _Found, place: int, firsts: Firsts) -> Iterator[Entry | Refused]:
    node, within = found
    for kind, types in _KINDS:
        if not node.types & types:
            continue
        id = ""
        try:
            id = _id(node, kind)
            fields = _fields(node, kind, within)
        except Wrong as wrong:
            yield Refused(place, id, wrong.word, wrong.reason)
            continue
        first = firsts.take(f"{kind} {id}", place)
        if first is None:
            yield Entry(place, id, kind, fields)
        else:
            yield Refused(place, id, "sku" if kind == "product" else "@id", f"the id stands already at {first}")


def _id(node: Node, kind: ItemKind) -> str:
    id = ld_product.product_id(node) if kind == "product" else node.id or node.identifier
    id = id or node.link()
    if not id:
        raise Wrong("@id", "the entry has no id, and the page no address")
    if len(id) > LONGEST_ID:
        raise Wrong("@id", f"the id is longer than {LONGEST_ID} characters")
    if not id.isprintable():
        raise Wrong("@id", "the id has control characters")
    return id


def _fields(node: Node, kind: ItemKind, within: Node | None) -> dict[str, Any]:
    if kind == "content":
        return ld_content.content_fields(node)
    if kind == "learning":
        return ld_learning.module_fields(node, within if within and within.types & ld_learning.TYPES else None)
    group = within if within and within.types & ld_product.TYPES else node.node("isVariantOf")
    return ld_product.product_fields(merged(node, group, ld_product.OF_THE_GROUP) if group else node, group)


def _read_file(file: BinaryIO, options: Options) -> Iterator[Entry | Refused]:
    try:
        html = file.read(MOST_PAGE + 1)
    except (OSError, ValueError) as error:
        raise FeedFailed(NAME, "read", f"the file cannot be read ({type(error).__name__})") from None
    yield from read_page(html, options)


DIALECT = Dialect(
    NAME,
    "One page with JSON-LD in the words of schema.org: products, contents, courses.",
    ("product", "content", "learning"),
    _read_file,
)
