"""A shop and a channel, small enough to read, with a real store and real releases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from penchant.catalog import CatalogWrite, Item, split
from penchant.clock import DAY, FixedClock
from penchant.dataset import Dataset
from penchant.models import Run
from penchant.pack import Pack, Placement
from penchant.packs import content, product
from penchant.packs.content import Content
from penchant.packs.product import Product
from penchant.people import Rules
from penchant.serving import DomainSetup, Recommender, SlateLog
from penchant.storage import Manifest, Releases, Store
from penchant.testing import Row, dataset
from penchant.training import FittedModels, fit, publish

ALLOWED = {"analytics": True, "personalization": True, "email": False, "ads": False}
NOON = 20_778 * DAY + DAY / 2

GOODS = (
    Product(id="runner", category="Shoes", brand="Alto", price=90.0, stock=5),
    Product(id="racer", category="Shoes", brand="Alto", price=110.0, stock=5),
    Product(id="boot", category="Shoes", brand="Brio", price=190.0, stock=5),
    Product(id="sandal", category="Shoes", brand="Brio", price=40.0, stock=5),
    Product(id="thin", category="Socks", brand="Alto", price=9.0, stock=5),
    Product(id="thick", category="Socks", brand="Brio", price=12.0, stock=5),
    Product(id="cap", category="Hats", brand="Alto", price=20.0, stock=5, regions=("DE",)),
)
VIDEOS = (
    Content(id="hips", kind="video", topics=("yoga",), creator="Ada", length_s=600.0),
    Content(id="back", kind="video", topics=("yoga",), creator="Ada", length_s=700.0),
    Content(id="sprint", kind="video", topics=("run",), creator="Bo", length_s=300.0),
)


def keep(store: Store, domain: str, *items: Item) -> None:
    """Put whole items into a catalog."""
    parts = {item.id: split(item) for item in items}
    write = CatalogWrite(
        bodies=[(name, body) for name, (body, _) in parts.items()],
        lives=[(name, live) for name, (_, live) in parts.items()],
    )
    store.change_items(domain, [*parts], lambda kept: write)


@pytest.fixture
def goods() -> dict[str, Product]:
    return {item.id: item for item in GOODS}


@pytest.fixture
def put(store: Store) -> Callable[..., None]:
    """Puts items into the shop's catalog."""
    return lambda *items: keep(store, "shop", *items)


@pytest.fixture(scope="session")
def orders() -> Dataset:
    """What eight people bought in the shop, two things an order."""
    days = NOON / DAY
    pairs = [("runner", "thin"), ("racer", "thin"), ("boot", "thick"), ("sandal", "cap")]
    rows: list[Row] = []
    for person in range(8):
        for item in pairs[person % 4]:
            rows.append(Row(f"user:p{person}", item, days - 10 + person / 10, basket=f"o{person}"))
    rows += [Row(f"user:q{n}", "runner", days - 2, basket=f"q{n}") for n in range(3)]
    return dataset(rows, GOODS, now_day=days, domain="shop")


@pytest.fixture(scope="session")
def fitted(orders: Dataset) -> FittedModels:
    return fit(orders, product.PACK.models, Run(), FixedClock(0.0))


@pytest.fixture
def releases(tmp_path: Path) -> Releases:
    return Releases(tmp_path / "releases")


@pytest.fixture
def release(store: Store, releases: Releases, orders: Dataset, fitted: FittedModels) -> Callable[[], Manifest]:
    """Publishes a release of the shop, fitted on the catalog as it is then."""

    def made() -> Manifest:
        catalog = store.versions("shop").catalog
        return publish(
            releases, orders, product.PACK, fitted, None, catalog=catalog, now=NOON, config="", version="0", keep=5
        )

    return made


def setup(name: str, pack: Pack, region: str | None, **placements: Placement) -> DomainSetup:
    shipped = {p.name: p for p in pack.placements}
    return DomainSetup(name, pack, {**shipped, **placements}, pack.objectives[0].name, region)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def log(store: Store) -> Iterator[SlateLog]:
    made = SlateLog(store)
    yield made
    made.close()


@pytest.fixture
def open_domains(store: Store, releases: Releases, clock: FixedClock, log: SlateLog) -> Callable[..., Recommender]:
    """Makes a recommender over the store: `open_domains()` for shop and channel, `open_domains("shop")` for one."""

    def made(
        *names: str,
        over: Store | None = None,
        region: str | None = None,
        consent: Rules = ALLOWED,
        placements: Mapping[str, Placement] | None = None,
    ) -> Recommender:
        packs = {"shop": product.PACK, "channel": content.PACK}
        domains = {name: setup(name, packs[name], region, **(placements or {})) for name in names or packs}
        return Recommender(domains, over or store, releases, clock, log, consent)

    return made


@pytest.fixture
def filled(store: Store) -> Store:
    """The store with both catalogs."""
    catalogs: Iterable[tuple[str, Sequence[Item]]] = (("shop", GOODS), ("channel", VIDEOS))
    for domain, items in catalogs:
        keep(store, domain, *items)
    return store


@pytest.fixture
def recommender(
    filled: Store, release: Callable[[], Manifest], open_domains: Callable[..., Recommender]
) -> Recommender:
    """Both domains, with a release of the shop."""
    release()
    return open_domains()
