"""Properties: a mask is what each item says by itself, worked out here from plain values alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from msgspec import field

from penchant.catalog import About, Item, ItemTable, Schema, parse_audience, parse_filter
from penchant.catalog.filters.leaf import Near
from penchant.catalog.filters.value import OfPerson


class Thing(Item, frozen=True, kw_only=True):
    derived: ClassVar[tuple[str, ...]] = ("double",)

    price: float | None = None
    stock_at: dict[str, int] = field(default_factory=dict)
    brand: str | None = None
    category: str | None = None
    topics: tuple[str, ...] = ()
    out: datetime | None = None
    new: bool | None = None

    @property
    def double(self) -> float | None:
        return None if self.price is None else 2 * self.price


SCHEMA = Schema.of(Thing, {"free": "text", "grip": "number", "made": "time", "tags": "tags"})
HOLDS: dict[str, str] = {
    "price": "number",
    "double": "number",
    "stock_at.b": "number",
    "attributes.grip": "number",
    "id": "text",
    "brand": "text",
    "category": "text",
    "topics": "text",
    "attributes.free": "text",
    "attributes.tags": "text",
    "out": "time",
    "attributes.made": "time",
    "new": "flag",
    "active": "flag",
}
NOW = 500_000.0
TEXTS = ["x", "y", "x > y", "x>y>z", "xy", "i0", "i1"]
TIMES = ["1970-01-01", "1970-01-02T00:00:00Z", "1970-01-06T18:53:20+00:00", "1970-01-07"]


def maybe(values: Any) -> Any:
    return st.one_of(st.none(), values)


# Items and persons as plain values

ROWS = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(["", "T"]),
        "active": st.booleans(),
        "price": st.sampled_from([0.0, 1.0, 1.2, 2.5, -1.0]),
        "stock_at": st.dictionaries(st.sampled_from("bc"), st.integers(0, 2)),
        "brand": st.sampled_from(["", *TEXTS]),
        "category": st.sampled_from(TEXTS),
        "topics": st.lists(st.sampled_from(TEXTS), max_size=2).map(tuple),
        "out": st.sampled_from([datetime(1970, 1, day, tzinfo=UTC) for day in (1, 2, 7)]),
        "new": st.booleans(),
        "attributes": st.fixed_dictionaries(
            {},
            optional={
                "free": st.sampled_from(["", *TEXTS]),
                "grip": st.sampled_from([0, 1, 2.5]),
                "made": st.sampled_from(TIMES),
                "tags": st.lists(st.sampled_from(TEXTS), max_size=2),
            },
        ),
    },
)
PERSONS = st.fixed_dictionaries(
    {},
    optional={
        "t": st.one_of(st.sampled_from(["", 1, *TEXTS]), st.lists(st.sampled_from(TEXTS), max_size=2)),
        "n": st.one_of(st.sampled_from([0, 1.2, "1", True]), st.lists(st.sampled_from([1, 2.5]), max_size=2)),
        "f": st.sampled_from([True, False, 1, "true"]),
        "w": st.sampled_from([*TIMES, 0, "never"]),
    },
)

# Filters

CONSTANTS = {
    "number": st.sampled_from([0, 1, 1.2, 2.5]),
    "text": st.sampled_from(["", *TEXTS]),
    "time": st.sampled_from(TIMES),
    "flag": st.booleans(),
}
TRAITS = {"number": "n", "text": "t", "time": "w", "flag": "f"}


def relatives(family: str) -> Any:
    of_seed = st.sampled_from([field for field, holds in HOLDS.items() if holds == family])
    kinds = [of_seed.map(lambda field: {"seed": field}), st.just({"person": TRAITS[family]})]
    return st.one_of(*kinds)


def ends(family: str) -> Any:
    now = [st.sampled_from(["-1d", "0s", "+2d", "12h"]).map(lambda span: {"now": span})] if family == "time" else []
    return st.one_of(st.none(), CONSTANTS[family], relatives(family), *now)


def checks_of(field: str) -> Any:
    """All tests that a field takes, some of them with `if_unknown`."""
    family = HOLDS[field]
    constant, relative = CONSTANTS[family], relatives(family)
    kinds = [
        constant.map(lambda v: {"eq": v}),
        relative.map(lambda v: {"eq": v}),
        st.lists(constant, max_size=12).map(lambda v: {"in": v}),
        relative.map(lambda v: {"in": v}),
        st.booleans().map(lambda v: {"exists": v}),
    ]
    if family in ("number", "time"):
        kinds.append(st.tuples(ends(family), ends(family)).map(lambda v: {"range": list(v)}))
    if family == "text":
        kinds.append(st.one_of(constant, relative).map(lambda v: {"under": v}))
    if family == "number":
        share = st.sampled_from([0, 0.2, 1.5])
        kinds.append(st.tuples(st.one_of(constant, relative), share).map(lambda v: {"near": v[0], "within": v[1]}))

    def finished(test: dict[str, Any], unknown: str | None) -> dict[str, Any]:
        told = next(iter(test.values()))
        relative_ = [v for v in (told if isinstance(told, list) else [told]) if isinstance(v, dict) and "now" not in v]
        return {"field": field, **test, **({"if_unknown": unknown} if unknown and relative_ else {})}

    return st.builds(finished, st.one_of(kinds), st.sampled_from([None, None, "pass", "fail"]))


LEAVES = st.sampled_from(list(HOLDS)).flatmap(checks_of)


def trees(inner: Any) -> Any:
    parts = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(parts.map(lambda v: {"all": v}), parts.map(lambda v: {"any": v}), inner.map(lambda v: {"not": v}))


FILTERS = st.recursive(st.one_of(LEAVES, st.just({"field": "title", "exists": True})), trees, max_leaves=5)

# What a filter means, said once more


def listed(value: Any) -> list[Any]:
    return [v for v in (value if isinstance(value, list | tuple) else [value]) if v is not None and v != ""]


def seconds(text: Any) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def held(row: Mapping[str, Any] | None, field: str) -> list[Any]:
    """The values that an item has in a field."""
    if row is None:
        return []
    free, double = row.get("attributes", {}), row.get("price")
    value: Any = {
        "double": None if double is None else 2 * double,
        "stock_at.b": row.get("stock_at", {}).get("b"),
        "active": row.get("active", True),
        **{f"attributes.{name}": free.get(name) for name in ("free", "grip", "tags")},
        "attributes.made": seconds(free.get("made")),
    }.get(field, row.get(field))
    return [v.timestamp() if isinstance(v, datetime) else v for v in listed(value)]


def meant(wanted: Any, family: str, rows: list[Any], seeds: list[int], person: Mapping[str, Any]) -> list[Any] | None:
    """The values a test compares with; None when nobody says."""
    if not isinstance(wanted, dict):
        return [seconds(v) if family == "time" else v for v in (wanted if isinstance(wanted, list) else [wanted])]
    if "now" in wanted:
        return [NOW + {"-1d": -86_400, "0s": 0, "+2d": 172_800, "12h": 43_200}[wanted["now"]]]
    if "seed" in wanted:
        return [v for seed in seeds if 0 <= seed < len(rows) for v in held(rows[seed], wanted["seed"])] or None
    told = listed(person.get(wanted["person"]))
    if family == "time":
        return [s for v in told if (s := seconds(v)) is not None] or None
    kinds = {"text": (str,), "number": (int, float), "flag": (bool,)}[family]
    return [v for v in told if isinstance(v, kinds) and (family == "flag" or not isinstance(v, bool))] or None


def parts_of(path: str) -> list[str]:
    return [part.strip() for part in path.split(">")]


def naive(
    filter_: dict[str, Any], row: Mapping[str, Any] | None, rows: list[Any], seeds: list[int], person: Mapping[str, Any]
) -> bool:
    if "all" in filter_:
        return all(naive(part, row, rows, seeds, person) for part in filter_["all"])
    if "any" in filter_:
        return any(naive(part, row, rows, seeds, person) for part in filter_["any"])
    if "not" in filter_:
        return not naive(filter_["not"], row, rows, seeds, person)
    field = filter_["field"]
    own = held(row, field)
    if "exists" in filter_:
        return bool(own) is filter_["exists"]
    family = HOLDS[field]
    if "range" in filter_:
        low, high = (None if e is None else meant(e, family, rows, seeds, person) or () for e in filter_["range"])
        if low == () or high == ():
            return filter_.get("if_unknown") == "pass"
        return any((low is None or min(low) <= v) and (high is None or v <= max(high)) for v in own)
    test = next(name for name in ("eq", "in", "under", "near") if name in filter_)
    wanted = meant(filter_[test], family, rows, seeds, person)
    if wanted is None:
        return filter_.get("if_unknown") == "pass"
    if test == "under":
        return any(parts_of(v)[: len(parts_of(w))] == parts_of(w) for v in own for w in wanted)
    if test == "near":
        return any(abs(v - w) <= filter_["within"] * abs(w) + 1e-7 * abs(w) for v in own for w in wanted)
    return any(v == w for v in own for w in wanted)


def shelf(rows: list[Any], streamed: bool) -> ItemTable:
    items = [
        None if row is None else Thing(id=row["id"], **{k: v for k, v in row.items() if k != "id"}) for row in rows
    ]
    if not streamed:
        return ItemTable([f"i{n}" for n in range(len(rows))], items, SCHEMA)
    there = [Thing(id=f"i{n}") if item is None else item for n, item in enumerate(items)]
    table = ItemTable.stream(SCHEMA, [there[:2], there[2:]])
    return table.changed({f"i{n}": None for n, item in enumerate(items) if item is None})


SHELVES = st.lists(maybe(ROWS), max_size=5).map(
    lambda rows: [None if row is None else {"id": f"i{n}", **row} for n, row in enumerate(rows)]
)
SEEDS = st.lists(st.integers(-1, 6), max_size=3)


@settings(max_examples=400, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(FILTERS, SHELVES, SEEDS, PERSONS, st.booleans())
def test_the_mask_is_what_every_item_says_by_itself(
    filter_: dict[str, Any], rows: list[Any], seeds: list[int], person: dict[str, Any], streamed: bool
) -> None:
    about = About(np.array(seeds, np.int32), person, NOW)

    mask = parse_filter(filter_, SCHEMA).mask(shelf(rows, streamed), about)

    assert mask.tolist() == [naive(filter_, row, rows, seeds, person) for row in rows]


@settings(max_examples=80, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.lists(FILTERS, min_size=1, max_size=3), SHELVES, SEEDS, PERSONS)
def test_not_all_is_any_not(filters: list[Any], rows: list[Any], seeds: list[int], person: dict[str, Any]) -> None:
    table, about = shelf(rows, True), About(np.array(seeds, np.int32), person, NOW)

    def mask(json: object) -> list[bool]:
        return list(parse_filter(json, SCHEMA).mask(table, about).tolist())

    negated = [{"not": part} for part in filters]
    assert mask({"not": {"all": filters}}) == mask({"any": negated})
    assert mask({"not": {"any": filters}}) == mask({"all": negated})


def traits(row: Mapping[str, Any]) -> dict[str, Any]:
    """An item's fields as the traits of a person."""
    return {
        "active": row.get("active", True),
        **{name: row.get(name) for name in ("price", "brand", "category", "topics", "new")},
        "out": row["out"].isoformat() if "out" in row else None,
    }


SHARED = st.recursive(
    st.sampled_from(["active", "price", "brand", "category", "topics", "new", "out"])
    .flatmap(checks_of)
    .filter(lambda test: "'seed'" not in repr(test) and "'person'" not in repr(test))
    .filter(lambda test: not (test["field"] == "out" and ("eq" in test or "in" in test))),
    trees,
    max_leaves=4,
)


@settings(max_examples=200, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(SHARED, ROWS)
def test_an_audience_is_the_filter_on_one_item_that_has_the_same(filter_: dict[str, Any], row: dict[str, Any]) -> None:
    table = shelf([{"id": "i0", **row}], True)

    mask = parse_filter(filter_, SCHEMA).mask(table, About(now=NOW))

    assert parse_audience(filter_).holds(traits(row), NOW) is bool(mask[0])


@given(
    st.lists(st.one_of(st.just(float("nan")), st.floats(-50, 50)), max_size=20),
    st.lists(st.floats(-50, 50), min_size=1, max_size=30),
    st.floats(0, 2),
)
def test_many_values_are_looked_up_as_one_after_the_other(
    prices: list[float], wanted: list[float], share: float
) -> None:
    table = ItemTable.stream(SCHEMA, [[Thing(id=f"i{n}") for n in range(len(prices))]])
    table = table.with_numbers({"price": np.array(prices, np.float64)})
    told = Near("price", OfPerson("prices", "number"), share)
    each = np.zeros(len(prices), bool)
    for one in wanted:
        each |= told.mask(table, About(person={"prices": [one]}))

    np.testing.assert_array_equal(told.mask(table, About(person={"prices": wanted})), each)
