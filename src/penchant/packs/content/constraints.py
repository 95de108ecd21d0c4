"""What must never be shown, whatever attention it would get."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable, in_region, open_at
from penchant.events import Role
from penchant.pack import Constraint, Facts


def rights(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Content whose rights window is open now."""
    return open_at(table, "available_from", "available_until", facts.now)


def published(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Content that is out already."""
    date = table.number("published")
    return np.isnan(date) | (date <= facts.now)


def licensed(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Content with rights in the request's region."""
    return in_region(table, "regions", facts.region)


def not_finished(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Content the person has not finished."""
    return ~facts.queries.touched(len(table), Role.GOAL)


def not_turned_away(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Content the person did not skip or hide."""
    return ~facts.queries.touched(len(table), Role.NEGATIVE)


CONSTRAINTS = (
    Constraint("rights-window", "Nothing outside its rights window.", rights),
    Constraint("published", "Nothing before it is out.", published),
    Constraint("rights-region", "Nothing without rights where the person is.", licensed),
    Constraint("not-finished", "Nothing the person finished already.", not_finished),
    Constraint("not-turned-away", "Nothing the person skipped or hid.", not_turned_away),
)
