"""An answer with its reasons in numbers: what ranking saw of each item, and how that became its value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from penchant.features import RELEVANCE, matrix
from penchant.placements import Acted, Ask, Parts, Record, Trace, WhyNot, likes_as_json, share_of
from penchant.ranking import number_fields
from penchant.slate import Slate

_NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")


class ExplainedItem(msgspec.Struct, frozen=True, kw_only=True):
    """How one item of a slate came to its place.

    Attributes:
        id: The item.
        position: Place, from 1.
        value: By the objective; boosts and buries of rules are not in it.
        source: Who proposed it; `rule` and `explored` tell what else put it there.
        propensity: Chance that it came to stand there.
        relevance: The sources' blended score, 0 to 1; None where none proposed it.
        heads: What heads said of it.
        terms: What each part added to the value, or how each factor moved it.
        numbers: The formula with its numbers put in; empty where the sum served, and for items of the fallback chain.
        below_floor: It is too little relevant to be ordered by value, and stands behind those that are not.
    """

    id: str
    position: int
    value: float
    source: tuple[str, ...]
    propensity: float
    relevance: float | None = None
    heads: dict[str, float] = {}
    terms: dict[str, float] = {}
    numbers: str = ""
    below_floor: bool = False


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """How a slate came to its order.

    Attributes:
        objective: Name and version, as in `profit@2`.
        about: What a higher value means.
        formula: The formula of the objective; empty when the sum is all.
        sum: The sum that stands in for it.
        by: What served.
        why: Why the sum served although there is a formula; empty otherwise.
        heads: Heads that were asked.
        goal: Head that the relevance floor is on.
        floor: Share of the best item's chance at the goal that an item needs to be ordered by value; None for no floor.
        candidates: How many were valued.
        items: In the order of the slate.
        likes: What the person said they like, as it counted here.
        likes_count: How much of it still counts beside their history, 0 to 1.
        rules: Rules that did something, and boosts of the request, whose ids begin with `request:`.
        why_not: Why items that were asked after are not there.
    """

    objective: str
    about: str
    formula: str
    sum: str
    by: Literal["formula", "sum"]
    why: str
    heads: tuple[str, ...]
    goal: str
    floor: float | None
    candidates: int
    items: tuple[ExplainedItem, ...]
    likes: dict[str, list[Any]] = {}
    likes_count: float | None = None
    rules: tuple[Acted, ...] = ()
    why_not: tuple[WhyNot, ...] = ()


class ExplainedSlate(Slate, frozen=True, kw_only=True):
    """A slate and how it came about.

    Attributes:
        explanation: How.
    """

    explanation: Explanation


def explained(
    slate: Slate,
    trace: Trace,
    parts: Parts,
    record: Record | None = None,
    asked: Ask | None = None,
    why_not: tuple[WhyNot, ...] = (),
) -> ExplainedSlate:
    """A slate with its explanation.

    Args:
        slate: What was answered.
        trace: How it came about.
        parts: What answered.
        record: What rules did, when any did something.
        asked: What was asked, with what the person said they like.
        why_not: Why items that were asked after are not there.
    """
    objective, formula = trace.steered, trace.by == "formula"
    heads = trace.heads
    terms = {name: trace.placed(share) for name, share in trace.valued.terms.items()}
    numbers = {name: trace.placed(values) for name, values in _numbers(trace, parts).items()} if formula else {}
    below = trace.placed(trace.valued.below) if len(trace.valued.below) else (None,) * len(slate.items)
    items = tuple(
        ExplainedItem(
            id=item.id,
            position=item.position,
            value=item.value,
            source=item.source,
            propensity=item.propensity,
            relevance=relevance,
            heads={name: _short(said) for name, column in heads.items() if (said := column[at]) is not None},
            terms={name: _short(share) for name, column in terms.items() if (share := column[at]) is not None},
            numbers=_put_in(objective.formula, {name: column[at] for name, column in numbers.items()})
            if formula and trace.at[at] >= 0
            else "",
            below_floor=bool(below[at]),
        )
        for at, (item, relevance) in enumerate(zip(slate.items, trace.relevance, strict=True))
    )
    made = Explanation(
        objective=trace.objective,
        about=objective.about,
        formula=objective.formula,
        sum=objective.sum,
        by=trace.by,
        why="" if formula else _why(trace, parts),
        heads=tuple(heads),
        goal=objective.goal,
        floor=parts.floor_of(objective) if formula and objective.goal else None,
        candidates=len(trace.batch.candidates.items),
        items=items,
        rules=() if record is None else record.rules,
        why_not=why_not,
        likes={} if asked is None else likes_as_json(asked.likes),
        likes_count=round(share_of(asked.facts.queries), 4) if asked is not None and asked.likes else None,
    )
    fields = {name: getattr(slate, name) for name in Slate.__struct_fields__}
    return ExplainedSlate(**fields, explanation=made)


def _numbers(trace: Trace, parts: Parts) -> dict[str, NDArray[np.float64]]:
    """What stands for each name of the formula, for every candidate."""
    objective, batch = trace.steered, trace.batch
    constants = dict(objective.constants)
    features = {RELEVANCE.name: RELEVANCE, **{feature.name: feature for feature in parts.pack.features}}
    fields = number_fields(batch.table.schema)
    found: dict[str, NDArray[np.float64]] = {}
    for name in dict.fromkeys(_NAME.findall(objective.formula)):
        values: NDArray[np.floating]
        if name in trace.valued.heads:
            values = trace.valued.heads[name]
        elif name in fields:
            values = batch.number(name)
        elif name in features:
            values = matrix([features[name]], batch).values[:, 0]
        elif name in constants:
            values = np.full(len(batch.candidates.items), constants[name])
        else:
            continue  # a function
        known = values.astype(np.float64)
        found[name] = np.where(np.isnan(known), constants[name], known) if name in constants else known
    return found


def _why(trace: Trace, parts: Parts) -> str:
    """Why the sum served; empty where there is no formula."""
    objective = trace.steered
    if not objective.formula:
        return ""
    wanted = dict.fromkeys((*_NAME.findall(objective.formula), objective.goal))
    declared = {head.name for head in parts.pack.heads}
    lacking = [name for name in wanted if name in declared and name not in parts.heads]
    if lacking:
        return f"not learned yet: {', '.join(lacking)}"
    failed = [name for name in wanted if name in trace.valued.failed]
    return f"failed: {', '.join(failed)}" if failed else "the formula names what there is not"


def _put_in(formula: str, numbers: Mapping[str, float | None]) -> str:
    """A formula with numbers for its names; a name of which nothing is known stays."""

    def number(found: re.Match[str]) -> str:
        value = numbers.get(found[0])
        return found[0] if value is None else f"{value:.4g}"

    return _NAME.sub(number, formula)


def _short(value: float) -> float:
    """To four digits."""
    return float(f"{value:.4g}")
