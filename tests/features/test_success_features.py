"""How well things went that somebody tried, and what has to come before a step: worked out by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from penchant.events import Role
from penchant.features import (
    Checks,
    above_mastery,
    above_reached,
    ahead_in,
    finished_share,
    mastery,
    needs_met,
    share_done,
    tags_told,
    taken_back_share,
)

NAN = np.nan
Tell = Callable[..., list[float]]
GOAL, STRONG, WEAK, NEGATIVE, REVERSAL = Role.GOAL, Role.STRONG, Role.WEAK, Role.NEGATIVE, Role.REVERSAL

STEPS: list[dict[str, object]] = [
    {"topic": "t", "series": "s", "place": 1, "level": 1, "needs": []},
    {"topic": "t", "series": "s", "place": 2, "level": 3, "needs": ["i0"]},
    {"topic": "t", "series": "s", "place": 5, "level": 5, "needs": ["i0", "i1"]},
    {"topic": "u", "series": "v", "place": 1, "level": 2, "needs": ["nowhere"]},
    {},
]


def test_what_was_finished_of_what_was_begun_is_drawn_towards_the_whole(tell: Tell) -> None:
    history = [(0, 9, 0.2, WEAK), (0, 8, 1.0, GOAL), (1, 7, 0.2, WEAK), (3, 6, 0.2, WEAK), (2, 5, -1.0, NEGATIVE)]
    overall = (1 + 0.5) / (3 + 1)

    found = tell(finished_share("f", "topic", "A.", GOAL, WEAK, shrinkage=2.0), STEPS, *history)
    topic_t, topic_u = (1 + 2 * overall) / 4, (0 + 2 * overall) / 3
    np.testing.assert_allclose(found, [topic_t, topic_t, topic_t, topic_u, overall], atol=1e-4)
    np.testing.assert_allclose(
        tell(finished_share("f", "", "A.", GOAL, WEAK), STEPS, *history), [overall] * 5, atol=1e-4
    )
    assert np.isnan(tell(finished_share("f", "topic", "A.", GOAL), STEPS)).all()


def test_mastery_fades_from_the_moment_of_the_answer(tell: Tell) -> None:
    checks = Checks(half_life_days=10.0, shrinkage=1.0)
    history = [(0, 10, 1.0, GOAL), (1, 0, -0.1, NEGATIVE), (3, 0, -0.5, NEGATIVE)]
    # One right answer that counts half, one wrong one; what was refused is no answer.
    overall = (0.5 + 0.5) / (1.5 + 1)
    topic = (0.5 + overall) / (1.5 + 1)

    found = tell(mastery("m", "topic", "A.", checks), STEPS, *history)
    np.testing.assert_allclose(found, [topic] * 3 + [overall] * 2, atol=1e-4)
    above = tell(above_mastery("a", "level", "topic", "A.", checks), STEPS, *history)
    np.testing.assert_allclose(above, [-topic, 0.5 - topic, 1 - topic, 0.25 - overall, NAN], atol=1e-4)


def test_nobody_is_judged_who_was_never_checked(tell: Tell) -> None:
    assert np.isnan(tell(mastery("m", "topic", "A.", Checks()), STEPS, (0, 1, 0.2, WEAK))).all()


def test_levels_are_counted_from_the_highest_completed(tell: Tell) -> None:
    found = tell(above_reached("r", "level", "topic", "A."), STEPS, (1, 2, 1.0, GOAL), (0, 1, 1.0, GOAL))

    np.testing.assert_equal(found, [-2, 0, 2, 2, NAN])


def test_places_are_counted_from_the_furthest_completed(tell: Tell) -> None:
    found = tell(ahead_in("a", "series", "place", "A."), STEPS, (1, 2, 1.0, GOAL), (2, 1, 0.2, WEAK))

    np.testing.assert_equal(found, [-1, 0, 3, NAN, NAN])


def test_a_series_is_done_by_its_items(tell: Tell) -> None:
    found = tell(share_done("d", "series", "A."), STEPS, (1, 2, 1.0, GOAL), (1, 1, 1.0, GOAL), (0, 1, 0.2, WEAK))

    np.testing.assert_allclose(found, [1 / 3, 1 / 3, 1 / 3, 0, NAN], atol=1e-4)


def test_needs_are_met_by_goals_alone_and_what_is_nowhere_never_is(tell: Tell) -> None:
    history = [(0, 3, 1.0, GOAL), (1, 2, 0.5, STRONG)]

    assert tell(needs_met("n", "needs", "A."), STEPS, *history) == [1, 1, 0.5, 0, 1]
    assert tell(needs_met("n", "needs", "A."), STEPS) == [1, 0, 0, 0, 1]
    assert tell(tags_told("n", "needs", "A."), STEPS) == [0, 1, 2, 1, 0]


def test_what_was_sent_back_is_a_share_of_goals(tell: Tell) -> None:
    history = [(0, 9, 1.0, GOAL), (1, 8, -1.0, REVERSAL), (3, 7, 1.0, GOAL), (3, 6, 1.0, GOAL), (3, 5, 0.2, WEAK)]

    assert tell(taken_back_share("b", "A."), STEPS, *history) == [0.25] * 5
    found = tell(taken_back_share("b", "A.", "topic", shrinkage=2.0), STEPS, *history)
    np.testing.assert_allclose(found, [1.5 / 4] * 3 + [0.5 / 4, 0.25], atol=1e-4)
    assert np.isnan(tell(taken_back_share("b", "A."), STEPS, (3, 5, 0.2, WEAK))).all()
