from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from penchant.catalog import Attribute, Schema
from penchant.models import AttributeSimilarity, PersonalTop
from penchant.pack import Ageing, Diversity, Order, Pack, Placement, Source
from penchant.packs import product
from penchant.placements import problems

ALIKE = AttributeSimilarity(attributes=(Attribute("kind", "category"),))


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, []),
        ({"constraints": ("in-stock", "in-stok")}, ['no constraint "in-stok"']),
        ({"sources": (Source(model="als"),)}, ['no model "als"']),
        ({"sources": (Source(model="habit", reads="seeds"),)}, ['model "habit" cannot find similar items']),
        ({"sources": (Source(model="alike", reads="seeds", differs="kind"),)}, []),
        ({"sources": (Source(model="habit", differs="colour"),)}, ['no field "colour" to differ in']),
        ({"sources": (Source(model="habit"), Source(model="habit"))}, ['model "habit" is a source twice']),
        ({"fallback": ("habit", "top")}, ['no model "top" to fall back on']),
        ({"objective": "profit"}, ['no objective "profit"']),
        ({"objective": "bonus"}, []),
        ({"caps": {"kind": 1, "colour": 2}}, ['no field "colour" to cap']),
        ({"diversity": Diversity(field="kind")}, []),
        ({"diversity": Diversity(field="sets")}, []),
        ({"diversity": Diversity(field="colour")}, ['no text or tags field "colour" to vary by']),
        ({"diversity": Diversity(field="stock")}, ['no text or tags field "stock" to vary by']),
        (
            {"freshness": Ageing(field="stock", half_life_days=7, by="sets", half_lives={"a": 1.0})},
            ['no time field "stock" to age by', 'no text field "sets" to age otherwise by'],
        ),
        (
            {"freshness": Ageing(field="made", half_life_days=7, half_lives={"a": 1.0})},
            ['no time field "made" to age by', "half-lives by value need the field that has them (by)"],
        ),
        ({"sources": (Source(model="editorial", first=True),)}, []),
        ({"sources": (Source(model="curated", reads="seeds", shares="sets", differs="kind"),)}, []),
        ({"sources": (Source(model="curated", shares="looks"),)}, ['no field "looks" to share']),
        ({"sources": (Source(model="habit", shares="sets"),)}, ['"habit" has no sets to share']),
        ({"sources": (Source(model="editorial", differs="colour"),)}, ['no field "colour" to differ in']),
        ({"filter": {"field": "stock", "range": [1, None]}}, []),
        (
            {"sources": (Source(model="als"),), "objective": "profit", "caps": {"colour": 1}},
            ['no model "als"', 'no objective "profit"', 'no field "colour" to cap'],
        ),
    ],
)
def test_every_name_that_is_not_real_is_told(pack: Pack, fields: dict[str, Any], wrong: list[str]) -> None:
    pack = replace(pack, models={"habit": PersonalTop(), "alike": ALIKE})
    given = {"sources": (Source(model="habit"),), "fallback": (), **fields}

    assert problems(Placement(name="p", about="P.", **given), pack) == wrong


def test_a_filter_that_is_wrong_is_told_by_the_domains_own_fields(pack: Pack) -> None:
    wanted = {"field": "attributes.season", "eq": "winter"}
    placement = Placement(name="p", about="P.", sources=(), fallback=(), filter=wanted)

    assert problems(placement, pack)[0].startswith("filter.field: ")
    assert problems(placement, pack, Schema.of(pack.item, {"season": "text"})) == []


def test_a_model_that_only_finds_similar_items_cannot_retrieve_for_people(pack: Pack) -> None:
    class Near:
        def similar(self, items: Any, k: int, allowed: Any = None) -> Any: ...

    class Recipe:
        kind, fitted = "near", Near

    pack = replace(pack, models={"near": Recipe()})  # type: ignore[dict-item]
    placement = Placement(name="p", about="P.", sources=(Source(model="near"),), fallback=())

    assert problems(placement, pack) == ['model "near" cannot retrieve for people']


def test_what_is_varied_by_shows_and_must_not_be_private() -> None:
    placement = Placement(
        name="p", about="P.", sources=(), fallback=(), diversity=Diversity(field="labels"), order=Order()
    )

    assert problems(placement, product.PACK) == ['field "labels" is private: what is varied by shows']
