"""Advice on what is stale: events that stopped, a catalog that does not fit them, empty fields."""

from __future__ import annotations

from collections.abc import Iterable

from penchant.clock import DAY, iso
from penchant.evaluation.advice import Advice, Case
from penchant.evaluation.figures import filled
from penchant.evaluation.topics.goal import MOSTLY
from penchant.evaluation.topics.words import listed, span

OLD_DAYS = 2.0
"""Days without an event after which the data is stale."""


def old(case: Case) -> Iterable[Advice]:
    """When the last event came."""
    days = (case.now - case.figures.last) / DAY
    late = days > OLD_DAYS
    yield Advice(
        code="last-event",
        topic="stale",
        severity="should" if late else "fine",
        what=f"The last event is {span(max(days, 0.0))} old ({iso(case.figures.last)[:10]}).",
        why="Lists follow what people do now; recent popularity and sessions are the first to go stale."
        if late
        else "The data is current.",
        todo="See whether the tracker still sends, or import what is missing." if late else "",
    )


def catalog(case: Case) -> Iterable[Advice]:
    """Whether catalog and events speak of the same items."""
    found = case.figures
    if not found.items:
        yield Advice(
            code="no-catalog",
            topic="stale",
            severity="must",
            what="The catalog is empty.",
            why=f"{found.items_unknown:,} items are known from events alone: nothing of stock, rights or what they are"
            " like, so hard constraints and similarity have nothing to work on.",
            todo="Send the items (penchant items, feeds or an import).",
        )
        return
    share = found.events_unknown / found.events
    if share > 0.01:
        yield Advice(
            code="unknown-items",
            topic="stale",
            severity="should" if share > 0.05 else "may",
            what=f"{share:.1%} of the events are on {found.items_unknown:,} items that the catalog does not have.",
            why="They can be learned from but not shown: nothing says what they are or whether they may be.",
            todo="Send these items too, or see whether events and catalog use the same ids.",
        )
    silent = found.items_silent / found.items
    yield Advice(
        code="silent-items",
        topic="stale",
        severity="may" if silent > 0.2 else "fine",
        what=f"{found.items_silent:,} of {found.items:,} items ({silent:.0%}) have no event.",
        why="Models of what people did cannot propose them; only what they are like can.",
        todo="Let similarity by attributes into the placements, and editors show what is new." if silent > 0.2 else "",
    )


def empty_fields(case: Case) -> Iterable[Advice]:
    """Which fields that similarity reads are mostly empty."""
    if not case.figures.items:
        return
    shares = {one.field: filled(case.data, one.field) for one in case.pack.attributes}
    poor = {field: share for field, share in shares.items() if share < MOSTLY}
    told = ", ".join(f"{field} {share:.0%}" for field, share in sorted(poor.items(), key=lambda pair: pair[1]))
    yield Advice(
        code="empty-fields",
        topic="stale",
        severity="should" if len(poor) == len(shares) else "may" if poor else "fine",
        what=f"Mostly empty: {told}." if poor else "The fields that similarity reads are filled.",
        why=f"Similarity reads {listed(list(shares))}; items without any of them are like nothing.",
        todo="Fill them at the source, the first named first." if poor else "",
    )
