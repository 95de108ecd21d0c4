"""Where the rows of files go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from penchant.events import Event, Link
from penchant.storage import Fate


class Sink(Protocol):
    """The part of a store that an import needs."""

    def append(self, events: Sequence[Event], *, links: Sequence[Link] = ()) -> Sequence[Fate]:
        """Keep events durably, and who is who; what became of each event."""
        ...

    def put_items(self, domain: str, items: Sequence[tuple[str, bytes]]) -> None:
        """Keep items, each an id and its JSON; an item already there is replaced."""
        ...
