from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from penchant.dataset import Queries
from penchant.pack import Pack, Placement, Source
from penchant.placements import Parts, retrieval
from penchant.placements.retrieval import Retrieval, Retrieved, latest, scaled
from penchant.slate import Candidates

Listing = Callable[..., Any]


@pytest.fixture
def ask(pack: Pack, make_shelf: Callable[..., Any]) -> Callable[..., Retrieved]:
    table = make_shelf(*[{}] * 5)

    def retrieved(models: dict[str, Any], *sources: Source, queries: Queries | None = None) -> Retrieved:
        place = Placement(name="p", about="P.", sources=sources)
        parts = Parts(pack, models, table, len(table))
        return Retrieval(place, parts, queries or Queries.single(0.0), np.ones(5, bool), lambda: True).found()

    return retrieved


def by_code(found: Retrieved, values: Any) -> dict[int, float]:
    return {int(code): round(float(value), 4) for code, value in zip(found.items, values, strict=True)}


def test_scores_are_scaled_by_the_best() -> None:
    np.testing.assert_allclose(scaled(np.array([4.0, 2.0, 0.0, -1.0], np.float32)), [1.0, 0.5, 0.0, 0.0])


def test_a_flat_list_stays_flat() -> None:
    np.testing.assert_allclose(scaled(np.array([0.2, 0.2], np.float32)), [1.0, 1.0])


@pytest.mark.parametrize("scores", [[], [0.0, 0.0], [-2.0, -3.0]])
def test_scores_that_say_nothing_are_nothing(scores: list[float]) -> None:
    assert scaled(np.array(scores, np.float32)).tolist() == [0.0] * len(scores)


def test_relevance_is_the_weighted_mean_of_what_sources_say(ask: Callable[..., Retrieved], listing: Listing) -> None:
    models = {"a": listing({0: 10.0, 1: 5.0}), "b": listing({1: 0.2, 2: 0.1})}
    found = ask(models, Source(model="a", weight=3.0), Source(model="b", weight=1.0))

    assert by_code(found, found.relevance) == {0: 0.75, 1: 0.625, 2: 0.125}
    assert by_code(found, found.shares["a"]) == {0: 0.75, 1: 0.375, 2: 0.0}
    assert by_code(found, found.shares["b"]) == {0: 0.0, 1: 0.25, 2: 0.125}


def test_a_source_that_finds_nothing_takes_no_share(ask: Callable[..., Retrieved], listing: Listing) -> None:
    found = ask({"a": listing({0: 1.0}), "b": listing({})}, Source(model="a"), Source(model="b", weight=9.0))

    assert by_code(found, found.relevance) == {0: 1.0}


class Near:
    """Two items near i0, two near i1."""

    def similar(self, items: Any, k: int, allowed: Any = None) -> Candidates:
        rows = {0: ([2, 3], [1.0, 0.5]), 1: ([3, 4], [4.0, 1.0])}
        found = [rows[code] for code in items.tolist()]
        return Candidates.from_rows([(np.array(c, np.int32), np.array(s, np.float32)) for c, s in found])


def test_several_seeds_add_up(ask: Callable[..., Retrieved]) -> None:
    found = ask({"a": Near()}, Source(model="a", reads="seeds"), queries=Queries.single(0.0, seeds=[0, 1]))

    # i3: half of the best of the first seed and the best of the second: 1.5, the best of all.
    assert by_code(found, found.relevance) == {2: 0.6667, 3: 1.0, 4: 0.1667}


def test_of_several_seeds_no_more_than_k_are_taken(ask: Callable[..., Retrieved]) -> None:
    found = ask({"a": Near()}, Source(model="a", reads="seeds", k=1), queries=Queries.single(0.0, seeds=[0, 1]))

    assert found.items.tolist() == [3]


def test_the_latest_items_stand_in_for_seeds(ask: Callable[..., Retrieved], listing: Listing) -> None:
    model = listing({0: 1.0})
    history = Queries.single(0.0, [4, 1, 2, 1, 3, 0], range(6), [1, 1, 1, 1, 1, -1], [0] * 6)
    ask({"a": model}, Source(model="a", reads="seeds"), queries=history)

    assert model.asked == [[3, 1, 2]]


def test_seeds_are_asked_for_when_a_request_names_them(ask: Callable[..., Retrieved], listing: Listing) -> None:
    model = listing({0: 1.0})
    history = Queries.single(0.0, [4], [0.0], [1.0], [0], seeds=[2])
    ask({"a": model}, Source(model="a", reads="seeds"), queries=history)

    assert model.asked == [[2]]


def test_nobody_has_no_latest_items() -> None:
    assert latest(Queries.single(0.0)).tolist() == []
    assert latest(Queries.single(0.0, [1], [0.0], [-1.0], [3])).tolist() == []


def test_no_source_finds_nothing(ask: Callable[..., Retrieved]) -> None:
    found = ask({})

    assert (len(found.items), len(found.relevance), found.shares) == (0, 0, {})


def test_what_differs_is_looked_up_once_for_all_sources(
    ask: Callable[..., Retrieved], listing: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields: list[str] = []
    differing = retrieval.unlike
    monkeypatch.setattr(retrieval, "unlike", lambda field, *rest: fields.append(field) or differing(field, *rest))
    models = {"a": listing({0: 1.0}), "b": listing({1: 1.0})}

    ask(models, Source(model="a", differs="kind"), Source(model="b", differs="kind"))

    assert fields == ["kind"]
