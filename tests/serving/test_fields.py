"""Fields of items in answers: what is told, to whom, and how live it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from penchant.catalog import Item, KeptItem, Schema
from penchant.engine import installed_packs
from penchant.errors import InvalidRequest, NotAllowed, StorageError
from penchant.packs.product import Product
from penchant.serving import RecommendationRequest, Recommender
from penchant.serving.fields import ItemFields, Told, is_private, read_fields
from penchant.storage import SQLiteStore

Put = Callable[..., None]

SCHEMA = Schema.of(Product, {"grip": "number"})
RUNNER = Product(
    id="runner",
    title="Runner 22",
    price=90.0,
    margin=31.0,
    cost=40.0,
    labels=("high-margin",),
    stock_at={"berlin": 2, "bonn": 1},
    attributes={"grip": 4.5, "supplier": "Brio"},
)


def best(**fields: object) -> RecommendationRequest:
    return RecommendationRequest(placement="bestsellers", domain="shop", n=1, **fields)  # type: ignore[arg-type]


@pytest.fixture
def fields(store: SQLiteStore, put: Put) -> ItemFields:
    put(RUNNER)
    return ItemFields({"shop": SCHEMA}, store)


def told(fields: ItemFields, *names: str, public: bool = False) -> dict[str, object]:
    wanted = read_fields(SCHEMA, names, public=public)
    assert wanted is not None
    return fields.of("shop", ["runner"], wanted)["runner"]


def test_named_fields_are_told_and_those_nobody_filled_are_null(fields: ItemFields) -> None:
    assert told(fields, "title", "price", "brand") == {"title": "Runner 22", "price": 90.0, "brand": None}


def test_what_is_worked_out_keys_of_maps_and_free_fields_are_told(fields: ItemFields) -> None:
    names = ("available", "pieces", "stock_at.bonn", "stock_at.rome", "attributes.grip")

    assert told(fields, *names) == {
        "available": True,
        "pieces": 3,
        "stock_at.bonn": 1,
        "stock_at.rome": None,
        "attributes.grip": 4.5,
    }


def test_a_star_is_everything_the_item_says(fields: ItemFields) -> None:
    whole = told(fields, "*")

    assert whole["title"] == "Runner 22" and whole["margin"] == 31.0
    assert whole["attributes"] == {"grip": 4.5, "supplier": "Brio"}
    assert "id" not in whole and "brand" not in whole


def test_a_star_tells_a_browser_nothing_private(fields: ItemFields) -> None:
    whole = told(fields, "*", public=True)

    assert whole["title"] == "Runner 22" and whole["price"] == 90.0 and whole["available"] is True
    assert not whole.keys() & {"margin", "cost", "labels", "priority", "return_rate", "attributes"}
    assert "31" not in repr(whole) and "high-margin" not in repr(whole)


@pytest.mark.parametrize(
    "name", ["margin", "cost", "labels", "return_rate", "priority", "attributes", "attributes.grip"]
)
def test_a_private_field_is_refused_to_a_browser_and_told_to_a_server(name: str) -> None:
    with pytest.raises(NotAllowed, match=r"fields\[1\].*sk_"):
        read_fields(SCHEMA, ["title", name], public=True)

    assert read_fields(SCHEMA, ["title", name], public=False) == Told(("title", name), False, False)


def test_what_a_shop_earns_is_private_in_every_pack_that_ships() -> None:
    for pack in installed_packs().values():
        schema = Schema.of(pack.item)
        assert set(pack.item.private) <= set(schema.columns)
        for name in {"cost", "margin", "return_rate", "eligibility", "checked_by"} & set(schema.columns):
            assert is_private(schema, name), (pack.name, name)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("prise", 'did you mean "price"?'),
        ("attributes.fit", "is not declared"),
        ("zzz", "have: "),
        ("price.berlin", "no such field"),
    ],
)
def test_an_unknown_field_is_named_with_what_was_meant(name: str, words: str) -> None:
    with pytest.raises(InvalidRequest) as told_:
        read_fields(SCHEMA, ["title", name], public=False)

    assert told_.value.field == "fields[1]"
    assert words in told_.value.message


def test_private_names_are_not_proposed_to_a_browser() -> None:
    with pytest.raises(InvalidRequest) as told_:
        read_fields(SCHEMA, ["margn"], public=True)

    assert "margin" not in told_.value.message.replace("margn", "")


def test_a_price_that_changed_is_in_the_next_answer(
    recommender: Recommender, goods: dict[str, Product], put: Put
) -> None:
    first = recommender.recommend(best(fields=["price"])).items[0]
    assert first.fields == {"price": goods[first.id].price}

    put(Product(id=first.id, category="Shoes", price=1.5, stock=5))

    assert recommender.recommend(best(fields=["price"])).items[0].fields == {"price": 1.5}


def test_a_wrong_field_is_found_before_anything_is_shown(recommender: Recommender, store: SQLiteStore) -> None:
    with pytest.raises(InvalidRequest):
        recommender.recommend(best(fields=["prise"]))
    with pytest.raises(NotAllowed):
        recommender.recommend(best(fields=["margin"]), public=True)
    recommender.flush()

    assert store.count()["slates"] == 0


def test_without_the_catalog_there_is_an_answer_that_says_so(recommender: Recommender, store: SQLiteStore) -> None:
    class Broken:
        def items_of(self, domain: str, ids: list[str]) -> dict[str, KeptItem]:
            raise StorageError("store", "broken")

    recommender.fields = ItemFields({"shop": Schema.of(Product), "channel": Schema.of(Item)}, Broken())  # type: ignore[arg-type]

    slate = recommender.recommend(best(fields=["price"]))

    assert [item.fields for item in slate.items] == [{}]
    assert any(note.startswith("fields: ") for note in slate.degraded)
