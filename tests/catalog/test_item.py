from __future__ import annotations

from typing import Annotated, Any

import pytest
from msgspec import Meta

from penchant.catalog import Item, read_item
from penchant.errors import ItemRejected


class Thing(Item, frozen=True, kw_only=True):
    price: Annotated[float, Meta(ge=0)] | None = None
    topics: tuple[str, ...] = ()


def test_plain_fields_become_an_item() -> None:
    fields = {"id": "a", "title": "A", "price": 3, "topics": ["x"], "attributes": {"grip": 1}}

    assert read_item(Thing, fields) == Thing(id="a", title="A", price=3.0, topics=("x",), attributes={"grip": 1})


def test_an_item_needs_nothing_but_an_id() -> None:
    assert read_item(Thing, {"id": "a"}) == Thing(id="a")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"id": "a", "prise": 3}, ["item 'a'", 'no field "prise"', 'did you mean "price"', '"attributes"']),
        ({"id": "a", "zzz": 3}, ['no field "zzz" (free fields belong in "attributes")']),
        ({"id": "a", "price": "cheap"}, ["item 'a'", "`$.price`", "got `str`"]),
        ({"id": "a", "price": -1}, ["`$.price`", ">= 0"]),
        ({"id": "a", "topics": [1]}, ["`$.topics[0]`"]),
        ({"id": 7}, ["item '7'", "`$.id`", "got `int`"]),
        ({"id": ""}, ["1 to 200 characters"]),
        ({"id": "x" * 201}, ["1 to 200 characters"]),
        ({"price": 1.0}, ["item ''", "`id`"]),
        ({"id": "a", "active": "yes"}, ["`$.active`"]),
    ],
)
def test_a_wrong_item_is_refused_with_the_place(fields: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(ItemRejected) as caught:
        read_item(Thing, fields)

    assert [word for word in words if word not in str(caught.value)] == []


def test_an_id_may_be_as_long_as_allowed() -> None:
    assert len(read_item(Thing, {"id": "x" * 200}).id) == 200
