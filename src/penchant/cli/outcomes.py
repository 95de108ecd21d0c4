"""Heads and objectives on the screen: what they learned from, how good they are, what serves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from penchant.cli.screen import counted, out, say, table
from penchant.evaluation import EVERYTHING, HeadRow, Outcomes
from penchant.evaluation.glossary import ORIGINS, number


def outcomes(told: Outcomes | Mapping[str, Any]) -> None:
    """Print what is to be told of heads and objectives; nothing for a domain that has no heads.

    Args:
        told: As it was worked out, or as a release keeps it.
    """
    found = told if isinstance(told, Outcomes) else msgspec.convert(told, Outcomes)
    learned = found.learned
    if learned is None:
        if found.reason:
            who = "no head on what is shown was learned" if found.heads else "no head was learned"
            say((f"  {who}: {found.reason}", "yellow"))
        if not found.heads:
            return
    else:
        say(
            ("heads", "bold"),
            f" learned from {learned.rows:,} items in {counted(learned.requests, 'request')}"
            + (f", drawn from {learned.of_rows:,} items" if learned.rows < learned.of_rows else "")
            + f": {ORIGINS[learned.origin]}",
        )
    everything = [head.name for head in found.heads if head.origin == EVERYTHING]
    if everything:
        say(f"  {', '.join(everything)}: from everything that happened, shown or found")
    rows = [("head", "rows", "came", "predicted", "error", "served")]
    rows += [(head.name, *_figures(head), "yes" if head.serves else "no") for head in found.heads]
    out.print(table("", rows))
    for head in found.heads:
        if head.reason and (learned is not None or head.reason != found.reason):
            say((f"  {head.name}: {head.reason}", "yellow"))
    by_formula = [f"{one.name} (floor {one.floor:g})" for one in found.objectives if one.serves == "formula"]
    if by_formula:
        say(f"  by formula: {', '.join(by_formula)}")
    by_sum: dict[str, list[str]] = {}
    for one in found.objectives:
        if one.serves == "sum":
            by_sum.setdefault(one.reason, []).append(one.name)
    for reason, names in by_sum.items():
        say(f"  by a sum of features: {', '.join(names)}; {reason}")
    for name, text in found.failed.items():
        say((f"  feature {name} failed: {text}", "yellow"))
    say(("  error: mean distance between what was predicted and what came, on rows no head had seen", "dim"))


def _figures(head: HeadRow) -> tuple[str, str, str, str]:
    figures = head.figures
    if figures is None or not figures.rows:
        return "–", "–", "–", "–"
    came, predicted, error = (
        "–" if one is None else number(one) for one in (figures.mean_label, figures.mean_predicted, figures.ece)
    )
    return f"{figures.rows:,}", came, predicted, error
