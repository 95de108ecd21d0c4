from __future__ import annotations

import numpy as np
import pytest

from penchant.clock import DAY
from penchant.dataset import Queries
from penchant.errors import FitFailed
from penchant.models import Run, SessionKNN, Tunable
from penchant.testing import ModelChecks, Row, dataset, tiny_dataset

PLAIN = {"rarity": 0.0, "half_life_steps": None, "half_life_days": None, "least_sequences": 1}
WALKS = {"ann": "abc", "bob": "abd", "cyd": "bce", "dan": "xyz"}


class TestSessionKNN(ModelChecks):
    recipe = SessionKNN(least_sequences=10)


class TestSessionKNNVmis(ModelChecks):
    recipe = SessionKNN(style="vmis", fade="linear", last=4, neighbours=5, latest=8, least_sequences=10)


class TestSessionKNNOfSessions(ModelChecks):
    recipe = SessionKNN(window="session", fade="harmonic", half_life_steps=2.0, rarity=1.0, least_sequences=10)


class TestSessionKNNQuadratic(ModelChecks):
    recipe = SessionKNN(fade="quadratic", half_life_days=None, neighbours=3, least_sequences=10)


def walks(who, start=10):
    """One walk a person, a step a minute; who stands later walks a day later."""
    return [
        Row(name, item, start + day + i / 1_440)
        for day, (name, way) in enumerate(who.items())
        for i, item in enumerate(way)
    ]


def asked(data, recipe, way, times=None, seeds="", k=10):
    """Scores by item for somebody who went this way."""
    codes = data.items.codes(list(way))
    times = np.full(len(codes), data.now) if times is None else np.asarray(times, float)
    queries = Queries.single(
        data.now, codes, times, [1.0] * len(codes), [0] * len(codes), data.items.codes(list(seeds))
    )
    items, scores = recipe.fit(data, Run()).retrieve(queries, k).row(0)
    return {data.items.ids[i]: pytest.approx(float(s)) for i, s in zip(items, scores, strict=True)}


def test_vmis_adds_up_what_neighbours_hold():
    data = dataset(walks(WALKS))

    got = asked(data, SessionKNN(style="vmis", fade="linear", **PLAIN), "ab")

    # a weighs 1/2, b 1: ann and bob share both (1.5), cyd b alone (1.0); all share the newest step.
    assert got == {"b": 4.0, "a": 3.0, "c": 2.5, "d": 1.5, "e": 1.0}


def test_vmis_lets_neighbours_say_less_that_share_an_older_step():
    data = dataset(walks({"ann": "ac", "bob": "bd"}))

    got = asked(data, SessionKNN(style="vmis", fade="even", **PLAIN), "ab")

    assert got == {"b": 1.0, "d": 1.0, "a": 0.9, "c": 0.9}


def test_vstan_compares_with_the_length_of_the_neighbour():
    data = dataset(walks({"ann": "bc", "bob": "bdef"}))

    got = asked(data, SessionKNN(style="vstan", **PLAIN), "ab"[1:])

    assert got["c"] == 1 / np.sqrt(2)
    assert got["d"] == 1 / np.sqrt(4)


def test_vstan_lets_neighbours_say_less_that_share_an_older_step():
    data = dataset(walks({"ann": "ac", "bob": "bd"}))

    got = asked(data, SessionKNN(style="vstan", **PLAIN), "ab")

    assert got["d"] == 1 / np.sqrt(2)
    assert got["c"] == 1 / np.sqrt(2) / 2


def test_votes_fade_with_the_steps_from_what_is_shared():
    data = dataset(walks({"ann": "bcd"}))

    got = asked(data, SessionKNN(**{**PLAIN, "half_life_steps": 1.0}), "b")

    assert got == {"b": 1 / np.sqrt(3), "c": 0.5 / np.sqrt(3), "d": 0.25 / np.sqrt(3)}


def test_old_neighbours_count_less():
    data = dataset([Row("ann", "b", 70), Row("ann", "c", 80), Row("bob", "b", 80), Row("bob", "d", 90)], now_day=100)

    got = asked(data, SessionKNN(**{**PLAIN, "half_life_days": 10.0}), "b")

    assert got["d"] == 0.5 / np.sqrt(2)
    assert got["c"] == 0.25 / np.sqrt(2)


def test_rare_items_gain():
    data = dataset(walks({"ann": "bc", "bob": "bcd", "cyd": "bc"}))

    got = asked(data, SessionKNN(style="vmis", **{**PLAIN, "rarity": 1.0}), "b")

    assert got == {"b": 3.0, "c": 3.0, "d": 1 + np.log(3)}


def test_only_the_latest_sequences_of_an_item_are_looked_at():
    data = dataset(walks({"ann": "bc", "bob": "bd", "cyd": "be"}))

    assert asked(data, SessionKNN(latest=2, **PLAIN), "b").keys() == {"b", "d", "e"}


def test_of_equally_near_neighbours_the_latest_are_taken():
    data = dataset(walks({"ann": "bc", "bob": "bd", "cyd": "be"}))

    assert asked(data, SessionKNN(neighbours=1, **PLAIN), "b").keys() == {"b", "e"}


def test_seeds_are_where_the_person_is_now():
    data = dataset(walks({"ann": "ac", "bob": "bd"}))

    assert asked(data, SessionKNN(**PLAIN), "a", seeds="b") == asked(data, SessionKNN(**PLAIN), "ab")


def test_nobody_is_a_neighbour_of_themselves():
    data = dataset(walks(WALKS))
    recipe, times = SessionKNN(style="vmis", **PLAIN), [10 * DAY + i * 60.0 for i in range(3)]

    # Ann's own walk; with other times it is somebody else's, who went the same way.
    assert asked(data, recipe, "abc", times)["a"] == 0.9 * 2
    assert asked(data, recipe, "abc")["a"] == 0.9 * 2 + 3


def test_who_ended_at_the_same_moment_on_other_items_is_a_neighbour():
    data = dataset([Row("ann", "a", 10), Row("ann", "b", 11), Row("bob", "b", 10.5), Row("bob", "c", 11)])

    got = asked(data, SessionKNN(style="vmis", **PLAIN), "ab", [10 * DAY, 11 * DAY])

    assert got == {"b": 1.0, "c": 1.0}


def test_sessions_keep_apart_what_a_person_did_on_two_days():
    data = dataset([Row("ann", item, day) for item, day in (("a", 1), ("b", 1.001), ("c", 5), ("d", 5.001))])

    assert asked(data, SessionKNN(window="session", **PLAIN), "a").keys() == {"a", "b"}
    assert asked(data, SessionKNN(window="person", **PLAIN), "a").keys() == {"a", "b", "c", "d"}


def test_similar_items_are_those_of_the_latest_sequences_with_it():
    data = dataset(walks(WALKS))

    found = SessionKNN(style="vmis", **PLAIN).fit(data, Run()).similar(data.items.codes(["c"]), 10)

    # b stands in both walks with c, a and e in one each.
    assert [data.items.ids[code] for code in found.row(0)[0]] == ["b", "a", "e"]


def test_sums_are_the_same_however_they_are_made(monkeypatch):
    data = tiny_dataset()
    model, queries = SessionKNN(least_sequences=1).fit(data, Run()), data.queries(np.arange(30, dtype=np.int32))
    dense = model.retrieve(queries, 10)
    monkeypatch.setattr("penchant.models.session_knn._DENSE", 0)

    sparse = model.retrieve(queries, 10)

    np.testing.assert_array_equal(sparse.items, dense.items)
    np.testing.assert_array_equal(sparse.scores, dense.scores)


def test_too_few_sequences_are_said():
    with pytest.raises(FitFailed, match="session-knn: 4 sequences of two steps or more, 50 needed"):
        SessionKNN().fit(dataset(walks(WALKS)), Run())


def test_settings_worth_a_try_begin_with_the_defaults():
    recipe = SessionKNN()

    assert isinstance(recipe, Tunable)
    assert {name: getattr(recipe, name) for name in recipe.tries} == {n: v[0] for n, v in recipe.tries.items()}
