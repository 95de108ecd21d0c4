"""A thing in JSON-LD, asked for its words in whichever of their shapes they are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urljoin

from penchant.catalog.feeds.cells import Cells, Told
from penchant.catalog.feeds.prose import one_line, plain_text

_PREFIX = re.compile(r"(?:https?://(?:www\.)?schema\.org/|schema:)")
_NAMES = ("@value", "name")
_ADDRESSES = (*_NAMES, "url", "@id")
MOST_VALUES = 1_000
MOST_NODES = 50_000
_LONGEST = 100_000
_MOST_WORDS = 300


class Graph:
    """All things of a page, so that one may point at another by its `@id`.

    Attributes:
        url: The page's address, for what is relative.
        told: The feed's options.
        language: Of the page, when a thing does not say its own.
    """

    def __init__(self, url: str, told: Told, language: str = "") -> None:
        self.url, self.told, self.language = url, told, language
        self._named: dict[str, dict[str, Any]] = {}

    def add(self, value: object) -> None:
        """Remember every thing in a block that has an `@id` and says more than that."""
        stack, seen = [value], 0
        while stack and seen < MOST_NODES:
            one = stack.pop()
            seen += 1
            if isinstance(one, dict):
                id = one.get("@id")
                if isinstance(id, str) and len(one) > 1:
                    self._named.setdefault(id, one)
                stack.extend(one.values())
            elif isinstance(one, list):
                stack.extend(one)

    def thing(self, value: object) -> object:
        """The value itself, or what it points at."""
        if isinstance(value, dict) and len(value) == 1 and isinstance(id := value.get("@id"), str):
            return self._named.get(id, value)
        return value

    def whole(self, id: str) -> str:
        """An id as it is; one that is relative to the page made whole."""
        if not id.startswith(("#", "/", "./", "../")):
            return id
        try:
            return urljoin(self.url, id)
        except ValueError:
            return id


class Node:
    """One thing.

    Attributes:
        told: As it stands in the JSON.
        graph: What it is part of.
        types: Its types, without the address of the vocabulary.
    """

    def __init__(self, told: Mapping[str, Any], graph: Graph) -> None:
        self.told, self.graph = told, graph
        self.types = frozenset(type_name(one) for one in _flat(told.get("@type")) if isinstance(one, str))

    def values(self, *words: str) -> list[Any]:
        """All that the first word says that is told at all, as a list, with what it points at."""
        for word in words:
            found = [self.graph.thing(value) for value in _flat(self.told.get(word)) if value not in (None, "", {})]
            if found:
                return found
        return []

    def nodes(self, *words: str) -> list[Node]:
        """The things that a word says."""
        return [Node(value, self.graph) for value in self.values(*words) if isinstance(value, dict)]

    def node(self, *words: str) -> Node | None:
        """The first of them."""
        return next(iter(self.nodes(*words)), None)

    def texts(self, *words: str) -> list[str]:
        """What a word says as texts in one line; of a thing its name."""
        return [text for value in self.values(*words) if (text := one_line(_text(value)))]

    def text(self, *words: str) -> str | None:
        """The first of them."""
        return next(iter(self.texts(*words)), None)

    def prose(self, *words: str) -> str | None:
        """A text in many lines, without HTML."""
        return next((plain_text(text) for text in map(_text, self.values(*words)) if text), None)

    def flag(self, word: str) -> bool | None:
        """Yes or no, as JSON or in words; None for what is neither."""
        text = type_name(next(iter(self.texts(word)), "")).lower()
        return {"true": True, "false": False}.get(text)

    @cached_property
    def cells(self) -> Cells:
        """Its words as texts, to be read as numbers, dates and addresses."""
        words = list(self.told)[:_MOST_WORDS]
        texts = {word: [_text(value, _ADDRESSES) for value in self.values(word)] for word in words}
        return Cells(texts, self.graph.told, {})

    @property
    def id(self) -> str | None:
        """Its `@id`, whole; one that names no thing but a place in memory (`_:b0`) is none."""
        id = self.told.get("@id")
        return self.graph.whole(id.strip()) if isinstance(id, str) and id.strip() and not id.startswith("_:") else None

    @property
    def identifier(self) -> str | None:
        """Its `identifier`: a text, or a `PropertyValue`."""
        for value in self.values("identifier"):
            text = _text(value, ("value", "@value", "@id")).strip()
            if text:
                return text
        return None

    def image(self) -> str | None:
        """Address of its picture: a text, a thing, or the first of a list; one that cannot be shown is left out."""
        for value in self.values("image", "thumbnailUrl", "thumbnail"):
            node = Node(value, self.graph) if isinstance(value, dict) else None
            for text in node.texts("contentUrl", "url", "thumbnailUrl", "@id") if node else [_text(value)]:
                try:
                    if link := Cells({"image": [text]}, self.graph.told, {}).link("image"):
                        return link
                except ValueError:
                    continue
        return None

    def link(self) -> str:
        """Its own address, else the page's.

        Raises:
            Wrong: It is no address of the web.
        """
        return self.cells.link("url") or self.graph.url


def type_name(text: str) -> str:
    """A type without the address of the vocabulary."""
    return text[found.end() :] if (found := _PREFIX.match(text)) else text


def _flat(value: object) -> Iterator[Any]:
    """What a list holds, or the value alone; `@list` and `@set` are lists."""
    stack, given = [value], 0
    while stack and given < MOST_VALUES:
        one = stack.pop()
        if isinstance(one, list):
            stack.extend(reversed(one[:MOST_VALUES]))
        elif isinstance(one, dict) and len(one) == 1 and ("@list" in one or "@set" in one):
            stack.extend(one.values())
        else:
            given += 1
            yield one


def _text(value: object, words: Iterable[str] = _NAMES) -> str:
    """A text, a number or a truth as text; of a thing what the first of some words says; empty for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)[:_LONGEST]
    if isinstance(value, dict):
        return next((_text(value[word]) for word in words if isinstance(value.get(word), str | int | float)), "")
    return ""


def merged(node: Node, group: Node, words: Iterable[str]) -> Node:
    """A thing that has from its group what it does not say itself."""
    inherited = {word: group.told[word] for word in words if word in group.told and word not in node.told}
    return Node({**inherited, **node.told}, node.graph)
