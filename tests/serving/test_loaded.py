from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from penchant.models import Blend, Share
from penchant.packs.product import PACK
from penchant.serving.loaded import Loaded, load
from penchant.storage import ITEM_SPACE, Part, Releases, pack_text


@pytest.fixture
def loads(releases: Releases) -> Callable[..., Loaded]:
    def made(settings: dict[str, Any]) -> Loaded:
        arrays = {"order": np.array([1, 0], np.int32), "scores": np.array([1.0, 2.0], np.float32)}
        parts = {
            ITEM_SPACE: Part("items", pack_text(["a", "b"])),
            "popular": Part("popular", arrays),
            "blend": Part("blend", {}, settings),
        }
        releases.publish("shop", "product", parts, now=0.0, config="", version="0", evidence={}, keep=3)
        return load("shop", PACK, releases)

    return made


def share(model: str, weight: float) -> dict[str, Any]:
    return {"model": model, "reads": "person", "weight": weight}


def test_each_placement_has_its_own_blend(loads: Callable[..., Loaded]) -> None:
    home, near = {"by": "score", "shares": [share("popular", 1.0)]}, {"by": "rank", "shares": [share("popular", 1.0)]}
    found = loads({"placements": {"home": home, "near": near}})

    one = (Share(model="popular", weight=1.0),)
    assert found.blends == {"home": Blend(by="score", shares=one), "near": Blend(shares=one)}
    assert found.notes == ()


def test_a_release_of_before_has_its_one_blend_everywhere_and_a_note(loads: Callable[..., Loaded]) -> None:
    found = loads({"weights": {"popular": 1.0}})

    assert set(found.blends) == {placement.name for placement in PACK.placements}
    assert set(found.blends.values()) == {Blend(shares=(Share(model="popular", weight=1.0),))}
    assert found.notes == ("the release has one blend for all placements: train again to give each its own",)


def test_a_model_that_is_missing_is_left_out_of_blends_and_noted(loads: Callable[..., Loaded]) -> None:
    mixed, alone = [share("popular", 0.4), share("als", 0.6)], [share("als", 1.0)]
    found = loads({"placements": {"home": {"shares": mixed}, "near": {"shares": alone}}})

    assert found.blends == {"home": Blend(shares=(Share(model="popular", weight=0.4),))}
    assert found.notes == ("model als is missing from blends",)


@pytest.mark.parametrize("settings", [{}, {"placements": {"home": {"by": "vote"}}}, {"weights": [1]}])
def test_blends_that_cannot_be_read_are_noted_and_the_models_answer(
    loads: Callable[..., Loaded], settings: dict[str, Any]
) -> None:
    found = loads(settings)

    assert (found.blends, set(found.models)) == ({}, {"popular"})
    assert found.notes[0].startswith("the blends of the release cannot be read: ")
