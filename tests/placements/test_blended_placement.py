"""The source `blend`: what is served is what was judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from penchant.catalog import About
from penchant.clock import FixedClock
from penchant.dataset import Dataset, Queries
from penchant.evaluation import blended, judge
from penchant.evaluation.lists import propose
from penchant.models import ALS, BLEND_DEPTH, Blend, Fitted, ItemKNN, PersonalTop, Popular, Retriever, Run, Share
from penchant.pack import Facts, Pack, Placement, Source
from penchant.placements import Answer, Ask, Parts, answer
from penchant.slate import Candidates, Reason
from penchant.testing import tiny_dataset

RECIPES = {"popular": Popular(), "als": ALS(), "item-knn": ItemKNN(), "habit": PersonalTop()}
PERSON = (
    Share(model="habit", weight=0.5),
    Share(model="als", weight=0.3),
    Share(model="item-knn", weight=0.2),
)
ITEM = (Share(model="item-knn", reads="seeds", weight=0.6), Share(model="als", reads="person", weight=0.4))


@pytest.fixture(scope="module")
def data() -> Dataset:
    return tiny_dataset()


@pytest.fixture(scope="module")
def cut(data: Dataset) -> float:
    return float(np.quantile(data.interactions.time, 0.6))


@pytest.fixture(scope="module")
def models(data: Dataset, cut: float) -> dict[str, Fitted]:
    return {name: recipe.fit(data.before(cut), Run()) for name, recipe in RECIPES.items()}


@pytest.fixture(scope="module")
def serve(
    pack: Pack, data: Dataset, models: dict[str, Fitted], make_shelf: Callable[..., Any]
) -> Callable[..., Answer]:
    table = make_shelf(*[{}] * len(data.items))
    ours = replace(pack, models=RECIPES)

    def served(blend: Blend, queries: Queries, eligible: Any, size: int = 5, **fields: Any) -> Answer:
        place = Placement(name="home", about="P.", sources=(Source(model="blend"),), fallback=(), **fields)
        parts = Parts(ours, models, table, len(table), {"home": blend})
        ask = Ask(Facts(queries), size, ours.objectives[0], eligible, about=About(queries.seeds, {}, 0.0))
        return answer(place, parts, ask, FixedClock(0.0))

    return served


def ids(found: Answer) -> list[str]:
    return [item.id for item in found.items]


@pytest.mark.parametrize("by", ["rank", "score"])
def test_the_list_that_is_served_is_the_list_that_was_judged(
    by: Any, data: Dataset, cut: float, models: dict[str, Fitted], serve: Callable[..., Answer]
) -> None:
    until = float(data.interactions.time.max()) + 1.0
    targets = judge(data, data.before(cut), cut, until, "new", max_people=100, seed=7)
    blend = Blend(by=by, shares=PERSON)
    lists: dict[Any, Candidates] = {
        (name, "person"): propose(model, targets, BLEND_DEPTH)
        for name, model in models.items()  # type: ignore[arg-type]
    }
    judged = blended(lists, blend, 5)

    assert len(targets) > 3
    for i in range(len(targets)):
        queries = targets.queries.take(i, i + 1)
        allowed = targets.allowed(i, i + 1)
        found = serve(blend, queries, allowed if allowed.ndim == 1 else allowed[0])
        assert ids(found) == [f"i{code}" for code in judged.row(i)[0].tolist()]
        assert found.degraded == ()


@pytest.mark.parametrize("by", ["rank", "score"])
def test_a_request_about_an_item_gets_the_list_that_was_judged(
    by: Any, data: Dataset, models: dict[str, Fitted], serve: Callable[..., Answer]
) -> None:
    blend = Blend(by=by, shares=ITEM)
    for seed in range(min(len(data.items), 4)):
        queries = Queries.single(0.0, [1, 2], [-2.0, -1.0], [1.0, 1.0], [0, 0], seeds=[seed])
        allowed = np.ones(len(data.items), bool)
        allowed[seed] = False
        knn, als = models["item-knn"], models["als"]
        assert isinstance(als, Retriever)
        lists: dict[Any, Candidates] = {
            ("item-knn", "seeds"): knn.similar(np.array([seed], np.int32), BLEND_DEPTH, allowed),  # type: ignore[attr-defined]
            ("als", "person"): als.retrieve(queries, BLEND_DEPTH, allowed),
        }
        judged = blended(lists, blend, 5)
        found = serve(blend, queries, np.ones(len(data.items), bool), needs=("item",))
        assert ids(found) == [f"i{code}" for code in judged.row(0)[0].tolist()]


def test_an_item_names_the_models_of_the_blend_that_proposed_it_and_says_why(
    data: Dataset, serve: Callable[..., Answer]
) -> None:
    queries = Queries.single(0.0, [1, 2], [-2.0, -1.0], [1.0, 1.0], [0, 0])
    first = serve(Blend(shares=(Share(model="als", weight=1.0),)), queries, np.ones(len(data.items), bool)).items[0]

    assert first.source == ("blend", "blend:als")
    assert first.reasons == (Reason("similar_taste", "people with a taste like yours chose it"),)


def test_models_without_a_weight_are_not_asked(
    pack: Pack, make_shelf: Callable[..., Any], listing: Callable[..., Any]
) -> None:
    table, asked, idle = make_shelf(*[{}] * 3), listing({0: 2.0, 1: 1.0}), listing({2: 1.0})
    place = Placement(name="home", about="P.", sources=(Source(model="blend"),), fallback=())
    blend = Blend(shares=(Share(model="asked", weight=1.0),))
    parts = Parts(pack, {"asked": asked, "idle": idle}, table, 3, {"home": blend})
    ask = Ask(Facts(Queries.single(0.0)), 2, pack.objectives[0], np.ones(3, bool))

    assert ids(answer(place, parts, ask, FixedClock(0.0))) == ["i0", "i1"]
    assert (len(asked.asked), idle.asked) == (1, [])


def test_of_several_seeds_each_counts_the_same(
    pack: Pack, make_shelf: Callable[..., Any], listing: Callable[..., Any]
) -> None:
    class Near:
        def similar(self, items: Any, k: int, allowed: Any = None) -> Candidates:
            rows = {0: ([2, 3], [9.0, 8.0]), 1: ([3, 4], [0.2, 0.1])}
            found = [rows[code] for code in items.tolist()]
            return Candidates.from_rows([(np.array(c, np.int32), np.array(s, np.float32)) for c, s in found])

    table = make_shelf(*[{}] * 5)
    place = Placement(name="home", about="P.", sources=(Source(model="blend"),), fallback=(), needs=("item",))
    parts = Parts(
        pack, {"near": Near()}, table, 5, {"home": Blend(shares=(Share(model="near", reads="seeds", weight=1.0),))}
    )
    ask = Ask(Facts(Queries.single(0.0, seeds=[0, 1])), 3, pack.objectives[0], np.ones(5, bool))

    assert ids(answer(place, parts, ask, FixedClock(0.0))) == ["i3", "i2", "i4"]


def test_a_placement_the_release_does_not_know_has_the_blend_of_its_task(pack: Pack) -> None:
    def place(name: str, learns: Any) -> Placement:
        return Placement(name=name, about="P.", sources=(), learns=learns)

    ours = replace(pack, placements=(place("home", "next"), place("near", "together")))
    next_, near = Blend(shares=PERSON), Blend(shares=ITEM)
    parts = Parts(ours, {}, None, 0, {"home": next_, "near": near})  # type: ignore[arg-type]

    assert parts.blend_of(place("landing", "together")) == near
    assert parts.blend_of(place("home", "next")) == next_
    assert parts.blend_of(place("other", "again")) is None
