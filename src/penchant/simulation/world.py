"""A world: the catalog and the events of one simulated site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa


@dataclass(frozen=True)
class World:
    """One simulated site.

    Attributes:
        domain: Domain name: `shop`, `channel` or `academy`.
        pack: Name of the pack it is for.
        items: Plain fields of each item, as from JSON, for the pack's item type.
        events: Columns of `penchant.simulation.log.SCHEMA`, sorted by time.
    """

    domain: str
    pack: str
    items: list[dict[str, Any]]
    events: pa.Table
