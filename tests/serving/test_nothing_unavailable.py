"""No product that cannot be bought is shown: by no placement, whichever way it is out and whoever wants it shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from penchant.catalog import Change, Schema
from penchant.clock import FixedClock
from penchant.ingest import CatalogWriter
from penchant.packs import product
from penchant.packs.product import Product
from penchant.placements import Rule
from penchant.serving import Curation, DomainSetup, RecommendationRequest, Recommender
from penchant.storage import SQLiteStore

OUT: list[tuple[str, dict[str, Any]]] = [
    ("patch", {"stock": 0}),
    ("patch", {"stock_at": {"berlin": 0, "rome": 0}}),
    ("patch", {"availability": "out_of_stock"}),
    ("patch", {"active": False}),
    ("patch", {"available_from": "2030-01-01"}),
    ("patch", {"expires": "2020-01-01"}),
    ("patch", {"regions": ["FR"]}),
    ("patch", {"availability": "in_stock", "stock": 0}),
    ("patch", {"sale_price": 1.0, "stock": 0}),
    ("put", {"stock": 0}),
    ("delete", {}),
]
ITEM = "racer"


@pytest.fixture
def change(store: SQLiteStore) -> Iterator[Callable[[Change], None]]:
    """Changes the shop's catalog; what was written is there for whoever asks next."""
    with closing(CatalogWriter(store, {"shop": Schema.of(Product)}, FixedClock(0.0), limit=10)) as writer:

        def told(one: Change) -> None:
            [verdict] = writer.write("shop", [one])
            assert verdict.status in ("created", "changed", "deleted", "unchanged")

        yield told


@pytest.fixture
def wanted(store: SQLiteStore, clock: FixedClock) -> None:
    """Every kind of rule wants the item shown."""
    placements = {p.name: p for p in product.PACK.placements}
    setup = DomainSetup("shop", product.PACK, placements, product.PACK.objectives[0].name, None)
    curation = Curation(store, {"shop": setup}, clock)
    by_brand = {"field": "brand", "in": ["Alto", "Brio"]}
    for rule in (
        Rule(action="pin", items=(ITEM,), position=1),
        Rule(action="pin", filter={"field": "id", "eq": ITEM}, position=2),
        Rule(action="boost", items=(ITEM,), factor=100.0),
        Rule(action="quota", items=(ITEM,), least=1),
        Rule(action="list", items=(ITEM, "boot")),
        Rule(action="set", items=("runner", ITEM)),
        Rule(action="boost", filter=by_brand, factor=2.0),
    ):
        curation.put("shop", rule, by="test")


def asked(recommender: Recommender, **fields: Any) -> list[str]:
    """Where the item is shown."""
    shown = []
    for placement in product.PACK.placements:
        items = ("runner",) if "item" in placement.needs else ()
        request = RecommendationRequest(
            placement=placement.name, domain="shop", user_id="p1", items=items, n=50, region="DE", **fields
        )
        if any(item.id == ITEM for item in recommender.recommend(request).items):
            shown.append(placement.name)
    return shown


@pytest.mark.usefixtures("wanted")
def test_whichever_way_it_is_out_nobody_shows_it(
    recommender: Recommender, change: Callable[[Change], None], goods: dict[str, Product]
) -> None:
    there = {"category": "Shoes", "brand": "Alto", "price": 110.0, "stock": 5}
    for op, fields in OUT:
        assert len(asked(recommender)) > 8
        change(Change(id=ITEM, op=op, fields=fields))  # type: ignore[arg-type]
        assert asked(recommender) == [], (op, fields)
        # A put leaves what is counted as it was, so that is said too.
        change(Change(id=ITEM, fields={**there, "stock_at": {}}))


@pytest.mark.usefixtures("wanted")
def test_what_lies_elsewhere_is_not_shown_where_the_person_is(
    recommender: Recommender, change: Callable[[Change], None]
) -> None:
    change(Change(id=ITEM, op="patch", fields={"stock_at": {"berlin": 2, "rome": 0}}))

    assert len(asked(recommender, context={"location": "berlin"})) > 8
    assert asked(recommender, context={"location": "rome"}) == []


@pytest.mark.usefixtures("wanted")
def test_what_can_be_ordered_ahead_is_shown_though_none_is_there(
    recommender: Recommender, change: Callable[[Change], None]
) -> None:
    change(Change(id=ITEM, op="patch", fields={"stock": 0, "availability": "preorder", "available_from": "2030-01-01"}))

    assert len(asked(recommender)) > 8
