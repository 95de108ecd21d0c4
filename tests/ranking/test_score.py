from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from penchant.catalog import Item, ItemTable
from penchant.dataset import Queries
from penchant.features import Batch, Feature
from penchant.ranking import Objective, Term, score
from penchant.slate import Candidates

TABLE = ItemTable(["a", "b", "c"], [Item(id=name) for name in "abc"])
NOBODY = Queries.single(0.0)
CANDIDATES = Candidates(np.array([0, 3]), np.array([2, 0, 1], np.int32), np.array([1.0, 0.5, 0.0], np.float32))


def feature(name: str, compute: Callable[..., Any]) -> Feature:
    return Feature(name, "share", (), "About.", compute)


def gives(*values: float) -> Callable[..., Any]:
    return lambda batch: np.array(values, np.float32)


def raises(batch: Batch) -> Any:
    raise KeyError("price")


FEATURES = {
    name: feature(name, compute)
    for name, compute in {
        "fit": gives(0.0, 1.0, 0.5),
        "hint": gives(np.nan, 1.0, np.nan),
        "broken": raises,
        "short": gives(1.0),
        "code": lambda batch: batch.candidates.items.astype(np.float32),
    }.items()
}


def value(*terms: tuple[str, float]) -> Any:
    objective = Objective("o", 1, "About.", tuple(Term(name, weight) for name, weight in terms))
    return score(objective, FEATURES, Batch(NOBODY, CANDIDATES, TABLE))


def test_value_is_the_sum_of_the_terms() -> None:
    found = value(("relevance", 2.0), ("fit", 0.5))

    assert found.value.tolist() == [2.0, 1.5, 0.25]
    assert {name: share.tolist() for name, share in found.terms.items()} == {
        "relevance": [2.0, 1.0, 0.0],
        "fit": [0.0, 0.5, 0.25],
    }
    assert found.failed == {}


def test_a_term_may_take_away() -> None:
    assert value(("relevance", 1.0), ("fit", -1.0)).value.tolist() == [1.0, -0.5, -0.5]


def test_what_can_say_nothing_adds_nothing() -> None:
    assert value(("relevance", 1.0), ("hint", 0.5)).value.tolist() == [1.0, 1.0, 0.0]


def test_features_see_the_candidates_in_their_order() -> None:
    assert value(("code", 1.0)).value.tolist() == [2.0, 0.0, 1.0]


def test_no_terms_are_no_value() -> None:
    assert value().value.tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("broken", "KeyError: 'price'"),
        ("short", "ValueError: (1,) values for (3,) candidates"),
        ("missing", "KeyError: 'missing'"),
    ],
)
def test_a_feature_that_fails_is_named_and_adds_nothing(name: str, text: str) -> None:
    found = value(("relevance", 1.0), (name, 9.0), ("fit", 1.0))

    assert found.value.tolist() == [1.0, 1.5, 0.5]
    assert found.failed == {name: text}
    assert name not in found.terms


def test_several_requests_are_valued_at_once() -> None:
    two = Candidates(np.array([0, 1, 3]), CANDIDATES.items, CANDIDATES.scores)
    queries = Queries(
        np.zeros(3, np.int64),
        np.zeros(0, np.int32),
        np.zeros(0),
        np.zeros(0, np.float32),
        np.zeros(0, np.int8),
        np.zeros(2),
        np.zeros(3, np.int64),
        np.zeros(0, np.int32),
    )
    objective = Objective("o", 1, "About.", (Term("relevance", 1.0),))

    assert score(objective, {}, Batch(queries, two, TABLE)).value.tolist() == [1.0, 0.5, 0.0]
