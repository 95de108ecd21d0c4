"""Items that come or change after the fit are recommendable at once."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.catalog import Attribute, Item, ItemTable
from penchant.dataset import Queries
from penchant.models import AttributeSimilarity, Extends, Run, State
from penchant.packs.product import PACK
from penchant.packs.product.items import Product
from penchant.testing import Row, dataset

ATTRIBUTES = (
    Attribute("kind", "category", 2.0),
    Attribute("tags", "tags"),
    Attribute("price", "number"),
    Attribute("title", "text"),
)
THINGS, MAKES = ("shoe", "sock", "mug", "plate", "lamp", "chair"), ("red", "blue", "green", "wooden", "steel", "tiny")
KNOWN = [
    Item(id=f"i{n}", title=f"{make} {thing}", attributes={"kind": thing, "tags": [make, thing[0]], "price": 5.0 + n})
    for n, (make, thing) in enumerate((make, thing) for make in MAKES for thing in THINGS)
]


def fit(items, **how):
    return AttributeSimilarity(attributes=ATTRIBUTES, dims=4, **how).fit(dataset([], items), Run())


FITTED = fit([*KNOWN, *(msgspec.structs.replace(item, id=f"copy-{item.id}") for item in KNOWN)])


def told(model, items, first=None):
    """The model with items told by code; None takes one out."""
    codes = np.array(sorted(items), np.int32)
    table = ItemTable([f"i{code}" for code in codes], [items[code] for code in codes.tolist()])
    return model.extended(codes, table, max(model.n_items, int(codes.max(initial=-1)) + 1))


def gram(model, n=None):
    """How alike all items are."""
    rows = model.vectors.folded().base
    return ((rows.cells @ rows.cells.T).toarray() + rows.points @ rows.points.T)[:n, :n]


def same(one, other, at=1e-6):
    np.testing.assert_allclose(gram(one), gram(other), atol=at)


ITEM = st.builds(
    Item,
    id=st.just("x"),
    title=st.sampled_from(["", "red shoe", "tiny unheard thing", "mugs"]),
    attributes=st.fixed_dictionaries(
        {},
        optional={
            "kind": st.sampled_from(["shoe", "new kind"]),
            "tags": st.lists(st.sampled_from(["red", "s", "new"]), unique=True),
            "price": st.sampled_from([1.0, 7.5, -2.0, 1e9]),
        },
    ),
)
SOME = st.dictionaries(st.integers(0, 90), st.none() | ITEM, min_size=1, max_size=6)


def test_alike_extends():
    assert isinstance(FITTED, Extends)
    assert FITTED.n_items == 72
    assert FITTED.vectors.base.points.shape[1] == 4


@settings(max_examples=30)
@given(SOME)
def test_one_at_a_time_is_as_all_at_once(items):
    one_by_one = FITTED
    for code, item in items.items():
        one_by_one = told(one_by_one, {code: item})

    same(one_by_one, told(FITTED, items))


@settings(max_examples=30)
@given(SOME)
def test_an_item_changed_back_answers_as_before(items):
    back = {code: item for code, item in enumerate([*KNOWN, *KNOWN]) if code in items}
    gone = {code: None for code in items if code >= FITTED.n_items}

    again = told(told(FITTED, items), back | gone)

    np.testing.assert_array_equal(gram(again, 72), gram(FITTED))
    queries = Queries.single(1e6, [3, 40], [9e5, 9e5], [1.0, 1.0], [0, 0])
    np.testing.assert_array_equal(again.retrieve(queries, 10).items, FITTED.retrieve(queries, 10).items)


@settings(max_examples=20)
@given(SOME)
def test_what_was_told_comes_back_from_the_state(items):
    model = told(FITTED, items)
    state = model.state()

    again = type(model).restore(State(state.arrays, msgspec.json.decode(msgspec.json.encode(state.settings))))

    assert again.n_items == model.n_items
    same(again, model, 0.0)
    same(told(again, {5: None, 99: KNOWN[0]}), told(model, {5: None, 99: KNOWN[0]}), 0.0)


def test_a_fit_on_part_extended_with_the_rest_is_the_fit_on_all():
    # The copies bring no new names, and every share of the catalog stays as it is, so what was learned is the same.
    names = tuple(attribute for attribute in ATTRIBUTES if attribute.kind != "number")
    recipe = AttributeSimilarity(attributes=names, dims=0)
    part = recipe.fit(dataset([], KNOWN), Run())
    whole = recipe.fit(dataset([], [*KNOWN, *(msgspec.structs.replace(i, id=f"copy-{i.id}") for i in KNOWN)]), Run())

    same(told(part, dict(enumerate(KNOWN, 36))), whole, 1e-5)


def test_a_catalog_told_item_by_item_is_the_catalog_of_the_fit():
    emptied = told(FITTED, dict.fromkeys(range(72)))

    assert not gram(emptied).any()
    np.testing.assert_array_equal(gram(told(emptied, dict(enumerate([*KNOWN, *KNOWN])))), gram(FITTED))


def test_two_new_items_of_a_new_kind_are_alike():
    new = Item(id="new", attributes={"kind": "never heard of"})

    model = told(FITTED, {72: new, 73: new, 74: Item(id="other", attributes={"kind": "another"})})

    assert model.similar(np.array([72], np.int32), 3).row(0)[0].tolist() == [73]


def test_new_items_that_were_not_told_have_nothing_in_common_with_any():
    model = FITTED.extended(np.zeros(0, np.int32), ItemTable([], []), 80)

    assert model.n_items == 80
    assert len(model.similar(np.array([79], np.int32), 5).items) == 0
    assert len(model.retrieve(Queries.single(1e6, [79], [9e5], [1.0], [0]), 5).items) == 0
    assert len(model.similar(np.array([80], np.int32), 5).items) == 0


def test_a_mask_may_be_as_long_as_the_catalog_has_become():
    model = told(FITTED, {72: KNOWN[0]})
    only = np.arange(73) == 72

    assert model.similar(np.array([0], np.int32), 5, only).items.tolist() == [72]


def test_an_item_that_was_taken_out_is_like_nothing():
    model = told(FITTED, {0: None})

    assert len(model.similar(np.array([0], np.int32), 5).items) == 0
    assert 0 not in model.similar(np.array([36], np.int32), 72).items


def test_a_release_without_what_encodes_items_still_serves():
    state = FITTED.state()
    kept = {name: state.arrays[name] for name in ("data", "indices", "indptr")}
    recipe = {name: state.settings["recipe"][name] for name in ("attributes", "bins")}
    old = type(FITTED).restore(State(kept, {"recipe": recipe, "features": state.settings["features"]}))

    model = told(old, {0: KNOWN[7], 72: KNOWN[0]})

    assert (old.n_items, model.n_items) == (72, 73)
    seven = np.array([7], np.int32)
    np.testing.assert_array_equal(model.similar(seven, 9).items, old.similar(seven, 9).items)
    assert len(old.similar(seven, 9).items) == 9
    assert len(model.similar(np.array([72], np.int32), 9).items) == 0


SHOP = [
    Product(id=f"{brand}-{what}-{size}", title=f"{brand} {what} {size}", category=what, brand=brand, price=price + size)
    for what, price in (("trail shoe", 90.0), ("running sock", 9.0), ("bottle", 15.0))
    for brand in ("Alto", "Borea", "Cima")
    for size in range(8)
]


@pytest.fixture(scope="module")
def shop():
    rows = [Row("ann", f"Alto-trail shoe-{size}", 95.0 + size / 10) for size in range(3)]
    data = dataset(rows, SHOP)
    return PACK.models["alike"].fit(data, Run()), data


def test_a_product_added_after_the_fit_is_proposed_at_once(shop):
    model, data = shop
    new = Product(id="new", title="Alto trail shoe light", category="trail shoe", brand="Alto", price=92.0)
    code = len(data.items)

    model = model.extended(np.array([code], np.int32), ItemTable(["new"], [new]), code + 1)

    siblings = [item.id for item in SHOP if item.brand == "Alto" and item.category == "trail shoe"]
    lists = model.similar(data.items.codes(siblings), 10)
    assert all(code in lists.row(i)[0] for i in range(len(siblings)))
    near = [data.items.ids[c] for c in model.similar(np.array([code], np.int32), 8).row(0)[0]]
    assert sorted(near) == sorted(siblings)
    ann = model.retrieve(data.queries(np.zeros(1, np.int32)), 10).row(0)[0]
    assert code in ann
    bottles = model.similar(data.items.codes(["Borea-bottle-1"]), 10).row(0)[0]
    assert code not in bottles


def test_a_product_that_became_another_is_found_among_others(shop):
    model, data = shop
    turned = msgspec.structs.replace(SHOP[0], title="Cima bottle", category="bottle", brand="Cima", price=16.0)

    after = model.extended(np.array([0], np.int32), ItemTable([turned.id], [turned]), model.n_items)

    bottle = data.items.codes(["Cima-bottle-1"])
    assert 0 not in model.similar(bottle, 10).row(0)[0]
    assert 0 in after.similar(bottle, 10).row(0)[0]
