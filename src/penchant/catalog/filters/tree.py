"""Tests joined by `all`, `any` and `not`: the shape that filters on items and on people share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from penchant.errors import InvalidRequest

DEPTH = 16
"""How deep tests may be nested."""
NODES = 1_000
"""How many tests and joints a filter may have."""

Leaf = TypeVar("Leaf")


@dataclass(frozen=True)
class Joined(Generic[Leaf]):
    """All of the parts hold, or any of them."""

    all: bool
    parts: tuple[Node[Leaf], ...]


@dataclass(frozen=True)
class Negated(Generic[Leaf]):
    """The part does not hold."""

    part: Node[Leaf]


@dataclass(frozen=True)
class Single(Generic[Leaf]):
    """One test."""

    test: Leaf


Node = Joined[Leaf] | Negated[Leaf] | Single[Leaf]


def read_tree(json: object, path: str, leaf: Callable[[dict[str, Any], str], Leaf]) -> Node[Leaf]:
    """The tree of a filter.

    Args:
        json: Plain JSON.
        path: Where it stands in the request, for messages.
        leaf: Reads one test, an object with "field".

    Raises:
        InvalidRequest: A wrong shape, too deep or too large, or what `leaf` finds, with the path to it.
    """
    return _Reading(path, leaf).node(json, path, 0)


def leaves(node: Node[Leaf]) -> Iterator[Leaf]:
    """All tests of a tree."""
    if isinstance(node, Single):
        yield node.test
    elif isinstance(node, Negated):
        yield from leaves(node.part)
    else:
        for part in node.parts:
            yield from leaves(part)


class _Reading(Generic[Leaf]):
    def __init__(self, top: str, leaf: Callable[[dict[str, Any], str], Leaf]) -> None:
        self._top, self._leaf, self._seen = top, leaf, 0

    def node(self, json: object, path: str, depth: int) -> Node[Leaf]:
        if not isinstance(json, dict):
            raise InvalidRequest(path, "must be an object", json)
        if depth > DEPTH:
            raise InvalidRequest(path, f"is nested more than {DEPTH} deep")
        self._seen += 1
        if self._seen > NODES:
            raise InvalidRequest(self._top, f"has more than {NODES:,} parts")
        if "field" in json:
            return Single(self._leaf(json, path))
        if len(json) != 1 or (key := next(iter(json))) not in ("all", "any", "not"):
            raise InvalidRequest(path, 'must have "field" and a test, or one of "all", "any", "not"', json)
        if key == "not":
            return Negated(self.node(json["not"], f"{path}.not", depth + 1))
        parts = json[key]
        if not isinstance(parts, list) or not parts:
            raise InvalidRequest(f"{path}.{key}", "must be a list of at least one filter", parts)
        read = tuple(self.node(part, f"{path}.{key}[{i}]", depth + 1) for i, part in enumerate(parts))
        return Joined(key == "all", read)
