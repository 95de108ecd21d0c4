"""The site that `make bench-serving` asks: a workspace with a shop and a stream, made once and kept in a folder.

Events are written as rows, in the order of time as they would have come, through the store's own transactions; the
index of people is made afterwards, in one go. Everything else goes the way it always goes.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from made_release import Log, Trade, release
from made_shop import DOMAIN, SHOP, Size, happened, item_id, person_id, products, put_all
from made_stream import STREAM, content_id, contents
from numpy.typing import NDArray

from penchant.catalog import Item, ItemTable
from penchant.engine import Engine
from penchant.events import Role
from penchant.keys import Kind
from penchant.storage import Store
from penchant.storage.tables.schema import INDEXES

KEY = "bench-serving-key"
STREAM_ITEMS, STREAM_EVENTS = 0.2, 0.4
"""The stream's share of the site: one piece for five products, and two events of five."""
_AT_ONCE = 100_000
_COLUMNS = (
    *("domain", "source", "message_id", "line", "name", "actor", "user_id"),
    *("time", "received", "item", "quantity", "order_id"),
)
_CONFIG = """\
[limits]
server_rate = 1000000
public_rate = 1000000
{domains}"""
_DOMAIN = """\
[domains.{name}]
pack = "{pack}"
region = "DE"
explore = {explore}
"""


@dataclass(frozen=True)
class Site:
    """A site on disk.

    Attributes:
        items: Products.
        pieces: Pieces of the stream; 0 where there is none.
        people: People with a history.
        events: Events in the store.
        fitted: Events that the models of a domain are fitted on.
        heads: Whether there are heads.
        now: Up to when there are events, Unix seconds.
    """

    items: int
    pieces: int
    people: int
    events: int
    fitted: int = 1_000_000
    heads: bool = True
    now: float = 0.0


def made(folder: Path, wanted: Site) -> Site:
    """The site of a folder; it is made where it is not there, or was not made to its end.

    Raises:
        SystemExit: There is another site.
    """
    told = folder / "site.json"
    if told.exists():
        site = Site(**json.loads(told.read_text()))
        if asdict(site) | {"now": 0.0} != asdict(wanted) | {"now": 0.0}:
            sys.exit(f"{folder} holds another site: {site}")
        return site
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("penchant.db*"):
        file.unlink()
    # A whole hour ago: all events lie in the past, and the figures of the hour are there.
    site = Site(**asdict(wanted) | {"now": float(int(time.time()) // 3600 * 3600)})
    trades: dict[Trade, Sequence[Item]] = {SHOP: products(site.items)}
    if site.pieces:
        trades[STREAM] = contents(site.pieces, site.now)
    tables = [_DOMAIN.format(name=one.domain, pack=one.pack.name, explore=0.02) for one in trades]
    (folder / "penchant.toml").write_text(_CONFIG.format(domains="\n".join(tables)))
    share = {SHOP: 1.0 - STREAM_EVENTS if site.pieces else 1.0, STREAM: STREAM_EVENTS}
    logs: dict[Trade, Log] = {}
    with Engine.open(folder) as engine:
        engine.create_key(Kind.SERVER, value=KEY)
        for seed, (trade, goods) in enumerate(trades.items(), 11):
            put_all(engine, trade.domain, goods)
            size = Size(len(goods), site.people, int(site.events * share[trade]))
            logs[trade] = happened(size, seed, trade, site.now)
            _say(f"{trade.domain}: catalog and {size.events:,} events made up")
        began = time.perf_counter()
        _write(engine.store, logs)
        _say(f"{site.events:,} events in the store", began)
        for trade, goods in trades.items():
            began = time.perf_counter()
            table = ItemTable([item.id for item in goods], goods)
            parts = release(
                trade,
                logs[trade],
                table,
                now=site.now,
                fitted=site.fitted,
                seq=engine.store.last_seq(),
                catalog=engine.store.versions(trade.domain).catalog,
                heads=site.heads,
            )
            engine.releases.publish(
                trade.domain, trade.pack.name, parts, now=site.now, config="", version="0", evidence={}, keep=2
            )
            _say(f"{trade.domain}: release of {len(parts)} parts", began)
    log = logs[SHOP]
    np.save(folder / "histories.npy", np.bincount(log.person, minlength=site.people))
    upto = int(np.searchsorted(log.person, log.person[min(site.fitted, len(log) - 1)]))
    likes = log.name[:upto] != list(SHOP.names.values()).index(Role.NEGATIVE)
    np.savez(folder / "peers.npz", person=log.person[:upto][likes], item=log.item[:upto][likes], items=site.items)
    told.write_text(json.dumps(asdict(site)))
    return site


def _write(store: Store, logs: dict[Trade, Log]) -> None:
    """All logs as one, in the order of time."""
    trades = list(logs)
    which = np.concatenate([np.full(len(log), at, np.int8) for at, log in enumerate(logs.values())])
    person, item, moment, name = (
        np.concatenate([getattr(log, column) for log in logs.values()]) for column in ("person", "item", "time", "name")
    )
    order = np.argsort(moment, kind="stable")
    actors = [person_id(code) for code in range(int(person.max()) + 1)]
    named = [f"user:{one}" for one in actors]
    items = [
        [make(code) for code in range(int(log.item.max()) + 1)]
        for log, make in zip(logs.values(), (item_id, content_id), strict=False)
    ]
    names = [tuple(trade.names) for trade in trades]
    domains = [trade.domain for trade in trades]
    [index] = [one for one in INDEXES if one.table == "event"]
    database = store.database  # type: ignore[attr-defined]
    with database.writing() as writer:
        writer.execute(f"DROP INDEX IF EXISTS {index.name}")
    for first in range(0, len(order), _AT_ONCE):
        at = order[first : first + _AT_ONCE]
        columns = (which[at].tolist(), person[at].tolist(), item[at].tolist(), _ms(moment[at]), name[at].tolist())
        rows = [
            (
                domains[w],
                domains[w],
                f"m{n:010d}",
                0,
                names[w][e],
                named[p],
                actors[p],
                ms,
                ms,
                items[w][i],
                1.0,
                f"o{n}" if names[w][e] == "Order Completed" else None,
            )
            for n, (w, p, i, ms, e) in enumerate(zip(*columns, strict=True), first)
        ]
        with database.writing() as writer:
            writer.insert_new("event", _COLUMNS, rows)
    with database.writing() as writer:
        writer.execute(index.ddl("sqlite"))


def _ms(moments: NDArray[np.float64]) -> list[int]:
    found: list[int] = (moments * 1000).astype(np.int64).tolist()
    return found


def _say(what: str, began: float | None = None) -> None:
    took = "" if began is None else f" ({time.perf_counter() - began:.0f} s)"
    print(f"site: {what}{took}", file=sys.stderr, flush=True)


MIX = (
    ("shop", "home", 0.3),
    ("shop", "also-like", 0.2),
    ("shop", "category-page", 0.1),
    ("shop", "cart", 0.1),
    ("stream", "feed", 0.2),
    ("stream", "up-next", 0.1),
)
"""What pages of both domains ask for, and how often."""


def requests(site: Site, folder: Path, mode: str, n: int = 5_000, seed: int = 3) -> Iterator[dict[str, str]]:
    """Requests as a site sends them: of people as often as they have events.

    Args:
        site: The site.
        folder: Where it lies.
        mode: `mixed`, the name of a placement of the shop, or `history-N`: `home` for people with about N events.
        n: How many.
        seed: Seed.
    """
    rng = np.random.default_rng(seed)
    counts = np.load(folder / "histories.npy").astype(np.float64)
    placement = "home"
    if mode.startswith("history-"):
        length = int(mode.removeprefix("history-"))
        counts = ((counts > 0.8 * length) & (counts < 1.25 * length)).astype(np.float64)
        if not counts.any():
            sys.exit(f"nobody has about {length} events")
    elif mode != "mixed":
        placement = mode
    people = rng.choice(len(counts), n, p=counts / counts.sum()).tolist()
    shares = np.array([share for *_, share in MIX])
    kinds = rng.choice(len(MIX), n, p=shares / shares.sum()).tolist()
    # What is looked at is what most look at.
    products_ = np.minimum(rng.pareto(0.8, (n, 3)) * 50, site.items - 1).astype(int).tolist()
    for person, kind, codes in zip(people, kinds, products_, strict=True):
        domain, name = DOMAIN, placement
        if mode == "mixed" and site.pieces:
            domain, name, _ = MIX[kind]
        body: dict[str, object] = {"placement": name, "domain": domain, "user_id": person_id(person)}
        body["context"] = {"device": ("phone", "desktop")[person % 2]}
        seeds = [item_id(code) if domain == DOMAIN else content_id(code % site.pieces) for code in codes]
        if name in ("also-like", "up-next"):
            body["items"] = seeds[:1]
        elif name == "cart":
            body["items"] = seeds
        elif name == "category-page":
            body["filter"] = {"field": "category", "under": f"Top {person % 20}"}
        yield {"path": "/v1/recommendations", "body": json.dumps(body), "key": KEY}
