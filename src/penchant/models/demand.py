"""How much an item is wanted these days, as a factor on what a person's own history says."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.dataset import Dataset
from penchant.models.history import PositiveRole
from penchant.models.popularity import counts

_FLOOR = 1e-4
"""What an item nobody wants these days has of the demand for the most wanted one."""


def demand(data: Dataset, roles: tuple[PositiveRole, ...], half_life_days: float, power: float) -> NDArray[np.float32]:
    """A factor for each item, near 1 for the most wanted one; shape (n_items,).

    What a person had often is rarely had again when nobody takes it any more: it is out of season, sold out, or of a
    week that is over. A history does not tell that; what everybody did lately does.

    Args:
        data: What is known.
        roles: Roles that count, each event one.
        half_life_days: Days after which an event counts half.
        power: How much demand matters, 0 or more; 0 gives 1 everywhere.
    """
    wanted = counts(data, roles, half_life_days).astype(np.float64)
    share = wanted / max(float(wanted.max(initial=0.0)), 1e-12)
    return ((share + _FLOOR) ** power).astype(np.float32)
