"""A world on disk, in the forms that imports read."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pyarrow.parquet as pq

from penchant.simulation.world import World


def write(world: World, folder: Path) -> tuple[Path, Path]:
    """Write a world's catalog and events; files that are there are replaced.

    Args:
        world: What to write.
        folder: Where; made when missing. `configuration()` expects `data/<domain>` beside penchant.toml.

    Returns:
        Paths of `items.jsonl` (every item has every field, null where it has no value) and `events.parquet`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    items, events = folder / "items.jsonl", folder / "events.parquet"
    encoder = msgspec.json.Encoder()
    items.write_bytes(b"".join(encoder.encode(item) + b"\n" for item in world.items))
    pq.write_table(world.events, events, compression="zstd")
    return items, events
