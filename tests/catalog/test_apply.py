"""Changes of items: what is written, and what is said of each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.catalog import (
    CatalogWrite,
    Change,
    ChangeVerdict,
    Draft,
    ItemFact,
    KeptItem,
    Schema,
    apply_changes,
    join,
    split,
)
from penchant.packs.content.items import Content
from penchant.packs.learning.items import Module
from penchant.packs.product.items import Product

AT = 1_700_000_000_000
SCHEMA = Schema.of(Product, {"grip": "number"})
SHOE = Product(id="shoe", title="Shoe", price=79.5, stock=3, attributes={"grip": 2}, category="Shoes > Running")


class Shelf:
    """Keeps what is written, as a store does."""

    def __init__(self, *items: Product, schema: Schema = SCHEMA) -> None:
        self.schema = schema
        self.kept = {item.id: KeptItem(item.id, *split(item)) for item in items}
        self.facts: dict[tuple[str, str], float | None] = {}
        self.last = CatalogWrite()

    def change(self, *changes: Change, at: int = AT) -> list[ChangeVerdict]:
        self.last, verdicts = apply_changes(self.schema, changes, self.kept, at)
        self.keep(self.last)
        return verdicts

    def keep(self, write: CatalogWrite) -> None:
        for name, live in write.lives:
            self.kept[name] = self.kept.get(name, KeptItem(name, None, None))._replace(live=live)
        for name, body in write.bodies:
            self.kept[name] = self.kept[name]._replace(body=body)
        for name in write.gone:
            del self.kept[name]
        self.facts |= {(fact.id, fact.field): fact.value for fact in write.facts}

    def item(self, name: str) -> Any:
        kept = self.kept[name]
        assert kept.body is not None and kept.live is not None
        return msgspec.json.decode(join(kept.body, kept.live), type=self.schema.kind)


def put(name: str, **fields: Any) -> Change:
    return Change(id=name, fields=fields)


def patch(name: str, add: dict[str, float] | None = None, **fields: Any) -> Change:
    return Change(id=name, op="patch", fields=fields, add=add or {})


def delete(name: str) -> Change:
    return Change(id=name, op="delete")


def statuses(verdicts: Sequence[ChangeVerdict]) -> list[str]:
    return [verdict.status for verdict in verdicts]


# one change


def test_a_put_of_something_new_creates_it_with_its_first_values() -> None:
    shelf = Shelf()

    assert shelf.change(put("shoe", title="Shoe", price=79.5)) == [ChangeVerdict(id="shoe", status="created")]
    assert shelf.last.bodies == [("shoe", b'{"id":"shoe","title":"Shoe"}')]
    assert shelf.last.lives == [("shoe", b'{"id":"shoe","price":79.5}')]
    assert shelf.last.facts == [
        ItemFact("shoe", "active", AT, 1.0),
        ItemFact("shoe", "price", AT, 79.5),
        ItemFact("shoe", "available", AT, 1.0),
    ]


def test_a_put_says_all_anew_but_what_somebody_counts() -> None:
    shelf = Shelf(SHOE)

    assert statuses(shelf.change(put("shoe", title="Boot"))) == ["changed"]
    assert shelf.item("shoe") == Product(id="shoe", title="Boot", stock=3)
    assert statuses(shelf.change(put("shoe", title="Boot", stock=None))) == ["changed"]
    assert shelf.item("shoe").stock is None


def test_a_patch_changes_what_it_names_and_null_takes_back() -> None:
    shelf = Shelf(SHOE)

    assert statuses(shelf.change(patch("shoe", title="Boot", price=None))) == ["changed"]
    assert shelf.item("shoe") == msgspec.structs.replace(SHOE, title="Boot", price=None)


def test_a_patch_merges_maps_key_by_key() -> None:
    shelf = Shelf(msgspec.structs.replace(SHOE, stock_at={"berlin": 1, "rome": 2}))

    shelf.change(patch("shoe", stock_at={"rome": None, "oslo": 5}, attributes={"fit": "wide", "grip": None}))
    assert shelf.item("shoe").stock_at == {"berlin": 1, "oslo": 5}
    assert shelf.item("shoe").attributes == {"fit": "wide"}

    shelf.change(patch("shoe", stock_at=None, attributes=None))
    assert (shelf.item("shoe").stock_at, shelf.item("shoe").attributes) == ({}, {})


def test_a_filter_is_replaced_as_a_whole() -> None:
    old = {"field": "age", "range": [18, None]}
    shelf = Shelf(schema=Schema.of(Module))
    shelf.change(put("m", eligibility=old))

    shelf.change(patch("m", eligibility={"field": "student", "eq": True}))

    assert shelf.item("m").eligibility == {"field": "student", "eq": True}


def test_a_live_change_writes_the_live_state_alone_and_does_not_read_the_body() -> None:
    kept = {"shoe": KeptItem("shoe", b"no JSON at all", split(SHOE)[1])}

    write, verdicts = apply_changes(SCHEMA, [patch("shoe", price=70, add={"stock": -1})], kept, AT)

    assert statuses(verdicts) == ["changed"]
    assert write == CatalogWrite([], [("shoe", b'{"id":"shoe","price":70.0,"stock":2}')], [], write.facts)
    assert write.facts == [ItemFact("shoe", "price", AT, 70.0)]


def test_what_can_be_ordered_is_remembered_when_the_pieces_run_out_and_come_back() -> None:
    shelf = Shelf(SHOE)

    shelf.change(patch("shoe", stock=0))
    assert shelf.last.facts == [ItemFact("shoe", "available", AT, 0.0)]
    shelf.change(patch("shoe", availability="backorder"), at=AT + 5)
    assert shelf.last.facts == [ItemFact("shoe", "available", AT + 5, 1.0)]
    shelf.change(patch("shoe", stock=7))
    assert shelf.last.facts == []


def test_a_delete_takes_out_and_ends_what_was_tracked() -> None:
    shelf = Shelf(SHOE)

    assert statuses(shelf.change(delete("shoe"))) == ["deleted"]
    assert shelf.last == CatalogWrite([], [], ["shoe"], shelf.last.facts)
    assert {(fact.field, fact.value) for fact in shelf.last.facts} == {
        ("active", 0.0),
        ("price", None),
        ("available", None),
    }


@pytest.mark.parametrize("change", [delete("boot"), patch("boot", title="x"), patch("boot", {"stock": 1})])
def test_what_is_not_there_cannot_be_changed(change: Change) -> None:
    shelf = Shelf(SHOE)

    assert shelf.change(change) == [ChangeVerdict(id="boot", status="missing")]
    assert not shelf.last


@pytest.mark.parametrize(
    "change",
    [
        put("shoe", title="Shoe", price=79.5, attributes={"grip": 2}, category="Shoes>Running"),
        patch("shoe", stock=3),
        patch("shoe"),
        patch("shoe", {"stock": 0}),
        patch("shoe", title="Shoe", sale_price=None),
        patch("shoe", attributes={"grip": 2, "fit": None}),
        put("shoe", id="shoe", title="Shoe", price=79.5, attributes={"grip": 2}, category="Shoes > Running", stock=3),
    ],
)
def test_what_says_nothing_new_writes_nothing(change: Change) -> None:
    shelf = Shelf(SHOE)

    assert statuses(shelf.change(change)) == ["unchanged"]
    assert not shelf.last


def test_true_is_not_one_in_a_free_field() -> None:
    shelf = Shelf(msgspec.structs.replace(SHOE, attributes={"x": 1}))

    assert statuses(shelf.change(patch("shoe", attributes={"x": True}))) == ["changed"]
    assert shelf.item("shoe").attributes["x"] is True


# what is refused


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        (patch("shoe", prise=1), "prise", "is no field of this kind of item"),
        (patch("shoe", price="1"), "price", "must be a number"),
        (patch("shoe", id="boot"), "id", "is not the id of the item that is changed"),
        (patch("shoe", stock_at=[1]), "stock_at", "must be an object, got [1]"),
        (patch("shoe", attributes={"grip": "x"}), "attributes.grip", 'is declared as a number, got "x"'),
        (patch("shoe", sale_from="2026-12-02", sale_until="2026-12-01"), "sale_until", "must be after sale_from"),
        (put("shoe", currency="Euro"), "currency", "must be a code of three letters"),
        (put("shoe", title="\ud800"), "", "holds text that is no UTF-8"),
        (put("a\x00"), "id", "must have no control characters"),
        (patch("shoe", {"stock": -4}), "stock", "adding -4 to 3: must be at least 0, got -1"),
        (patch("shoe", {"stock": 0.5}), "stock", "adding 0.5 to 3: must be a whole number, got 3.5"),
        (patch("shoe", {"stock": float("nan")}), "stock", "must be a number to add, got nan"),
        (patch("shoe", {"reviews": 1}), "reviews", "is not counted, so nothing can be added to it"),
        (patch("shoe", {"stock_at.rome": 1}), "stock_at.rome", "is not counted, so nothing can be added to it"),
        (patch("shoe", {"stock_at": 1}), "stock_at", 'say to which key, as in "stock_at.KEY"'),
        (patch("shoe", {"title": 1}), "title", "is not a number, so nothing can be added to it"),
        (patch("shoe", {"price.x": 1}), "price.x", '"price" has no keys'),
        (patch("shoe", {"stok": 1}), "stok", 'is no field of this kind of item; did you mean "stock"?'),
        (patch("shoe", {"attributes.fit": 1}), "attributes.fit", "is not counted, so nothing can be added to it"),
    ],
)
def test_a_wrong_change_is_rejected_with_the_field_and_nothing_of_it_is_kept(
    change: Change, field: str, reason: str
) -> None:
    shelf = Shelf(SHOE)
    [verdict] = shelf.change(change)

    assert (verdict.status, verdict.field) == ("rejected", field)
    assert verdict.reason.startswith(reason)
    assert not shelf.last


@pytest.mark.parametrize("others", [{}, {"title": "x", "color": "red", "brand": "b", "size": "M", "price": 1.0}])
def test_a_field_that_there_is_not_is_wrong_also_when_it_is_null(others: dict[str, Any]) -> None:
    [verdict] = Shelf(SHOE).change(patch("shoe", **others, prise=None))

    assert (verdict.status, verdict.field) == ("rejected", "prise")
    assert 'did you mean "price"?' in verdict.reason


@pytest.mark.parametrize("field", ["price", "title", "active"])
def test_half_a_character_is_rejected_and_breaks_nothing(field: str) -> None:
    [verdict] = Shelf(SHOE).change(patch("shoe", **{field: "\ud800"}))

    assert verdict.status == "rejected"


def test_a_window_is_checked_against_the_end_that_is_kept() -> None:
    shelf = Shelf()
    shelf.change(put("shoe", price=9, sale_from="2026-12-01"))

    [verdict] = shelf.change(patch("shoe", sale_until="2026-11-01"))

    assert (verdict.field, verdict.status) == ("sale_until", "rejected")


# adding


def test_adding_counts_from_what_is_there() -> None:
    shelf = Shelf(msgspec.structs.replace(SHOE, stock_at={"rome": 2}))

    verdicts = shelf.change(patch("shoe", {"stock": 2.0, "price": 0.5, "attributes.grip": 1, "priority": 1}))
    assert statuses(verdicts) == ["changed"]
    item = shelf.item("shoe")
    assert (item.stock, item.price, item.attributes["grip"], item.priority) == (5, 80.0, 3, 2.0)

    # Where other places are counted, one that is not named has none.
    shelf.change(patch("shoe", {"stock_at.rome": -2, "stock_at.oslo": 4}))
    assert shelf.item("shoe").stock_at == {"rome": 0, "oslo": 4}


def test_what_is_added_comes_on_top_of_what_the_same_change_says() -> None:
    shelf = Shelf()

    shelf.change(Change(id="shoe", fields={"stock": 10}, add={"stock": -3}))

    assert shelf.item("shoe").stock == 7


# several changes


def test_several_changes_of_one_item_hold_in_their_order() -> None:
    shelf = Shelf()

    verdicts = shelf.change(
        patch("shoe", stock=1), put("shoe", stock=5), patch("shoe", {"stock": -2}), patch("shoe", {"stock": -4}),
        delete("shoe"), put("shoe", stock=1), patch("shoe", {"stock": -1}),
    )  # fmt: skip

    assert statuses(verdicts) == ["missing", "created", "changed", "rejected", "deleted", "created", "changed"]
    assert shelf.item("shoe").stock == 0
    assert shelf.facts == {("shoe", "active"): 1.0, ("shoe", "available"): 0.0}


def test_there_and_back_writes_nothing() -> None:
    shelf = Shelf(SHOE)

    assert statuses(shelf.change(patch("shoe", price=1), patch("shoe", price=79.5))) == ["changed", "changed"]
    assert statuses(shelf.change(put("boot"), delete("boot"))) == ["created", "deleted"]
    assert not shelf.last


def test_an_item_that_came_back_has_nothing_left_of_before() -> None:
    shelf = Shelf(SHOE)

    shelf.change(delete("shoe"), put("shoe", title="Shoe"))

    assert shelf.item("shoe") == Product(id="shoe", title="Shoe")
    assert shelf.last.facts == [ItemFact("shoe", "price", AT, None)]


def test_one_wrong_change_keeps_all_of_an_atomic_call_out_and_no_other_call() -> None:
    draft = Draft(SCHEMA, Shelf(SHOE).kept, AT)

    first = draft.apply([patch("shoe", stock=9)])
    wrong = draft.apply([patch("shoe", stock=1), put("boot"), patch("shoe", stock=-1)], atomic=True)
    last = draft.apply([patch("shoe", {"stock": 1}), patch("boot", title="x")], atomic=True)

    assert (statuses(first), statuses(last)) == (["changed"], ["changed", "missing"])
    assert [(v.status, v.field) for v in wrong] == [("rejected", ""), ("rejected", ""), ("rejected", "stock")]
    assert wrong[0].reason == "kept out, as another change of the same request was rejected"
    assert draft.write().lives == [("shoe", b'{"id":"shoe","price":79.5,"stock":10}')]


# what was kept otherwise


def test_an_item_that_was_never_parted_is_parted_by_its_first_change() -> None:
    body = b'{"id":"shoe","title":"Shoe","price":79.5,"stock":3}'
    shelf = Shelf()
    shelf.kept["shoe"] = KeptItem("shoe", body, b'{"id":"shoe"}')

    assert statuses(shelf.change(patch("shoe", stock=3))) == ["unchanged"]
    assert statuses(shelf.change(patch("shoe", {"stock": -1}, price=None))) == ["changed"]
    assert shelf.kept["shoe"] == KeptItem("shoe", b'{"id":"shoe","title":"Shoe"}', b'{"id":"shoe","stock":2}')
    assert {(fact.field, fact.value) for fact in shelf.last.facts} == {("price", None)}


def test_an_item_that_was_taken_out_before_is_not_there() -> None:
    shelf = Shelf()
    shelf.kept["shoe"] = KeptItem("shoe", None, None, 7)

    assert statuses(shelf.change(patch("shoe", title="x"), put("shoe"))) == ["missing", "created"]


# invariants

IDS = st.sampled_from(["a", "b"])
VALUES = {
    "title": st.sampled_from(["", "x", "y", None, 3]),
    "brand": st.sampled_from(["x", None]),
    "price": st.sampled_from([1, 2.5, None, -1]),
    "sale_from": st.sampled_from(["2026-12-01", None]),
    "sale_until": st.sampled_from(["2026-11-01", "2027-01-01", None]),
    "stock": st.integers(-1, 3) | st.none(),
    "stock_at": st.none() | st.dictionaries(st.sampled_from("pq"), st.integers(0, 2) | st.none(), max_size=2),
    "availability": st.sampled_from(["in_stock", "backorder", "out_of_stock", "gone", None]),
    "active": st.booleans(),
    "attributes": st.dictionaries(st.sampled_from(["grip", "z"]), st.sampled_from([1, True, None, "s"]), max_size=2),
    "nonsense": st.just(1),
}
FIELDS = st.lists(st.sampled_from(sorted(VALUES)), unique=True, max_size=4).flatmap(
    lambda names: st.fixed_dictionaries({name: VALUES[name] for name in names})
)
ADDS = st.dictionaries(st.sampled_from(["stock", "stock_at.p", "price", "nope"]), st.integers(-2, 2), max_size=1)
CHANGES = st.builds(
    Change,
    id=IDS,
    op=st.sampled_from(["put", "put", "patch", "patch", "patch", "delete"]),
    fields=FIELDS,
    add=ADDS,
)


def tracked(shelf: Shelf) -> dict[tuple[str, str], float | None]:
    """What is tracked of the items that are there, read from the items."""
    values = {
        (name, field): getattr(shelf.item(name), field) for name in sorted(shelf.kept) for field in Product.tracked
    }
    return {key: None if value is None else float(value) for key, value in values.items()}


@given(st.lists(CHANGES, max_size=12))
def test_changes_together_are_changes_one_by_one(changes: list[Change]) -> None:
    together, single = Shelf(), Shelf()

    verdicts = together.change(*changes)

    assert verdicts == [single.change(change)[0] for change in changes]
    assert together.kept == single.kept


@given(st.lists(CHANGES, max_size=12), st.lists(CHANGES, max_size=12))
def test_what_is_remembered_says_what_tracked_fields_are(first: list[Change], then: list[Change]) -> None:
    shelf = Shelf()
    for at, changes in enumerate((first, then)):
        shelf.change(*changes, at=AT + at)

    now = tracked(shelf)
    assert {key: shelf.facts.get(key) for key in now} == now
    assert all(shelf.facts[key] == 0.0 for key in shelf.facts if key[0] not in shelf.kept and key[1] == "active")


@given(st.lists(CHANGES, max_size=6), CHANGES.filter(lambda change: change.op == "put" and not change.add))
def test_a_put_done_twice_changes_nothing_more(before: list[Change], change: Change) -> None:
    shelf = Shelf()
    shelf.change(*before)
    [first] = shelf.change(change)
    kept = dict(shelf.kept)

    [again] = shelf.change(change)

    assert again.status == ("rejected" if first.status == "rejected" else "unchanged")
    assert shelf.kept == kept


@given(st.lists(CHANGES, max_size=6), IDS, FIELDS)
def test_a_patch_is_the_fields_merged(before: list[Change], name: str, fields: dict[str, Any]) -> None:
    shelf = Shelf()
    shelf.change(*before)
    if name not in shelf.kept:
        return
    merged = json.loads(msgspec.json.encode(shelf.item(name)))
    for field, value in fields.items():
        if isinstance(value, dict):
            value = {key: held for key, held in {**merged.get(field, {}), **value}.items() if held is not None}
        merged[field] = value
    [verdict] = shelf.change(patch(name, **fields))

    fresh = Shelf()
    [whole] = fresh.change(put(name, **{key: value for key, value in merged.items() if key != "id"}))

    if verdict.status == "rejected":
        assert (whole.status, whole.field) == ("rejected", verdict.field)
    else:
        assert fresh.item(name) == shelf.item(name)


@given(st.lists(CHANGES, max_size=12))
def test_what_is_written_differs_from_what_was_kept(changes: list[Change]) -> None:
    shelf = Shelf(Product(id="a", title="x", stock=1, attributes={"z": 1}))
    kept = dict(shelf.kept)
    shelf.change(*changes)

    for name, body in shelf.last.bodies:
        assert name not in kept or kept[name].body != body
    for name, live in shelf.last.lives:
        assert name not in kept or kept[name].live != live
    assert {name for name, _ in shelf.last.bodies} & set(shelf.last.gone) == set()


def test_other_packs_track_what_they_declare() -> None:
    shelf = Shelf(schema=Schema.of(Content))

    shelf.change(put("a", available_until="2026-12-01T00:00:00Z"), put("b"))
    assert {(fact.id, fact.field) for fact in shelf.last.facts} == {("a", "active"), ("b", "active")}
    shelf.change(patch("b", active=False))
    assert shelf.last == CatalogWrite([], [("b", b'{"id":"b","active":false}')], [], shelf.last.facts)
    assert shelf.last.facts == [ItemFact("b", "active", AT, 0.0)]
