from __future__ import annotations

from typing import Any

import pytest

from penchant.catalog import Schema, parse_filter
from penchant.errors import InvalidRequest
from penchant.packs.learning.items import Module
from penchant.packs.product.items import Product

SCHEMA = Schema.of(Product, {"grip": "number", "colors": "tags", "fits": "text"})
BRAND = {"field": "brand", "eq": "Alto"}
TIME = "must be a moment in ISO 8601"


def refusal(json: object, schema: Schema = SCHEMA, path: str = "filter") -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        parse_filter(json, schema, path)
    return caught.value


@pytest.mark.parametrize(
    ("filter_", "path", "words"),
    [
        (None, "filter", "must be an object"),
        ([BRAND], "filter", "must be an object"),
        ({}, "filter", 'must have "field" and a test, or one of "all", "any", "not"'),
        ({"brand": "Alto"}, "filter", 'must have "field"'),
        ({"all": [BRAND], "any": [BRAND]}, "filter", 'must have "field"'),
        ({"all": []}, "filter.all", "must be a list of at least one filter"),
        ({"any": BRAND}, "filter.any", "must be a list of at least one filter"),
        ({"all": [BRAND, "x"]}, "filter.all[1]", "must be an object"),
        ({"not": [BRAND]}, "filter.not", "must be an object"),
        ({"field": 3, "eq": 1}, "filter.field", "must be text, the name of a field"),
        ({"field": "colour", "eq": "x"}, "filter.field", 'no such field; did you mean "color"?'),
        ({"field": "prize", "eq": 1}, "filter.field", 'no such field; did you mean "price"?'),
        ({"field": "zzzzz", "eq": 1}, "filter.field", "no such field (have: active, age_group, attributes.colors"),
        ({"field": "grip", "eq": 1}, "filter.field", 'no such field; did you mean "attributes.grip"?'),
        ({"field": "attributes", "exists": True}, "filter.field", "must name one of them, as in attributes.grip"),
        (
            {"field": "attributes.gripp", "eq": 1},
            "filter.field",
            'is not declared: say what it holds under [domains.NAME.attributes]; did you mean "attributes.grip"?',
        ),
        ({"field": "attributes.x", "eq": 1}, "filter.field", "is not declared"),
        ({"field": "brand.x", "eq": "x"}, "filter.field", "no such field"),
        ({"field": "brand"}, "filter", "needs exactly one test of eq, in, range, exists, under, near"),
        ({"field": "brand", "eq": "a", "in": ["a"]}, "filter", "needs exactly one test"),
        ({"field": "brand", "like": "A%"}, "filter", "needs exactly one test"),
        ({"field": "brand", "unter": "A"}, "filter", 'did you mean "under"?'),
        ({"field": "brand", "eq": "a", "case": 1}, "filter", "needs exactly one test"),
        ({"field": "brand", "eq": None}, "filter.eq", "must be text"),
        ({"field": "brand", "eq": ["Alto"]}, "filter.eq", 'must be text; a list goes with "in"'),
        ({"field": "brand", "eq": 80}, "filter.eq", "must be text, got 80"),
        ({"field": "brand", "in": "Alto"}, "filter.in", "must be a list of values"),
        ({"field": "brand", "in": ["Alto", None]}, "filter.in[1]", "must be text"),
        ({"field": "brand", "in": ["Alto", {"seed": "brand"}]}, "filter.in[1]", "must be text"),
        ({"field": "brand", "in": ["x"] * 10_001}, "filter.in", "must have at most 10,000 values, got 10001"),
        ({"field": "price", "eq": "80"}, "filter.eq", "must be a number, got '80'"),
        ({"field": "price", "eq": True}, "filter.eq", "must be a number, got True"),
        ({"field": "price", "in": [1, 10**400]}, "filter.in[1]", "must be a finite number below 1e308"),
        ({"field": "price", "eq": 10**400}, "filter.eq", "must be a finite number below 1e308"),
        ({"field": "price", "eq": float("nan")}, "filter.eq", "must be a finite number"),
        ({"field": "price", "eq": float("inf")}, "filter.eq", "must be a finite number"),
        ({"field": "price", "range": 80}, "filter.range", "must be [least, most], with null for an open end"),
        ({"field": "price", "range": [80]}, "filter.range", "must be [least, most]"),
        ({"field": "price", "range": ["80", None]}, "filter.range[0]", "must be a number"),
        ({"field": "price", "range": [True, None]}, "filter.range[0]", "must be a number"),
        ({"field": "price", "range": [None, -(10**400)]}, "filter.range[1]", "must be a finite number"),
        ({"field": "price", "range": [None, {"now": "-1d"}]}, "filter.range[1]", "must be a number, or one of"),
        ({"field": "price", "exists": 1}, "filter.exists", "must be true or false"),
        ({"field": "price", "under": "Shoes"}, "filter.under", "price, which holds a number: it knows eq, in, range,"),
        ({"field": "brand", "range": ["A", "B"]}, "filter.range", "brand, which holds text: it knows eq, in,"),
        ({"field": "labels", "near": "x", "within": 1}, "filter.near", "labels, which holds a list of text"),
        ({"field": "replenishable", "eq": 1}, "filter.eq", "must be true or false"),
        ({"field": "replenishable", "range": [0, 1]}, "filter.range", "which holds true or false"),
        ({"field": "title", "eq": "A"}, "filter.eq", "title, which holds words for people: it knows exists"),
        ({"field": "stock_at", "eq": 1}, "filter.eq", 'numbers by key: name one of them, as in "stock_at.KEY"'),
        ({"field": "released", "eq": 0}, "filter.eq", TIME),
        ({"field": "released", "eq": "soon"}, "filter.eq", TIME),
        ({"field": "released", "range": [1_700_000_000, None]}, "filter.range[0]", TIME),
        ({"field": "released", "range": ["0001-01-01T00:00:00+23:59", "9999-99-99"]}, "filter.range[1]", TIME),
        ({"field": "released", "range": [{"now": "yesterday"}, None]}, "filter.range[0].now", "span of time"),
        ({"field": "released", "range": [{"now": -7}, None]}, "filter.range[0].now", "span of time"),
        ({"field": "released", "range": [{"now": "-7y"}, None]}, "filter.range[0].now", "span of time"),
        ({"field": "released", "range": [{"then": "-7d"}, None]}, "filter.range[0]", '{"now": …}'),
        ({"field": "price", "near": 80}, "filter.within", "must be a number"),
        ({"field": "price", "near": 80, "within": "20%"}, "filter.within", "must be a number"),
        ({"field": "price", "near": 80, "within": -0.1}, "filter.within", "must be a share, from 0 to 10"),
        ({"field": "price", "near": 80, "within": 20}, "filter.within", "0.2 is 20 %"),
        ({"field": "price", "eq": 80, "within": 0.2}, "filter.within", 'goes with "near" alone'),
        ({"field": "price", "near": [80], "within": 0.2}, "filter.near", "must be a number"),
        ({"field": "brand", "eq": {"seed": "brnd"}}, "filter.eq.seed", 'did you mean "brand"?'),
        ({"field": "brand", "eq": {"seed": ["brand"]}}, "filter.eq.seed", "must be text, the name of a field"),
        ({"field": "brand", "eq": {"seed": "price"}}, "filter.eq.seed", "holds a number, and is compared with text"),
        ({"field": "brand", "eq": {"seed": "title"}}, "filter.eq.seed", "holds words for people"),
        ({"field": "price", "eq": {"seed": "released"}}, "filter.eq.seed", "holds a moment, and is compared with a"),
        ({"field": "brand", "eq": {"seed": "brand", "person": "x"}}, "filter.eq", 'or one of {"seed": …}, {"person":'),
        ({"field": "brand", "eq": {}}, "filter.eq", 'or one of {"seed": …}, {"person": …}'),
        ({"field": "brand", "eq": {"person": ""}}, "filter.eq.person", "must be text, the name of a trait"),
        ({"field": "brand", "eq": {"person": 3}}, "filter.eq.person", "must be text, the name of a trait"),
        ({"field": "brand", "eq": "a", "if_unknown": "pass"}, "filter.if_unknown", 'goes with {"seed": …} or'),
        ({"field": "brand", "exists": True, "if_unknown": "pass"}, "filter.if_unknown", "goes with"),
        (
            {"field": "brand", "eq": {"seed": "brand"}, "if_unknown": True},
            "filter.if_unknown",
            'must be "pass" or "fail"',
        ),
        ({"any": [BRAND, {"not": {"all": [{"field": "x", "eq": 1}]}}]}, "filter.any[1].not.all[0].field", "no such"),
    ],
)
def test_a_wrong_filter_is_refused_with_its_place(filter_: object, path: str, words: str) -> None:
    error = refusal(filter_)

    assert error.field == path
    assert words in error.message


def test_the_place_begins_where_the_filter_stands() -> None:
    assert refusal({"all": [BRAND, 1]}, path="rules[2].filter").field == "rules[2].filter.all[1]"


def test_objects_can_only_be_there_or_not() -> None:
    wanted = "eligibility, which holds an object: it knows exists"

    assert wanted in refusal({"field": "eligibility", "eq": "x"}, Schema.of(Module)).message
    parse_filter({"field": "eligibility", "exists": True}, Schema.of(Module))


def nested(depth: int) -> dict[str, Any]:
    return BRAND if depth == 0 else {"not": nested(depth - 1)}


def test_filters_may_be_nested_deep_but_not_for_ever() -> None:
    parse_filter(nested(16), SCHEMA)
    assert "nested more than 16 deep" in refusal(nested(17)).message
    assert "nested more than 16 deep" in refusal(nested(900)).message


def test_filters_may_be_large_but_not_without_end() -> None:
    parse_filter({"any": [BRAND] * 999}, SCHEMA)
    error = refusal({"any": [{"all": [BRAND] * 499}, {"all": [BRAND] * 499}]})

    assert (error.field, error.wanted) == ("filter", "has more than 1,000 parts")
