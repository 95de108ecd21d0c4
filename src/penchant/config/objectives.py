"""Objectives that a domain changes or adds: constants of those its pack ships, and formulas of its own."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from penchant.config.lines import KeyPath, Lines
from penchant.config.settings import ObjectiveSettings
from penchant.config.shape import check_shape
from penchant.config.wording import shown
from penchant.errors import ConfigProblem, Mistake, nearest

Tree = Mapping[str, Any]
Problems = Iterator[ConfigProblem]

OWN_KEYS = tuple(one.encode_name for one in msgspec.structs.fields(ObjectiveSettings))
"""Keys of an objective that are no constants."""


@dataclass(frozen=True)
class Formulas:
    """What a domain's objectives may name; the engine makes it, as packs are not known here.

    Attributes:
        constants: Names of the constants of each objective that the pack ships.
        heads: Names of the pack's heads.
        mistakes: What is wrong with a formula, given its own constants and the free fields that the domain declares.
    """

    constants: Mapping[str, Sequence[str]] = field(default_factory=dict)
    heads: Sequence[str] = ()
    mistakes: Callable[[str, Collection[str], Mapping[str, Any]], Sequence[Mistake]] = lambda text, own, free: ()


NO_FORMULAS = Formulas()
"""Of a pack of which no more is known."""


def check_objectives(domain: Tree, at: KeyPath, shipped: Sequence[str], formulas: Formulas, lines: Lines) -> Problems:
    """Problems of `[domains.NAME.objectives.*]`.

    Args:
        domain: The domain's table, whose shape was checked.
        at: Where the objectives stand.
        shipped: Objectives of its pack.
        formulas: What they may name.
        lines: Places for the problems.
    """
    for name, table in domain.get("objectives", {}).items():
        here = (*at, name)
        if name in shipped:
            yield from _changed(table, here, formulas.constants.get(name, ()), lines)
        else:
            yield from _own(table, here, domain.get("attributes", {}), shipped, formulas, lines)


def _changed(table: Tree, at: KeyPath, constants: Sequence[str], lines: Lines) -> Problems:
    """Of an objective that the pack ships, constants and the loss may be set."""
    have = (*constants, "loss")
    for key, given in table.items():
        here = (*at, key)
        if key == "formula":
            wanted = "the pack has an objective of this name; give one with a formula of its own another name"
            yield lines.problem("conflict", here, wanted, shown(given))
        elif key not in have:
            yield lines.problem("unknown_key", here, "no such constant", hint=nearest(key, have), have=have)
        elif key != "loss":
            yield from _number(given, here, lines)
    if "loss" in table:
        yield from check_shape({"loss": table["loss"]}, ObjectiveSettings, lines, at, partial=True).problems


def _own(
    table: Tree, at: KeyPath, free: Mapping[str, Any], shipped: Sequence[str], formulas: Formulas, lines: Lines
) -> Problems:
    """Of an objective of the domain's own, everything must be said."""
    if "formula" not in table:
        near = nearest(str(at[-1]), shipped)
        wanted = "missing, must be the formula, as the pack ships no objective of this name"
        yield lines.problem("missing", (*at, "formula"), wanted, hint=near, have=shipped)
        return
    told = {key: given for key, given in table.items() if key in OWN_KEYS}
    shaped = check_shape(told, ObjectiveSettings, lines, at)
    yield from shaped.problems
    goal = shaped.data.get("goal")
    if goal is not None and goal not in formulas.heads:
        hint = nearest(goal, formulas.heads)
        yield lines.problem("unknown_name", (*at, "goal"), "head", shown(goal), hint=hint, have=formulas.heads)
    constants = [key for key in table if key not in OWN_KEYS]
    for key in constants:
        yield from _number(table[key], (*at, key), lines, own=True)
    text = shaped.data.get("formula")
    if text is not None:
        for one in formulas.mistakes(text, constants, free):
            wanted = (f"at character {one.at}: " if one.at else "") + one.reason
            have = () if one.hint else one.have
            yield lines.problem("out_of_range", (*at, "formula"), wanted, hint=one.hint, have=have)


def _number(given: object, at: KeyPath, lines: Lines, *, own: bool = False) -> Problems:
    if isinstance(given, int | float) and not isinstance(given, bool) and math.isfinite(given):
        return
    hint = nearest(str(at[-1]), OWN_KEYS) if own else None
    yield lines.problem("wrong_type", at, "must be a number, as every constant of a formula", shown(given), hint=hint)
