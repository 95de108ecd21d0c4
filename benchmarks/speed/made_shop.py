"""A made-up shop of any size on disk: a workspace with its catalog, its log and a release that serves.

What is measured is time: models are fitted on a part of the log, and heads on made-up rows of the pack's own features,
so that every part of a release is there and as large as a real one's, without the hours of a training.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from made_release import Log, Trade, release

from penchant.catalog import CatalogWrite, Item, ItemTable, split
from penchant.clock import DAY
from penchant.engine import Engine
from penchant.events import Event, Role
from penchant.packs.product import PACK, Product

DOMAIN = "shop"
NOW = 20_778 * DAY + DAY / 2
"""The moment up to which there are events, Unix seconds."""
DAYS = 90
_WORDS = ("light", "warm", "dry", "soft", "tall", "blue", "deep", "fine", "long", "pure", "wide", "calm")
SHOP = Trade(
    domain=DOMAIN,
    pack=PACK,
    names={
        "Product Viewed": Role.WEAK,
        "Product Added": Role.STRONG,
        "Order Completed": Role.GOAL,
        "Product Removed": Role.NEGATIVE,
    },
    shares=(0.82, 0.1, 0.07, 0.01),
    weights=(0.2, 0.6, 1.0, -0.3),
    fitted=(
        *("popular", "popular-week", "popular-by-category", "personal-top", "habit", "buy-again"),
        *("als", "item-knn", "basket", "slist", "next-items", "alike"),
    ),
    person=(("item-knn", 0.3), ("als", 0.25), ("slist", 0.2), ("next-items", 0.15), ("popular-week", 0.1)),
    seeds=(("item-knn", 0.4), ("basket", 0.3), ("next-items", 0.3)),
)
_CONFIG = """\
[limits]
server_rate = 1000000
{limits}
[domains.{domain}]
pack = "product"
region = "DE"
"""


@dataclass(frozen=True)
class Size:
    """How large a shop is.

    Attributes:
        items: Products.
        people: People with a history.
        events: Events in the store.
        fitted: Events that models are fitted on.
    """

    items: int
    people: int
    events: int
    fitted: int = 1_000_000


def person_id(code: int) -> str:
    """The user id of a person."""
    return f"u{code}"


def item_id(code: int) -> str:
    """The id of a product."""
    return f"p{code}"


def used_up(code: int) -> bool:
    """Whether a product is bought again and again."""
    return code % 4 == 0


def products(n: int, seed: int = 7) -> list[Product]:
    """Products with what the pack's features read."""
    rng = np.random.default_rng(seed)
    kinds, brands = rng.integers(0, 200, n).tolist(), rng.integers(0, 500, n).tolist()
    prices = np.round(np.exp(rng.normal(3.0, 0.4, n) + 0.1 * (np.array(kinds) % 20)), 2).tolist()
    words = rng.integers(0, len(_WORDS), (n, 3)).tolist()
    return [
        Product(
            id=item_id(i),
            title=f"{_WORDS[words[i][0]]} {_WORDS[words[i][1]]} {_WORDS[words[i][2]]} {kinds[i]}",
            category=f"Top {kinds[i] % 20} > Kind {kinds[i]}",
            brand=f"brand-{brands[i]}",
            group=f"group-{i // 3}",
            price=prices[i],
            sale_price=round(prices[i] * 0.8, 2) if i % 7 == 0 else None,
            margin=round(prices[i] * 0.4, 2),
            stock=i % 50,
            rating=3.0 + i % 3,
            reviews=i % 90,
            return_rate=0.01 * (i % 30),
            shipping_days=1.0 + i % 5,
            color=f"color-{i % 12}",
            regions=("DE", "AT") if i % 5 == 0 else (),
            replenishable=used_up(i),
        )
        for i in range(n)
    ]


def happened(size: Size, seed: int = 11, trade: Trade = SHOP, now: float = NOW) -> Log:
    """Visits with heavy tails over people and items; within a visit people stay near a kind of item."""
    rng = np.random.default_rng(seed)
    share = rng.lognormal(0.0, 1.0, size.people)
    person = np.sort(rng.choice(size.people, size.events, p=share / share.sum())).astype(np.int32)
    popular = 1.0 / np.arange(1, size.items + 1) ** 0.8
    cumulative = np.cumsum(popular[rng.permutation(size.items)])
    drawn = np.searchsorted(cumulative, rng.random(size.events) * cumulative[-1])
    # Two of three events turn to a neighbour of the one before: so there is something to learn.
    near = (np.roll(drawn, 1) + rng.integers(-4, 5, size.events)) % size.items
    item = np.where(rng.random(size.events) < 0.66, near, drawn).astype(np.int32)
    day = np.floor(rng.uniform(0, DAYS - 1, size.events))
    time = now - DAY * (DAYS - day) + 36_000 + np.floor(rng.exponential(1_200, size.events))
    time = time[np.lexsort((time, person))]
    return Log(person, item, time, rng.choice(len(trade.names), size.events, p=trade.shares).astype(np.int8))


def events(log: Log, batch: int = 5_000) -> Iterator[list[Event]]:
    """The log as the store takes it."""
    names = tuple(SHOP.names)
    for first in range(0, len(log), batch):
        cut = slice(first, first + batch)
        told = zip(
            log.person[cut].tolist(),
            log.item[cut].tolist(),
            log.time[cut].tolist(),
            log.name[cut].tolist(),
            strict=True,
        )
        yield [
            Event(
                domain=DOMAIN,
                source=DOMAIN,
                message_id=f"m{first + n}",
                line=0,
                name=names[name],
                user_id=person_id(person),
                anonymous_id=None,
                time=int(time * 1000),
                received=int(time * 1000),
                item=item_id(item),
                order=f"o{first + n}" if names[name] == "Order Completed" else None,
            )
            for n, (person, item, time, name) in enumerate(told)
        ]


def put_all(engine: Engine, domain: str, goods: Sequence[Item], at_once: int = 10_000) -> None:
    """Put a catalog into a store."""
    for first in range(0, len(goods), at_once):
        some = [(item.id, split(item)) for item in goods[first : first + at_once]]
        write = CatalogWrite(
            bodies=[(name, body) for name, (body, _) in some], lives=[(name, live) for name, (_, live) in some]
        )
        engine.store.change_items(domain, [name for name, _ in some], lambda kept, write=write: write)


def make(folder: Path, size: Size, limits: str = "") -> Log:
    """Make a shop in a folder.

    Args:
        folder: Of the workspace; `Engine.open` takes it.
        size: How large.
        limits: Further lines of `[limits]`.

    Returns:
        What happened in it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "penchant.toml").write_text(_CONFIG.format(domain=DOMAIN, limits=limits))
    goods, log = products(size.items), happened(size)
    with Engine.open(folder) as engine:
        put_all(engine, DOMAIN, goods)
        for some_events in events(log):
            engine.store.append(some_events)
        parts = release(
            SHOP,
            log,
            ItemTable([item.id for item in goods], goods),
            now=NOW,
            fitted=size.fitted,
            seq=engine.store.last_seq(),
            catalog=engine.store.versions(DOMAIN).catalog,
        )
        engine.releases.publish(DOMAIN, "product", parts, now=NOW, config="", version="0", evidence={}, keep=2)
    return log
