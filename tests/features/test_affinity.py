from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from penchant.features import Feature, category_affinity, category_aversion, sibling, tag_affinity
from penchant.slate import Reason

NAN = np.nan
BRAND = category_affinity("brand", "brand", "Liking of the brand.", half_life_days=10.0)
KIND = category_affinity("kind", "kind", "Liking of the kind.", half_life_days=10.0)
AWAY = category_aversion("away", "brand", "Turning away from the brand.", half_life_days=10.0)
TAGS = tag_affinity("tags", "tags", "Liking of the tags.", half_life_days=10.0)
OTHER = sibling("other", "kind", "Another of the kind.")


def test_the_favourite_is_one_and_others_are_their_share_of_it(ask: Callable[..., NDArray[np.float32]]) -> None:
    # Alto 2, Brio 1.
    np.testing.assert_allclose(ask(BRAND, (0, 0, 2.0), (1, 0, 1.0)), [1.0, 0.5, 1.0, NAN, NAN])


def test_a_value_never_touched_is_zero(ask: Callable[..., NDArray[np.float32]]) -> None:
    np.testing.assert_allclose(ask(BRAND, (1, 0, 1.0)), [0.0, 1.0, 0.0, NAN, NAN])


def test_likings_halve_with_every_half_life_before_the_latest(ask: Callable[..., NDArray[np.float32]]) -> None:
    np.testing.assert_allclose(ask(BRAND, (0, 20, 1.0), (1, 0, 1.0)), [0.25, 1.0, 0.25, NAN, NAN])


def test_after_years_away_tastes_are_old_and_not_gone(ask: Callable[..., NDArray[np.float32]]) -> None:
    recent = ask(BRAND, (0, 10, 1.0), (1, 0, 1.0))
    years = ask(BRAND, (0, 50_010, 1.0), (1, 50_000, 1.0))

    np.testing.assert_array_equal(years, recent)


def test_what_was_only_seen_since_then_does_not_age_them(ask: Callable[..., NDArray[np.float32]]) -> None:
    np.testing.assert_allclose(ask(BRAND, (0, 50_000, 1.0), (1, 0, 0.0)), [1.0, 0.0, 1.0, NAN, NAN])


def test_an_affinity_counts_no_dislikes(ask: Callable[..., NDArray[np.float32]]) -> None:
    np.testing.assert_allclose(ask(BRAND, (0, 0, 1.0), (1, 0, 1.0), (1, 0, -1.0)), [1.0, 1.0, 1.0, NAN, NAN])


@pytest.mark.parametrize("feature", [BRAND, KIND, AWAY, TAGS])
def test_nothing_can_be_said_of_nobody(ask: Callable[..., NDArray[np.float32]], feature: Feature) -> None:
    assert np.isnan(ask(feature)).all()


@pytest.mark.parametrize("feature", [BRAND, KIND, TAGS])
def test_nothing_can_be_said_of_someone_who_only_turned_away(
    ask: Callable[..., NDArray[np.float32]], feature: Feature
) -> None:
    assert np.isnan(ask(feature, (0, 0, -1.0))).all()


def test_an_aversion_is_what_dislikes_leave_after_likings(ask: Callable[..., NDArray[np.float32]]) -> None:
    # Alto -3, Brio -1.
    np.testing.assert_allclose(ask(AWAY, (0, 0, -3.0), (1, 0, -2.0), (1, 0, 1.0)), [1.0, 1 / 3, 1.0, NAN, NAN], 1e-6)


def test_a_brand_that_is_liked_more_is_no_aversion(ask: Callable[..., NDArray[np.float32]]) -> None:
    np.testing.assert_allclose(ask(AWAY, (0, 0, 2.0), (0, 0, -1.0), (1, 0, -1.0)), [0.0, 1.0, 0.0, NAN, NAN])
    assert np.isnan(ask(AWAY, (0, 0, 2.0), (0, 0, -1.0))).all()


def test_tags_are_liked_one_by_one_and_an_item_as_their_mean(ask: Callable[..., NDArray[np.float32]]) -> None:
    # run 3, road 1: i0 has both, i1 the favourite alone, i2 neither.
    np.testing.assert_allclose(ask(TAGS, (0, 0, 1.0), (1, 0, 2.0)), [(3 / 3 + 1 / 3) / 2, 1.0, 0.0, NAN, NAN])


def test_a_sibling_is_like_what_was_touched_and_not_that_thing(ask: Callable[..., NDArray[np.float32]]) -> None:
    assert ask(OTHER, (0, 0, 1.0)).tolist() == [0, 1, 0, 1, 0]
    assert ask(OTHER, (0, 0, 1.0), (1, 0, 1.0)).tolist() == [0, 0, 0, 1, 0]


def test_what_has_no_kind_has_no_siblings(ask: Callable[..., NDArray[np.float32]]) -> None:
    assert ask(OTHER, (4, 0, 1.0)).tolist() == [0] * 5


def test_turning_away_makes_no_siblings(ask: Callable[..., NDArray[np.float32]]) -> None:
    assert ask(OTHER, (0, 0, -1.0)).tolist() == [0] * 5


def test_a_feature_says_what_it_reads_and_why() -> None:
    made = tag_affinity("t", "tags", "About.", reason=Reason("topic", "you follow it"))

    assert (made.reads, made.unit, made.reason) == (("tags",), "share", Reason("topic", "you follow it"))
    assert BRAND.reason is None
