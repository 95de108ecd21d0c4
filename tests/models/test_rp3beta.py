from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.errors import FitFailed
from penchant.models import Run
from penchant.models.rp3beta import RP3Beta
from penchant.testing import ModelChecks, Row, dataset

ROWS = [Row(person, item, 1) for person, items in {"x": "ab", "y": "abc", "z": "c"}.items() for item in items]


class TestRP3Beta(ModelChecks):
    recipe = RP3Beta()


class TestRP3BetaLogInSessions(ModelChecks):
    recipe = RP3Beta(window="session", weighting="log", half_life_days=None, neighbours=3, alpha=0.7, beta=0.9)


def weights(rows=ROWS, **settings):
    recipe = RP3Beta(half_life_days=None, least_units=1, **settings)
    return recipe.fit(dataset(rows), Run()).weights.weights.toarray()


def test_walks_by_hand():
    # From a to x or y (1/2 each); from x to b 1/2, from y to b or c 1/3 each.
    np.testing.assert_allclose(weights(alpha=1.0, beta=0.0)[0], [0, 1 / 4 + 1 / 6, 1 / 6], rtol=1e-6)


def test_alpha_is_the_power_of_each_step():
    wanted = [0, (1 / 2 * 1 / 2) ** 2 + (1 / 2 * 1 / 3) ** 2, (1 / 2 * 1 / 3) ** 2]

    np.testing.assert_allclose(weights(alpha=2.0, beta=0.0)[0], wanted, rtol=1e-6)


def test_beta_divides_by_popularity():
    held = weights(alpha=1.0, beta=0.5) * np.array([2, 2, 2]) ** 0.5  # a, b and c were taken by two people each

    np.testing.assert_allclose(held, weights(alpha=1.0, beta=0.0), rtol=1e-6)


def test_only_the_likeliest_are_kept():
    assert (np.count_nonzero(weights(neighbours=1), axis=1) == 1).all()


@given(st.lists(st.tuples(st.sampled_from("uvwxyz"), st.sampled_from("abcdef"), st.floats(0, 99)), max_size=40))
def test_chances_from_one_item_sum_to_one_at_most(events):
    rows = [*ROWS, *(Row(*event) for event in events)]

    walked = weights(rows, alpha=1.0, beta=0.0)

    assert (walked >= 0).all()
    assert (walked.sum(axis=1) <= 1 + 1e-5).all()
    assert not walked.diagonal().any()


def test_too_few_people_are_said():
    with pytest.raises(FitFailed, match="rp3beta: 2 people with two items or more, 20 needed"):
        RP3Beta().fit(dataset(ROWS), Run())
