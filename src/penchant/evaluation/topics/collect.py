"""Advice on what to collect: signals that nobody sends."""

from __future__ import annotations

from collections.abc import Iterable

from penchant.evaluation.advice import Advice, Case
from penchant.evaluation.topics.words import some
from penchant.events import Role


def impressions(case: Case) -> Iterable[Advice]:
    """Whether it is known what was shown."""
    yield from _missing(
        case, Role.IMPRESSION, "no-impressions", "what was shown",
        "Without it nobody can tell an item that was passed over from one that was never seen, and no experiment can be"
        " read.",
    )  # fmt: skip


def negatives(case: Case) -> Iterable[Advice]:
    """Whether people can say no."""
    yield from _missing(
        case, Role.NEGATIVE, "no-negatives", "what people turned away from",
        "Without it an item that annoys looks like one that nobody met.",
    )  # fmt: skip


def interest(case: Case) -> Iterable[Advice]:
    """Whether interest below the goal is known."""
    found = case.figures.by_role
    if found[Role.STRONG] + found[Role.WEAK] or not case.pack.roles(Role.WEAK):
        return
    yield Advice(
        code="no-interest",
        topic="collect",
        severity="should",
        what="Nothing is known of what people look at before the goal.",
        why="Interest comes tens of times as often as goals; it is what new people and new items are known by first.",
        todo=f"Send {some(case.pack.roles(Role.WEAK))}.",
    )


def _missing(case: Case, role: Role, code: str, what: str, why: str) -> Iterable[Advice]:
    names = case.pack.roles(role)
    if names and not case.figures.by_role[role]:
        yield Advice(
            code=code,
            topic="collect",
            severity="should",
            what=f"Nothing is known of {what}.",
            why=why,
            todo=f"Send {some(names)}.",
        )
