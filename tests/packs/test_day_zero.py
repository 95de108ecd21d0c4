"""Every placement of every pack on its first day: a catalog, and no release, no event, no rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pytest

from penchant.catalog import About, Item, ItemTable, Schema, parse_filter
from penchant.clock import DAY, FixedClock, iso
from penchant.dataset import Queries
from penchant.pack import Facts, Pack, Placement
from penchant.packs import content, learning, product
from penchant.placements import Answer, Ask, Parts, answer

NOW = 20_000 * DAY
BRANDS, KINDS, CREATORS = ("Alto", "Brio", "Ciro"), ("Shoes", "Hats", "Socks", "Bags"), ("Ada", "Bo", "Cy", "Di")


def products() -> list[dict[str, Any]]:
    """60 products: four categories in a row of fifteen each; every fourth on sale, every fifth new, p00 sold out."""
    return [
        {
            "id": f"p{n:02}",
            "category": KINDS[n // 15],
            "brand": BRANDS[n % 3],
            "group": f"g{n // 2}",
            "price": 20.0 + n,
            "sale_price": 15.0 if n % 4 == 0 else None,
            "rating": 3.0 + n % 20 / 10.0,
            "reviews": 50,
            "priority": 2.0 if n == 41 else 1.0,
            "released": iso(NOW - (n % 5 * 40 + 1) * DAY),
            "stock": 0 if n == 0 else 9,
        }
        for n in range(60)
    ]


def contents() -> list[dict[str, Any]]:
    """40 videos, c00 the newest; each creator made ten in a row."""
    return [
        {
            "id": f"c{n:02}",
            "kind": "video",
            "topics": ["yoga" if n % 2 else "run"],
            "creator": CREATORS[n // 10],
            "length_s": 300.0,
            "published": iso(NOW - (n + 1) * DAY / 2),
        }
        for n in range(40)
    ]


def modules() -> list[dict[str, Any]]:
    """Three series of four steps, told back to front; of each series the first step needs nothing."""
    made = [
        {
            "id": f"{series}{step}",
            "series": series,
            "position": step,
            "topic": topic,
            "level": level,
            "prerequisites": [f"{series}{step - 1}"] if step > 1 else [],
        }
        for series, topic, level in (("c", "funds", 3), ("b", "loans", 2), ("a", "saving", 1))
        for step in (4, 3, 2, 1)
    ]
    return [*made, {"id": "free", "topic": "loans", "level": 5}]


CATALOGS = {
    "product": (product.PACK, products),
    "content": (content.PACK, contents),
    "learning": (learning.PACK, modules),
}
EVERY = [(name, placement) for name, (pack, _) in CATALOGS.items() for placement in pack.placements]
SEED = {"product": "p20", "content": "c12", "learning": "b1"}


def catalog(name: str) -> tuple[Pack, ItemTable]:
    pack, make = CATALOGS[name]
    items: Sequence[Item] = [_item(pack, fields) for fields in make()]
    return pack, ItemTable([item.id for item in items], items, Schema.of(pack.item))


def _item(pack: Pack, fields: dict[str, Any]) -> Item:
    return msgspec.convert({key: value for key, value in fields.items() if value is not None}, pack.item)


def asked(pack: Pack, table: ItemTable, placement: Placement, seeds: Sequence[str] = ()) -> Answer:
    codes = [table.row(seed) for seed in seeds]
    queries = Queries.single(NOW, seeds=codes)
    eligible = np.ones(len(table), bool)
    if placement.filter is not None:
        eligible &= parse_filter(placement.filter, table.schema).mask(table, About(queries.seeds, {}, NOW))
    ask = Ask(Facts(queries), placement.size, pack.objectives[0], eligible)
    return answer(placement, Parts(pack, {}, table, 0), ask, FixedClock(NOW))


def shown(name: str, placement: str, *seeds: str) -> list[str]:
    pack, table = catalog(name)
    found = next(one for one in pack.placements if one.name == placement)
    return [item.id for item in asked(pack, table, found, seeds).items]


@pytest.mark.parametrize(("name", "placement"), EVERY, ids=lambda told: getattr(told, "name", told))
def test_it_is_filled_within_its_rules_and_claims_nothing(name: str, placement: Placement) -> None:
    pack, table = catalog(name)
    seeds = (SEED[name],) if "item" in placement.needs else ()
    made = asked(pack, table, placement, seeds)
    codes = [table.row(item.id) for item in made.items]
    allowed = np.ones(len(table), bool)
    for constraint in pack.constraints:
        if constraint.name in placement.constraints:
            allowed &= constraint.allow(table, Facts(Queries.single(NOW)))
    open_ = allowed.copy()
    open_[[table.row(seed) for seed in seeds]] = False

    assert made.degraded == ()
    if not placement.fills:
        assert not codes
        return
    assert len(codes) == len(set(codes)) == min(placement.size, len(codes) if placement.filter else int(open_.sum()))
    assert codes
    assert open_[codes].all()
    # Nobody did anything, so no reason may speak of what people do.
    assert [item.reasons for item in made.items] == [()] * len(codes)
    for field, cap in placement.caps.items():
        values = table.category(field).codes[codes]
        assert max(Counter(values[values >= 0].tolist()).values(), default=0) <= cap


@pytest.mark.parametrize("placement", ["home", "bestsellers", "popular", "post-purchase"])
def test_a_shop_shows_what_it_wants_shown_then_the_best_rated_of_each_category_in_turn(placement: str) -> None:
    made = shown("product", placement)
    _, table = catalog("product")
    kinds = [table.text("category")[table.row(item)] for item in made]

    assert made[0] == "p41"  # of priority 2
    assert sorted(kinds[1:5]) == sorted(KINDS)
    # Ratings go up to 4.9 at p19, p39 and p59, each of another category.
    assert {"p19", "p39", "p59"} <= set(made[:5])


def test_new_arrivals_come_newest_first() -> None:
    released = catalog("product")[1].number("released")
    first, *others = shown("product", "new-arrivals")
    ages = [(NOW - released[int(item[1:])]) / DAY for item in others]

    assert first == "p41"
    assert ages == sorted(ages)
    assert max(ages) < 60


def test_a_publisher_shows_the_newest_of_each_creator_in_turn() -> None:
    assert shown("content", "feed")[:5] == ["c00", "c10", "c20", "c30", "c01"]
    assert shown("content", "trending")[:2] == ["c00", "c10"]


def test_an_academy_shows_where_each_series_begins_the_easy_ones_first() -> None:
    assert shown("learning", "next-step") == ["a1", "b1", "c1"]
    assert shown("learning", "popular") == ["a1", "b1", "c1", "free"]


@pytest.mark.parametrize("placement", ["also-bought", "bought-together"])
def test_what_is_bought_with_an_item_is_no_variant_of_it(placement: str) -> None:
    _, table = catalog("product")
    made = shown("product", placement, "p20")
    groups = [table.text("group")[table.row(item)] for item in made]

    assert table.text("group")[table.row("p20")] == "g10" and "g10" not in groups
    assert len(set(groups)) == len(groups)
    assert {table.text("category")[table.row(item)] for item in made[:3]} == {"Hats"}
    assert table.text("brand")[table.row(made[0])] == "Ciro"


@pytest.mark.parametrize("placement", ["similar", "also-like"])
def test_what_is_about_an_item_shows_what_is_like_it(placement: str) -> None:
    _, table = catalog("product")
    made = shown("product", placement, "p20")

    assert {table.text("category")[table.row(item)] for item in made[:3]} == {"Hats"}
    assert made[0] == "p21"  # the same product in another colour
    assert table.text("brand")[table.row(made[1])] == "Ciro"


def test_what_goes_with_an_item_is_no_other_of_its_kind() -> None:
    _, table = catalog("product")

    for placement in ("complete-the-look", "cart"):
        made = shown("product", placement, "p20")
        assert "Hats" not in {table.text("category")[table.row(item)] for item in made}


def test_learning_near_a_module_stays_near_it() -> None:
    assert shown("learning", "explore-topic", "b1")[0] == "free"  # the only other one on loans that is open
