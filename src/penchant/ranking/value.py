"""Candidates get their value by an objective's formula, or by its sum while a head of the formula is missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import Schema
from penchant.features import RELEVANCE, Batch, Feature
from penchant.ranking.chain import AnyHead
from penchant.ranking.floor import floored
from penchant.ranking.formula import Formula, parse
from penchant.ranking.heads import Heads
from penchant.ranking.objective import Objective
from penchant.ranking.reading import Reading, Seen, reading
from penchant.ranking.score import Valued, score

Floats = NDArray[np.float64]


class _Any(frozenset[str]):
    """All names: which ones a formula may use was settled when it was configured."""

    def __contains__(self, name: object) -> bool:
        return True


@lru_cache(maxsize=256)
def read(text: str) -> Formula:
    """A formula whose names were checked before; read once."""
    return parse(text, _Any())


def asked(objective: Objective, heads: Iterable[str]) -> tuple[str, ...]:
    """Heads that this objective asks, of those there are: its formula's and its goal's."""
    if not objective.formula:
        return ()
    have = set(heads)
    return tuple(name for name in dict.fromkeys((*read(objective.formula).names, objective.goal)) if name in have)


def heads_for(objectives: Iterable[Objective], heads: Mapping[str, AnyHead]) -> Heads:
    """Heads ready to be asked for these objectives, each by one call; for when a release is loaded."""
    return Heads(heads, [asked(objective, heads) for objective in objectives])


def by_formula(objective: Objective, features: Iterable[str], numbers: Iterable[str], heads: Iterable[str]) -> bool:
    """Whether the formula serves: everything it names is there, and its goal's head too."""
    if not objective.formula:
        return False
    heads = set(heads)
    have = {*heads, *features, *numbers, *dict(objective.constants), RELEVANCE.name}
    return set(read(objective.formula).names) <= have and (not objective.goal or objective.goal in heads)


def value(
    objective: Objective,
    features: Mapping[str, Feature],
    batch: Batch,
    heads: Mapping[str, AnyHead],
    floor: float = 0.0,
    also: Iterable[str] = (),
) -> Valued:
    """Value candidates by an objective.

    A name of the formula is a head, else a number field of items, else a feature, else a constant. Where an item's
    field or feature says nothing, a constant of the same name stands in. Where there is none and the formula has no
    number for an item, the item is worth to its goal what the other items of the request are on average.

    Args:
        objective: Formula, goal, constants, and the sum that stands in.
        features: Features by name; `relevance` is the candidates' own score.
        batch: n requests and their candidates.
        heads: Heads by name, chains among them; of a `Heads` (see `heads_for`) all that the formula asks are asked in
            one call.
        floor: The relevance floor; see `floored`.
        also: Features that somebody reads afterwards, such as those that are told as reasons; where a formula serves
            they are worked out with its own.

    Returns:
        Values by the formula; by the sum while a head that the formula names is missing or fails.
    """
    table = batch.table
    numbers = batch.kept("number fields", lambda: number_fields(table.schema))
    if not by_formula(objective, features, numbers, heads):
        return score(objective, features, batch)
    formula = read(objective.formula)
    wanted = asked(objective, heads)
    constants = dict(objective.constants)
    own = [name for name in formula.names if name not in heads and name not in numbers and name in features]
    if RELEVANCE.name in formula.names and RELEVANCE.name not in own:
        own.append(RELEVANCE.name)
    seen = Seen(of := reading(objective, own, wanted, features, heads, also), batch)
    try:
        told = _told(heads, of, seen)
    except Exception as error:  # an answer by the sum is better than none; the caller says so
        failed = {wanted[0] if wanted else objective.name: f"{type(error).__name__}: {error}"}
        plain = score(objective, features, batch)
        return Valued(plain.value, plain.terms, {**plain.failed, **failed})
    values: dict[str, Floats | float] = {}
    for name in formula.names:
        if name in told:
            values[name] = told[name].astype(np.float64)
            continue
        if name in numbers:
            found = table.number(numbers[name])[batch.candidates.items].astype(np.float64)
        elif name in own:
            found = seen.column(name).astype(np.float64)
        else:
            values[name] = constants[name]
            continue
        values[name] = np.where(np.isnan(found), constants[name], found) if name in constants else found
    m, ptr = len(batch.candidates.items), batch.candidates.ptr
    goal = told[objective.goal].astype(np.float64) if objective.goal else np.ones(m)
    raw = np.broadcast_to(formula(values), m)
    guessed = np.isnan(raw)
    worth = _guessed(raw, goal, batch.row, len(ptr) - 1) if guessed.any() else raw
    ordered, below = floored(worth, goal, ptr, floor) if objective.goal else (worth.astype(np.float32), guessed[:0])
    terms = _shares(formula, values, raw, batch.row, len(ptr) - 1)
    return Valued(ordered, terms, seen.failed, told, "formula", below, guessed, seen.made)


def number_fields(schema: Schema) -> dict[str, str]:
    """Paths of the item fields that formulas may name, by name: numbers, and true/false as 1 and 0.

    A free field goes by its own name, as long as no field of the item type does.
    """
    free = {name: f"attributes.{name}" for name, holds in schema.free.items() if holds in ("number", "flag")}
    own = {path: path for path, kind in schema.columns.items() if kind in ("number", "flag") and "." not in path}
    return {**free, **own}


def _told(heads: Mapping[str, AnyHead], of: Reading, seen: Seen) -> dict[str, NDArray[np.float32]]:
    if of.group is not None:
        return of.group.predict(seen.of(of.group.features))
    return {name: heads[name].predict(seen.of(heads[name].features)) for name in of.wanted}


def _guessed(raw: Floats, goal: Floats, row: NDArray[np.int64], n: int) -> Floats:
    """Values, with those that are not known in proportion to the goal, as known ones of the request are."""
    known = ~np.isnan(raw)
    worth = np.bincount(row[known], raw[known], n)
    goals = np.bincount(row[known], goal[known], n)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(goals > 0, worth / goals, 1.0)
    return np.where(known, raw, goal * rate[row])


def _shares(
    formula: Formula, values: Mapping[str, Floats | float], raw: Floats, row: NDArray[np.int64], n: int
) -> dict[str, NDArray[np.float32]]:
    """What the value owes to each name not being as it is on average over the request."""
    names = [name for name, one in values.items() if isinstance(one, np.ndarray)]
    if not names:
        return {}
    # All variants at once: variant i has the i-th name at its average.
    variants: dict[str, Floats | float] = dict(values)
    for at, name in enumerate(names):
        one = np.asarray(values[name])
        variant = np.empty((len(names), len(raw)))
        variant[:] = one
        variant[at] = _means(one, row, n)
        variants[name] = variant
    owed = raw - np.broadcast_to(formula(variants), (len(names), len(raw)))
    owed[np.isnan(owed)] = 0.0
    return dict(zip(names, owed.astype(np.float32), strict=True))


def _means(one: Floats, row: NDArray[np.int64], n: int) -> Floats:
    """The mean of what is known of each item's request, beside each item; of one request it stands for all."""
    known = ~np.isnan(one)
    own = row
    if not known.all():
        one, own = one[known], row[known]
    count = np.maximum(np.bincount(own, minlength=n), 1)
    mean: Floats = np.bincount(own, one, n) / count
    return mean if n == 1 else mean[row]
