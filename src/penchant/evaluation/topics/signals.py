"""Advice on signals: whether events say enough to learn from."""

from __future__ import annotations

from collections.abc import Iterable

from penchant.evaluation.advice import Advice, Case, Severity
from penchant.evaluation.topics.words import listed, some
from penchant.events import Role

FEW_GOALS = 1_000
"""Below this many goals differences between models drown in chance."""

FEW_AGAIN = 0.2
"""Below this share of people with two goals or more, lists can hardly be personal."""


def enough_goals(case: Case) -> Iterable[Advice]:
    """Whether there are goals to learn from and to judge by."""
    found = case.figures
    per = found.goals / found.people_goal if found.people_goal else 0.0
    severity: Severity = "must" if not found.goals else "should" if found.goals < FEW_GOALS else "fine"
    yield Advice(
        code="goals",
        topic="signals",
        severity=severity,
        what=f"{found.goals:,} goals of {found.people_goal:,} people, {per:.1f} each, in {found.days:,.0f} days.",
        why=f"Models are compared by goals; below {FEW_GOALS:,} of them differences drown in chance."
        + (f" {found.reversed:,} more were taken back and count as none." if found.reversed else ""),
        todo="" if severity == "fine" else f"Collect more, or import past ones: {some(case.pack.roles(Role.GOAL))}.",
    )


def personal(case: Case) -> Iterable[Advice]:
    """Whether people do enough for lists of their own."""
    found = case.figures
    if not found.people_goal:
        return
    share = found.two_share
    fine = share >= FEW_AGAIN
    yield Advice(
        code="people-with-two",
        topic="signals",
        severity="fine" if fine else "should",
        what=f"{share:.0%} of the people with a goal have two or more.",
        why="A list becomes personal by what its person did before. "
        + ("That is known of enough of them." if fine else "Most are seen once: what is popular and what the page is"
           " about must carry."),
        todo="" if fine else "Send a stable id for people who sign in, and link it to the anonymous one (identify).",
    )  # fmt: skip


def mixture_of_roles(case: Case) -> Iterable[Advice]:
    """What share of the events says what, and what is missing."""
    found = case.figures
    shares = ", ".join(
        f"{role.name.lower()} {count / found.events:.1%}" for role, count in found.by_role.items() if count
    )
    lacks = [role for role in case.aim.roles if not found.by_role[role] and case.pack.roles(role)]
    yield Advice(
        code="roles",
        topic="signals",
        severity="should" if lacks else "fine",
        what=f"{found.events:,} events: {shares}.",
        why=f"The goal lives of {listed([role.name.lower() for role in case.aim.roles] or ['goal'])}"
        + (f"; of {listed([role.name.lower() for role in lacks])} there is none." if lacks else "; all are there."),
        todo=" ".join(f"Send {some(case.pack.roles(role))}." for role in lacks),
    )
