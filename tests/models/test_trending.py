from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.dataset import Queries
from penchant.errors import FitFailed
from penchant.events import Role
from penchant.models import Run, Trending
from penchant.models.trending import deviations
from penchant.testing import ModelChecks, Row, dataset

SMALL: dict[str, Any] = {"least_events": 1, "half_life_days": None, "roles": ("goal",)}
# Ten days: `even` has ten people each day; `up` has two, and eight on the last.
PAST = [Row(f"p{n}", "even", day + 0.5) for day in range(90, 99) for n in range(10)]
PAST += [Row(f"p{n}", "up", day + 0.5) for day in range(90, 99) for n in range(2)]
TODAY = [*[Row(f"p{n}", "even", 99.5) for n in range(10)], *[Row(f"p{n}", "up", 99.5) for n in range(8)]]


class TestTrending(ModelChecks):
    recipe = Trending(least_events=1, window_days=30.0, least_people=1, least_rise=1.0, prior=0.1)
    personal = False


class TestTrendingByGoals(ModelChecks):
    recipe = Trending(
        least_events=1, window_days=20.0, half_life_days=None, cap=3, least_people=1, least_rise=1.0, roles=("goal",)
    )
    personal = False


def ask(rows, **settings):
    data = dataset(rows)
    codes, scores = Trending(**{**SMALL, **settings}).fit(data, Run()).retrieve(Queries.single(data.now), 10).row(0)
    return {
        data.items.ids[code]: pytest.approx(float(score), rel=1e-5) for code, score in zip(codes, scores, strict=True)
    }


def test_a_rise_is_the_count_against_the_share_of_the_past():
    # `up` had 18 of 108 events before; 18 today make 3 expected, and the prior one more.
    expected = 18 / 108 * 18 + 1.0

    assert ask([*PAST, *TODAY]) == {"up": np.sqrt(2 * (8 * np.log(8 / expected) - (8 - expected)))}


def test_a_busy_day_makes_no_trend():
    busy = [Row(f"q{n}", item, 99.5) for n in range(40) for item in ("even", "up") if item == "even" or n < 8]

    assert ask([*PAST, *busy]) == {}


def test_nobody_makes_a_trend_alone():
    one = [Row("fan", "up", 99.5) for _ in range(50)]
    few = [Row(f"fan{n % 2}", "up", 99.5) for n in range(50)]

    assert ask([*PAST, *TODAY[:10], *one]) == {}
    assert ask([*PAST, *TODAY[:10], *few], cap=50) == {}  # two people, three needed


def test_a_person_counts_up_to_the_cap():
    thrice = [row for row in TODAY if row.item == "up" for _ in range(3)]
    expected = 18 / 108 * (10 + 16) + 1.0

    found = ask([*PAST, *TODAY[:10], *thrice], cap=2)

    assert found == {"up": np.sqrt(2 * (16 * np.log(16 / expected) - (16 - expected)))}


def test_an_old_past_counts_less():
    long_ago = [Row(f"p{n}", "up", 50.5) for n in range(40)]

    assert ask([*long_ago, *PAST, *TODAY]) == {}
    assert list(ask([*long_ago, *PAST, *TODAY], half_life_days=5.0)) == ["up"]


def test_an_item_without_a_past_needs_more_than_a_few():
    new = [Row(f"p{n}", "new", 99.5) for n in range(4)]

    assert list(ask([*PAST, *TODAY[:10], *new])) == ["new"]
    assert ask([*PAST, *TODAY[:10], *new], prior=5.0) == {}


def test_the_mask_is_applied_before_the_cut():
    data = dataset([*PAST, *TODAY, *[Row(f"p{n}", "new", 99.5) for n in range(9)]])
    fitted = Trending(least_rise=1.1, **SMALL).fit(data, Run())
    allowed = np.array([name != "new" for name in data.items.ids])

    codes, _ = fitted.retrieve(Queries.single(data.now), 1, allowed).row(0)

    assert [data.items.ids[code] for code in codes] == ["up"]


def test_what_was_seen_and_disliked_is_no_rise():
    rows = [Row(f"p{n}", "even", 99.5, role) for n in range(9) for role in (Role.IMPRESSION, Role.NEGATIVE)]

    assert ask([*PAST, *TODAY[10:], *rows]) == ask([*PAST, *TODAY[10:]])


def test_too_little_to_tell_from_chance_is_said():
    with pytest.raises(FitFailed, match="trending: 18 events in the last 1 days, 100 needed"):
        Trending(roles=("goal",)).fit(dataset([*PAST, *TODAY]), Run())
    with pytest.raises(FitFailed, match="trending: 0 events before the last 1 days, 1 needed"):
        Trending(**SMALL).fit(dataset(TODAY), Run())


@given(st.floats(0, 1e4), st.floats(1e-3, 1e4))
def test_deviations_have_the_sign_of_the_difference(count, expected):
    found = float(deviations(np.array([count]), np.array([expected]))[0])

    assert np.isfinite(found)
    assert (found > 0) <= (count > expected)
    assert (found < 0) <= (count < expected)
