"""What a candidate costs and earns now, and how the person takes to things on sale.

A sale is what the catalog says of it: a sale price, and when it begins and ends. Whether something was on sale when
somebody chose it is told by the same dates, so that a sale that is not told any more counts as none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.dataset import Queries
from penchant.events import Role
from penchant.features.batch import Batch
from penchant.features.feature import Compute, Feature
from penchant.features.past import Floats, Mask, cut, of_roles, past
from penchant.features.whole import Whole, of_items
from penchant.slate import Candidates, Reason

MOST = 1e12
"""Highest amount of money."""
_WHOLE = 200_000
"""Items of a catalog up to which prices are worked out whole, whenever a sale begins or ends."""


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

    return _of_sales(compute, priced, name=name, unit="money", reads=priced.prices, about=about, high=MOST)


def discount(name: str, about: str, priced: Priced, *, reason: Reason | None = None) -> Feature:
    """Share of the usual price that is off now; 0 without a sale, NaN without a price."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        usual = batch.number(priced.price)
        off = np.full(len(usual), np.nan)
        np.divide(usual - _now(batch, priced), usual, out=off, where=usual > 0)
        return cut(off, 0.0, 1.0)

    return _of_sales(compute, priced, name=name, unit="share", reads=priced.prices, about=about, reason=reason)


def sale_share(name: str, about: str, priced: Priced, *roles: Role) -> Feature:
    """Share of the person's events of some roles that were with things on sale then; NaN without any such event."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        return _response(batch, priced, roles).astype(np.float32)

    return Feature(name, "share", priced.prices, about, compute)


def sale_fit(name: str, about: str, priced: Priced, *roles: Role, reason: Reason | None = None) -> Feature:
    """How being on sale or not fits what the person chose: `sale_share` of what is on sale, or else 1 less it."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        share, sold = _response(batch, priced, roles), on(batch)
        gathered = _on_sale(batch, priced) if sold is None else sold.take(batch.at) > 0
        return np.where(gathered, share, 1.0 - share).astype(np.float32)

    on = _between(lambda batch: _on_sale(batch, priced).astype(np.float32), priced)
    return Feature(name, "share", priced.prices, about, compute, reason)


def margin_now(name: str, about: str, priced: Priced) -> Feature:
    """What a piece earns at the moment of the request, below 0 for a loss; NaN where nobody can tell."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        return cut(_margin(batch, priced), -MOST, MOST)

    return _of_sales(compute, priced, name=name, unit="money", reads=priced.all, about=about, low=-MOST, high=MOST)


def margin_told(name: str, about: str, priced: Priced) -> Feature:
    """1 where `margin_now` can be told, else 0."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        return np.isfinite(_margin(batch, priced)).astype(np.float32)

    return _of_sales(compute, priced, name=name, unit="yes or no", reads=priced.all, about=about)


def margin_share(name: str, about: str, priced: Priced) -> Feature:
    """What a piece earns as a share of what it costs now, from -1; NaN where nobody can tell."""

    def compute(batch: Batch) -> NDArray[np.float32]:
        cost, earned = _now(batch, priced), _margin(batch, priced)
        share = np.full(len(cost), np.nan)
        np.divide(earned, cost, out=share, where=cost > 0)
        return cut(share, -1.0, 1.0)

    return _of_sales(compute, priced, name=name, unit="share", reads=priced.all, about=about, low=-1.0)


def _of_sales(compute: Compute, priced: Priced, **told: Any) -> Feature:
    """A feature that reads nothing of requests but which sales last."""
    return of_items(_between(compute, priced), compute, **told)


def _between(compute: Compute, priced: Priced) -> Whole:
    """The values of the whole catalog, kept from one moment at which a sale begins or ends until the next.

    None for many requests, each at a moment of its own, and for catalogs that are too large for it.
    """
    edges, place = ("sale edges", priced), ("sales of now", priced)

    def lasting(batch: Batch) -> int:
        return int(batch.kept(edges, lambda: _edges(batch, priced)).searchsorted(batch.queries.now[0], "right"))

    def values(batch: Batch) -> NDArray[np.float32] | None:
        if len(batch.queries) != 1 or len(batch.table) > _WHOLE:
            return None
        now, box = batch.once(place, lambda: lasting(batch)), batch.kept(values, _Box)
        held = box.held
        if held is None or held[0] != now:
            n = len(batch.table)
            items = Candidates(np.array([0, n], np.int64), np.arange(n, dtype=np.int32), np.zeros(n, np.float32))
            alone = Batch(Queries.single(float(batch.queries.now[0])), items, batch.table)
            held = box.held = (now, compute(alone))
        return held[1]

    return values


class _Box:
    """Values of the whole catalog, and after how many beginnings and ends of sales they hold."""

    held: tuple[int, NDArray[np.float32]] | None = None


def _edges(batch: Batch, priced: Priced) -> Floats:
    """Moments at which a sale begins or ends, ascending: from each on, other sales last."""
    told = np.concatenate([batch.numbers(priced.begins), batch.numbers(priced.ends)])
    return np.unique(told[np.isfinite(told)])


def _lasts(batch: Batch, items: NDArray[np.int32], times: Floats, priced: Priced) -> Mask:
    """Whether a sale of each item lasts at a moment."""
    lasts: Mask = np.isfinite(batch.numbers(priced.sale).take(items))
    if not lasts.any():
        return lasts
    begins, ends = (batch.numbers(field).take(items) for field in (priced.begins, priced.ends))
    lasts &= ~(times < begins) & ~(times >= ends)
    return lasts


def _on_sale(batch: Batch, priced: Priced) -> Mask:
    def make() -> Mask:
        return _lasts(batch, batch.candidates.items, batch.now, priced) & ~(
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
        found, at, n = past(batch), of_roles(batch, roles).nonzero()[0], len(batch.queries)
        row = found.row.take(at)
        on = _lasts(batch, found.items.take(at), found.times.take(at), priced)
        all_, sold = np.bincount(row, minlength=n), np.bincount(row, on, n)
        share = np.full(n, np.nan)
        np.divide(sold, all_, out=share, where=all_ > 0)
        return share.take(batch.row)

    return batch.once(("sale share", priced, roles), make)
