"""Advice on models: which the data supports, and whether order tells anything."""

from __future__ import annotations

from collections.abc import Iterable

from penchant.evaluation.advice import Advice, Case
from penchant.evaluation.ordering import LEAST
from penchant.evaluation.support import unsupported
from penchant.evaluation.topics.words import listed


def models(case: Case) -> Iterable[Advice]:
    """Which models the data supports, and which not, with figures."""
    lacks = dict(unsupported(case.data, case.recipes))
    if case.report is not None:
        for one in (case.report, *case.report.also):
            for row in one.rows:
                if row.failed and row.name in case.recipes and "proposes for items" not in row.failed:
                    lacks.setdefault(row.name, row.failed)
    able = [name for name in case.recipes if name not in lacks]
    yield Advice(
        code="models",
        topic="models",
        severity="fine" if able else "must",
        what=f"{len(able)} of {len(case.recipes)} models have the data they need: {listed(able)}.",
        why="Each says itself how much it needs; fewer would be noise."
        + (f" Best in the last evaluation: {case.report.winner}." if case.report and case.report.winner else ""),
        todo="" if case.report else "penchant evaluate --budget 10m finds the best of them and their settings.",
    )
    for name, reason in lacks.items():
        yield Advice(
            code="model-unsupported",
            topic="models",
            severity="may",
            what=f"{name}: {reason}.",
            why="It is left out by itself until there is enough.",
        )


def order(case: Case) -> Iterable[Advice]:
    """Whether the order in which things are done tells what comes next."""
    if not case.orderings:
        yield Advice(
            code="order",
            topic="models",
            severity="may",
            what="Whether order matters cannot be told.",
            why=f"Fewer than {5 * LEAST:,} sessions or histories have two steps or more, each at a moment of its own.",
            todo="Send events with the second they happened at, not only the day.",
        )
    for one in case.orderings:
        matters = one.gain.low > 0
        what = "in a session" if one.window == "session" else "in a person's history"
        yield Advice(
            code="order",
            topic="models",
            severity="fine",
            what=f"The order {what} {'matters' if matters else 'does not show'}.",
            why=f"Of {one.tested:,} last steps, {one.ordered:.1%} were among ten guessed from the item before by the"
            f" real order, {one.shuffled:.1%} by a shuffled one (difference {one.gain.signed}).",
            todo="Sequence models are worth their time here: next-items, slist, session-knn, sasrec."
            if matters
            else "Prefer models that read sets: item-item, factors, what people come back to.",
        )
