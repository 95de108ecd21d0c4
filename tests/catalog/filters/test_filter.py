from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from msgspec import field

from penchant.catalog import About, Item, ItemTable, Schema, parse_filter


class Thing(Item, frozen=True, kw_only=True):
    price: float | None = None
    weight: float | None = None
    stock: int | None = None
    stock_at: dict[str, int] = field(default_factory=dict)
    brand: str | None = None
    series: str | None = None
    category: str | None = None
    topics: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    language: str | None = None
    out: datetime | None = None
    new: bool | None = None
    rule: dict[str, Any] | None = None


START = datetime(1970, 1, 2, tzinfo=UTC)
"""Second 86,400."""
SCHEMA = Schema.of(
    Thing, {"grip": "number", "price": "number", "colors": "tags", "fits": "text", "wet": "flag", "made": "time"}
)
THINGS = [
    Thing(
        id="a",
        title="A",
        price=80.0,
        brand="Alto",
        category="Shoes > Running",
        topics=("run", "road"),
        new=True,
        stock_at={"berlin": 2, "wien": 0},
        language="de",
        rule={"field": "age"},
    ),
    Thing(
        id="b", price=120.0, brand="Brio", category="Shoes", topics=("run",), new=False, stock_at={"wien": 1}, stock=4
    ),
    Thing(
        id="c",
        price=0.0,
        out=START,
        category="Shoestrings",
        needs=("a", "b"),
        attributes={"grip": 3, "price": 7, "colors": ["red"], "fits": "wide", "wet": True, "made": "1970-01-02"},
    ),
    Thing(id="d", brand="", active=False, language="fr", attributes={"wet": False, "other": 1}),
]
TABLES = [
    ItemTable(["a", "b", "c", "d", "gone"], [*THINGS, None], SCHEMA),
    ItemTable.stream(SCHEMA, [THINGS[:2], [*THINGS[2:], Thing(id="gone", brand="Alto")]]).changed({"gone": None}),
]


def passes(json: object, about: About | None = None) -> str:
    """First letters of the ids that pass; of a table of items and a streamed one alike."""
    read = parse_filter(json, SCHEMA)
    one, other = (
        "".join(name[0] for name, held in zip(table.ids, read.mask(table, about), strict=True) if held)
        for table in TABLES
    )
    assert one == other
    return one


@pytest.mark.parametrize(
    ("filter_", "held"),
    [
        ({"field": "brand", "eq": "Alto"}, "a"),
        ({"field": "brand", "eq": "alto"}, ""),
        ({"field": "brand", "eq": ""}, ""),
        ({"field": "price", "eq": 80}, "a"),
        ({"field": "price", "eq": 0.0}, "c"),
        ({"field": "new", "eq": True}, "a"),
        ({"field": "new", "eq": False}, "b"),
        ({"field": "new", "in": [True, False]}, "ab"),
        ({"field": "active", "eq": False}, "d"),
        ({"field": "active", "eq": True}, "abc"),
        ({"field": "id", "eq": "b"}, "b"),
        ({"field": "id", "eq": "gone"}, ""),
        ({"field": "id", "in": ["b", "nobody", "d", "b"]}, "bd"),
        ({"field": "id", "exists": True}, "abcd"),
        ({"field": "topics", "eq": "run"}, "ab"),
        ({"field": "topics", "in": ["road", "hips"]}, "a"),
        ({"field": "price", "in": [80, 120, 999]}, "ab"),
        ({"field": "price", "in": [*range(1, 100)]}, "a"),
        ({"field": "brand", "in": []}, ""),
        ({"field": "brand", "in": ["Brio", "Alto", "Cora", "Dora", "Emma", "Frei"]}, "ab"),
        ({"field": "price", "range": [80, 120]}, "ab"),
        ({"field": "price", "range": [80.5, None]}, "b"),
        ({"field": "price", "range": [None, 80]}, "ac"),
        ({"field": "price", "range": [None, None]}, "abc"),
        ({"field": "price", "range": [120, 80]}, ""),
        ({"field": "out", "range": ["1970-01-02", None]}, "c"),
        ({"field": "out", "range": ["1970-01-02T00:00:01Z", None]}, ""),
        ({"field": "out", "range": [None, "1970-01-02T01:00:00+01:00"]}, "c"),
        ({"field": "out", "eq": "1970-01-02T00:00:00Z"}, "c"),
        ({"field": "out", "in": ["1970-01-01", "1970-01-02"]}, "c"),
        ({"field": "price", "exists": True}, "abc"),
        ({"field": "brand", "exists": False}, "cdg"),
        ({"field": "topics", "exists": True}, "ab"),
        ({"field": "title", "exists": True}, "a"),
        ({"field": "image", "exists": False}, "abcdg"),
        ({"field": "rule", "exists": True}, "a"),
        ({"field": "stock_at", "exists": True}, "ab"),
        ({"field": "stock_at.wien", "exists": True}, "ab"),
        ({"field": "stock_at.wien", "range": [1, None]}, "b"),
        ({"field": "stock_at.berlin", "eq": 2}, "a"),
        ({"field": "stock_at.mars", "exists": False}, "abcdg"),
        ({"field": "category", "under": "Shoes"}, "ab"),
        ({"field": "category", "under": "Shoes>Running"}, "a"),
        ({"field": "category", "under": "Hats"}, ""),
        ({"field": "topics", "under": "run"}, "ab"),
        ({"field": "price", "near": 100, "within": 0.2}, "ab"),
        ({"field": "price", "near": 100, "within": 0.19}, ""),
        ({"field": "price", "near": 0, "within": 0.2}, "c"),
        ({"field": "attributes.grip", "eq": 3}, "c"),
        ({"field": "attributes.colors", "eq": "red"}, "c"),
        ({"field": "attributes.price", "exists": True}, "c"),
        ({"field": "attributes.fits", "in": ["wide"]}, "c"),
        ({"field": "attributes.wet", "eq": False}, "d"),
        ({"field": "attributes.made", "range": ["1970-01-01", "1970-01-03"]}, "c"),
        ({"all": [{"field": "topics", "eq": "run"}, {"field": "price", "range": [100, None]}]}, "b"),
        ({"any": [{"field": "brand", "eq": "Alto"}, {"field": "price", "eq": 0}]}, "ac"),
        ({"not": {"field": "topics", "eq": "run"}}, "cdg"),
        ({"not": {"not": {"field": "brand", "eq": "Alto"}}}, "a"),
    ],
)
def test_a_filter_lets_through_what_it_says(filter_: object, held: str) -> None:
    assert passes(filter_) == held


def test_many_names_are_found_as_few_are() -> None:
    things = [Thing(id=f"i{n}", brand=f"B{n}" if n else None, topics=(f"T{n}",) if n else ()) for n in range(9)]
    table = ItemTable.stream(SCHEMA, [things])

    for name, letter in (("brand", "B"), ("topics", "T")):
        wanted = {"field": name, "in": [f"{letter}{n}" for n in range(1, 7)]}
        assert np.flatnonzero(parse_filter(wanted, SCHEMA).mask(table)).tolist() == [1, 2, 3, 4, 5, 6]


def asked(*seeds: int, now: float = 0.0, **person: Any) -> About:
    return About(np.array(seeds, np.int32), person, now)


@pytest.mark.parametrize(
    ("filter_", "about", "held"),
    [
        ({"field": "brand", "eq": {"seed": "brand"}}, asked(0), "a"),
        ({"field": "brand", "eq": {"seed": "brand"}}, asked(0, 1), "ab"),
        ({"field": "brand", "in": {"seed": "brand"}}, asked(1), "b"),
        ({"not": {"field": "id", "eq": {"seed": "id"}}}, asked(0, 3), "bcg"),
        ({"field": "id", "in": {"seed": "needs"}}, asked(2), "ab"),
        ({"field": "needs", "eq": {"seed": "id"}}, asked(1), "c"),
        ({"field": "topics", "in": {"seed": "topics"}}, asked(1), "ab"),
        ({"field": "category", "under": {"seed": "category"}}, asked(1), "ab"),
        ({"field": "price", "near": {"seed": "price"}, "within": 0.5}, asked(0), "ab"),
        ({"field": "price", "near": {"seed": "price"}, "within": 0.2}, asked(0, 2), "ac"),
        ({"field": "price", "range": [{"seed": "price"}, None]}, asked(1, 0), "ab"),
        ({"field": "price", "range": [None, {"seed": "price"}]}, asked(2, 0), "ac"),
        ({"field": "price", "range": [{"seed": "attributes.grip"}, 100]}, asked(2), "a"),
        ({"field": "out", "eq": {"seed": "attributes.made"}}, asked(2), "c"),
        ({"field": "new", "eq": {"seed": "new"}}, asked(1), "b"),
        ({"field": "stock", "range": [{"seed": "stock_at.wien"}, None]}, asked(1), "b"),
        ({"field": "language", "eq": {"person": "language"}}, asked(language="de"), "a"),
        ({"field": "language", "in": {"person": "languages"}}, asked(languages=["fr", "de", 3]), "ad"),
        ({"field": "price", "range": [None, {"person": "budget"}]}, asked(budget=100), "ac"),
        ({"field": "new", "eq": {"person": "likes_new"}}, asked(likes_new=True), "a"),
        ({"field": "out", "range": [{"person": "since"}, None]}, asked(since="1970-01-01T12:00:00Z"), "c"),
        ({"field": "out", "range": [{"person": "since"}, None]}, asked(since=START), "c"),
        ({"field": "category", "under": {"person": "aisle"}}, asked(aisle="Shoes"), "ab"),
        ({"field": "out", "range": [{"now": "-1h"}, None]}, asked(now=90_000.0), "c"),
        ({"field": "out", "range": [{"now": "-59m"}, None]}, asked(now=90_000.0), ""),
        ({"field": "out", "range": [None, {"now": "+1d"}]}, asked(now=0.0), "c"),
        ({"field": "out", "range": [{"now": "0s"}, {"now": "1w"}]}, asked(now=86_401.0), ""),
    ],
)
def test_a_filter_looks_at_who_asks_about_what(filter_: object, about: About, held: str) -> None:
    assert passes(filter_, about) == held


SAME_BRAND = {"field": "brand", "eq": {"seed": "brand"}}


@pytest.mark.parametrize(
    ("filter_", "about"),
    [
        (SAME_BRAND, asked()),
        (SAME_BRAND, asked(2)),
        (SAME_BRAND, asked(4)),
        (SAME_BRAND, asked(-1, 99)),
        ({"field": "id", "eq": {"seed": "id"}}, asked(4)),
        ({"field": "price", "near": {"seed": "price"}, "within": 1}, asked(3)),
        ({"field": "price", "range": [{"seed": "price"}, {"person": "budget"}]}, asked(0)),
        ({"field": "category", "under": {"person": "aisle"}}, asked(aisle="")),
        ({"field": "language", "eq": {"person": "language"}}, asked(language=7)),
        ({"field": "price", "eq": {"person": "budget"}}, asked(budget="80")),
        ({"field": "price", "eq": {"person": "budget"}}, asked(budget=True)),
        ({"field": "price", "eq": {"person": "budget"}}, asked(budget=float("nan"))),
        ({"field": "price", "eq": {"person": "budget"}}, asked(budget=10**400)),
        ({"field": "new", "eq": {"person": "likes_new"}}, asked(likes_new=1)),
        ({"field": "out", "eq": {"person": "since"}}, asked(since="yesterday")),
        ({"field": "out", "eq": {"person": "since"}}, asked(since=86_400)),
    ],
)
def test_what_the_request_does_not_say_lets_nothing_pass_unless_the_test_says_otherwise(
    filter_: dict[str, Any], about: About
) -> None:
    assert passes(filter_, about) == ""
    assert passes(filter_ | {"if_unknown": "fail"}, about) == ""
    assert passes(filter_ | {"if_unknown": "pass"}, about) == "abcdg"
    assert passes({"all": [filter_ | {"if_unknown": "pass"}, {"field": "topics", "eq": "run"}]}, about) == "ab"


def test_a_filter_says_what_it_needs_to_know() -> None:
    of_person = {"field": "price", "range": [None, {"person": "budget"}]}

    for json, seed, person in (
        ({"field": "brand", "eq": "Alto"}, False, False),
        (SAME_BRAND, True, False),
        (of_person, False, True),
        ({"any": [{"not": SAME_BRAND}, {"all": [of_person]}]}, True, True),
        ({"field": "out", "range": [{"now": "-1d"}, None]}, False, False),
    ):
        read = parse_filter(json, SCHEMA)
        assert (read.needs_seed, read.needs_person) == (seed, person)


@pytest.mark.parametrize(
    "json",
    [
        {"field": "active", "exists": True},
        {"field": "id", "exists": True},
        {"field": "title", "exists": True},
        {"field": "topics", "exists": True},
        {"field": "price", "range": [None, None]},
        {"field": "brand", "eq": "Alto"},
        {"all": [{"field": "topics", "eq": "run"}]},
    ],
)
def test_a_mask_is_the_callers_own(json: object) -> None:
    read = parse_filter(json, SCHEMA)
    for table in TABLES:
        first = read.mask(table)
        kept = first.copy()
        first[:] = ~first
        assert read.mask(table).tolist() == kept.tolist()


def test_a_filter_holds_for_tables_to_come() -> None:
    read = parse_filter({"all": [{"field": "brand", "eq": "Cora"}, {"field": "category", "under": "Hats"}]}, SCHEMA)
    table = ItemTable.stream(SCHEMA, [THINGS])
    assert not read.mask(table).any()

    later = table.changed({"e": Thing(id="e", brand="Cora", category="Hats > Caps")})

    assert read.mask(later).tolist() == [False, False, False, False, True]
    assert not read.mask(table).any()
    assert read.mask(ItemTable.stream(SCHEMA, ())).tolist() == []
