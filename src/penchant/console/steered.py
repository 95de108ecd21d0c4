"""What a domain is steered by, as the start page shows it: the objective, its formula, its heads, and what serves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from penchant.evaluation.outcomes import Outcomes
from penchant.placements import Parts
from penchant.ranking import Objective
from penchant.serving import DomainSetup

ORIGINS = {
    "slates": "from slates as they were served",
    "impressions": "from what senders say was seen",
    "candidates": "from lists that would have been shown, as nothing tells yet what was",
}
"""Where the rows of heads came from, in words."""


class ShownHead(msgspec.Struct, frozen=True, kw_only=True):
    """One head on the page.

    Attributes:
        name: As formulas call it.
        about: What it predicts.
        serves: Whether it is in the release that serves.
        rows: Rows it was judged on; None where it was not.
        ece: Its calibration error there; None where nobody knows.
        note: Why it does not serve; empty when it does.
    """

    name: str
    about: str
    serves: bool
    rows: int | None = None
    ece: float | None = None
    note: str = ""


class Steered(msgspec.Struct, frozen=True, kw_only=True):
    """One objective on the page.

    Attributes:
        name: Name and version.
        about: What a higher value means.
        placements: Placements that go by it although the domain has another; empty for the domain's own.
        formula: As its owner reads it; empty where the sum is all.
        sum: The sum that serves where the formula cannot.
        serves: What serves now.
        missing: Heads that the formula needs and the release lacks.
        floor: Relevance floor; None where there is none.
        goal: Head that the floor is on.
        heads: Heads of the formula, and the goal.
        origin: Where their rows came from; empty where nobody knows.
    """

    name: str
    about: str
    placements: tuple[str, ...]
    formula: str
    sum: str
    serves: Literal["formula", "sum"]
    missing: tuple[str, ...]
    floor: float | None
    goal: str
    heads: tuple[ShownHead, ...]
    origin: str


def outcomes_of(evidence: Mapping[str, Any]) -> Outcomes | None:
    """What a release says of its heads; None when it says nothing that can be read."""
    told = evidence.get("outcomes") or (evidence.get("evaluation") or {}).get("outcomes")
    try:
        return msgspec.convert(told, Outcomes) if told else None
    except msgspec.ValidationError:  # made by another version: the page has less to say
        return None


def steered(setup: DomainSetup, parts: Parts, outcomes: Outcomes | None) -> tuple[Steered, ...]:
    """What a domain's placements are steered by, its own objective first.

    Args:
        setup: The domain.
        parts: What serves it now.
        outcomes: What the release says of its heads.
    """
    by: dict[str, list[str]] = {setup.objective: []}
    for placement in setup.placements.values():
        if placement.objective and placement.objective != setup.objective:
            by.setdefault(placement.objective, []).append(placement.name)
    named = {objective.name: objective for objective in parts.pack.objectives}
    return tuple(_shown(named[name], tuple(places), parts, outcomes) for name, places in by.items())


def _shown(objective: Objective, places: tuple[str, ...], parts: Parts, outcomes: Outcomes | None) -> Steered:
    declared = {head.name: head for head in parts.pack.heads}
    judged = {row.name: row for row in (outcomes.heads if outcomes is not None else ())}
    heads: list[ShownHead] = []
    named = {*re.findall(r"[A-Za-z_]\w*", objective.formula), objective.goal}
    for name in (name for name in declared if name in named):
        row = judged.get(name)
        figures = None if row is None else row.figures
        heads.append(
            ShownHead(
                name=name,
                about=declared[name].outcome.about,
                serves=name in parts.heads,
                rows=None if figures is None else figures.rows,
                ece=None if figures is None else figures.ece,
                note="" if name in parts.heads else (row.reason if row is not None else ""),
            )
        )
    missing = () if not objective.formula else tuple(head.name for head in heads if not head.serves)
    origin = outcomes.learned.origin if outcomes is not None and outcomes.learned is not None else ""
    by: Literal["formula", "sum"] = "formula" if objective.formula and not missing else "sum"
    return Steered(
        name=f"{objective.name}@{objective.version}",
        about=objective.about,
        placements=places,
        formula=objective.formula,
        sum=objective.sum,
        serves=by,
        missing=missing,
        floor=parts.floor_of(objective) if by == "formula" and objective.goal else None,
        goal=objective.goal,
        heads=tuple(heads),
        origin=ORIGINS.get(origin, ""),
    )
