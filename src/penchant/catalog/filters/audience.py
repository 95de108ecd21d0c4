"""The same language on a person: an audience is told by traits, whose types are what they come as."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from penchant.catalog.filters.leaf import reach
from penchant.catalog.filters.shape import check_ends, check_flag, check_list, check_test, check_within
from penchant.catalog.filters.tree import Joined, Negated, Node, Single, read_tree
from penchant.catalog.filters.value import WANTED, Family, as_number, read_number, read_span, read_text
from penchant.catalog.path import is_below
from penchant.errors import InvalidRequest

Constant = str | float | bool


@dataclass(frozen=True)
class Audience:
    """A filter on people that has been read.

    Attributes:
        tree: Its tests.
    """

    tree: Node[TraitTest]

    def holds(self, person: Mapping[str, Any], now: float) -> bool:
        """Whether it holds for a person.

        Args:
            person: What is known of them: text, numbers, true or false, moments as ISO 8601 text, or lists of these.
            now: When it is, in Unix seconds.
        """
        return _holds(self.tree, person, now)


class TraitTest(Protocol):
    """One test of a trait. A trait that is not there fails all but `exists: false`."""

    def holds(self, person: Mapping[str, Any], now: float) -> bool:
        """Whether it holds for a person."""
        ...


@dataclass(frozen=True)
class _Exists:
    trait: str
    wanted: bool

    def holds(self, person: Mapping[str, Any], now: float) -> bool:
        return bool(_told(person, self.trait)) is self.wanted


@dataclass(frozen=True)
class _OneOf:
    trait: str
    values: tuple[Constant, ...]

    def holds(self, person: Mapping[str, Any], now: float) -> bool:
        return any(_same(one, wanted) for one in _told(person, self.trait) for wanted in self.values)


@dataclass(frozen=True)
class _Under:
    trait: str
    top: str

    def holds(self, person: Mapping[str, Any], now: float) -> bool:
        return any(isinstance(one, str) and is_below(one, self.top) for one in _told(person, self.trait))


@dataclass(frozen=True)
class _Near:
    trait: str
    value: float
    share: float

    def holds(self, person: Mapping[str, Any], now: float) -> bool:
        numbers = (as_number(one, "number") for one in _told(person, self.trait))
        width = reach(self.value, self.share)
        return any(one is not None and self.value - width <= one <= self.value + width for one in numbers)


class _End(NamedTuple):
    """An end of a range: a number, or seconds from now."""

    value: float
    from_now: bool

    def at(self, now: float) -> float:
        return self.value + now if self.from_now else self.value


@dataclass(frozen=True)
class _Within:
    trait: str
    family: Family
    least: _End | None
    most: _End | None

    def holds(self, person: Mapping[str, Any], now: float) -> bool:
        low = self.least.at(now) if self.least else -math.inf
        high = self.most.at(now) if self.most else math.inf
        numbers = (as_number(one, self.family) for one in _told(person, self.trait))
        return any(one is not None and low <= one <= high for one in numbers)


def parse_audience(json: object, path: str = "audience") -> Audience:
    """Read a filter on a person's traits.

    Args:
        json: Plain JSON.
        path: Where it stands in the request, for messages.

    Raises:
        InvalidRequest: A wrong shape or type, with the path to it. Any name may be a trait's.
    """
    return Audience(read_tree(json, path, _test))


def _holds(node: Node[TraitTest], person: Mapping[str, Any], now: float) -> bool:
    if isinstance(node, Single):
        return node.test.holds(person, now)
    if isinstance(node, Negated):
        return not _holds(node.part, person, now)
    assert isinstance(node, Joined)
    held = (_holds(part, person, now) for part in node.parts)
    return all(held) if node.all else any(held)


def _test(json: dict[str, Any], path: str) -> TraitTest:
    trait = json["field"]
    if not isinstance(trait, str) or not trait:
        raise InvalidRequest(f"{path}.field", "must be text, the name of a trait", trait)
    test = check_test(json, path, beside=("within",))
    wanted, at = json[test], f"{path}.{test}"
    share = check_within(json, path, test) if "within" in json or test == "near" else 0.0
    if test == "exists":
        return _Exists(trait, check_flag(wanted, at))
    if test == "range":
        return _range(trait, wanted, at)
    if test == "near":
        return _Near(trait, read_number(wanted, "number", at), share)
    if test == "under":
        return _Under(trait, read_text(wanted, at))
    if test == "in":
        return _OneOf(trait, tuple(_constant(one, f"{at}[{i}]") for i, one in enumerate(check_list(wanted, at))))
    return _OneOf(trait, (_constant(wanted, at),))


def _range(trait: str, json: object, path: str) -> TraitTest:
    """A range of moments when an end is one, else of numbers."""
    ends = check_ends(json, path)
    family: Family = "time" if any(isinstance(end, str | dict) for end in ends) else "number"
    least, most = (_end(end, family, f"{path}[{i}]") for i, end in enumerate(ends))
    return _Within(trait, family, least, most)


def _end(json: object, family: Family, path: str) -> _End | None:
    if json is None:
        return None
    if isinstance(json, dict):
        if list(json) != ["now"]:
            raise InvalidRequest(path, f'{WANTED["time"]}, or {{"now": …}}', json)
        return _End(read_span(json["now"], f"{path}.now"), from_now=True)
    return _End(read_number(json, family, path), from_now=False)


def _same(one: object, wanted: Constant) -> bool:
    """Equal and of one type: true is not 1."""
    if isinstance(wanted, float):
        return as_number(one, "number") == wanted
    return type(one) is type(wanted) and one == wanted


def _told(person: Mapping[str, Any], trait: str) -> Sequence[Any]:
    """What a person has of a trait; empty text and what is no number are nothing."""
    value = person.get(trait)
    several = value if isinstance(value, list | tuple) else (value,)
    return [one for one in several if one is not None and one != "" and one == one]


def _constant(json: object, path: str) -> Constant:
    if isinstance(json, bool | str):
        return json
    if isinstance(json, int | float):
        return read_number(json, "number", path)
    hint = "; an audience compares with nothing but these" if isinstance(json, dict) else ""
    raise InvalidRequest(path, f"must be text, a number, or true or false{hint}", json)
