"""What a learner must never be offered."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable, all_tags_in, in_region
from penchant.events import Role
from penchant.pack import Constraint, Facts


def prerequisites_met(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Modules whose prerequisites are all completed."""
    return all_tags_in(table, "prerequisites", facts.queries.touched(len(table), Role.GOAL))


def in_date(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Modules that are not out of date."""
    expires = table.number("expires")
    return np.isnan(expires) | (facts.now < expires)


def in_jurisdiction(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Modules that may be shown where the person is."""
    return in_region(table, "jurisdictions", facts.region)


def not_completed(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Modules the learner has not completed."""
    return ~facts.queries.touched(len(table), Role.GOAL)


CONSTRAINTS = (
    Constraint("prerequisites", "Nothing whose prerequisites are not completed.", prerequisites_met),
    Constraint("in-date", "Nothing out of date.", in_date),
    Constraint("jurisdiction", "Nothing that may not be shown where the person is.", in_jurisdiction),
    Constraint("not-completed", "Nothing the learner completed already.", not_completed),
)
