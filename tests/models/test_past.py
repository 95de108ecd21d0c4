from __future__ import annotations

import msgspec
import numpy as np
import pytest

from penchant.clock import DAY
from penchant.dataset import Queries
from penchant.events import Role
from penchant.models import Popular
from penchant.models.history import Past, decay, roles_named, tally

NOW = 100 * DAY
GOAL, STRONG, WEAK, NEGATIVE, IMPRESSION = (
    int(r) for r in (Role.GOAL, Role.STRONG, Role.WEAK, Role.NEGATIVE, Role.IMPRESSION)
)


def past(*rows, n_items=10, half_life_days=None):
    """Rows of (item, days ago, weight, role)."""
    items, ago, weights, roles = zip(*rows, strict=True)
    queries = Queries.single(NOW, items, [NOW - days * DAY for days in ago], weights, roles)
    return Past.of(queries, 0, n_items, half_life_days)


def as_dict(tallied):
    codes, weights = tallied
    return dict(zip(codes.tolist(), weights.tolist(), strict=True))


def test_a_weight_is_halved_with_every_half_life():
    left = decay(np.array([0.0, 7 * DAY, 14 * DAY, 70 * DAY]), 7.0)

    np.testing.assert_allclose(left, [1.0, 0.5, 0.25, 2.0**-10])


def test_without_a_half_life_age_takes_nothing():
    np.testing.assert_array_equal(decay(np.array([0.0, 1e9]), None), [1.0, 1.0])


def test_the_oldest_event_still_counts_more_than_none():
    left = decay(np.array([1e12]), 0.1)

    assert np.float32(left[0]) > 0


def test_an_event_of_the_future_counts_as_now():
    np.testing.assert_array_equal(decay(np.array([-DAY]), 1.0), [1.0])


def test_liked_items_are_summed_and_sorted():
    seen = past((5, 0, 1.0, GOAL), (2, 0, 0.5, STRONG), (5, 1, 0.25, WEAK), half_life_days=1.0)

    assert as_dict(seen.liked()) == {2: 0.5, 5: 1.125}
    assert seen.liked()[0].tolist() == [2, 5]


def test_only_the_wanted_roles_are_liked():
    seen = past((1, 0, 1.0, GOAL), (2, 0, 0.5, STRONG), (3, 0, 0.1, WEAK))

    assert as_dict(seen.liked(("goal", "weak"))) == pytest.approx({1: 1.0, 3: 0.1})


def test_neither_impressions_nor_dislikes_are_liked():
    seen = past((1, 0, 0.0, IMPRESSION), (2, 0, -1.0, NEGATIVE), (3, 0, 1.0, GOAL))

    assert as_dict(seen.liked()) == {3: 1.0}


def test_every_row_counts_one_when_counted():
    seen = past((1, 0, 0.3, GOAL), (1, 7, 0.3, GOAL), (2, 0, 0.3, WEAK), half_life_days=7.0)

    assert as_dict(seen.counted(("goal",))) == {1: 1.5}


def test_dislikes_have_a_size():
    seen = past((1, 0, -0.5, NEGATIVE), (1, 1, -1.0, NEGATIVE), (2, 0, 1.0, GOAL), half_life_days=1.0)

    assert as_dict(seen.disliked()) == {1: 1.0}


def test_net_weights_add_likes_and_dislikes_and_drop_what_cancels():
    seen = past((1, 0, 1.0, GOAL), (1, 0, -1.0, NEGATIVE), (2, 0, 0.5, STRONG), (3, 0, -1.0, NEGATIVE))

    assert as_dict(seen.net()) == {2: 0.5, 3: -1.0}


def test_dislikes_stay_in_the_net_whatever_roles_are_wanted():
    seen = past((1, 0, 1.0, GOAL), (2, 0, 0.5, WEAK), (3, 0, -1.0, NEGATIVE))

    assert as_dict(seen.net(("goal",))) == {1: 1.0, 3: -1.0}


def test_items_outside_the_item_space_are_left_out():
    seen = past((-1, 0, 1.0, GOAL), (9, 0, 1.0, GOAL), (10, 0, 1.0, GOAL))

    assert seen.items.tolist() == [9]
    assert len(seen.signals) == len(seen.decays) == len(seen.roles) == 1


def test_role_names_are_roles():
    assert roles_named(("goal", "weak")) == (Role.GOAL, Role.WEAK)


@pytest.mark.parametrize("wrong", [[], ["negative"], ["Goal"]])
def test_a_recipe_wants_at_least_one_role_that_speaks_for_items(wrong):
    with pytest.raises(msgspec.ValidationError, match="roles"):
        msgspec.convert({"roles": wrong}, Popular)


def test_a_tally_of_nothing_is_empty():
    codes, weights = tally(np.zeros(0, np.int32), np.zeros(0))

    assert len(codes) == len(weights) == 0
    assert weights.dtype == np.float64
