"""What training keeps of its period, and what became of it since."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import msgspec
import numpy as np

from penchant.clock import DAY
from penchant.dataset import Dataset, Shown
from penchant.errors import NotFound
from penchant.pack import REFERENCE, Pack, Placement
from penchant.serving import filler, last_links, read_logged
from penchant.storage import ITEM_SPACE, Release, Store, unpack_text
from penchant.training import Covered, Drift, LearnedHeads, Reference, counted, drift, look

_log = logging.getLogger("penchant.training")

_SLATES = 50_000
_SLATE_DAYS = 7.0
"""Slates that coverage is told of: so many at most, of the last days of a period."""


def whole(logged: Shown, data: Dataset) -> Shown:
    """Slates as they were served, and what senders say was seen of others."""
    return logged if data.shown is None else logged.joined(data.shown)


def covered(
    store: Store, domain: str, placements: Mapping[str, Placement], items: int, since: float, until: float
) -> Covered:
    """What the slates of a period showed.

    Args:
        store: Where they are.
        domain: Domain name.
        placements: Its placements, by name.
        items: Items that may be shown.
        since: Begin, Unix seconds; at most `_SLATE_DAYS` before the end.
        until: End.
    """
    links = {name: last_links(placement) for name, placement in placements.items()}
    slates = degraded = plain = 0
    seen: set[str] = set()
    after = max(since, until - _SLATE_DAYS * DAY)
    for page in store.slates(domain, after=int(after * 1000), until=int(until * 1000)):
        for row in page:
            try:
                slate = read_logged(row.body)
            except msgspec.DecodeError:
                continue
            slates += 1
            degraded += bool(slate.degraded)
            last = links.get(filler(slate.placement, slate.experiment), frozenset())
            plain += not slate.items or last.issuperset(slate.items[0].source)
            seen.update(item.id for item in slate.items)
        if slates >= _SLATES:
            break
    if not slates:
        return Covered()
    shown = min(len(seen) / items, 1.0) if items else 0.0
    return Covered(slates=slates, catalog=shown, degraded=degraded / slates, fallback=plain / slates)


def referenced(
    store: Store,
    data: Dataset,
    logged: Shown,
    pack: Pack,
    learned: LearnedHeads,
    *,
    now: float,
    seed: int,
    threads: int,
) -> Reference | None:
    """How the last weeks before a training looked; None when that cannot be told, which is no reason not to train.

    Args:
        store: Where slates are.
        data: What is trained on.
        logged: Slates as they were served.
        pack: The domain's pack, with its placements.
        learned: What was learned, whose statistics features are worked out by.
        now: Unix seconds.
        seed: Of the rows that are drawn.
        threads: How many work at once.
    """
    times = data.interactions.time
    if not len(times):
        return None
    # Data that was imported long after it was made ends when it was made.
    until = min(now, float(times.max()) + 1.0)
    placements = {placement.name: placement for placement in pack.placements}
    try:
        active = int(data.table.active.sum())
        told = covered(store, data.domain, placements, active, 0.0, until)
        return look(
            data,
            whole(logged, data),
            pack,
            learned.statistics,
            since=None,
            until=until,
            covered=told,
            seed=seed,
            threads=threads,
        )
    except Exception as error:
        _log.warning("no reference for drift in the release of %s: %s", data.domain, type(error).__name__)
        return None


def drifted(
    store: Store, release: Release, data: Dataset, logged: Shown, pack: Pack, *, now: float, seed: int, threads: int
) -> Drift:
    """What moved since a release was trained.

    Args:
        store: Where slates are.
        release: The release.
        data: Everything known now.
        logged: Slates as they were served.
        pack: The domain's pack, with its placements.
        now: Unix seconds.
        seed: Of the rows that are drawn.
        threads: How many work at once.

    Raises:
        NotFound: The release holds nothing to compare with.
    """
    part = release.parts.get(REFERENCE)
    if part is None:
        raise NotFound("reference in release", release.id)
    before = Reference.restore(part.arrays, part.settings)
    since = before.period.until
    placements = {placement.name: placement for placement in pack.placements}
    shown = whole(logged, data)
    found = look(
        data,
        shown,
        pack,
        counted(data, shown, bool(len(logged))),
        since=since,
        until=max(now, since),
        covered=covered(store, data.domain, placements, int(data.table.active.sum()), since, max(now, since)),
        seed=seed,
        threads=threads,
        against=before,
    )
    rows = data.interactions
    later = rows.item[rows.time >= since]
    known = set(unpack_text(release.parts[ITEM_SPACE].arrays))
    new = np.array([name not in known for name in data.items.ids], bool)
    unseen = (float(new[later].mean()), len(later)) if len(later) else None
    return drift(data.domain, release.id, before, found, unseen)
