"""The sports shop: visits with an intent, views, carts, orders with complements, returns, re-orders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from penchant.clock import DAY
from penchant.simulation.choice import Index, draw, gumbel, pick, pick_several, ranks
from penchant.simulation.log import Identity, Log
from penchant.simulation.products import COMPLEMENTS, KINDS, Products, draw_products
from penchant.simulation.shoppers import PRICE_WIDTH, Shoppers, draw_shoppers
from penchant.simulation.visits import Visits, draw_visits
from penchant.simulation.world import World

MOST_VIEWS = 9
"""Most products of the wanted kind that one visit looks at."""

PREFIXES = tuple(kind.prefix for kind in KINDS)


@dataclass(frozen=True)
class _Intents:
    """What each visit is about; an intent may last several visits of one person.

    Attributes:
        kind: Kind looked for, shape (visits,).
        of: Intent number, shape (visits,).
        first: First visit of each intent, shape (intents,).
        last: Which visits are the last of their intent, shape (visits,).
        at: Share of the simulated time passed, shape (visits,).
    """

    kind: Index
    of: Index
    first: Index
    last: NDArray[np.bool_]
    at: NDArray[np.float64]


@dataclass(frozen=True)
class _Views:
    """Products seen, sorted by visit, then time.

    Attributes:
        visit: Visit number.
        item: Item code.
        time: Unix seconds.
        carted: Which are put into the cart.
    """

    visit: Index
    item: Index
    time: NDArray[np.float64]
    carted: NDArray[np.bool_]


@dataclass(frozen=True)
class _Lines:
    """Order lines.

    Attributes:
        person: Person code.
        item: Item code.
        time: Unix seconds of the order.
        order: Order number.
        quantity: Pieces.
    """

    person: Index
    item: Index
    time: NDArray[np.float64]
    order: Index
    quantity: NDArray[np.float64]


def shop(seed: int, now: float, people: int = 3_000, days: float = 60.0) -> World:
    """A sports shop and what its visitors did.

    Args:
        seed: Seed of all randomness; the same seed and `now` give the same world.
        now: End of the simulated time, Unix seconds.
        people: Number of people; some never come.
        days: Length of the simulated time.

    Returns:
        About 50 events a person in 60 days.
    """
    rng = np.random.default_rng([seed, 1])
    products = draw_products(rng)
    shoppers = draw_shoppers(rng, people, products)
    visits = draw_visits(rng, people, now, days, mean=9.5)
    intents = _intents(rng, shoppers, visits, 1.0 - (now - visits.start) / (days * DAY))
    views = _views(rng, shoppers, visits, intents)

    log = Log("shop", [item["id"] for item in products.items], currency="EUR")
    person = visits.person[views.visit]
    log.add("Product Viewed", person, views.time, views.item, price=products.price[views.item])
    wished = rng.random(len(person)) < 0.02
    log.add("Product Added to Wishlist", person[wished], views.time[wished] + 5.0, views.item[wished])
    lines = _checkout(rng, log, products, visits, intents, views)
    lines = _reorders(rng, log, products, lines)
    price = products.price[lines.item]
    log.add(
        "Order Completed", lines.person, lines.time, lines.item, quantity=lines.quantity, price=price, order=lines.order
    )
    _refunds(rng, log, products, lines)
    since = now - days * DAY
    return World("shop", "product", products.items, log.table(_identity(rng, people, lines, since, now), since, now))


def _intents(rng: np.random.Generator, shoppers: Shoppers, visits: Visits, at: NDArray[np.float64]) -> _Intents:
    fresh = visits.first | (rng.random(len(visits)) < 0.7)
    of = np.cumsum(fresh) - 1
    first = np.flatnonzero(fresh)
    taste = shoppers.kinds(visits.person[first], at[first])
    # Now and then people look for something that has little to do with them: a gift, a whim.
    kind = draw(rng, 0.92 * taste + 0.08 * taste.sum(axis=0) / max(len(taste), 1))
    # What goes with the last intent's kind may be the next one's.
    goes_with = np.zeros((len(KINDS), len(KINDS)))
    for prefix, complements in COMPLEMENTS.items():
        for other, share in complements:
            goes_with[PREFIXES.index(prefix), PREFIXES.index(other)] = share
    before = kind[np.maximum(np.arange(len(kind)) - 1, 0)]
    follows = ~visits.first[first] & (rng.random(len(kind)) < 0.35 * goes_with.sum(axis=1)[before])
    kind[follows] = draw(rng, goes_with[before[follows]])
    last = np.r_[of[1:] != of[:-1], True][: len(of)]
    return _Intents(kind[of], of, first, last, at)


def _views(rng: np.random.Generator, shoppers: Shoppers, visits: Visits, intents: _Intents) -> _Views:
    n, products = len(visits), shoppers.products
    count = np.minimum(1 + rng.poisson(3.2, n), MOST_VIEWS)
    seen = np.full((n, MOST_VIEWS), -1)
    best = np.zeros(n, np.int64)
    for kind in range(len(KINDS)):
        rows = np.flatnonzero(intents.kind == kind)
        if len(rows) == 0:
            continue
        utility = _focus(rng, shoppers, visits, intents, rows, kind)
        columns = pick_several(rng, utility, MOST_VIEWS)
        items = products.of_kind(kind)[columns]
        within = np.arange(columns.shape[1]) < count[rows][:, None]
        seen[rows, : columns.shape[1]] = np.where(within, items, -1)
        # Of what was seen, the best liked is the one that may be bought.
        liked = np.take_along_axis(utility, columns, axis=1) + 0.5 * gumbel(rng, columns.shape)
        choice = np.argmax(np.where(within, liked, -np.inf), axis=1)
        best[rows] = items[np.arange(len(rows)), choice]
    wants = rng.random(n) < np.where(intents.last, 0.42, 0.14)
    visit, place = np.nonzero(seen >= 0)
    item = seen[visit, place]
    parts = [(visit, item, wants[visit] & (item == best[visit])), *_along(rng, shoppers, visits, intents, best, wants)]
    return _timed(rng, visits, *(np.concatenate(column) for column in zip(*parts, strict=True)))


def _focus(
    rng: np.random.Generator, shoppers: Shoppers, visits: Visits, intents: _Intents, rows: Index, kind: int
) -> NDArray[np.float32]:
    """Utility of a kind's products in these visits: the person's taste, and nearness to what the intent is about."""
    products = shoppers.products
    items = products.of_kind(kind)
    numbers, of = np.unique(intents.of[rows], return_inverse=True)
    start = intents.first[numbers]
    taste = shoppers.liking(visits.person[start], intents.at[start], kind)
    anchor = items[pick(rng, taste)]
    near = np.log(products.price[items]) - np.log(products.price[anchor])[:, None]
    same_group = products.group[items] == products.group[anchor][:, None]
    same_brand = products.brand[items] == products.brand[anchor][:, None]
    looks = shoppers.looks[items]
    apart = ((looks - shoppers.looks[anchor][:, None]) ** 2).sum(axis=2)
    focus = 0.5 * same_group + 1.0 * same_brand - 0.35 * apart
    focus -= np.minimum(0.8 * (near / PRICE_WIDTH) ** 2 / 2, 4.0)
    return np.asarray((np.float32(0.5) * taste + focus.astype(np.float32))[of], np.float32)


def _along(
    rng: np.random.Generator,
    shoppers: Shoppers,
    visits: Visits,
    intents: _Intents,
    best: Index,
    wants: NDArray[np.bool_],
) -> list[tuple[Index, Index, NDArray[np.bool_]]]:
    """What a visit looks at beside its intent: complements of the chosen product, and anything at all."""
    products = shoppers.products
    parts = []
    for prefix, complements in COMPLEMENTS.items():
        main = np.flatnonzero(intents.kind == PREFIXES.index(prefix))
        for other, share in complements:
            kind = PREFIXES.index(other)
            rows = main[rng.random(len(main)) < np.where(wants[main], share, 0.15 * share)]
            items = products.of_kind(kind)
            utility = shoppers.liking(visits.person[rows], intents.at[rows], kind)
            utility += np.float32(1.6) * (products.brand[items] == products.brand[best[rows]][:, None])
            item = items[pick(rng, utility)]
            parts.append((rows, item, wants[rows] & (rng.random(len(rows)) < 0.85)))
    idle = np.flatnonzero(rng.random(len(visits)) < 0.2)
    quality = np.exp(shoppers.quality.astype(np.float64))
    item = rng.choice(len(quality), size=len(idle), p=quality / quality.sum())
    # Some baskets hold things that have nothing to do with each other.
    parts.append((idle, item, wants[idle] & (rng.random(len(idle)) < 0.2)))
    return parts


def _timed(rng: np.random.Generator, visits: Visits, visit: Index, item: Index, carted: NDArray[np.bool_]) -> _Views:
    """Views in the order of their visits, some tens of seconds apart."""
    order = np.argsort(visit, kind="stable")
    visit, item, carted = visit[order], item[order], carted[order]
    passed = np.cumsum(12.0 + rng.exponential(45.0, len(visit)))
    opening = passed[np.searchsorted(visit, visit)]
    return _Views(visit, item, visits.start[visit] + passed - opening, carted)


def _checkout(
    rng: np.random.Generator, log: Log, products: Products, visits: Visits, intents: _Intents, views: _Views
) -> _Lines:
    """Carts, what is taken out of them, and orders."""
    visit, item, time = views.visit[views.carted], views.item[views.carted], views.time[views.carted]
    person, price = visits.person[visit], products.price[item]
    replenishable = np.array([k.replenishable for k in KINDS])[products.kind[item]]
    quantity = np.where(replenishable, 1 + rng.poisson(0.6, len(item)), 1).astype(np.float64)
    log.add("Product Added", person, time + rng.uniform(3.0, 11.0, len(item)), item, quantity=quantity, price=price)

    closing = np.full(len(visits), -np.inf)
    np.maximum.at(closing, views.visit, views.time)
    removed = rng.random(len(item)) < 0.08
    late = closing[visit[removed]] + rng.uniform(15.0, 30.0, int(removed.sum()))
    log.add("Product Removed", person[removed], late, item[removed], quantity=quantity[removed], price=price[removed])

    pays = rng.random(len(visits)) < np.where(intents.last, 0.75, 0.45)
    kept = np.flatnonzero(~removed & pays[visit])
    kept = kept[np.argsort(time[kept], kind="stable")]
    # Nobody needs the same shoe twice, in whatever colour; socks they do.
    again = (ranks(person[kept] * (products.group.max() + 1) + products.group[item[kept]]) > 0) & ~replenishable[kept]
    kept = kept[~again]
    minutes = closing + rng.uniform(60.0, 240.0, len(visits))
    return _Lines(person[kept], item[kept], minutes[visit[kept]], visit[kept], quantity[kept])


def _reorders(rng: np.random.Generator, log: Log, products: Products, lines: _Lines) -> _Lines:
    """Replenishable goods are bought again a month or so later, the same ones."""
    again = np.array([k.replenishable for k in KINDS])[products.kind[lines.item]] & (rng.random(len(lines.item)) < 0.3)
    person, item = lines.person[again], lines.item[again]
    time = lines.time[again] + DAY * rng.uniform(18.0, 34.0, len(item))
    price, quantity = products.price[item], lines.quantity[again]
    log.add("Product Viewed", person, time - 150.0, item, price=price)
    log.add("Product Added", person, time - 120.0, item, quantity=quantity, price=price)
    order = lines.order.max(initial=0) + 1 + np.arange(len(item))
    return _Lines(
        np.r_[lines.person, person],
        np.r_[lines.item, item],
        np.r_[lines.time, time],
        np.r_[lines.order, order],
        np.r_[lines.quantity, quantity],
    )


def _refunds(rng: np.random.Generator, log: Log, products: Products, lines: _Lines) -> None:
    """Whole lines come back within two weeks; some models fit worse than others."""
    share = np.array([kind.returned for kind in KINDS])[products.kind]
    misfit = np.exp(0.7 * rng.standard_normal(int(products.group.max()) + 1) - 0.25)[products.group]
    back = rng.random(len(lines.item)) < np.minimum(share * misfit, 0.8)[lines.item]
    item, time = lines.item[back], lines.time[back] + DAY * rng.uniform(3.0, 14.0, int(back.sum()))
    log.add(
        "Order Refunded",
        lines.person[back],
        time,
        item,
        quantity=lines.quantity[back],
        price=products.price[item],
        order=lines.order[back],
    )


def _identity(rng: np.random.Generator, people: int, lines: _Lines, since: float, now: float) -> Identity:
    """Most become known with their first order, a few never; some change to another device."""
    first = np.full(people, np.inf)
    np.minimum.at(first, lines.person, lines.time)
    known = np.where(rng.random(people) < 0.85, first, np.inf)
    second = np.where(rng.random(people) < 0.2, rng.uniform(since, now, people), np.inf)
    return Identity("shop", known, second)
