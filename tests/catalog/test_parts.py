from __future__ import annotations

import json
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.catalog import Item, join, split
from penchant.packs.content.items import Content
from penchant.packs.learning.items import Module
from penchant.packs.product.items import Product


def test_an_item_is_parted_into_what_it_is_and_what_changes_often() -> None:
    shoe = Product(id="shoe", title="Shoe", price=79.5, stock=3, attributes={"b": 1, "a": 2}, margin=4.0)

    assert split(shoe) == (
        b'{"id":"shoe","title":"Shoe","attributes":{"a":2,"b":1},"margin":4.0}',
        b'{"id":"shoe","price":79.5,"stock":3}',
    )


@pytest.mark.parametrize("kind", [Item, Product, Content, Module])
def test_of_an_item_with_nothing_but_an_id_both_parts_are_the_id(kind: type[Item]) -> None:
    assert split(kind(id="a")) == (b'{"id":"a"}', b'{"id":"a"}')


def test_what_the_live_state_says_counts_where_an_old_body_says_it_too() -> None:
    body, live = b'{"id":"a","title":"A","price":5.0,"stock":3}', b'{"id":"a","price":7.0}'

    assert msgspec.json.decode(join(body, live), type=Product) == Product(id="a", title="A", price=7.0, stock=3)
    assert json.loads(join(body, live)) == {"id": "a", "title": "A", "price": 7.0, "stock": 3}


TEXT = st.text(max_size=20)
MOMENTS = st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
PRODUCTS = st.builds(
    Product,
    id=st.text(min_size=1, max_size=20),
    title=TEXT,
    brand=st.none() | TEXT,
    price=st.none() | st.floats(0, 1e6),
    sale_until=st.none() | MOMENTS,
    stock=st.none() | st.integers(0, 10**6),
    stock_at=st.dictionaries(TEXT, st.integers(0, 99), max_size=3),
    priority=st.just(1.0) | st.floats(0, 100),
    labels=st.lists(TEXT, max_size=3).map(tuple),
    active=st.booleans(),
    attributes=st.dictionaries(TEXT, TEXT | st.integers(-99, 99) | st.booleans() | st.none(), max_size=3),
)


@given(PRODUCTS)
def test_parts_joined_are_the_item_and_each_part_has_its_own_fields(item: Product) -> None:
    body, live = split(item)

    assert msgspec.json.decode(join(body, live), type=Product) == item
    assert json.loads(body).keys() & json.loads(live).keys() == {"id"}
    assert json.loads(live).keys() <= {"id", *Product.live}
    assert split(msgspec.json.decode(join(body, live), type=Product)) == (body, live)
