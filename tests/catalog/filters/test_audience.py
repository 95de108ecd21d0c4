from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from penchant.catalog import parse_audience
from penchant.errors import InvalidRequest

NOW = 1_000_000.0
ANN: dict[str, Any] = {
    "country": "DE",
    "age": 34,
    "score": 0.5,
    "member": True,
    "visits": 1,
    "languages": ["de", "fr"],
    "joined": "1970-01-10T00:00:00Z",
    "seen": datetime(1970, 1, 12, tzinfo=UTC),
    "aisle": "Shoes > Running",
    "empty": "",
    "none": None,
    "nothing": [],
    "lost": float("nan"),
    "big": 10**400,
    "home": {"city": "Kiel"},
}


@pytest.mark.parametrize(
    ("json", "held"),
    [
        ({"field": "country", "eq": "DE"}, True),
        ({"field": "country", "eq": "de"}, False),
        ({"field": "country", "in": ["AT", "DE"]}, True),
        ({"field": "country", "in": []}, False),
        ({"field": "age", "eq": 34}, True),
        ({"field": "age", "eq": "34"}, False),
        ({"field": "age", "in": [33, 34.0]}, True),
        ({"field": "age", "range": [18, None]}, True),
        ({"field": "age", "range": [None, 33]}, False),
        ({"field": "age", "near": 30, "within": 0.2}, True),
        ({"field": "age", "near": 40, "within": 0.1}, False),
        ({"field": "score", "range": [0.5, 0.5]}, True),
        ({"field": "member", "eq": True}, True),
        ({"field": "member", "eq": False}, False),
        ({"field": "member", "eq": 1}, False),
        ({"field": "member", "range": [0, 1]}, False),
        ({"field": "visits", "eq": True}, False),
        ({"field": "languages", "eq": "fr"}, True),
        ({"field": "languages", "in": ["en", "de"]}, True),
        ({"field": "languages", "exists": True}, True),
        ({"field": "joined", "range": ["1970-01-09", "1970-01-11"]}, True),
        ({"field": "joined", "range": [{"now": "-2d"}, None]}, False),
        ({"field": "joined", "range": [{"now": "-2w"}, {"now": "0s"}]}, True),
        ({"field": "joined", "range": [0, None]}, False),
        ({"field": "seen", "range": ["1970-01-12", None]}, True),
        ({"field": "age", "range": ["1970-01-09", None]}, False),
        ({"field": "aisle", "under": "Shoes"}, True),
        ({"field": "aisle", "under": "Shoes > Run"}, False),
        ({"field": "age", "under": "Shoes"}, False),
        ({"field": "home", "exists": True}, True),
        ({"field": "big", "range": [0, None]}, False),
        ({"all": [{"field": "country", "eq": "DE"}, {"field": "age", "range": [40, None]}]}, False),
        ({"any": [{"field": "country", "eq": "DE"}, {"field": "age", "range": [40, None]}]}, True),
        ({"not": {"field": "country", "eq": "DE"}}, False),
    ],
)
def test_an_audience_holds_by_traits_as_they_come(json: object, held: bool) -> None:
    assert parse_audience(json).holds(ANN, NOW) is held


@pytest.mark.parametrize("trait", ["empty", "none", "nothing", "lost", "unheard"])
def test_a_trait_that_is_not_there_fails_all_but_being_absent(trait: str) -> None:
    for test in ({"eq": ""}, {"in": ["", "x"]}, {"range": [None, None]}, {"exists": True}, {"under": ""}):
        assert not parse_audience({"field": trait, **test}).holds(ANN, NOW)
    assert parse_audience({"field": trait, "exists": False}).holds(ANN, NOW)
    assert parse_audience({"not": {"field": trait, "eq": "x"}}).holds(ANN, NOW)


def test_nobody_known_is_in_no_audience_that_asks_for_something() -> None:
    assert not parse_audience({"field": "country", "eq": "DE"}).holds({}, NOW)


@pytest.mark.parametrize(
    ("json", "path", "words"),
    [
        ([], "audience", "must be an object"),
        ({"field": "", "eq": 1}, "audience.field", "the name of a trait"),
        ({"field": 3, "eq": 1}, "audience.field", "the name of a trait"),
        ({"field": "age"}, "audience", "needs exactly one test"),
        ({"field": "age", "above": 3}, "audience", "needs exactly one test"),
        ({"field": "age", "eq": None}, "audience.eq", "must be text, a number, or true or false"),
        ({"field": "age", "eq": {"seed": "age"}}, "audience.eq", "an audience compares with nothing but these"),
        ({"field": "age", "eq": {"person": "age"}}, "audience.eq", "an audience compares with nothing but these"),
        ({"field": "age", "in": {"person": "age"}}, "audience.in", "must be a list of values"),
        ({"field": "age", "in": [1, []]}, "audience.in[1]", "must be text, a number, or true or false"),
        ({"field": "age", "in": [1] * 10_001}, "audience.in", "at most 10,000 values"),
        ({"field": "age", "eq": float("nan")}, "audience.eq", "must be a finite number"),
        ({"field": "age", "eq": 10**400}, "audience.eq", "must be a finite number"),
        ({"field": "age", "exists": "yes"}, "audience.exists", "must be true or false"),
        ({"field": "age", "range": [1]}, "audience.range", "must be [least, most]"),
        ({"field": "age", "range": [1, "1970-01-01"]}, "audience.range[0]", "must be a moment in ISO 8601"),
        ({"field": "age", "range": [1, True]}, "audience.range[1]", "must be a number"),
        ({"field": "age", "range": [{"seed": "age"}, None]}, "audience.range[0]", 'or {"now": …}'),
        ({"field": "age", "range": [{"now": "soon"}, None]}, "audience.range[0].now", "span of time"),
        ({"field": "age", "under": 3}, "audience.under", "must be text"),
        ({"field": "age", "near": "x", "within": 1}, "audience.near", "must be a number"),
        ({"field": "age", "near": 3}, "audience.within", "must be a number"),
        ({"field": "age", "eq": 3, "if_unknown": "pass"}, "audience", "needs exactly one test"),
        ({"all": [{"field": "age", "eq": 3}, {"not": 1}]}, "audience.all[1].not", "must be an object"),
    ],
)
def test_a_wrong_audience_is_refused_with_its_place(json: object, path: str, words: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_audience(json)

    assert caught.value.field == path
    assert words in caught.value.message


def test_the_place_begins_where_the_audience_stands() -> None:
    with pytest.raises(InvalidRequest, match=r"^rule\.audience\.eq: "):
        parse_audience({"field": "age", "eq": []}, "rule.audience")
