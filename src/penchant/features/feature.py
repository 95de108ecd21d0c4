"""The shape of a feature: declared once with a name, a unit, what it reads, its range and a sentence."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.features.batch import Batch
from penchant.slate import Reason

Compute = Callable[[Batch], NDArray[np.float32]]
By = tuple[str, str, str]
"""What entries and candidates may share: how it is read, and of which fields; see `codes_of`."""


@dataclass(frozen=True)
class Kin:
    """Features that can be worked out together, of one request.

    Attributes:
        of: Works out several of them: of the batch, from what each one's `said` is, into a row for each. Gives the
            places of those it worked out; others are worked out alone.
        said: What tells this one from the others.
    """

    of: Callable[[Batch, tuple[Any, ...], Sequence[NDArray[np.float32]]], Collection[int]]
    said: Hashable


@dataclass(frozen=True)
class Feature:
    """A vectorized function over a ragged batch; serving calls it with a batch of one, training with thousands.

    Attributes:
        name: Its name in objectives, heads and traces.
        unit: Unit of the value: `share` for 0 to 1, or as in `days`, `log ratio`, `count`, `code`.
        reads: Item fields it reads.
        about: One sentence.
        compute: Values aligned with `batch.candidates.items`, float32; NaN where nothing can be said.
        reason: What to tell a person when this feature moved an item up, or None to stay silent.
        low: Least value there can be.
        high: Highest value there can be.
        by: What it finds entries by that a candidate shares something with. The kernel finds them for all features in
            one go; one that says nothing here finds them itself.
        kin: How it is worked out with others of its kind, to the same bits as by `compute`; None for alone.
    """

    name: str
    unit: str
    reads: tuple[str, ...]
    about: str
    compute: Compute
    reason: Reason | None = None
    low: float = 0.0
    high: float = 1.0
    by: tuple[By, ...] = ()
    kin: Kin | None = None
