"""What must never be shown, whatever it would earn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable, above, in_region
from penchant.events import Role
from penchant.pack import Constraint, Facts


def in_stock(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Products with pieces left, and those whose pieces are not counted."""
    return above(table, "stock", 0)


def sellable(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Products that may be sold in the request's region."""
    return in_region(table, "regions", facts.region)


def not_bought(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Products the person does not have yet, and those that are bought again."""
    bought = facts.queries.touched(len(table), Role.GOAL)
    allowed: NDArray[np.bool_] = ~bought | (table.number("replenishable") == 1)
    return allowed


def not_chosen(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Products that do not lie in the person's cart or on their wishlist."""
    return ~facts.queries.touched(len(table), Role.STRONG)


CONSTRAINTS = (
    Constraint("in-stock", "Nothing that cannot be bought now.", in_stock),
    Constraint("sellable-region", "Nothing that may not be sold where the person is.", sellable),
    Constraint("not-bought", "Nothing the person has already, unless it is used up.", not_bought),
    Constraint("not-chosen", "Nothing that lies in the person's cart or on their wishlist already.", not_chosen),
)
