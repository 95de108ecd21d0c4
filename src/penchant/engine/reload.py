"""penchant.toml while a server runs: what of it can change without a new start."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from penchant.config import Workspace


def taken(before: Workspace, now: Workspace) -> tuple[Workspace, tuple[str, ...]]:
    """A workspace with the placements of a newer reading of its file.

    Returns:
        The workspace, and the tables in which something else was changed, which only a new start obeys.
    """
    old, new = dict(before.raw), dict(now.raw)
    others = sorted(key for key in {*old, *new} - {"placements"} if old.get(key) != new.get(key))
    settings = msgspec.structs.replace(before.settings, placements=now.settings.placements)
    raw = {**old, "placements": new.get("placements", {})}
    return replace(before, settings=settings, raw=raw), tuple(others)
