"""Advice on the goal: which objective fits, and whether the data tells what it needs."""

from __future__ import annotations

from collections.abc import Iterable

from penchant.evaluation.advice import Advice, Case
from penchant.evaluation.glossary import number
from penchant.evaluation.topics.words import listed

MOSTLY = 0.5
"""A field that fewer of the items have is mostly empty."""


def objective(case: Case) -> Iterable[Advice]:
    """Which objective fits, and what to watch."""
    aim, known = case.aim, _watched(case)
    numbers = f" In the last evaluation: {known}." if known else ""
    yield Advice(
        code="objective",
        topic="goal",
        severity="fine",
        what=f'For the goal "{aim.name}" the objective is {aim.objective}; watch {listed(aim.metrics)}.',
        why=f"{aim.about} The domain's outcome: {case.pack.goal}{numbers}",
        todo="" if known else "penchant evaluate shows these metrics beside the baselines.",
    )


def fields(case: Case) -> Iterable[Advice]:
    """Whether the catalog tells what the goal needs."""
    if not case.figures.items:
        return
    for wanted in case.aim.fields:
        share = case.filled(*wanted.fields)
        name = " or ".join(wanted.fields)
        enough = share >= MOSTLY
        yield Advice(
            code="goal-field",
            topic="goal",
            severity="fine" if enough else "must" if share == 0 else "should",
            what=f"{name}: {share:.0%} of {case.figures.items:,} items have it.",
            why=f"The goal needs it: {wanted.why}",
            todo="" if enough else f"Send {name} with the items.",
        )


def prices(case: Case) -> Iterable[Advice]:
    """Whether goals bear the money that is to be counted."""
    if not case.aim.priced or not case.figures.goals:
        return
    share = case.figures.priced
    yield Advice(
        code="goal-prices",
        topic="goal",
        severity="fine" if share >= 0.9 else "must" if share == 0 else "should",
        what=f"{share:.0%} of {case.figures.goals:,} goals bear a price.",
        why="Money can only be counted where a goal tells its price and pieces.",
        todo="" if share >= 0.9 else "Send price and quantity with each goal.",
    )


def _watched(case: Case) -> str:
    """What the last evaluation's winner has of the metrics to watch."""
    row = case.report.row(case.report.winner) if case.report and case.report.winner else None
    if row is None:
        return ""
    told = [f"{name} {number(row.metrics[name].mean)}" for name in case.aim.metrics if name in row.metrics]
    return f"{row.name} has {listed(told)}" if told else ""
