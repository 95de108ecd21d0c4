"""The same data with its order taken away: what a model gains on the real one, it gains by order."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Literal

import numpy as np

from penchant.dataset.dataset import Dataset, Interactions

_MOMENT = ("person", "time", "session")
"""What belongs to a place in time; all else belongs to what was done, and moves with it."""


def shuffled(data: Dataset, seed: int, within: Literal["person", "session"] = "person") -> Dataset:
    """The data with what each person did in a drawn order, at the same moments.

    Everybody did the same things as often, and the moments at which people did something, with their sessions, stay.
    What was done at which of them is drawn; when something was taken back moves with it. Events about one item with
    nothing between them (a view, and the purchase after it) are one step and stay together, so that sequences are made
    of the same steps. To ask what order tells, models are fitted on shuffled and on real data up to one cut, asked
    with shuffled and with real histories, and judged by the same real targets: shuffle what `before` gives, not what
    comes before it.

    Args:
        data: The data; unchanged.
        seed: Seed of the draw.
        within: `person` draws over a whole history, so that what was done lately is lost too; `session` only inside
            sessions, so that only the order of close steps is lost.
    """
    rows = data.interactions
    if not len(rows):
        return data
    group = rows.person if within == "person" else rows.session
    starts = (np.diff(rows.person, prepend=-1) != 0) | (np.diff(group, prepend=-1) != 0)
    step = np.cumsum(starts | (np.diff(rows.item, prepend=-1) != 0)) - 1
    drawn = np.random.default_rng(seed).random(int(step[-1]) + 1)
    order = np.lexsort((step, drawn[step], np.cumsum(starts)))
    moved = {f.name: getattr(rows, f.name)[order] for f in fields(Interactions) if f.name not in _MOMENT}
    return replace(data, interactions=replace(rows, **moved))
