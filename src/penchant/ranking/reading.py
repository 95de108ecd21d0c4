"""What an objective reads of candidates: which features are made for its formula and the heads that it asks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.features import RELEVANCE, Batch, Feature, matrix
from penchant.ranking.chain import AnyHead
from penchant.ranking.heads import Group, Heads
from penchant.ranking.objective import Objective

_MOST = 64
"""Readings kept with some heads: one for each objective that is asked for."""


@dataclass(frozen=True)
class Reading:
    """Which features are made, and how heads are asked.

    Attributes:
        wanted: Heads that are asked.
        group: These heads in one; None where they are asked one by one.
        features: What is made; what one call for all heads reads stands first.
        at: The column of each.
        straight: Whether what that call reads stands in its own order.
        unknown: Names that heads read and this version does not know; they say nothing.
        held: What it was worked out from, so that it stays where it is.
    """

    wanted: tuple[str, ...]
    group: Group | None
    features: tuple[Feature, ...]
    at: Mapping[str, int]
    straight: bool
    unknown: tuple[str, ...]
    held: tuple[object, ...]


def reading(
    objective: Objective,
    named: Sequence[str],
    wanted: tuple[str, ...],
    features: Mapping[str, Feature],
    heads: Mapping[str, AnyHead],
    also: Iterable[str] = (),
) -> Reading:
    """What is made for an objective.

    Of heads that are asked in one call, a feature that none of their trees asks for is made only if people may be told
    of it as a reason.

    Args:
        objective: Its terms.
        named: Features that its formula names.
        wanted: Heads that it asks.
        features: Features by name.
        heads: Heads by name; with `Heads`, it is worked out once.
        also: Features that somebody reads afterwards; those that are not known are left out.
    """
    also = tuple(also)
    if not isinstance(heads, Heads):
        return _reading(objective, named, wanted, features, heads, also)
    known = tuple(features.values())
    key = ("reading", id(objective), tuple(map(id, known)), tuple(named), also)
    found = heads.kept.get(key)
    if found is None:
        found = _reading(objective, named, wanted, features, heads, also)
        if len(heads.kept) >= _MOST:
            heads.kept.clear()
        heads.kept[key] = found
    made: Reading = found
    return made


def _reading(
    objective: Objective,
    named: Sequence[str],
    wanted: tuple[str, ...],
    features: Mapping[str, Feature],
    heads: Mapping[str, AnyHead],
    also: Collection[str],
) -> Reading:
    every = {RELEVANCE.name: RELEVANCE, **features}
    group = heads.group(wanted) if isinstance(heads, Heads) else None
    reads = dict.fromkeys(name for head in wanted for name in heads[head].features)
    names = dict.fromkeys(reads if group is None else group.features)
    names |= dict.fromkeys(named)
    if group is not None:
        told = dict.fromkeys((*reads, *(term.feature for term in objective.terms)))
        names |= dict.fromkeys(name for name in told if name in every and every[name].reason is not None)
    names |= dict.fromkeys(name for name in also if name in features)
    known = [name for name in names if name in every]
    return Reading(
        wanted,
        group,
        tuple(every[name] for name in known),
        {name: column for column, name in enumerate(known)},
        group is not None and known[: len(group.features)] == [*group.features],
        tuple(name for name in dict.fromkeys((*reads, *names)) if name not in every),
        (objective, *features.values()),
    )


class Seen:
    """The features of one batch that are made for an objective; one that fails says nothing."""

    def __init__(self, reading: Reading, batch: Batch) -> None:
        """Work them out.

        Args:
            reading: Which.
            batch: Requests and their candidates.
        """
        self._reading = reading
        self.made = matrix(reading.features, batch)
        self.failed = {**self.made.failed, **dict.fromkeys(reading.unknown, "this version has no such feature")}

    def column(self, name: str) -> NDArray[np.float32]:
        """Values of one feature."""
        found: NDArray[np.float32] = self.made.values[:, self._reading.at[name]]
        return found

    def of(self, names: Sequence[str]) -> NDArray[np.float32]:
        """Values of several in their order; NaN where one is not known."""
        values, n = self.made.values, len(names)
        if self._reading.group is not None and names is self._reading.group.features and self._reading.straight:
            return values[:, :n]
        columns = [self._reading.at.get(name, -1) for name in names]
        if columns == list(range(n)):
            return values if n == values.shape[1] else values[:, :n]
        if min(columns, default=0) >= 0:
            return values[:, columns]
        found = np.full((len(values), n), np.nan, np.float32)
        known = np.array(columns) >= 0
        found[:, known] = values[:, np.array(columns)[known]]
        return found
