"""How an engine is told of a world: as the world speaks, or in other words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from penchant.simulation import message

Fields = dict[str, Any]


def as_it_is(fields: Fields) -> Fields:
    """The same fields."""
    return fields


@dataclass(frozen=True)
class Wording:
    """Words for what one world says.

    Attributes:
        people: What every person's id begins with in place of the world's own word, as in `person` for `viewer-00042`;
            empty for the world's.
        placements: Names of placements, by the world's own.
        events: Names of events, by the world's own.
        item: Plain fields of an item, from the world's own.
    """

    people: str = ""
    placements: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, str] = field(default_factory=dict)
    item: Callable[[Fields], Fields] = as_it_is

    def person(self, name: str) -> str:
        """A person's id."""
        return f"{self.people}-{name.rpartition('-')[2]}" if self.people else name

    def placement(self, name: str) -> str:
        """A placement's name."""
        return self.placements.get(name, name)

    def message(self, event: Mapping[str, Any]) -> Fields:
        """An event as a tracker posts it."""
        told = message(event)
        told["event"] = self.events.get(told["event"], told["event"])
        told["userId"] = self.person(told["userId"])
        return told


PLAIN = Wording()
"""As the world speaks."""
