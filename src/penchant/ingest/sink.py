"""Where what was taken in goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from penchant.events import Event, Link


class Sink(Protocol):
    """The part of a store that taking data in needs."""

    def append(self, events: Sequence[Event]) -> Sequence[bool]:
        """Keep events durably; True where an event was new, False where the log had it already."""
        ...

    def put_items(self, domain: str, items: Sequence[tuple[str, bytes]]) -> None:
        """Keep items, each an id and its JSON; an item already there is replaced."""
        ...

    def link(self, links: Sequence[Link]) -> None:
        """Remember pairs of actors that are one person."""
        ...
