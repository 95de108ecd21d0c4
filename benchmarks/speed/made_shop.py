"""A made-up shop of any size on disk: a workspace with its catalog, its log and a release that serves.

What is measured is time: models are fitted on a part of the log, and heads on made-up rows of the pack's own features,
so that every part of a release is there and as large as a real one's, without the hours of a training.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import CatalogWrite, ItemTable, split
from penchant.clock import DAY, SystemClock
from penchant.dataset import Dataset, IdMap, Interactions
from penchant.engine import Engine
from penchant.events import Event, Role
from penchant.features import Statistics
from penchant.models import SLIST, Blend, Run, Share
from penchant.pack import BLEND, HEAD, OBJECTIVES, STATISTICS
from penchant.packs.product import PACK, Product
from penchant.ranking import Rows, fit_head
from penchant.storage import ITEM_SPACE, Part, pack_text
from penchant.training import fit

DOMAIN = "shop"
NOW = 20_778 * DAY + DAY / 2
"""The moment up to which there are events, Unix seconds."""
DAYS = 90
HEAD_ROWS = 12_000
SLIST_BLOCK = 2_000
"""Items that its weights are solved for; a request costs as much with more, a fit far less with these."""
FITTED = (
    *("popular", "popular-week", "popular-by-category", "personal-top", "habit", "buy-again"),
    *("als", "item-knn", "basket", "slist", "next-items", "alike"),
)
"""Models of the release: those that sources name, and those that blends are most often made of."""
PERSON = (("item-knn", 0.3), ("als", 0.25), ("slist", 0.2), ("next-items", 0.15), ("popular-week", 0.1))
SEEDS = (("item-knn", 0.4), ("basket", 0.3), ("next-items", 0.3))

_WORDS = ("light", "warm", "dry", "soft", "tall", "blue", "deep", "fine", "long", "pure", "wide", "calm")
_NAMES = {
    "Product Viewed": Role.WEAK,
    "Product Added": Role.STRONG,
    "Order Completed": Role.GOAL,
    "Product Removed": Role.NEGATIVE,
}
_SHARES = (0.82, 0.1, 0.07, 0.01)
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


@dataclass(frozen=True)
class Log:
    """What happened, by person and time; arrays of one length, and how they are named."""

    person: NDArray[np.int32]
    item: NDArray[np.int32]
    time: NDArray[np.float64]
    name: NDArray[np.int8]

    def __len__(self) -> int:
        """Number of events."""
        return len(self.person)


def person_id(code: int) -> str:
    """The user id of a person."""
    return f"u{code}"


def item_id(code: int) -> str:
    """The id of a product."""
    return f"p{code}"


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
            replenishable=i % 4 == 0,
        )
        for i in range(n)
    ]


def happened(size: Size, seed: int = 11) -> Log:
    """Visits with heavy tails over people and products; within a visit people stay near a kind of product."""
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
    time = NOW - DAY * (DAYS - day) + 36_000 + np.floor(rng.exponential(1_200, size.events))
    time = time[np.lexsort((time, person))]
    return Log(person, item, time, rng.choice(len(_NAMES), size.events, p=_SHARES).astype(np.int8))


def events(log: Log, batch: int = 5_000) -> Iterator[list[Event]]:
    """The log as the store takes it."""
    names = tuple(_NAMES)
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


def dataset(log: Log, table: ItemTable, size: Size) -> Dataset:
    """The part of the log that models are fitted on: whole people, the first of them."""
    upto = len(log) if len(log) <= size.fitted else int(np.searchsorted(log.person, log.person[size.fitted]))
    person, item, time, name = log.person[:upto], log.item[:upto], log.time[:upto], log.name[:upto]
    weights = np.array([0.2, 0.6, 1.0, -0.3], np.float32)
    roles = np.array([int(role) for role in _NAMES.values()], np.int8)
    starts = (np.diff(person, prepend=-1) != 0) | (np.diff(time, prepend=0.0) > 1_800)
    session = (np.cumsum(starts) - 1).astype(np.int32)
    goal = roles[name] == Role.GOAL
    n = int(person[-1]) + 1 if upto else 0
    rows = Interactions(
        person=person,
        item=item,
        time=time,
        weight=weights[name],
        role=roles[name],
        quantity=np.ones(upto, np.float32),
        price=np.full(upto, np.nan, np.float32),
        basket=np.where(goal, session, -1).astype(np.int32),
        session=session,
        reversed_at=np.full(upto, np.inf),
        progress=np.full(upto, np.nan, np.float32),
        seconds=np.full(upto, np.nan, np.float32),
        event=name.astype(np.int16),
    )
    people = IdMap([f"user:{person_id(code)}" for code in range(n)])
    return Dataset(DOMAIN, people, IdMap(list(table.ids)), rows, table, NOW, events=tuple(_NAMES))


def made_heads(seed: int = 5) -> dict[str, Part]:
    """Heads over all features of the pack, of as many trees as real ones."""
    rng = np.random.default_rng(seed)
    names = tuple(feature.name for feature in PACK.features)
    parts: dict[str, Part] = {}
    for head in PACK.heads:
        if head.of:
            continue
        values = rng.random((HEAD_ROWS, len(names))).astype(np.float32)
        lean = np.sin(3.0 * values[:, :24]).sum(axis=1) + (values[:, 0] * values[:, 1] * 4.0)
        label = (rng.random(HEAD_ROWS) < 1.0 / (1.0 + np.exp(-2.0 * (lean - lean.mean())))).astype(np.float32)
        group = np.arange(HEAD_ROWS, dtype=np.int32) // 12
        rows = Rows(names, values, label, np.ones(HEAD_ROWS, np.float32), group, group.astype(np.float64))
        state = fit_head(head, rows, rows, Run()).state()
        parts[HEAD + head.name] = Part("head", state.arrays, state.settings)
    return parts


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
        for first in range(0, len(goods), 10_000):
            some = [(item.id, split(item)) for item in goods[first : first + 10_000]]
            write = CatalogWrite(
                bodies=[(name, body) for name, (body, _) in some], lives=[(name, live) for name, (_, live) in some]
            )
            engine.store.change_items(DOMAIN, [name for name, _ in some], lambda kept, write=write: write)
        for some_events in events(log):
            engine.store.append(some_events)
        table = ItemTable([item.id for item in goods], goods)
        data = dataset(log, table, size)
        recipes = {name: PACK.models[name] for name in FITTED}
        recipes["slist"] = SLIST(block=SLIST_BLOCK)
        fitted = fit(data, recipes, Run(threads=2), SystemClock())
        parts = {
            ITEM_SPACE: Part("items", pack_text(data.items.ids), {"catalog": engine.store.versions(DOMAIN).catalog})
        }
        for name, model in fitted.models.items():
            state = model.state()
            parts[name] = Part(PACK.models[name].kind, state.arrays, state.settings)
        parts |= made_heads()
        roles = np.array([int(role) for role in _NAMES.values()], np.int8)[log.name]
        statistics = Statistics.of(log.item, log.time, roles, size.items)
        counted = {"seq": engine.store.last_seq(), "slates": int(NOW * 1000)}
        parts[STATISTICS] = Part(STATISTICS, statistics.arrays(), counted)
        floors = {objective.name: 0.3 for objective in PACK.objectives}
        places = [placement.name for placement in PACK.placements]
        parts[OBJECTIVES] = Part(
            OBJECTIVES, {}, {"floors": floors, "placements": places, "chains": [h.name for h in PACK.heads if h.of]}
        )
        parts[BLEND] = Part(BLEND, {}, {"placements": blends()})
        engine.releases.publish(DOMAIN, "product", parts, now=NOW, config="", version="0", evidence={}, keep=2)
    return log


def blends() -> dict[str, object]:
    """What the source `blend` is in each placement: five lists for people, three for items."""
    found: dict[str, object] = {}
    for placement in PACK.placements:
        if not any(source.model == BLEND for source in placement.sources):
            continue
        seeds = "item" in placement.needs
        shares = tuple(
            Share(model=name, reads="seeds" if seeds else "person", weight=weight)
            for name, weight in (SEEDS if seeds else PERSON)
        )
        made = Blend(by="rank", shares=shares)
        found[placement.name] = {
            "by": made.by,
            "shares": [{"model": s.model, "reads": s.reads, "weight": s.weight} for s in made.shares],
        }
    return found
