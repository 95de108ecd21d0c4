"""Where the rows of files go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from penchant.catalog import Change, ChangeVerdict
from penchant.events import Event, Link
from penchant.storage import Fate


class Sink(Protocol):
    """The part of a store that an import of events needs."""

    def append(self, events: Sequence[Event], *, links: Sequence[Link] = ()) -> Sequence[Fate]:
        """Keep events durably, and who is who; what became of each event."""
        ...


class ItemSink(Protocol):
    """The part of the catalog's door that an import of items needs; `CatalogWriter` is one."""

    def write(self, domain: str, changes: Sequence[Change]) -> Sequence[ChangeVerdict]:
        """Change items durably; what became of each change."""
        ...
