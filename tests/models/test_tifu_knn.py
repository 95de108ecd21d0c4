from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.clock import DAY
from penchant.dataset import Queries
from penchant.errors import FitFailed
from penchant.models import TIFUKNN, Run
from penchant.models.occasions import Timelines
from penchant.testing import ModelChecks, Row, dataset

PLAIN: dict[str, Any] = {"least_people": 1, "demand": 0.0}
DATA = dataset(
    [
        *[Row("ann", "tea", day) for day in (10, 20, 30)],
        Row("ann", "milk", 30),
        *[Row("bob", "tea", day) for day in (10, 20)],
        *[Row("bob", "rice", day) for day in (10, 20)],
        *[Row("cyd", "oil", day) for day in (10, 20)],
    ]
)


class TestTIFUKNN(ModelChecks):
    recipe = TIFUKNN(least_people=1, neighbours=5)


class TestTIFUKNNOfASample(ModelChecks):
    recipe = TIFUKNN(least_people=1, sample=8, group=2, gap_hours=0.0, roles=("goal", "weak"))


def vector(recipe, person, data=DATA):
    ptr, items, values = recipe.vectors(Timelines.known(data, recipe.roles))
    span = slice(*ptr[data.people.code(person) :][:2])
    return {data.items.ids[i]: pytest.approx(float(v)) for i, v in zip(items[span], values[span], strict=True)}


def ask(recipe, person, data=DATA, trained=DATA):
    found = recipe.fit(trained, Run()).retrieve(data.queries(data.people.codes([person])), 10)
    codes, scores = found.row(0)
    return {data.items.ids[code]: pytest.approx(float(score)) for code, score in zip(codes, scores, strict=True)}


def test_a_basket_counts_less_with_each_newer_one_of_its_group_and_a_group_with_each_newer_one():
    recipe = TIFUKNN(group=2, within_decay=0.5, group_decay=0.1, **PLAIN)

    # Counted from the last: two baskets in the newest group, one in the older; two groups.
    assert vector(recipe, "ann") == {
        "tea": (1.0 + 0.5) / 2 / 2 + 0.1 / 1 / 2,
        "milk": 1.0 / 2 / 2,
    }


def test_without_decay_a_vector_is_the_share_of_the_baskets_that_held_an_item():
    assert vector(TIFUKNN(group=9, within_decay=1.0, **PLAIN), "ann") == {"tea": 1.0, "milk": 1 / 3}


def test_the_own_vector_is_mixed_with_the_mean_of_the_neighbours():
    recipe = TIFUKNN(group=9, within_decay=1.0, own=0.6, **PLAIN)

    # Bob alone shares an item with ann; she herself is in the data too.
    assert ask(recipe, "ann") == {"tea": 0.6 * 1.0 + 0.4 * 1.0, "rice": 0.4 * 1.0, "milk": 0.6 / 3}


def test_a_person_who_has_done_more_since_the_fit_is_still_not_their_own_neighbour():
    rows = [Row("ann", "salt", 101), *[Row("ann", "tea", day) for day in (10, 20, 30)], Row("ann", "milk", 30)]
    later = dataset([*rows, Row("x", "rice", 1), Row("x", "oil", 1)], now_day=102)
    query = later.queries(later.people.codes(["ann"]))
    told = np.array([DATA.items.code(later.items.ids[i]) if later.items.ids[i] != "salt" else -1 for i in query.items])
    query = Queries(
        query.ptr,
        told.astype(np.int32),
        query.times,
        query.weights,
        query.roles,
        query.now,
        query.seed_ptr,
        query.seeds,
    )

    codes, _ = TIFUKNN(own=0.0, **PLAIN).fit(DATA, Run()).retrieve(query, 10).row(0)

    assert {DATA.items.ids[code] for code in codes} == {"tea", "rice"}  # bob's, not her own milk


def test_a_person_without_neighbours_is_left_with_what_they_had():
    assert list(ask(TIFUKNN(**PLAIN), "cyd")) == ["oil"]


def test_what_is_wanted_these_days_stands_higher():
    rows = [*[Row("ann", item, day) for day in (10, 20) for item in ("tea", "milk")], *[Row("bob", "milk", 99)] * 3]
    data = dataset(rows)

    found = ask(TIFUKNN(least_people=1, demand=0.5), "ann", data, data)

    assert list(found) == ["milk", "tea"]


def test_too_few_people_are_said():
    with pytest.raises(FitFailed, match="tifu-knn: 3 people with two events or more, 20 needed"):
        TIFUKNN().fit(DATA, Run())


@given(
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from("abc")), min_size=1, max_size=20),
    st.integers(1, 5),
    st.floats(0.1, 1.0),
    st.floats(0.1, 1.0),
)
def test_a_vector_lies_between_zero_and_one(events, group, within_decay, group_decay):
    recipe = TIFUKNN(group=group, within_decay=within_decay, group_decay=group_decay)
    items = np.array(["abc".index(item) for _, item in sorted(events)], np.int32)
    times = np.array([day * DAY for day, _ in sorted(events)], np.float64)

    _, found, values = recipe.vectors(Timelines(np.array([0, len(items)], np.int64), items, times, 3))

    assert found.tolist() == sorted(set(items.tolist()))
    assert (values > 0).all()
    assert (values <= 1.0 + 1e-9).all()
