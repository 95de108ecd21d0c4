"""The market's truth: the chance that a look becomes a click, a page a purchase, and a purchase a return."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.simulation.choice import Index
from penchant.simulation.market.crowd import Crowd
from penchant.simulation.market.goods import STYLES, Goods
from penchant.simulation.market.mechanisms import (
    AMPLIFIED,
    ELASTICITY,
    LOYALTY,
    PERSISTENCE,
    RETURN_COST,
    RETURNED,
    TASTE,
    ShopMechanisms,
)
from penchant.simulation.products import BRANDS, KINDS

CLICK, BUY = -2.35, -3.1
"""Logits of a click on, and of buying, an average model of the kind that is wanted."""

OTHER_KIND = -2.4
"""How much less a kind draws that is not wanted now."""

_OWNED = -4.0
_DEARER = 1.0
"""Between models demand falls in proportion to the usual price, so that dear and cheap ones earn alike: a dear model is
worth more to people too. The elasticity is that of one model's own price."""

_BIG = 0.5
"""People think longer about a watch than about socks: logits of a purchase by log price of the kind. Assumed."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Chances:
    """What may come of it when a person looks at an item; all of one shape.

    Attributes:
        click: Chance that a look at its tile becomes a click.
        buy: Chance that the page's visitor buys it, now or later.
        back: Chance that it is sent back, once bought.
        draw: Utility by which it is found in a search: all that its tile shows.
    """

    click: Floats
    buy: Floats
    back: Floats
    draw: Floats


@dataclass(frozen=True)
class Truths:
    """The rules by which people answer.

    Utility adds up quality, hidden taste, colour, loyalty, price and sale; half of it acts on the click, half on the
    purchase, so that its effect on what is chosen is whole, as in the models it was published for.
    """

    goods: Goods
    crowd: Crowd
    mechanisms: ShopMechanisms

    def of(self, person: Index, item: Index, wanted: Index, paid: Floats, page: bool) -> Chances:
        """Chances of pairs.

        Args:
            person: Person codes; broadcasts against `item`, as in (n, 1) against (n, m) or (1, m).
            item: Item codes.
            wanted: Kind each person is after, or that of the page they are on; broadcasts too.
            paid: Price of every item now, shape (items,).
            page: Whether they are on a product's page, where complements show as such.
        """
        goods, crowd, on = self.goods, self.crowd, self.mechanisms
        kind = goods.kind[item]
        # A matrix product is quicker than pairs where everyone meets the same items.
        if item.ndim == 2 and item.shape[0] == 1:
            match = crowd.style[person[:, 0]] @ goods.looks[item[0]].T
        else:
            match = (crowd.style[person] * goods.looks[item]).sum(axis=-1)
        taste = on.taste * TASTE / np.sqrt(STYLES) * match
        cheaper = np.log(goods.price[item] / paid[item])
        price = crowd.thrift[person, kind] * (cheaper - goods.dear[item]) + goods.dear[item]
        price = on.price_sensitivity * (ELASTICITY * price - _DEARER * goods.dear[item])
        brand = on.loyalty * LOYALTY * (crowd.loyalty[person, goods.brand[item]] - 1.0 / len(BRANDS))
        sale = crowd.deals[person] * (cheaper > 0.0) * (on.promotions > 0.0)
        utility = goods.quality[item] + taste + crowd.colors[person, goods.color[item]] + price + brand + sale
        utility = utility + _OWNED * crowd.owned[person, goods.group[item]]
        fit = self._fit(person, kind, wanted, page)
        click = CLICK + fit + 0.5 * utility + goods.promise[item]
        buy = BUY + 0.5 * fit + 0.5 * utility + crowd.ease[person] - goods.letdown[item]
        buy = buy - on.price_sensitivity * _BIG * goods.big[item]
        usual = np.clip(RETURNED * goods.returned[item], 1e-9, 0.9)
        back = np.log(usual / (1.0 - usual)) + goods.misfit[item] + crowd.returner[person] - 0.3 * taste
        back = back + 0.25 * goods.dear[item] + 0.8 * goods.letdown[item]
        returned = np.minimum(on.returns * _chance(back), 0.95)
        return Chances(_chance(click), _chance(buy), returned, fit + utility + goods.promise[item])

    def examined(self, places: int) -> Floats:
        """Chance that each place of a slate is looked at."""
        looked: Floats = np.power(PERSISTENCE, self.mechanisms.position_bias * np.arange(places, dtype=np.float64))
        return looked

    def worth(self, item: Index, orders: Floats, back: Floats, paid: Floats) -> dict[str, Floats]:
        """What orders are expected to bring.

        Args:
            item: Item codes.
            orders: Expected pieces of each.
            back: Chance of each that it comes back.
            paid: Price of every item now, shape (items,).
        """
        return tally(orders, orders * back, paid[item], self.goods.cost[item])

    def _fit(self, person: Index, kind: Index, wanted: Index, page: bool) -> Floats:
        """How near a kind is to what is wanted: that itself, what goes with it, what the person likes, anything."""
        interest = np.clip(0.5 * np.log(self.crowd.interest[person, kind] * len(KINDS)), -1.0, 1.0)
        along = np.minimum(self.goods.goes_with[wanted, kind] / 0.3, 1.0)
        near = self.mechanisms.complements * along * (1.0 + page * np.log(AMPLIFIED))
        fit: Floats = np.where(kind == wanted, 0.0, OTHER_KIND + interest + near)
        return fit


def tally(orders: Floats, returns: Floats, paid: Floats, cost: Floats) -> dict[str, Floats]:
    """Money of orders and returns, expected or realised.

    Args:
        orders: Pieces ordered.
        returns: Pieces that come back of them.
        paid: Price of a piece.
        cost: What a piece costs the shop.
    """
    kept = orders - returns
    return {
        "orders": orders,
        "returns": returns,
        "revenue": orders * paid,
        "margin": orders * (paid - cost),
        "net_revenue": kept * paid - returns * RETURN_COST,
        "net_profit": kept * (paid - cost) - returns * RETURN_COST,
    }


def _chance(logit: Floats) -> Floats:
    chance: Floats = 1.0 / (1.0 + np.exp(-logit))
    return chance
