"""A served slate as the log keeps it.

A line of the log holds what training needs to see the choice again: what was asked, how relevant each item was, where
it stood and with which chance, and what the heads said of it. Reasons are kept by their codes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from penchant.placements import Answer, Record
from penchant.serving.request import Boost
from penchant.slate import Reason, Slate

KEPT_EXCLUDED = 200
"""Most excluded ids that a line keeps: a client that scrolls by them would make lines of any length."""


class Asked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a request said that answers depend on.

    Attributes:
        items: Ids of the items it was about.
        device: One of `penchant.features.DEVICES`; None where it was not told.
        region: Region code.
        n: Items wanted.
        personalized: False where the person's history was not looked at.
        after: The slate of which it was the next page.
        filter: The request's own filter.
        exclude: Ids it did not want; the first `KEPT_EXCLUDED` of them.
        excluded: How many those were, where it were more.
        beside: Ids that other placements of the same call showed before it.
        boost: What was to be shown more, or less.
        context: What else it said of the moment; without `device` where that says the same.
        unkept: The person does not allow analytics, so whose it was and the last six are not kept.
    """

    items: tuple[str, ...] = ()
    device: str | None = None
    region: str | None = None
    n: int = 0
    personalized: bool = True
    after: str | None = None
    filter: dict[str, Any] | None = None
    exclude: tuple[str, ...] = ()
    excluded: int = 0
    beside: tuple[str, ...] = ()
    boost: tuple[Boost, ...] = ()
    context: dict[str, str | int | float | bool] = {}
    unkept: bool = False


class Ranked(msgspec.Struct, frozen=True, kw_only=True):
    """How a slate came to its order.

    Attributes:
        objective: Name and version, as in `conversion@1`.
        by: Whether the objective's formula gave the values, or the sum that stands in for it.
        heads: What the heads of the formula said of each item, in the order of the slate; None for an item of the
            fallback chain, of which nobody asked them.
    """

    objective: str
    by: Literal["formula", "sum"]
    heads: dict[str, tuple[float | None, ...]] = {}


class LoggedItem(msgspec.Struct, frozen=True, kw_only=True):
    """One item of a slate in the log.

    Attributes:
        id: The item.
        position: Place, from 1.
        value: By the objective.
        source: Who proposed it.
        reasons: Codes of the reasons that were told; in lines of before with their texts.
        propensity: Chance that it came to stand there.
        relevance: The sources' blended score as ranking saw it, to the bit of a float32; None where none proposed it.
    """

    id: str
    position: int
    value: float
    source: tuple[str, ...]
    reasons: tuple[str | Reason, ...] = ()
    propensity: float = 1.0
    relevance: float | None = None


class LoggedSlate(msgspec.Struct, frozen=True, kw_only=True):
    """A slate as the log keeps it; lines of before have no `asked` and no `ranked`.

    Attributes:
        slate_id: What later events point at.
        placement: Which slot.
        domain: Domain name.
        release: The release that served.
        items: In order.
        experiment: Arm by experiment.
        degraded: What did not work.
        asked: What was asked for.
        ranked: How it came to its order.
        rules: What rules did, when they did something.
    """

    slate_id: str
    placement: str
    domain: str
    release: str | None
    items: tuple[LoggedItem, ...]
    experiment: dict[str, str] = {}
    degraded: tuple[str, ...] = ()
    asked: Asked | None = None
    ranked: Ranked | None = None
    rules: Record | None = None


_DECODER = msgspec.json.Decoder(LoggedSlate)


def read_logged(body: bytes) -> LoggedSlate:
    """A line of the log, whichever version wrote it.

    Raises:
        msgspec.DecodeError: It is no slate.
    """
    return _DECODER.decode(body)


def logged(slate: Slate, made: Answer | None = None, asked: Asked | None = None) -> bytes:
    """A slate as the log keeps it.

    Args:
        slate: What was answered.
        made: How it came about; None where nobody knows, as of slates that something else than placements filled.
        asked: What was asked for.
    """
    trace = None if made is None else made.trace
    relevance = (None,) * len(slate.items) if trace is None else trace.relevance
    line: dict[str, object] = {
        "slate_id": slate.slate_id,
        "placement": slate.placement,
        "domain": slate.domain,
        "release": slate.release,
        "items": [
            {
                "id": item.id,
                "position": item.position,
                "value": item.value,
                # Which lists of the blend it was in can be asked of the release; told here, it would double the line.
                "source": [name for name in item.source if ":" not in name],
                "reasons": [reason.code for reason in item.reasons],
                "propensity": item.propensity,
                "relevance": scored,
            }
            for item, scored in zip(slate.items, relevance, strict=True)
        ],
        "experiment": slate.experiment,
        "degraded": slate.degraded,
    }
    if asked is not None:
        line["asked"] = asked
    if trace is not None:
        heads = {name: _short(column) for name, column in trace.heads.items()}
        line["ranked"] = Ranked(objective=trace.objective, by=trace.by, heads=heads)
    if made is not None and made.record is not None:
        line["rules"] = made.record
    return msgspec.json.encode(line)


def _short(column: Sequence[float | None]) -> tuple[float | None, ...]:
    """Predictions to four digits."""
    return tuple(None if one is None else float(f"{one:.4g}") for one in column)
