"""What a pipeline is given: the parts of a domain, and one request in codes of its item space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import About, ItemTable
from penchant.models import Fitted
from penchant.pack import Facts, Pack
from penchant.placements.compiled import CompiledRule
from penchant.ranking import Objective


@dataclass(frozen=True)
class Parts:
    """A domain, ready to answer.

    Attributes:
        pack: Its pack.
        models: Fitted models of the serving release, by name; empty when there is no release.
        table: The live catalog: the release's items first, then those that came later.
        n_known: How many rows of the table the release has; models that take in later items know more.
        blend: Weights of the models in the learned blend; empty when none was learned.
    """

    pack: Pack
    models: Mapping[str, Fitted]
    table: ItemTable
    n_known: int
    blend: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Ask:
    """One request of one placement.

    Attributes:
        facts: History, seeds, moment, region.
        size: Items wanted.
        objective: The formula that ranks.
        eligible: Rows that the request and the placement let through (filters, exclusions), shape (n_items,).
        personalized: False answers without the person's history.
        rules: Rules that run for the placement now, by priority.
        about: What rules may know: seeds, moment, and of the person what may be used.
    """

    facts: Facts
    size: int
    objective: Objective
    eligible: NDArray[np.bool_]
    personalized: bool = True
    rules: Sequence[CompiledRule] = ()
    about: About = field(default_factory=About)
