"""Experiments of the configuration: placements that they name, and slots that only one of them may have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from penchant.config.lines import KeyPath, Lines
from penchant.config.wording import shown
from penchant.errors import ConfigProblem, nearest

Tree = Mapping[str, Any]

ArmsProblems = Callable[[str, Sequence[str], Mapping[str, Tree]], Sequence[tuple[str, str]]]
"""Why placements may not fill another one's slot: each that may not, and a sentence. It is told the slot, the
placements, and the tables of the domain's own placements."""


def check_experiment(
    at: KeyPath,
    experiment: Tree,
    others: Mapping[str, Tree],
    shipped: Sequence[str],
    own: Mapping[str, Tree],
    problems_of: ArmsProblems,
    lines: Lines,
) -> list[ConfigProblem]:
    """What is wrong with one experiment.

    Args:
        at: Where it stands.
        experiment: Its table.
        others: Experiments before it, by name.
        shipped: Placements of the domain's pack.
        own: Tables of the placements that the configuration has for the domain, by name.
        problems_of: Why arms may not fill a slot.
        lines: Places for the problems.
    """
    problems: list[ConfigProblem] = []
    have = tuple(dict.fromkeys((*shipped, *own)))
    slot, arms = experiment.get("placement"), tuple(experiment.get("arms", ()))
    for path, name in ((("placement",), slot), *((("arms", arm), arm) for arm in arms)):
        if name is not None and name not in have:
            hint = nearest(name, have)
            problems.append(lines.problem("unknown_name", (*at, *path), "placement", shown(name), hint=hint, have=have))
    for name, other in others.items():
        if slot is not None and (other.get("domain"), other.get("placement")) == (experiment.get("domain"), slot):
            wanted = f'is filled by the experiment "{name}" already'
            problems.append(lines.problem("conflict", (*at, "placement"), wanted, shown(slot)))
    if not problems and slot is not None:
        wrong = problems_of(slot, arms, own)
        problems += [lines.problem("conflict", (*at, "arms", arm), text) for arm, text in wrong]
    return problems
