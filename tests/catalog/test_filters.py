from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from penchant.catalog import Item, ItemTable, compile_filter
from penchant.errors import InvalidRequest


class Thing(Item, frozen=True, kw_only=True):
    price: float | None = None
    brand: str | None = None
    topics: tuple[str, ...] = ()
    out: datetime | None = None
    new: bool | None = None


START = datetime(1970, 1, 2, tzinfo=UTC)
THINGS = [
    Thing(id="a", price=80.0, brand="Alto", topics=("run", "road"), new=True),
    Thing(id="b", price=120.0, brand="Brio", topics=("run",), new=False),
    Thing(id="c", price=0.0, out=START, attributes={"grip": 3, "price": 7, "colors": ["red"]}),
    Thing(id="d", brand="", active=False),
]
TABLE = ItemTable(["a", "b", "c", "d", "gone"], [*THINGS, None])


def passes(filter_: object) -> str:
    return "".join(name[0] for name, held in zip(TABLE.ids, compile_filter(filter_, TABLE, Thing), strict=True) if held)


@pytest.mark.parametrize(
    ("filter_", "held"),
    [
        ({"field": "brand", "eq": "Alto"}, "a"),
        ({"field": "brand", "eq": "alto"}, ""),
        ({"field": "price", "eq": 80}, "a"),
        ({"field": "price", "eq": 0.0}, "c"),
        ({"field": "new", "eq": True}, "a"),
        ({"field": "new", "eq": False}, "b"),
        ({"field": "id", "eq": "b"}, "b"),
        ({"field": "topics", "eq": "run"}, "ab"),
        ({"field": "topics", "in": ["road", "hips"]}, "a"),
        ({"field": "price", "in": [80, 120, 999]}, "ab"),
        ({"field": "brand", "in": []}, ""),
        ({"field": "brand", "in": ["Brio", 80]}, "b"),
        ({"field": "price", "range": [80, 120]}, "ab"),
        ({"field": "price", "range": [80.5, None]}, "b"),
        ({"field": "price", "range": [None, 80]}, "ac"),
        ({"field": "price", "range": [None, None]}, "abc"),
        ({"field": "price", "range": [120, 80]}, ""),
        ({"field": "out", "range": [START.timestamp(), None]}, "c"),
        ({"field": "price", "exists": True}, "abc"),
        ({"field": "brand", "exists": False}, "cdg"),
        ({"field": "topics", "exists": True}, "ab"),
        ({"field": "attributes.grip", "eq": 3}, "c"),
        ({"field": "attributes.colors", "eq": "red"}, "c"),
        ({"field": "attributes.price", "exists": True}, "c"),
        ({"field": "attributes.nothing", "exists": True}, ""),
        ({"all": [{"field": "topics", "eq": "run"}, {"field": "price", "range": [100, None]}]}, "b"),
        ({"any": [{"field": "brand", "eq": "Alto"}, {"field": "price", "eq": 0}]}, "ac"),
        ({"not": {"field": "topics", "eq": "run"}}, "cdg"),
        ({"not": {"not": {"field": "brand", "eq": "Alto"}}}, "a"),
    ],
)
def test_a_filter_lets_through_what_it_says(filter_: object, held: str) -> None:
    assert passes(filter_) == held


BRAND = {"field": "brand", "eq": "Alto"}


@pytest.mark.parametrize(
    ("filter_", "path"),
    [
        (None, "filter"),
        ([BRAND], "filter"),
        ({}, "filter"),
        ({"brand": "Alto"}, "filter"),
        ({"all": [BRAND], "any": [BRAND]}, "filter"),
        ({"all": []}, "filter.all"),
        ({"any": BRAND}, "filter.any"),
        ({"all": [BRAND, "x"]}, "filter.all[1]"),
        ({"not": [BRAND]}, "filter.not"),
        ({"field": 3, "eq": 1}, "filter.field"),
        ({"field": "colour", "eq": 1}, "filter.field"),
        ({"field": "brand"}, "filter"),
        ({"field": "brand", "eq": 1, "in": [1]}, "filter"),
        ({"field": "brand", "like": "A%"}, "filter"),
        ({"field": "brand", "eq": None}, "filter.eq"),
        ({"field": "brand", "eq": ["Alto"]}, "filter.eq"),
        ({"field": "brand", "in": "Alto"}, "filter.in"),
        ({"field": "brand", "in": ["Alto", None]}, "filter.in"),
        ({"field": "price", "in": [10**400]}, "filter.in"),
        ({"field": "price", "eq": 10**400}, "filter.eq"),
        ({"field": "price", "range": 80}, "filter.range"),
        ({"field": "price", "range": [80]}, "filter.range"),
        ({"field": "price", "range": ["80", None]}, "filter.range"),
        ({"field": "price", "range": [True, None]}, "filter.range"),
        ({"field": "price", "range": [None, -(10**400)]}, "filter.range"),
        ({"field": "price", "exists": 1}, "filter.exists"),
        ({"any": [BRAND, {"not": {"all": [{"field": "x", "eq": 1}]}}]}, "filter.any[1].not.all[0].field"),
    ],
)
def test_a_wrong_filter_is_refused_with_its_place(filter_: object, path: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        passes(filter_)

    assert caught.value.field == path


def test_a_field_that_is_not_there_names_the_nearest() -> None:
    with pytest.raises(InvalidRequest, match=r'no such field; did you mean "price"\?, got .prize'):
        passes({"field": "prize", "eq": 1})
    with pytest.raises(InvalidRequest, match=r"no such field \(have: active, attributes, brand, "):
        passes({"field": "zzz", "eq": 1})


def nested(depth: int) -> dict[str, Any]:
    return BRAND if depth == 0 else {"not": nested(depth - 1)}


def test_filters_may_be_nested_deep_but_not_for_ever() -> None:
    assert passes(nested(16)) == "a"
    with pytest.raises(InvalidRequest, match="nested more than 16 deep"):
        passes(nested(17))
    with pytest.raises(InvalidRequest, match="nested more than 16 deep"):
        passes(nested(900))


# A property: the compiled mask is what each item says by itself.

VALUES = st.one_of(st.sampled_from(["x", "y"]), st.sampled_from([0, 1, 2.5]), st.booleans())
FIELDS = st.sampled_from(["brand", "price", "topics", "new", "attributes.free"])
ENDS = st.one_of(st.none(), st.sampled_from([0, 1, 2.5, 3]))
LEAVES = st.one_of(
    st.builds(lambda f, v: {"field": f, "eq": v}, FIELDS, VALUES),
    st.builds(lambda f, v: {"field": f, "in": v}, FIELDS, st.lists(VALUES, max_size=3)),
    st.builds(lambda f, a, b: {"field": f, "range": [a, b]}, FIELDS, ENDS, ENDS),
    st.builds(lambda f, v: {"field": f, "exists": v}, FIELDS, st.booleans()),
)
FILTERS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=6,
)
ITEMS = st.builds(
    lambda price, brand, topics, new, free: Thing(
        id="x",
        price=price,
        brand=brand,
        topics=tuple(topics),
        new=new,
        attributes={} if free is None else {"free": free},
    ),
    st.sampled_from([None, 0.0, 1.0, 2.5]),
    st.sampled_from([None, "", "x", "y"]),
    st.lists(st.sampled_from(["x", "y", "z"]), max_size=2),
    st.sampled_from([None, True, False]),
    st.one_of(st.none(), VALUES),
)


def naive(filter_: dict[str, Any], item: Thing | None) -> bool:
    if "all" in filter_:
        return all(naive(part, item) for part in filter_["all"])
    if "any" in filter_:
        return any(naive(part, item) for part in filter_["any"])
    if "not" in filter_:
        return not naive(filter_["not"], item)
    name = filter_["field"]
    if item is None:
        value = None
    else:
        value = item.attributes.get("free") if name == "attributes.free" else getattr(item, name)
    texts = [v for v in (value if isinstance(value, tuple) else [value]) if isinstance(v, str) and v]
    numbers = [float(value)] if isinstance(value, bool | int | float) else []
    if "exists" in filter_:
        return bool(texts or numbers) is filter_["exists"]
    if "range" in filter_:
        low, high = filter_["range"]
        return any((low is None or low <= n) and (high is None or n <= high) for n in numbers)
    wanted = filter_["in"] if "in" in filter_ else [filter_["eq"]]
    return any(w in texts if isinstance(w, str) else float(w) in numbers for w in wanted)


@settings(max_examples=150, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(FILTERS, st.lists(st.one_of(st.none(), ITEMS), max_size=6))
def test_the_mask_is_what_every_item_says_by_itself(filter_: dict[str, Any], items: list[Thing | None]) -> None:
    table = ItemTable([str(n) for n in range(len(items))], items)

    assert compile_filter(filter_, table, Thing).tolist() == [naive(filter_, item) for item in items]
