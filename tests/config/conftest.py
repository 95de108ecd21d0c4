"""Packs made up for these tests, and a short way from a document to its problems."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from penchant.config import Formulas, PackNames, Workspace, load
from penchant.errors import ConfigError, ConfigProblem, Mistake, nearest


class Factors(msgspec.Struct, frozen=True, kw_only=True):
    """A model's settings; `field` has no default, as with a recipe that a pack must complete."""

    field: str
    factors: Annotated[int, Meta(ge=1, le=1024)] = 64
    half_life_days: Annotated[float, Meta(gt=0)] | None = None
    roles: tuple[Literal["goal", "strong", "weak"], ...] = ("goal",)


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    """An item."""

    id: str
    title: str = ""
    brand: str | None = None
    kind: Literal["small", "large"] = "small"
    topics: tuple[str, ...] = ()
    price: float | None = None
    active: bool = True
    attributes: dict[str, Any] = {}


def filter_problem(filter_: object, free: Mapping[str, Any]) -> tuple[str, str] | None:
    """What the engine's own check would say, of filters on one field."""
    field = filter_["field"] if isinstance(filter_, dict) else None
    if field in (*Thing.__struct_fields__, *(f"attributes.{name}" for name in free)):
        return None
    return "filter.field", f'no such field, got "{field}"'


def mistakes(text: str, constants: Collection[str], free: Mapping[str, Any]) -> Sequence[Mistake]:
    """What the engine's own check would say, of formulas that are one word after the other."""
    names = {"p_goal", "p_back", "price", *constants, *free}
    wrong = [word for word in text.split() if word not in names]
    return [Mistake(text.index(word) + 1, f'no name "{word}"', nearest(word, names)) for word in wrong]


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of model that cannot do without a setting."""

    by: str
    top: Annotated[int, Meta(ge=1)] = 10


PACKS = {
    "product": PackNames(
        models={"als": Factors, "item-knn": Factors, "popular-week": Factors},
        objectives=("conversion", "revenue", "profit"),
        placements=("home", "also-like", "similar"),
        item=Thing,
        filter_problem=filter_problem,
        formulas=Formulas(
            {"conversion": (), "revenue": (), "profit": ("return_cost",)}, ("p_goal", "p_back"), mistakes
        ),
        kinds={"als": Factors, "by": Field},
        reasons=("alike", "popular"),
    ),
    "content": PackNames(models={}, objectives=("attention",), placements=("feed",), item=Thing, kinds={}),
}


@pytest.fixture
def packs() -> Mapping[str, PackNames]:
    return PACKS


Loads = Callable[..., Workspace]
Problems = Callable[..., list[ConfigProblem]]


@pytest.fixture
def loads(tmp_path: Path) -> Loads:
    """Write a document and load it."""

    def load_text(text: str, environment: Mapping[str, str] | None = None) -> Workspace:
        file = tmp_path / "penchant.toml"
        file.write_text(text, encoding="utf-8", newline="")
        return load(file, packs=PACKS, environment=environment or {})

    return load_text


@pytest.fixture
def problems(loads: Loads) -> Problems:
    """Write a document that is wrong, load it, and give what is wrong."""

    def problems_of(text: str, environment: Mapping[str, str] | None = None) -> list[ConfigProblem]:
        with pytest.raises(ConfigError) as caught:
            loads(text, environment)
        return list(caught.value.problems)

    return problems_of


@pytest.fixture
def one_problem(problems: Problems) -> Callable[..., str]:
    """The text of the only problem of a document."""

    def only(text: str, environment: Mapping[str, str] | None = None) -> str:
        found = problems(text, environment)
        assert len(found) == 1, [str(p) for p in found]
        return str(found[0])

    return only
