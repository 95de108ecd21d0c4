"""What must never be shown, whatever it would earn."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable, in_region, open_at
from penchant.events import Role
from penchant.pack import Constraint, Facts, Kept


def in_stock(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Products that can be ordered now, and had at the request's location, if it names one.

    What is not counted is never out of stock. Of a location that no product has pieces at nothing is known.
    """
    begins, expires = table.number("available_from"), table.number("expires")
    told = table.category("availability")
    # What is ordered ahead need not be there yet, neither today nor at a location.
    ahead = told.holding([code for name in _AHEAD if (code := told.find(name)) >= 0])
    allowed: NDArray[np.bool_] = table.number("available") != 0
    allowed &= np.isnan(expires) | (facts.now < expires)
    allowed &= np.isnan(begins) | (begins <= facts.now) | ahead
    location = facts.context.get("location")
    if isinstance(location, str) and location:
        here = table.number(f"stock_at.{location}")
        if not np.isnan(here).all():
            allowed &= (here > 0) | np.isnan(table.number("pieces")) | ahead
    return allowed


def sellable(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Products that may be sold in the request's region."""
    return in_region(table, "regions", facts.region)


def not_bought(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Products the person does not have yet, and those that are bought again."""
    bought = facts.queries.touched(len(table), Role.GOAL)
    allowed: NDArray[np.bool_] = ~bought
    had = np.flatnonzero(bought)
    allowed[had] = table.number("replenishable")[had] == 1
    return allowed


def bought(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Products the person had before."""
    return facts.queries.touched(len(table), Role.GOAL)


def not_chosen(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Products that do not lie in the person's cart or on their wishlist."""
    return ~facts.queries.touched(len(table), Role.STRONG)


def margin_floor(table: ItemTable, facts: Facts) -> NDArray[np.bool_]:
    """Products on which money is not lost; those whose margin nobody knows pass.

    The margin is the one that was told, or else what the product costs now less what it costs the shop.
    """
    price, sale = table.number("price"), table.number("sale_price")
    lasts = ~np.isnan(sale) & open_at(table, "sale_from", "sale_until", facts.now)
    told = table.number("margin")
    margin = np.where(np.isnan(told), np.where(lasts, sale, price) - table.number("cost"), told)
    earned: NDArray[np.bool_] = ~(margin < 0)
    return earned


def _location(facts: Facts) -> str | None:
    location = facts.context.get("location")
    return location if isinstance(location, str) else None


def _region(facts: Facts) -> str | None:
    return facts.region


_AHEAD = ("preorder", "backorder")
_STOCK = Kept(("available_from", "expires"), _location)
_PLACE = Kept((), _region)
_SALES = Kept(("sale_from", "sale_until"))

CONSTRAINTS = (
    Constraint("in-stock", "Nothing that cannot be bought now.", in_stock, kept=_STOCK),
    Constraint(
        "sellable-region", "Nothing that may not be sold where the person is.", sellable, kept=Kept((), _region)
    ),
    Constraint("not-bought", "Nothing the person has already, unless it is used up.", not_bought),
    Constraint("bought", "Nothing the person has never bought.", bought),
    Constraint("margin-floor", "Nothing on which money is lost.", margin_floor, kept=_SALES),
    Constraint("not-chosen", "Nothing that lies in the person's cart or on their wishlist already.", not_chosen),
)
