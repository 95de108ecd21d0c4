"""What a candidate costs and earns now, and how the person takes to things on sale.

A sale is what the catalog says of it: a sale price, and when it begins and ends. Whether something was on sale when
somebody chose it is told by the same dates, so that a sale that is not told any more counts as none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable
from penchant.events import Role
from penchant.features.batch import Batch
from penchant.features.feature import Feature
from penchant.features.past import Floats, Mask, counted, cut, past
from penchant.slate import Reason

MOST = 1e12
"""Highest amount of money."""


@dataclass(frozen=True)
class Priced:
    """Names of the fields that tell prices.

    Attributes:
        price: Usual price of a piece.
        sale: Price while a sale lasts.
        begins: When it begins; at once when missing.
        ends: When it ends; never when missing.
        cost: What a piece costs the seller.
        margin: What a piece earns; without it, the price now less the cost.
    """

    price: str = "price"
    sale: str = "sale_price"
    begins: str = "sale_from"
    ends: str = "sale_until"
    cost: str = "cost"
    margin: str = "margin"

    @property
    def prices(self) -> tuple[str, ...]:
        """Fields that tell what a piece costs now."""
        return (self.price, self.sale, self.begins, self.ends)

    @property
    def all(self) -> tuple[str, ...]:
        """Fields that tell what a piece earns now."""
        return (*self.prices, self.cost, self.margin)


def price_now(name: str, about: str, priced: Priced) -> Feature:
    """What a piece costs at the moment of the request; NaN where nobody tells."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        return cut(_now(batch, priced), 0.0, MOST)

    return Feature(name, "money", priced.prices, about, compute, high=MOST)


def discount(name: str, about: str, priced: Priced, *, reason: Reason | None = None) -> Feature:
    """Share of the usual price that is off now; 0 without a sale, NaN without a price."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        usual = batch.number(priced.price)
        off = np.full(len(usual), np.nan)
        np.divide(usual - _now(batch, priced), usual, out=off, where=usual > 0)
        return cut(off, 0.0, 1.0)

    return Feature(name, "share", priced.prices, about, compute, reason)


def sale_share(name: str, about: str, priced: Priced, *roles: Role) -> Feature:
    """Share of the person's events of some roles that were with things on sale then; NaN without any such event."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        return _response(batch, priced, roles).astype(np.float32)

    return Feature(name, "share", priced.prices, about, compute)


def sale_fit(name: str, about: str, priced: Priced, *roles: Role, reason: Reason | None = None) -> Feature:
    """How being on sale or not fits what the person chose: `sale_share` of what is on sale, or else 1 less it."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        share, on = _response(batch, priced, roles), _on_sale(batch, priced)
        return np.where(on, share, 1.0 - share).astype(np.float32)

    return Feature(name, "share", priced.prices, about, compute, reason)


def margin_now(name: str, about: str, priced: Priced) -> Feature:
    """What a piece earns at the moment of the request, below 0 for a loss; NaN where nobody can tell."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        return cut(_margin(batch, priced), -MOST, MOST)

    return Feature(name, "money", priced.all, about, compute, low=-MOST, high=MOST)


def margin_told(name: str, about: str, priced: Priced) -> Feature:
    """1 where `margin_now` can be told, else 0."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        return np.isfinite(_margin(batch, priced)).astype(np.float32)

    return Feature(name, "yes or no", priced.all, about, compute)


def margin_share(name: str, about: str, priced: Priced) -> Feature:
    """What a piece earns as a share of what it costs now, from -1; NaN where nobody can tell."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        cost, earned = _now(batch, priced), _margin(batch, priced)
        share = np.full(len(cost), np.nan)
        np.divide(earned, cost, out=share, where=cost > 0)
        return cut(share, -1.0, 1.0)

    return Feature(name, "share", priced.all, about, compute, low=-1.0)


def _lasts(table: ItemTable, items: NDArray[np.int32], times: Floats, priced: Priced) -> Mask:
    """Whether a sale of each item lasts at a moment."""
    begins, ends = table.number(priced.begins)[items], table.number(priced.ends)[items]
    lasts: Mask = np.isfinite(table.number(priced.sale)[items]) & ~(times < begins) & ~(times >= ends)
    return lasts


def _on_sale(batch: Batch, priced: Priced) -> Mask:
    def make() -> Mask:
        return _lasts(batch.table, batch.candidates.items, batch.now, priced) & ~(
            batch.number(priced.sale) >= batch.number(priced.price)
        )

    return batch.once(("on sale", priced), make)


def _now(batch: Batch, priced: Priced) -> Floats:
    def make() -> Floats:
        return np.where(_on_sale(batch, priced), batch.number(priced.sale), batch.number(priced.price))

    return batch.once(("price now", priced), make)


def _margin(batch: Batch, priced: Priced) -> Floats:
    def make() -> Floats:
        told = batch.number(priced.margin)
        return np.where(np.isnan(told), _now(batch, priced) - batch.number(priced.cost), told)

    return batch.once(("margin now", priced), make)


def _response(batch: Batch, priced: Priced, roles: tuple[Role, ...]) -> Floats:
    """Share of events with things on sale, beside each candidate."""

    def make() -> Floats:
        found, count = past(batch), counted(batch, roles)
        on = _lasts(batch.table, found.items, found.times, priced)
        all_, sold = (np.bincount(found.row, part, len(batch.queries)) for part in (count, count * on))
        share = np.full(len(all_), np.nan)
        np.divide(sold, all_, out=share, where=all_ > 0)
        return share[batch.row]

    return batch.once(("sale share", priced, roles), make)
