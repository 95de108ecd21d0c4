"""Advice on repeats and time: what comes back, after how long, and how fast things change."""

from __future__ import annotations

from collections.abc import Iterable

from penchant.evaluation.advice import Advice, Case
from penchant.evaluation.topics.words import number_of_days, span

OFTEN = 0.15
"""From this share of goals on, repeats are part of the domain."""


def repeats(case: Case) -> Iterable[Advice]:
    """Whether what a person had may be recommended again."""
    found = case.figures
    if not found.goals:
        return
    often, allowed = found.repeat_share >= OFTEN, case.settings.repeats == "allowed"
    wanted = "allowed" if often else "new-only"
    yield Advice(
        code="repeats",
        topic="repeats",
        severity="fine" if often == allowed else "should",
        what=f"{found.repeat_share:.0%} of the goals are on an item the person had a goal on before.",
        why=f"From {OFTEN:.0%} on, coming back is part of what people do here;"
        f" repeats are {case.settings.repeats} now.",
        todo="" if often == allowed else f'Set repeats = "{wanted}" in [domains.{case.data.domain}.evaluation].',
    )


def rhythm(case: Case) -> Iterable[Advice]:
    """After how long people come back to an item."""
    found = case.figures
    if not found.goals or found.repeat_share < OFTEN:
        return
    yield Advice(
        code="rhythm",
        topic="repeats",
        severity="may",
        what=f"People come back to an item after {span(found.repeat_days)} (median).",
        why="What a person comes back to should be forgotten over a few such pauses, not within one.",
        todo=f"Try half_life_days near {number_of_days(3 * found.repeat_days)} in models of what people come back to.",
    )


def forget(case: Case) -> Iterable[Advice]:
    """How fast what is popular changes."""
    found = case.forgetting
    if not found:
        return
    best = max(found, key=lambda half_life: found[half_life])
    told = ", ".join(f"{_half_life(half_life)} {share:.1%}" for half_life, share in found.items())
    quick = best is not None and best <= 7 and found[best] > 1.1 * found[None]
    yield Advice(
        code="half-life",
        topic="repeats",
        severity="may",
        what=f"Popularity tells most with {'a half-life of ' if best is not None else ''}{_half_life(best)}.",
        why=f"Share of the latest goals that were among the ten most popular items, by half-life: {told}.",
        todo="What is popular changes fast: train often, and let recent popularity into the blend." if quick else "",
    )


def _half_life(days: float | None) -> str:
    return "no forgetting" if days is None else f"{days:g} day{'s' if days != 1 else ''}"
