"""penchant.toml while a server runs: what of it can change without a new start."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from penchant.config import Workspace

_FOLLOWED = frozenset({"placements", "experiments"})
"""Tables that a running server obeys."""


def taken(before: Workspace, now: Workspace) -> tuple[Workspace, tuple[str, ...]]:
    """A workspace with the placements and experiments of a newer reading of its file.

    Returns:
        The workspace, and the tables in which something else was changed, which only a new start obeys.
    """
    old, new = dict(before.raw), dict(now.raw)
    others = sorted(key for key in {*old, *new} - _FOLLOWED if old.get(key) != new.get(key))
    told = {key: getattr(now.settings, key) for key in _FOLLOWED}
    settings = msgspec.structs.replace(before.settings, **told)
    raw = {**old, **{key: new.get(key, {}) for key in _FOLLOWED}}
    return replace(before, settings=settings, raw=raw), tuple(others)
