"""docs/filters.md: every example is read as it stands, and every refusal is the one that is printed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from penchant.catalog import Schema, parse_audience, parse_filter
from penchant.catalog.filters.shape import LONGEST, TESTS, WIDEST
from penchant.catalog.filters.tree import DEPTH, NODES
from penchant.errors import InvalidRequest
from penchant.packs.content.items import Content
from penchant.packs.product.items import Product

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "filters.md").read_text(encoding="utf-8")
SCHEMAS = [Schema.of(Product, {"grip": "number"}), Schema.of(Content)]


def examples(mark: str) -> list[Any]:
    found = []
    for block in re.findall(rf"^```{mark}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        decoder, rest = json.JSONDecoder(), block.strip()
        while rest:
            one, end = decoder.raw_decode(rest)
            found.append(one)
            rest = rest[end:].strip()
    return found


def test_every_example_is_a_filter() -> None:
    found = examples("json")

    assert len(found) == 17
    for one in found:
        parse_filter(one, SCHEMAS["topics" in json.dumps(one)])


def test_every_example_of_an_audience_is_one() -> None:
    found = examples("json audience")

    assert len(found) == 1
    for one in found:
        parse_audience(one)


REFUSALS = re.findall(r"^\| `(\{.*\})` \| `([^`]+)` \| (.+) \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize(("text", "field", "message"), REFUSALS)
def test_every_refusal_is_the_one_that_is_printed(text: str, field: str, message: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_filter(json.loads(text), SCHEMAS[0])

    assert caught.value.field == field
    assert caught.value.wanted == message


def test_the_page_has_refusals() -> None:
    assert len(REFUSALS) == 8


def test_every_test_and_limit_is_on_the_page() -> None:
    assert {test for test in TESTS if f'| `"{test}": ' not in PAGE} == set()
    assert f"as deep as {DEPTH} and as many as {NODES:,}" in PAGE
    assert f"at most {LONGEST:,}" in PAGE
    assert f"0 to {WIDEST:g}" in PAGE
