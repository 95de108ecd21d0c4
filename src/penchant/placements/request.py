"""What a pipeline is given: the parts of a domain, and one request in codes of its item space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import About, ItemTable
from penchant.models import Blend, Fitted
from penchant.pack import Facts, Pack, Placement
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
        blends: What was learned for the source `blend`, by placement; empty when nothing was.
    """

    pack: Pack
    models: Mapping[str, Fitted]
    table: ItemTable
    n_known: int
    blends: Mapping[str, Blend] = field(default_factory=dict)

    def blend_of(self, placement: Placement) -> Blend | None:
        """What the source `blend` is in a placement; None when nothing was learned for it.

        A placement that the release does not know, as one that was configured after the training, has what was learned
        for another with the same task.
        """
        if placement.name in self.blends:
            return self.blends[placement.name]
        same = (other.name for other in self.pack.placements if other.learns == placement.learns)
        return next((self.blends[name] for name in same if name in self.blends), None)


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
