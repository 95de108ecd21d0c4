"""Placements that are kept in the store: laid over configuration's, obeyed at once, with all their revisions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from penchant.clock import FixedClock
from penchant.errors import Conflict, InvalidRequest, NotFound
from penchant.pack import Order, Placement, Source
from penchant.packs import product
from penchant.placements import PlacementSpec
from penchant.serving import DomainSetup, SetupsNow, Slots, laid
from penchant.storage import Revision, SQLiteStore

SETUP = DomainSetup.shipped("shop", product.PACK)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteStore]:
    store = SQLiteStore(tmp_path / "a.db")
    yield store
    store.close()


@pytest.fixture
def slots(store: SQLiteStore) -> Slots:
    return Slots(store, {"shop": SETUP}, FixedClock(1_000.0))


def now(store: SQLiteStore) -> dict[str, Placement]:
    return dict(SetupsNow(store, {"shop": SETUP})["shop"].placements)


def test_a_placement_is_made_from_another_one(store: SQLiteStore, slots: Slots) -> None:
    source = Source(model="popular", k=20)

    kept = slots.put("shop", "footer", PlacementSpec(like="bestsellers", size=4, sources=(source,)), by="k1")

    assert (kept.name, kept.origin, kept.revision, kept.by) == ("footer", "store", 1, "k1")
    made = now(store)["footer"]
    assert made == kept.placement
    assert (made.name, made.size, made.sources) == ("footer", 4, (source,))
    assert made.constraints == SETUP.placements["bestsellers"].constraints


def test_how_a_placement_is_filled_and_ordered_can_be_said(slots: Slots) -> None:
    told = b'{"like": "bestsellers", "fills": false, "order": {"by": ["-rating"], "turns": "brand"}}'

    made = slots.put("shop", "footer", msgspec.json.decode(told, type=PlacementSpec), by="k1").placement

    assert made is not None
    assert (made.fills, made.order) == (False, Order(by=("-rating",), turns="brand"))
    back = slots.put("shop", "footer", PlacementSpec(like="bestsellers", fills=True, order=Order()), by="k1").placement
    assert back is not None
    assert (back.fills, back.order) == (True, Order())


def test_one_of_a_known_name_is_laid_over_it_and_comes_back_when_taken_out(store: SQLiteStore, slots: Slots) -> None:
    slots.put("shop", "home", PlacementSpec(size=3, learns="none"), by="k1")
    assert (now(store)["home"].size, now(store)["home"].learns) == (3, None)
    assert now(store)["home"].sources == SETUP.placements["home"].sources

    gone = slots.remove("shop", "home", by="k2", revision=1)

    assert (gone.revision, gone.spec, gone.placement) == (2, None, None)
    assert now(store) == SETUP.placements
    assert [(one.revision, one.by) for one in slots.history("shop", "home")] == [(2, "k2"), (1, "k1")]
    with pytest.raises(NotFound, match="kept in the store"):
        slots.remove("shop", "home", by="k2")


def test_a_list_says_who_has_the_last_word_on_each(slots: Slots, store: SQLiteStore) -> None:
    changed = {**SETUP.placements, "cart": PlacementSpec(size=2).laid_over("cart", SETUP.placements)}
    setup = DomainSetup("shop", product.PACK, changed, SETUP.objective, None)
    slots = Slots(store, {"shop": setup}, FixedClock(1_000.0))
    slots.put("shop", "home", PlacementSpec(size=3), by="k1")

    origins = {one.name: one.origin for one in slots.list("shop")}

    assert (origins["home"], origins["cart"], origins["similar"]) == ("store", "config", "pack")
    assert slots.get("shop", "similar").revision == 0
    with pytest.raises(NotFound, match="placement"):
        slots.get("shop", "hom")


@pytest.mark.parametrize(
    ("name", "spec", "wrong"),
    [
        ("footer", PlacementSpec(size=4), 'which placement "footer" starts from'),
        ("footer", PlacementSpec(like="bestseller"), 'did you mean "bestsellers"'),
        ("home", PlacementSpec(sources=(Source(model="alss"),)), 'no model "alss"'),
        ("home", PlacementSpec(constraints=("in-stok",)), 'no constraint "in-stok"'),
        ("home", PlacementSpec(objective="profitt"), 'no objective "profitt"'),
        ("home", PlacementSpec(caps={"colour": 1}), 'no field "colour" to cap'),
        ("home", PlacementSpec(filter={"field": "prize", "eq": 1}), "prize"),
        ("home", PlacementSpec(order=Order(by=("-ratting",))), 'no field "ratting" to order by'),
        ("home", PlacementSpec(fallback=("populer",)), 'no model "populer" to fall back on'),
        ("a b", PlacementSpec(like="home"), "letters, digits"),
        ("check", PlacementSpec(like="home"), "not the word check"),
    ],
)
def test_what_cannot_be_obeyed_is_not_kept(
    slots: Slots, store: SQLiteStore, name: str, spec: PlacementSpec, wrong: str
) -> None:
    with pytest.raises(InvalidRequest, match=wrong):
        slots.put("shop", name, spec, by="k")
    assert store.placements("shop") == []


def test_two_who_change_one_placement_do_not_overwrite_each_other(slots: Slots) -> None:
    slots.put("shop", "home", PlacementSpec(size=3), by="k", revision=0)
    slots.put("shop", "home", PlacementSpec(size=4), by="k", revision=1)

    with pytest.raises(Conflict, match="at revision 2 by now"):
        slots.put("shop", "home", PlacementSpec(size=5), by="l", revision=1)
    with pytest.raises(Conflict, match="at revision 2 by now"):
        slots.remove("shop", "home", by="l", revision=1)


def test_what_another_version_kept_and_nobody_can_read_leaves_configurations_placement(store: SQLiteStore) -> None:
    rows = [
        Revision("home", 1, 1, "k", b'{"size": "three"}'),
        Revision("cart", 1, 1, "k", b'{"objective": "gone"}'),
        Revision("similar", 1, 1, "k", b'{"size": 2}'),
    ]

    setup, notes = laid(SETUP, rows)

    assert setup.placements["home"] == SETUP.placements["home"]
    assert setup.placements["cart"] == SETUP.placements["cart"]
    assert setup.placements["similar"].size == 2
    assert [note.split(":")[0] for note in notes] == [
        "placement home of the store is not obeyed",
        "placement cart of the store is not obeyed",
    ]


def test_a_check_keeps_nothing(slots: Slots, store: SQLiteStore) -> None:
    assert slots.check("shop", "home", PlacementSpec(size=7)).size == 7
    assert store.placements("shop") == []
    with pytest.raises(NotFound, match="domain"):
        slots.check("shoe", "home", PlacementSpec(size=7))
