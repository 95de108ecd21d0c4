"""What happened after a fit, counted in without another one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.catalog import Item
from penchant.clock import DAY
from penchant.dataset import Dataset, Queries
from penchant.events import Role
from penchant.models import EASE, News, PersonalTop, Popular, PopularByCategory, Run, Trending, follows
from penchant.models.trending import FittedTrending
from penchant.testing import Row, dataset

ITEMS = [Item(id=f"i{n}", attributes={"category": "ab"[n % 2]}) for n in range(4)]
CUT, NOW = 100.0, 103.0


def world(rows: list[Row], now_day: float) -> Dataset:
    return dataset([row for row in rows if row.day < now_day], ITEMS, now_day)


def news(rows: list[Row], since_day: float = CUT) -> News:
    later = [row for row in rows if row.day >= since_day]
    return News(
        since_day * DAY,
        np.array([int(row.person[1:]) for row in later], np.int64),
        np.array([int(row.item[1:]) for row in later], np.int32),
        np.array([row.day * DAY for row in later]),
        np.array([int(row.role) for row in later], np.int8),
    )


events = st.lists(
    st.builds(
        Row,
        person=st.sampled_from(["p0", "p1", "p2"]),
        item=st.sampled_from(["i0", "i1", "i2", "i3"]),
        day=st.floats(90.0, 102.9),
        role=st.sampled_from([Role.GOAL, Role.STRONG, Role.WEAK, Role.IMPRESSION]),
    ),
    max_size=30,
)


@given(rows=events, half_life=st.sampled_from([None, 0.5, 7.0]))
def test_counts_that_follow_are_those_of_another_fit(rows: list[Row], half_life: float | None) -> None:
    recipe = Popular(half_life_days=half_life, roles=("goal", "weak"))
    followed = recipe.followed(recipe.fit(world(rows, CUT), Run()), news(rows), NOW * DAY)

    np.testing.assert_allclose(followed.scores, recipe.fit(world(rows, NOW), Run()).scores, rtol=1e-4, atol=1e-5)
    assert (np.diff(followed.scores[followed.order]) <= 0).all()


@given(rows=events)
def test_counts_inside_categories_follow_likewise(rows: list[Row]) -> None:
    recipe = PopularByCategory(field="category", half_life_days=7.0)
    items = [Item(id=f"i{n}", attributes={"category": "ab"[n % 2]}) for n in range(4)]
    before = dataset([row for row in rows if row.day < CUT], items, CUT)
    if not before.table.category("category").names:
        return
    followed = recipe.followed(recipe.fit(before, Run()), news(rows), NOW * DAY)

    after = recipe.fit(dataset(rows, items, NOW), Run())
    np.testing.assert_allclose(followed.scores, after.scores, rtol=1e-4, atol=1e-5)
    assert (followed.categories == after.categories).all()


def test_what_happened_to_items_that_the_fit_did_not_know_is_left_out() -> None:
    fitted = Popular().fit(world([Row("p0", "i1", 95.0)], CUT), Run())
    told = News(CUT * DAY, *(np.array(x) for x in ([1, 1, 1], [9, -1, 2], [CUT * DAY] * 3)), np.zeros(3, np.int8))

    assert Popular().followed(fitted, told, NOW * DAY).scores.tolist() == [0.0, 1.0, 1.0, 0.0]


PAST = [Row(f"p{n}", f"i{item}", 90.5 + n) for n in range(9) for item in range(4)]


def rising(fitted: FittedTrending) -> dict[int, float]:
    codes, scores = fitted.retrieve(Queries.single(NOW * DAY), 10).row(0)
    return dict(zip(codes.tolist(), scores.tolist(), strict=True))


def test_what_rises_after_the_fit_trends() -> None:
    recipe = Trending(roles=("goal",), least_events=3)
    rush = [Row(f"p{n}", "i2", CUT + 0.01 + n / 1_000) for n in range(20)]
    usual = [Row(f"p{n}", "i1", CUT + 0.02 + n / 1_000) for n in range(3)]
    data = world([*PAST, *[Row(f"p{n}", f"i{n}", 99.5) for n in range(4)]], CUT)
    fitted = recipe.fit(data, Run())
    assert rising(fitted) == {}

    # A quarter of 23 events and one more are expected of i2, and 20 people came.
    expected = 23 / 4 + 1
    sure = np.sqrt(2 * (20 * np.log(20 / expected) - (20 - expected)))
    now = (CUT + 0.1) * DAY
    assert rising(recipe.followed(fitted, news([*rush, *usual]), now)) == {2: pytest.approx(sure, rel=1e-4)}
    # A day later nobody comes any more.
    assert rising(recipe.followed(fitted, news([*rush, *usual]), now + 1.2 * DAY)) == {}


def test_nobody_makes_a_trend_alone_after_the_fit_either() -> None:
    recipe = Trending(roles=("goal",), least_events=3)
    fitted = recipe.fit(world([*PAST, *[Row(f"p{n}", f"i{n}", 99.5) for n in range(4)]], CUT), Run())
    alone = [Row("p7", "i2", CUT + 0.01 + n / 1_000) for n in range(50)]

    assert rising(recipe.followed(fitted, news(alone), (CUT + 0.1) * DAY)) == {}


def test_a_rise_of_before_the_fit_fades_within_a_window() -> None:
    recipe = Trending(roles=("goal",), least_events=3)
    rush = [Row(f"p{n}", "i2", 99.5 + n / 1_000) for n in range(20)]
    fitted = recipe.fit(world([*PAST, *rush], CUT), Run())
    before = rising(fitted)[2]
    none = News.none(CUT * DAY)

    assert rising(recipe.followed(fitted, none, CUT * DAY)) == {2: pytest.approx(before)}
    assert rising(recipe.followed(fitted, none, (CUT + 0.25) * DAY)) == {2: pytest.approx(0.75 * before)}
    assert rising(recipe.followed(fitted, none, (CUT + 1.0) * DAY)) == {}


def test_a_trend_of_before_shares_were_written_down_stays_as_it_is() -> None:
    old = FittedTrending(np.array([1], np.int32), np.array([2.0], np.float32), np.zeros(0, np.float32))

    assert Trending().followed(old, news([Row("p0", "i2", CUT)]), NOW * DAY) is old


def test_only_what_counts_follows() -> None:
    assert [follows(one) for one in (Popular(), PopularByCategory(field="x"), Trending())] == [True] * 3
    assert not follows(EASE())
    assert not follows(PersonalTop())
