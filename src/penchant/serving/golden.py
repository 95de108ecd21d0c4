"""Golden requests: what a release is asked before it may serve, each beside the release that serves."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from penchant.clock import Clock
from penchant.errors import PenchantError, StorageError
from penchant.pack import Placement
from penchant.serving.logged import read_logged
from penchant.serving.recommender import Recommender
from penchant.serving.request import RecommendationRequest
from penchant.slate import Slate
from penchant.storage import SlateRow, Store

EACH = 1
"""Recent requests of each placement that are asked again: a busy server answers them all beside its own."""
DEGRADED = 0.10
"""Share of golden requests that may be degraded where they are not by the release that serves."""
_SPANS_S = (60, 600, 3_600, 86_400, 30 * 86_400)
_LOOKED = 300
"""Slates of each span that are looked through."""
_SLOWER = 3.0
"""A release may be over budget only when it is less than so many times slower than the one that serves."""


@dataclass(frozen=True)
class _Told:
    """What came of one golden request: the answer, or the kind of error; and how long it took, milliseconds."""

    slate: Slate | None
    error: str
    ms: float


@dataclass(frozen=True)
class Verdict:
    """What golden requests say of a release.

    Attributes:
        asked: How many were asked.
        wrong: What is wrong, in sentences; empty when it may serve.
    """

    asked: int
    wrong: tuple[str, ...]


def golden(
    domain: str, placements: Mapping[str, Placement], store: Store, clock: Clock, seeds: Sequence[str]
) -> list[RecommendationRequest]:
    """Requests to ask: of each placement the latest that was logged, or where none was, one of somebody unknown.

    They are read when they are asked, and kept nowhere: a release holds no ids of people.

    Args:
        domain: Domain name.
        placements: Its placements, by name.
        store: Where slates are logged.
        clock: What time it is.
        seeds: Items that may be shown, for requests that need one.
    """
    found: dict[str, list[RecommendationRequest]] = {name: [] for name in placements}
    now = int(clock.now() * 1000)
    until = now + 1
    for span in _SPANS_S:
        after = now - span * 1000
        try:
            page = next(store.slates(domain, after=after, until=until, batch=_LOOKED), [])
        except StorageError:  # somebody unknown asks, at least
            break
        for row in page:
            asked = _again(row)
            if asked is not None and asked.placement in found and len(found[asked.placement]) < EACH:
                found[asked.placement].append(asked)
        until = after
        if all(len(some) >= EACH for some in found.values()):
            break
    for name, placement in placements.items():
        found[name] = found[name] or list(nobody(domain, placement, seeds))
    return [one for some in found.values() for one in some]


def _again(row: SlateRow) -> RecommendationRequest | None:
    """The request that a slate answered."""
    try:
        slate = read_logged(row.body)
    except msgspec.DecodeError:
        return None
    kind, _, name = (row.actor or "").partition(":")
    asked = slate.asked
    return RecommendationRequest(
        placement=slate.placement,
        domain=row.domain,
        user_id=name if kind == "user" else None,
        anonymous_id=name if kind == "anon" else None,
        items=asked.items if asked else (),
        n=(asked.n or None) if asked else None,
        region=asked.region if asked else None,
        context={"device": asked.device} if asked and asked.device else {},
        personalized=asked.personalized if asked else True,
    )


def nobody(domain: str, placement: Placement, seeds: Sequence[str]) -> Iterator[RecommendationRequest]:
    """A request of somebody unknown; none where it needs an item and there is none.

    Args:
        domain: Domain name.
        placement: What to ask.
        seeds: Items that may be shown.
    """
    if "item" in placement.needs and not seeds:
        return
    yield RecommendationRequest(
        placement=placement.name,
        domain=domain,
        anonymous_id="nobody" if "person" in placement.needs else None,
        items=tuple(seeds[:1]) if "item" in placement.needs else (),
    )


def seeds_of(recommender: Recommender, domain: str, number: int = 3) -> list[str]:
    """Some items that may be shown: those that most happened to, as far as anything is known."""
    view = recommender.view(domain)
    table, known = view.parts.table, view.parts.statistics
    rows = np.flatnonzero(table.active)
    if len(rows) and known.n_items:
        told = np.zeros(len(table), np.int64)
        held = np.bincount(known.key >> 32, minlength=known.n_items)[: len(table)]
        told[: len(held)] = held
        rows = rows[np.argsort(-told[rows], kind="stable")]
    return [table.ids[row] for row in rows[:number].tolist()]


def compare(
    requests: Sequence[RecommendationRequest], serves: Recommender, comes: Recommender, clock: Clock
) -> Verdict:
    """Ask both; what only the new release gets wrong speaks against it.

    It is wrong when it raises, when it answers nothing where the other has an answer, when an item stands twice or is
    not in the catalog, when a constraint cannot be checked, when much more is degraded, and when it is over budget and
    much slower. Where that is in doubt it is asked again, and the second answer counts: the first pays for what is read
    only once.

    Args:
        requests: What to ask.
        serves: The release that serves.
        comes: The one that is to serve.
        clock: Measures.
    """
    wrong: dict[str, int] = {}
    degraded = 0
    old_ms, new_ms, budgets = [], [], []
    for request in requests:
        old, new = _ask(serves, request, clock), _ask(comes, request, clock)
        if new.slate is None or new.slate.degraded or new.ms > _SLOWER * old.ms:
            new = _ask(comes, request, clock)
        if old.error:
            continue  # whatever it is, it is not the new release
        for fault in _faults(old, new, comes):
            wrong[fault] = wrong.get(fault, 0) + 1
        if old.slate is not None and new.slate is not None:
            degraded += bool(new.slate.degraded) and not old.slate.degraded
            old_ms.append(old.ms)
            new_ms.append(new.ms)
            budgets.append(comes.find(request)[1].budget_ms)
    told = [f"{fault}: {number} of {len(requests)} golden requests" for fault, number in wrong.items()]
    if degraded > DEGRADED * len(requests):
        told.append(f"degraded: {degraded} of {len(requests)} golden requests that were not before")
    if new_ms:
        old_median, new_median = statistics.median(old_ms), statistics.median(new_ms)
        if new_median > statistics.median(budgets) and new_median > _SLOWER * old_median:
            told.append(f"slow: {new_median:.0f} ms in the middle of golden requests, {old_median:.0f} ms before")
    return Verdict(len(requests), tuple(told))


def _faults(old: _Told, new: _Told, comes: Recommender) -> list[str]:
    if new.slate is None:
        return [f"raised {new.error}"]
    slate, table = new.slate, comes.view(new.slate.domain).parts.table
    ids = [item.id for item in slate.items]
    found = []
    if not ids and old.slate is not None and old.slate.items:
        found.append("empty where there was an answer")
    if len(set(ids)) < len(ids):
        found.append("an item stands twice")
    if not all((row := table.row(name)) >= 0 and table.active[row] for name in ids):
        found.append("an item is not in the catalog")
    before = old.slate.degraded if old.slate is not None else ()
    if any(note.startswith("constraint:") for note in slate.degraded if note not in before):
        found.append("a constraint cannot be checked")
    return found


def _ask(recommender: Recommender, request: RecommendationRequest, clock: Clock) -> _Told:
    """Ask, and leave no trace."""
    begun = clock.elapsed()
    try:
        setup, placement = recommender.find(request)
        visit, (wanted,) = recommender.visit(setup, ((request, placement),))
        made = recommender.fill(visit, wanted)
    except PenchantError as error:  # the request is no longer right, or the store is away
        return _Told(None, type(error).__name__, 0.0)
    except Exception as error:
        return _Told(None, type(error).__name__, 0.0)
    if made.answer.broken:
        return _Told(None, "in a stage that nothing stands in for", 0.0)
    return _Told(made.slate, "", (clock.elapsed() - begun) * 1000.0)
