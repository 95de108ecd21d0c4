"""What was acknowledged is in the very next view of every worker, whatever else goes on."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
import pytest

from penchant.catalog import CatalogWrite, Change, Schema
from penchant.clock import FixedClock
from penchant.dataset import Dataset
from penchant.ingest import CatalogWriter
from penchant.packs import product
from penchant.packs.product import Product
from penchant.serving import View
from penchant.serving.live import LiveDomain
from penchant.storage import Releases, SQLiteStore, Store
from penchant.storage.open import open_store
from penchant.training import FittedModels, publish

ROUNDS = 25
SCHEMA = Schema.of(Product)

Stores = Callable[[], Store]


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    """Opens one store again and again, as workers do."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else "sqlite:///penchant.db"
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(open_store(url, tmp_path)))


class Workers:
    """Two workers, and what went wrong in any thread."""

    def __init__(self, stores: Stores, releases: Releases) -> None:
        self.stores = [stores(), stores()]
        self.lives = [LiveDomain("shop", product.PACK, store, releases) for store in self.stores]
        self.wrong: list[str] = []
        self.done = threading.Event()

    def expect(self, holds: Callable[[View], bool], what: str) -> None:
        """The next view of every worker says so."""
        for number, live in enumerate(self.lives):
            if not holds(live.view()):
                self.wrong.append(f"worker {number}: {what}")
                self.done.set()

    def guarded(self, act: Callable[[], None]) -> threading.Thread:
        """A thread that tells what it raised."""

        def run() -> None:
            try:
                act()
            except BaseException as error:
                self.wrong.append(f"{type(error).__name__}: {error}")
                self.done.set()

        thread = threading.Thread(target=run)
        thread.start()
        return thread


def number(view: View, field: str, item: str) -> float:
    row = view.codes.get(item, -1)
    return float(view.parts.table.number(field)[row]) if row >= 0 else np.nan


def shown(view: View, item: str) -> bool:
    return item in view.codes and bool(view.parts.table.active[view.codes[item]])


def sound(view: View, order: Sequence[str]) -> None:
    """Rows of the release stand where the release has them, and every column is as long as the table."""
    table, parts = view.parts.table, view.parts
    assert len(table) >= parts.n_known
    assert len(table.present) == len(table.ids) == len(table.number("stock")) == len(table.category("brand").codes)
    assert len(set(table.ids)) == len(table)
    if view.release is not None:
        assert list(table.ids[: len(order)]) == list(order)
        for model in parts.models.values():
            assert getattr(model, "n_items", 0) <= len(table)


def test_what_was_acknowledged_is_in_the_next_view_of_both_workers(
    stores: Stores, releases: Releases, orders: Dataset, fitted: FittedModels
) -> None:
    workers = Workers(stores, releases)
    publishing = stores()

    def publish_one() -> None:
        catalog = publishing.versions("shop").catalog
        publish(releases, orders, product.PACK, fitted, None, catalog=catalog, now=0.0, config="", version="0", keep=50)

    with ExitStack() as stack:
        writers = [
            stack.enter_context(closing(CatalogWriter(store, {"shop": SCHEMA}, FixedClock(0.0), limit=10_000)))
            for store in workers.stores
        ]

        def change(whose: int, name: str, **told: object) -> None:
            [verdict] = writers[whose].write("shop", [Change(id=name, **told)])  # type: ignore[arg-type]
            assert verdict.status not in ("rejected", "missing"), verdict

        def stock(whose: int, name: str) -> None:
            change(whose, name, fields={"brand": "Alto", "category": "Shoes", "stock": 1})
            for n in range(ROUNDS):
                if workers.done.is_set():
                    return
                change(whose, name, op="patch", fields={"stock": n})
                workers.expect(lambda view, n=n: number(view, "stock", name) == n, f"{name} has {n} pieces")
                workers.expect(lambda view, n=n: bool(number(view, "available", name)) == (n > 0), f"{name} available")

        def comes_and_goes(whose: int, name: str) -> None:
            for n in range(ROUNDS):
                if workers.done.is_set():
                    return
                change(whose, name, fields={"brand": f"b{n}", "price": float(n), "stock": 2})
                workers.expect(lambda view: shown(view, name), f"{name} is back, time {n}")
                workers.expect(lambda view, n=n: number(view, "price", name) == n, f"{name} costs {n}")
                change(whose, name, op="delete")
                workers.expect(lambda view: not shown(view, name), f"{name} is gone, time {n}")

        def rules() -> None:
            for n in range(ROUNDS):
                if workers.done.is_set():
                    return
                body = b'{"action":"exclude","items":["runner"],"priority":%d}' % n
                workers.stores[n % 2].put_rule("shop", "no-runner", body, at=n, by="cli")
                workers.expect(lambda view, n=n: [r.rule.priority for r in view.rules] == [n], f"rule {n} holds")
                workers.stores[n % 2].put_rule("shop", "no-runner", None, at=n, by="cli")
                workers.expect(lambda view: view.rules == (), f"rule {n} is gone")

        def publishes() -> None:
            for _ in range(4):
                publish_one()
                now = releases.load("shop")[0]
                assert now is not None
                workers.expect(lambda view, id=now.id: view.release == id, f"release {now.id} serves")

        def asks(live: LiveDomain) -> None:
            rng = random.Random(1)
            while not workers.done.is_set():
                view = live.view()
                sound(view, orders.items.ids)
                workers.done.wait(rng.random() / 500)

        askers = [workers.guarded(lambda live=live: asks(live)) for live in workers.lives for _ in range(2)]
        changers = [
            workers.guarded(lambda: stock(0, "runner")),
            workers.guarded(lambda: stock(1, "later")),
            workers.guarded(lambda: comes_and_goes(0, "boot")),
            workers.guarded(lambda: comes_and_goes(1, "novelty")),
            workers.guarded(rules),
            workers.guarded(publishes),
        ]
        for thread in changers:
            thread.join(60)
        workers.done.set()
        for thread in askers:
            thread.join(60)

    assert workers.wrong == []
    assert not any(thread.is_alive() for thread in (*changers, *askers))
    for live in workers.lives:
        view = live.view()
        assert not any("unreadable" in note or "stale" in note for note in view.notes)
        assert number(view, "stock", "runner") == number(view, "stock", "later") == ROUNDS - 1


def test_a_catalog_that_comes_after_the_release_keeps_the_rows_of_the_release(
    store: SQLiteStore, releases: Releases, orders: Dataset, fitted: FittedModels
) -> None:
    """Events first, items later: a release is there before the first item is."""
    publish(releases, orders, product.PACK, fitted, None, catalog=0, now=0.0, config="", version="0", keep=5)
    live = LiveDomain("shop", product.PACK, store, releases)
    assert not live.view().parts.table.present.any()
    with closing(CatalogWriter(store, {"shop": SCHEMA}, FixedClock(0.0), limit=10)) as writer:
        writer.write("shop", [Change(id="a-novelty", fields={"brand": "Alto"}), Change(id="cap", fields={"stock": 2})])
    view = live.view()
    names = [*orders.items.ids, "a-novelty"]

    assert list(view.parts.table.ids) == names
    assert [name for row, name in enumerate(names) if view.parts.table.present[row]] == ["cap", "a-novelty"]
    assert number(view, "stock", "cap") == 2.0
    assert view.parts.models["alike"].n_items == len(names)  # type: ignore[attr-defined]


def test_a_live_state_that_could_not_be_read_is_obeyed_once_it_can(store: SQLiteStore, releases: Releases) -> None:
    """Also when nothing else of the item changes."""
    live = LiveDomain("shop", product.PACK, store, releases)
    for said in (b'{"id":"boot","stock":2}', b'{"id":"boot","stock":"many"}', b'{"id":"boot","stock":1}'):
        bodies = [] if store.items_of("shop", ["boot"]) else [("boot", b'{"id":"boot"}')]
        store.change_items(
            "shop", ["boot"], lambda kept, bodies=bodies, said=said: CatalogWrite(bodies, [("boot", said)])
        )
        view = live.view()
        assert shown(view, "boot") is (b"many" not in said)

    assert number(view, "stock", "boot") == 1.0
    assert not any("unreadable" in note for note in view.notes)
