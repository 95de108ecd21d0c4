"""What is known of a person now, from everything that was ever said of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from penchant.people.graph import known

TAKEN_BACK = b"null"
"""The JSON value that takes a trait back."""


class Remark(Protocol):
    """Something said of an actor: a trait's name and its JSON value, when, and by which source."""

    @property
    def actor(self) -> str:
        """Of which id it was said."""
        ...

    @property
    def name(self) -> str:
        """The trait."""
        ...

    @property
    def value(self) -> bytes:
        """Its value as JSON."""
        ...

    @property
    def at(self) -> int:
        """Milliseconds."""
        ...

    @property
    def source(self) -> str:
        """Who said it."""
        ...


class Fact(NamedTuple):
    """What holds of one trait: its JSON value, since when (milliseconds), by which source, of which id."""

    value: bytes
    at: int
    source: str
    actor: str


def profile(remarks: Iterable[Remark]) -> dict[str, Fact]:
    """The latest word on each trait, by name; traits that were taken back are not in it.

    Of two words at one moment the one on a known id counts, then the one that is last by value, source and id, so that
    the order in which they came decides nothing.

    Args:
        remarks: Everything said of one person, under any id, in any order.
    """
    latest: dict[str, tuple[tuple[int, bool, bytes, str, str], Fact]] = {}
    for said in remarks:
        rank = (said.at, known(said.actor), said.value, said.source, said.actor)
        if said.name not in latest or rank > latest[said.name][0]:
            latest[said.name] = (rank, Fact(said.value, said.at, said.source, said.actor))
    return {name: fact for name, (_, fact) in sorted(latest.items()) if fact.value != TAKEN_BACK}
