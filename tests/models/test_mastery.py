from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.catalog import Item
from penchant.clock import DAY
from penchant.dataset import Queries
from penchant.errors import FitFailed
from penchant.events import Role
from penchant.models import Mastery, Run
from penchant.models.mastery import FittedMastery
from penchant.testing import ModelChecks, Row, dataset, tiny_dataset

SMALL = {"field": "topic", "least_answers": 1, "least_failures": 0}
ITEMS = tuple(Item(id=name, attributes={"topic": topic}) for name, topic in (("a", "x"), ("b", "x"), ("c", "y")))


class TestMastery(ModelChecks):
    recipe = Mastery(field="category", least_answers=100, least_failures=10, width=0.5)


class TestMasteryOfWhatWasBegun(ModelChecks):
    recipe = Mastery(field="no-such-field", success=("goal",), begun=True, least_answers=50, width=0.6)


def fitted(difficulty, topic, **settings):
    """A model with these difficulties and topics."""
    recipe = Mastery(**{**SMALL, **settings})
    return FittedMastery(recipe, np.array(difficulty, np.float32), np.array(topic, np.int32))


def learner(*answers, roles=None, gap=DAY):
    """A request of somebody who answered items by code, rightly or not."""
    n = len(answers)
    roles = roles or [Role.GOAL if right else Role.NEGATIVE for _, right in answers]
    weights = [-1.0 if role is Role.NEGATIVE else 1.0 for role in roles]
    times = [gap * place for place in range(n)]
    return Queries.single(gap * n, [item for item, _ in answers], times, weights, [int(r) for r in roles])


def chance(ease):
    return 1 / (1 + math.exp(-ease))


def test_a_learner_without_answers_succeeds_by_difficulty_alone():
    found = fitted([0.0, 1.0, -2.0], [0, 0, 1]).chances(Queries.single(0.0), 0)

    np.testing.assert_allclose(found, [0.5, chance(-1.0), chance(2.0)], rtol=1e-6)


def test_a_success_moves_the_ability_by_what_was_not_expected_and_the_topic_by_as_much_more():
    found = fitted([0.0, 1.0, -2.0], [0, 0, 1], rate=0.8).chances(learner((0, True)), 0)
    gain = 0.8 * (1 - 0.5)

    np.testing.assert_allclose(found, [chance(2 * gain), chance(2 * gain - 1), chance(gain + 2)], rtol=1e-6)


def test_a_later_answer_moves_less():
    found = fitted([0.0], [-1], rate=1.0, fade=1.0).chances(learner((0, True), (0, False)), 0)
    first = 0.5
    second = -chance(first) / 2

    np.testing.assert_allclose(found, [chance(first + second)], rtol=1e-6)


def test_proposed_is_what_is_neither_too_easy_nor_too_hard():
    model = fitted([3.0, 0.0, -0.5, -3.0], [-1] * 4, target=0.6, width=0.15, stay=0.0)
    # One right and one wrong answer leave the ability near 0, so the chances are about .05, .5, .6 and .95.
    query = learner((0, False), (1, True), (1, False))
    chances = model.chances(query, 0)
    codes, scores = model.retrieve(query, 10).row(0)

    near = {code: 1 - abs(chances[code] - 0.6) / 0.15 for code in (1, 2)}
    assert codes.tolist() == sorted(near, key=lambda code: -near[code])
    assert scores.tolist() == pytest.approx([near[code] for code in codes.tolist()], rel=1e-5)


def test_topics_that_a_learner_works_on_come_first():
    model = fitted([0.0] * 3, [0, 0, 1], width=1.0, stay=0.9)

    assert model.retrieve(learner((0, True)), 10).row(0)[0].tolist()[:2] == [0, 1]
    assert model.retrieve(learner((2, True)), 10).row(0)[0].tolist()[0] == 2


def test_what_is_said_twice_of_one_item_in_a_row_is_one_answer_the_last():
    once = fitted([0.0, 0.0], [-1, -1]).chances(learner((0, False)), 0)
    roles = [Role.STRONG, Role.NEGATIVE]  # a quiz was answered, and then it was failed
    both = fitted([0.0, 0.0], [-1, -1]).chances(learner((0, True), (0, False), roles=roles, gap=2.0), 0)
    a_day_later = fitted([0.0, 0.0], [-1, -1]).chances(learner((0, True), (0, False)), 0)

    np.testing.assert_array_equal(once, both)
    assert (a_day_later > once).all()


def test_who_dismisses_what_they_never_began_has_not_failed_where_the_recipe_says_so():
    dismissed = learner((0, False))
    failed = learner((0, True), (0, False), roles=[Role.WEAK, Role.NEGATIVE])

    assert len(fitted([0.0], [-1], begun=True, width=1.0).retrieve(dismissed, 5).items) == 0
    assert len(fitted([0.0], [-1], begun=False, width=1.0).retrieve(dismissed, 5).items) == 1
    assert fitted([0.0], [-1], begun=True).chances(failed, 0)[0] < 0.5


def test_items_that_more_people_fail_are_harder():
    rows = [Row(f"p{n}", "a", n, Role.GOAL if n % 4 else Role.NEGATIVE) for n in range(40)]
    rows += [Row(f"p{n}", "b", n + 0.5, Role.NEGATIVE if n % 4 else Role.GOAL) for n in range(40)]
    model = Mastery(**SMALL).fit(dataset(rows, ITEMS), Run())
    a, b, c = model.difficulty.tolist()

    assert a < -0.5 < 0.5 < b
    # Nobody answered `c`, nor anything of its topic: it is as hard as the rest on average.
    assert c == pytest.approx((a + b) / 2, abs=1e-6)


def test_an_item_that_nobody_answered_is_as_hard_as_its_topic():
    rows = [Row(f"p{n}", "a", n, Role.NEGATIVE) for n in range(9)] + [Row("q", "c", 1)]
    a, b, c = Mastery(**SMALL).fit(dataset(rows, ITEMS), Run()).difficulty.tolist()

    assert b == a > 0 > c


def test_a_goal_that_was_taken_back_is_no_success():
    rows = [Row("p", "a", 1), Row("p", "b", 2, reversed_day=3)]
    a, b, _ = Mastery(**SMALL).fit(dataset(rows, ITEMS), Run()).difficulty.tolist()

    assert a < 0
    assert b == a  # unanswered, as its topic


@pytest.mark.parametrize(
    ("least", "words"),
    [({"least_answers": 300}, "answers, 300 needed"), ({"least_failures": 500}, "failed answers, 500 needed")],
)
def test_too_few_answers_are_said_in_figures(least, words):
    recipe = msgspec.structs.replace(Mastery(**SMALL, success=("goal",)), **least)

    with pytest.raises(FitFailed, match=words):
        recipe.fit(tiny_dataset(), Run())


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=30), st.integers(0, 3))
def test_one_more_success_never_lowers_a_chance(answers, item):
    model = fitted([-1.0, 0.0, 0.5, 2.0], [0, 0, 1, -1], fade=0.05)
    before = model.chances(learner(*answers), 0)
    after = model.chances(learner(*answers, (item, True)), 0)

    assert ((after > 0) & (after < 1)).all()
    assert (after >= before).all()


@given(seed=st.integers(0, 2**31), k=st.integers(0, 12), stay=st.sampled_from([0.0, 0.5, 1.0]), narrow=st.booleans())
def test_a_list_is_the_best_of_all_scores(seed, k, stay, narrow):
    rng = np.random.default_rng(seed)
    # Few levels and topics, so that much is equal and a topic's zone holds more than k.
    difficulty, topic = rng.integers(-4, 5, 60) / 4, rng.integers(-1, 4, 60)
    model = fitted(difficulty, topic, stay=stay, width=0.3)
    asked = [
        (int(item), bool(right)) for item, right in zip(rng.integers(0, 60, 6), rng.integers(0, 2, 6), strict=True)
    ]
    queries, allowed = learner(*asked), rng.random(60) < 0.4 if narrow else np.ones(60, bool)

    codes, scores = model.retrieve(queries, k, allowed).row(0)

    off = np.abs(model.chances(queries, 0) - 0.7) / 0.3
    share = np.array([np.mean([topic[item] == t for item, _ in asked]) if t >= 0 else 0.0 for t in topic])
    every = np.maximum(1.0 - off, 0.0) * (1.0 - stay + stay * share)
    order = np.lexsort((np.arange(60), -every))
    wanted = [code for code in order.tolist() if off[code] <= 1.0 and allowed[code]][:k]
    np.testing.assert_allclose(scores, every[wanted], rtol=1e-6, atol=1e-9)
    assert set(codes.tolist()) <= set(np.flatnonzero(allowed).tolist())
    if stay < 1.0:  # otherwise scores of 0 may differ by rounding alone
        assert codes.tolist() == wanted
