"""Which item of a slate is started, if any."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.simulation.channel import draws
from penchant.simulation.choice import Index
from penchant.simulation.luck import extreme

Reals = NDArray[np.float64]

SEES = 0.8
"""What a standard deviation of enjoyment adds to the utility of starting, in logits."""

UNSEEN = 0.5
"""Share of an item's quality that no cover shows."""

GOES_ON = 0.9
"""Chance to look at the next place too: perseverance of Chapelle and Zhang (2009)."""

LEAVES_FEED, LEAVES_NEXT = 1.9, 1.7
"""Utility of starting nothing, at the feed and after an item, in logits."""

ORGANIC = 0.3
"""Share of visits that begin with what the person looked for: Mohan (2018) tells of 70 % of watch time by
recommendation."""

OFFER = 30
"""Items among which a person who looks for something finds one."""


def looks(places: int, position_bias: float) -> Reals:
    """Chance that each place is looked at, relative to the first, shape (places,)."""
    return np.asarray(GOES_ON ** (position_bias * np.arange(places)), np.float64)


def chances(utility: Reals, look: Reals, leaves: Reals) -> Reals:
    """Chance of each place to be started: in proportion to exp(utility) and to being looked at, or nothing at all.

    McFadden, D. (1974). Conditional logit analysis of qualitative choice behavior.

    Args:
        utility: Shape (n, places); `-inf` for an empty place.
        look: Shape (places,).
        leaves: Utility of starting nothing, shape (n,).
    """
    pull = np.exp(utility) * look
    share: Reals = pull / (pull.sum(axis=1, keepdims=True) + np.exp(leaves)[:, None])
    return share


def choose(
    seed: int, person: Index, visit: int, step: int, items: Index, utility: Reals, look: Reals, leaves: Reals
) -> Index:
    """The place that is started, by the luck of person, visit, step and item; -1 for none. Shape (n,)."""
    with np.errstate(divide="ignore"):
        pull = utility + np.log(look)
    pull = pull + extreme(seed, draws.CHOICE, person[:, None], visit, step, items)
    none = leaves + extreme(seed, draws.CHOICE, person, visit, step, -1)
    best = np.argmax(pull, axis=1)
    return np.where(pull[np.arange(len(person)), best] > none, best, -1)
