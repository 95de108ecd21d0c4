from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.clock import DAY
from penchant.dataset import Queries
from penchant.errors import FitFailed
from penchant.models import NextItems, Run, Tunable
from penchant.testing import ModelChecks, Row, dataset

PLAIN = {"half_life_days": None, "least_sequences": 1}


class TestNextItems(ModelChecks):
    recipe = NextItems(least_sequences=10)


class TestNextItemsOfSessions(ModelChecks):
    recipe = NextItems(window="session", steps=2, last=1, neighbours=4, half_life_days=None, least_sequences=10)


def walk(way, who="ann", day=10.0, step=1 / 1_440):
    return [Row(who, item, day + i * step) for i, item in enumerate(way)]


def asked(data, recipe, way, seeds=""):
    codes = data.items.codes(list(way))
    times = np.full(len(codes), data.now)
    queries = Queries.single(
        data.now, codes, times, [1.0] * len(codes), [0] * len(codes), data.items.codes(list(seeds))
    )
    items, scores = recipe.fit(data, Run()).retrieve(queries, 10).row(0)
    return {data.items.ids[i]: pytest.approx(float(s)) for i, s in zip(items, scores, strict=True)}


def test_what_follows_sooner_weighs_more():
    data = dataset(walk("abcd"))

    assert asked(data, NextItems(steps=2, **PLAIN), "a") == {"b": 1.0, "c": 0.5}
    assert asked(data, NextItems(steps=3, **PLAIN), "a") == {"b": 1.0, "c": 0.5, "d": 1 / 3}


def test_what_came_before_does_not_count():
    assert asked(dataset(walk("abcd")), NextItems(**PLAIN), "d") == {}


def test_every_time_counts():
    data = dataset(walk("ab") + walk("ab", "bob") + walk("ac", "cyd"))

    assert asked(data, NextItems(**PLAIN), "a") == {"b": 2.0, "c": 1.0}


def test_the_newest_steps_of_the_history_say_the_most():
    data = dataset(walk("ax") + walk("by", "bob"))

    assert asked(data, NextItems(**PLAIN), "ab") == {"y": 1.0, "x": 0.5}
    assert asked(data, NextItems(last=1, **PLAIN), "ab") == {"y": 1.0}


def test_seeds_are_where_the_person_is_now():
    data = dataset(walk("ax") + walk("by", "bob"))

    assert asked(data, NextItems(**PLAIN), "a", seeds="b") == {"y": 1.0, "x": 0.5}


def test_old_pairs_count_less():
    data = dataset(walk("ab", day=80, step=10) + walk("ac", "bob", day=70, step=10), now_day=100)

    assert asked(data, NextItems(half_life_days=10.0, least_sequences=1), "a") == {"b": 0.5, "c": 0.25}


def test_sessions_end_a_way():
    data = dataset(walk("ab") + walk("cd", day=20))

    assert asked(data, NextItems(window="session", **PLAIN), "a") == {"b": 1.0}
    assert asked(data, NextItems(window="person", **PLAIN), "a") == {"b": 1.0, "c": 0.5, "d": 1 / 3}


def test_an_item_may_come_again_but_is_not_similar_to_itself():
    data = dataset(walk("abab"))
    model = NextItems(**PLAIN).fit(data, Run())

    assert asked(data, NextItems(**PLAIN), "a") == {"b": 1 + 1 + 1 / 3, "a": 0.5}
    assert model.similar(data.items.codes(["a"]), 10).row(0)[0].tolist() == data.items.codes(["b"]).tolist()


def test_only_the_strongest_are_kept():
    data = dataset(walk("abcd"))

    assert asked(data, NextItems(neighbours=2, **PLAIN), "a") == {"b": 1.0, "c": 0.5}


def test_too_few_sequences_are_said():
    with pytest.raises(FitFailed, match="next-items: 1 sequences of two steps or more, 50 needed"):
        NextItems().fit(dataset([*walk("ab"), Row("bob", "a", 10)]), Run())


def test_settings_worth_a_try_begin_with_the_defaults():
    recipe = NextItems()

    assert isinstance(recipe, Tunable)
    assert {name: getattr(recipe, name) for name in recipe.tries} == {n: v[0] for n, v in recipe.tries.items()}


@given(st.lists(st.sampled_from("abcd"), min_size=2, max_size=12), st.integers(1, 5))
def test_rules_equal_a_count_by_hand(way, steps):
    data = dataset([Row("ann", item, 10 + i) for i, item in enumerate(way)])
    path = [item for i, item in enumerate(way) if i == 0 or item != way[i - 1]]
    wanted = {}
    for i, a in enumerate(path):
        for j in range(i + 1, min(i + steps, len(path) - 1) + 1):
            wanted[a, path[j]] = wanted.get((a, path[j]), 0.0) + 1.0 / (j - i)
    if len(path) < 2:
        return

    near = NextItems(steps=steps, **PLAIN).fit(data, Run()).following

    ids = data.items.ids
    got = {
        (ids[a], ids[near.items[at]]): float(near.scores[at])
        for a in range(len(ids))
        for at in range(near.ptr[a], near.ptr[a + 1])
    }
    assert got == pytest.approx(wanted)
    assert data.now == 100 * DAY
