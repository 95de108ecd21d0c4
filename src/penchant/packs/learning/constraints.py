"""What a learner must never be offered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from penchant.catalog import Audience, ItemTable, all_tags_in, in_region, parse_audience
from penchant.errors import InvalidRequest
from penchant.events import Role
from penchant.pack import Constraint, Facts, Kept


def prerequisites_met(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Modules whose prerequisites are all completed."""
    return all_tags_in(table, "prerequisites", facts.queries.touched(len(table), Role.GOAL))


def eligible(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Modules that are meant for the person.

    What is not known of the person speaks for nothing: neither a test of it nor the opposite of that test holds.
    """
    rules = table.category("eligibility")
    held = np.array([_holds(_rule(text), facts) is True for text in rules.names] + [True], bool)
    allowed: NDArray[np.bool_] = held[rules.codes]  # -1 is the last: meant for everybody
    return allowed


def for_everybody(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Modules that are meant for everybody, for when nothing can be read of the person."""
    allowed: NDArray[np.bool_] = table.category("eligibility").codes < 0
    return allowed


def _holds(rule: _Rule, facts: Facts) -> bool | None:
    """Whether it holds, by the logic of Kleene ("On notation for ordinal numbers", 1938); None where nobody knows."""
    if rule.test is not None:
        if rule.trait and facts.person.get(rule.trait) in (None, "", [], ()):
            return None
        return rule.test.holds(facts.person, facts.now)
    held = [_holds(part, facts) for part in rule.parts]
    if rule.joined == "not":
        return None if held[0] is None else not held[0]
    decides = rule.joined == "any"
    if decides in held:
        return decides
    return None if None in held else not decides


@dataclass(frozen=True)
class _Rule:
    """A rule of eligibility: a test of one trait, or others joined."""

    joined: str = ""
    parts: tuple[_Rule, ...] = ()
    test: Audience | None = None
    trait: str = ""


@lru_cache(maxsize=4096)
def _rule(text: str) -> _Rule:
    """The rule of an eligibility, as JSON."""
    try:
        return _read(msgspec.json.decode(text))
    except (InvalidRequest, ValueError):
        return _NOBODY  # kept by an older version; nobody can say whom it is meant for


def _read(json: Any) -> _Rule:
    audience = parse_audience(json)
    if "field" in json:
        # Whether a trait is there can be asked of everybody.
        return _Rule(test=audience, trait="" if "exists" in json else json["field"])
    (joined, parts), *_ = json.items()
    return _Rule(joined, tuple(map(_read, [parts] if joined == "not" else parts)))


_NOBODY = _Rule(joined="any")


def in_date(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Modules that are not out of date."""
    expires = table.number("expires")
    return np.isnan(expires) | (facts.now < expires)


def in_jurisdiction(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Modules that may be shown where the person is."""
    return in_region(table, "jurisdictions", facts.region)


def not_completed(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Modules the learner has not completed."""
    return ~facts.queries.touched(len(table), Role.GOAL)


def _region(facts: Facts) -> str | None:
    return facts.region


_OTHERS = "Nothing that is not meant for the person."
_ELSEWHERE = "Nothing that may not be shown where the person is."

CONSTRAINTS = (
    Constraint("prerequisites", "Nothing whose prerequisites are not completed.", prerequisites_met),
    Constraint("eligible", _OTHERS, eligible, needs_person=True, anyone=for_everybody),
    Constraint("in-date", "Nothing out of date.", in_date, kept=Kept(("expires",))),
    Constraint("jurisdiction", _ELSEWHERE, in_jurisdiction, kept=Kept((), _region)),
    Constraint("not-completed", "Nothing the learner completed already.", not_completed),
)
