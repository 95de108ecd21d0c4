"""What docs/requests.md shows can be sent as it stands."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec

from penchant.catalog import Schema, parse_filter
from penchant.engine import installed_packs
from penchant.placements import Rule
from penchant.serving import RecommendationRequest, SlatesRequest
from penchant.serving.boosts import boosts

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "requests.md").read_text(encoding="utf-8")
BLOCKS = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
CALLS = [json.loads(text) for text in re.findall(r"/v1/slates -d '(.*?)'\n", PAGE, re.DOTALL)]
SHOP = Schema.of(installed_packs()["product"].item)


def shown(name: str) -> list[dict[str, Any]]:
    return [block for block in BLOCKS if name in block]


def test_requests_of_one_placement_are_understood() -> None:
    requests = [msgspec.convert(block, RecommendationRequest) for block in shown("placement")]

    assert len(requests) == 3
    for request in requests:
        boosts(request.boost, SHOP)


def test_the_call_of_several_placements_is_understood_and_its_answer_is_of_them() -> None:
    (call,) = [msgspec.convert(told, SlatesRequest) for told in CALLS]
    (answer,) = shown("slates")

    assert [slate["placement"] for slate in answer["slates"]] == [block.placement for block in call.blocks]
    for block in call.blocks:
        if block.filter is not None:
            parse_filter(block.filter, SHOP)


def test_the_rule_is_one() -> None:
    (rule,) = [msgspec.convert(block, Rule) for block in shown("action")]

    assert rule.action == "boost"


def test_the_private_fields_of_each_item_type_are_told() -> None:
    rows = dict(re.findall(r"^\| (Product|Content|Module) \| (.*) \|$", PAGE, re.MULTILINE))

    for pack in installed_packs().values():
        told = set(re.findall(r"`(\w+)`", rows[pack.item.__name__]))
        assert told == {*pack.item.private, "attributes"}, pack.name
