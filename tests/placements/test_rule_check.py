from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from penchant.catalog import Item, Schema
from penchant.errors import InvalidRequest
from penchant.placements import Rule, validate_rule


class Thing(Item, frozen=True, kw_only=True):
    """An item with a price and a brand."""

    price: float | None = None
    brand: str | None = None


SCHEMA = Schema.of(Thing)
PLACES = ("home", "also-like")
BRAND = {"field": "brand", "eq": "Alto"}


def refused(fields: dict[str, Any], path: str = "") -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        validate_rule(Rule(**fields), SCHEMA, PLACES, path)
    return caught.value


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "pin", "items": ("a",)},
        {"action": "pin", "items": ("a", "b"), "position": 3},
        {"action": "pin", "filter": BRAND, "most": 2},
        {"action": "boost", "filter": BRAND, "factor": 1.01},
        {"action": "bury", "items": ("a",), "factor": 0.0},
        {"action": "exclude", "filter": BRAND},
        {"action": "quota", "filter": BRAND, "least": 1},
        {"action": "quota", "filter": BRAND, "most": 0},
        {"action": "quota", "items": ("a",), "least": 2, "most": 2},
        {"action": "list", "items": ("a",)},
        {"action": "set", "items": ("a", "b")},
        {"action": "list", "items": ("a",), "placements": PLACES, "audience": {"field": "vip", "eq": True}},
        {
            "action": "list",
            "items": ("a",),
            "starts": datetime(2026, 12, 1, tzinfo=UTC),
            "ends": datetime(2026, 12, 24, tzinfo=UTC),
        },
    ],
)
def test_sound_rules_pass(fields: dict[str, Any]) -> None:
    validate_rule(Rule(**fields), SCHEMA, PLACES)


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"action": "pin"}, "items", "which items or a filter pin is about"),
        ({"action": "list"}, "items", "which items list is about"),
        ({"action": "exclude", "items": ("a",), "filter": BRAND}, "filter", "the one or the other"),
        ({"action": "set", "items": ("a",)}, "items", "at least 2, got 1"),
        ({"action": "list", "items": ("a", "b", "a")}, "items[2]", "stands in the list already, got 'a'"),
        ({"action": "list", "filter": BRAND}, "filter", "means nothing to list"),
        ({"action": "boost", "items": ("a",), "position": 2, "factor": 2.0}, "position", "means nothing to boost"),
        ({"action": "exclude", "items": ("a",), "factor": 0.0}, "factor", "means nothing to exclude"),
        ({"action": "boost", "items": ("a",)}, "factor", "above 1"),
        ({"action": "boost", "items": ("a",), "factor": 1.0}, "factor", "above 1, got 1.0"),
        ({"action": "bury", "items": ("a",), "factor": 1.0}, "factor", "from 0 to below 1, got 1.0"),
        ({"action": "quota", "items": ("a",)}, "least", "or most is needed"),
        ({"action": "quota", "items": ("a",), "least": 0}, "least", "or most is needed"),
        ({"action": "quota", "items": ("a",), "least": 3, "most": 2}, "least", "not be above most, which is 2, got 3"),
        ({"action": "pin", "items": ("a",), "most": 2}, "most", "means nothing to a pin of named items"),
        ({"action": "pin", "filter": BRAND, "most": 0}, "most", "1 or more"),
        (
            {
                "action": "list",
                "items": ("a",),
                "starts": datetime(2026, 12, 24, tzinfo=UTC),
                "ends": datetime(2026, 12, 24, tzinfo=UTC),
            },
            "ends",
            "after starts",
        ),
        ({"action": "list", "items": ("a",), "placements": ("home", "hme")}, "placements[1]", 'did you mean "home"?'),
        ({"action": "list", "items": ("a",), "placements": ("zzz",)}, "placements[0]", "have: also-like, home"),
        ({"action": "exclude", "filter": {"field": "brnd", "eq": "Alto"}}, "filter.field", "brand"),
        ({"action": "exclude", "items": ("a",), "audience": {"vip": True}}, "audience", ""),
    ],
)
def test_what_is_wrong_is_named_with_its_field(fields: dict[str, Any], field: str, words: str) -> None:
    error = refused(fields)

    assert error.field == field
    assert words in error.message


def test_the_field_is_told_below_the_path_it_stands_at() -> None:
    assert refused({"action": "boost", "items": ("a",)}, "rules[3]").field == "rules[3].factor"
    assert refused({"action": "exclude", "filter": {"field": "brnd", "eq": 1}}, "rule").field == "rule.filter.field"


def test_a_rule_names_no_more_than_a_thousand_items() -> None:
    names = tuple(f"i{n}" for n in range(1_001))

    validate_rule(Rule(action="list", items=names[:1_000]), SCHEMA, PLACES)
    assert refused({"action": "list", "items": names}).field == "items"
    with pytest.raises(msgspec.ValidationError, match="length <= 1000"):
        msgspec.convert({"action": "list", "items": list(names)}, Rule)


def test_a_time_without_a_zone_is_utc() -> None:
    told = '{"action":"list","items":["a"],"starts":"%s"}'
    spans = [
        msgspec.json.decode(told % text, type=Rule).span
        for text in ("1970-01-01T00:01:00", "1970-01-01T01:01:00+01:00")
    ]

    assert spans == [(60.0, float("inf"))] * 2
