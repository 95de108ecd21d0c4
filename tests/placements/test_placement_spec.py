"""What a placement says of variety, age and chance, laid over what it starts from."""

from __future__ import annotations

import msgspec
import pytest

from penchant.pack import Ageing, Diversity, Placement
from penchant.placements import PlacementSpec

HOME = Placement(
    name="home",
    about="Home.",
    sources=(),
    learns="next",
    diversity=Diversity(field="kind", weight=0.1),
    freshness=Ageing(field="out", half_life_days=3),
    explore=0.1,
)


def laid(text: str) -> Placement:
    return msgspec.json.decode(text, type=PlacementSpec).laid_over("home", {"home": HOME})


def test_what_is_not_said_stays() -> None:
    assert laid('{"size": 3}') == msgspec.structs.replace(HOME, size=3)


def test_what_is_said_takes_the_place_of_what_was() -> None:
    made = laid(
        """{"diversity": {"field": "sets"}, "explore": 0.0,
            "freshness": {"field": "out", "half_life_days": 1, "by": "kind", "half_lives": {"a": 9}}}"""
    )

    assert made.diversity == Diversity(field="sets", weight=0.2)
    assert made.freshness == Ageing(field="out", half_life_days=1, least=0.5, by="kind", half_lives={"a": 9})
    assert made.explore == 0.0


def test_none_takes_it_away() -> None:
    made = laid('{"diversity": "none", "freshness": "none", "learns": "none"}')

    assert (made.diversity, made.freshness, made.learns, made.explore) == (None, None, None, 0.1)


@pytest.mark.parametrize(
    "text",
    [
        '{"diversity": {"weight": 0.1}}',
        '{"diversity": {"field": "kind", "weight": 0.6}}',
        '{"diversity": {"field": "kind", "wieght": 0.1}}',
        '{"diversity": "off"}',
        '{"freshness": {"field": "out"}}',
        '{"freshness": {"field": "out", "half_life_days": 0}}',
        '{"freshness": {"field": "out", "half_life_days": 1, "least": 1.5}}',
        '{"explore": 0.3}',
    ],
)
def test_what_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        laid(text)
