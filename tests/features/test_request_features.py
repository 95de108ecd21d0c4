"""What a request says of its moment, of the visit, of its seeds and of the very candidate, by hand."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from numpy.typing import NDArray

from penchant.catalog import ItemTable
from penchant.clock import DAY
from penchant.dataset import Queries
from penchant.events import Role
from penchant.features import (
    Batch,
    Feature,
    Moment,
    days_since,
    days_since_had,
    days_since_visit,
    device,
    history_size,
    hour_of_day,
    is_seed,
    placement,
    position,
    ratio_to_seed,
    same_as_seed,
    share_had,
    tags_of_seed,
    times_had,
    visit_length,
    visit_minutes,
    visits_a_day,
    weekday,
    weekend,
)
from penchant.slate import Candidates

NOW = datetime(2026, 11, 21, 18, 30, tzinfo=UTC).timestamp()
"""A Saturday."""
MINUTE = 60.0
NAN = np.nan
Entry = tuple[int, float, Role]
"""Item, seconds ago, role."""


def ask(
    feature: Feature,
    table: ItemTable,
    *history: Entry,
    seeds: tuple[int, ...] = (),
    now: float = NOW,
    moment: Moment | None = None,
) -> NDArray[np.float32]:
    codes, ages, roles = zip(*history, strict=True) if history else ((), (), ())
    times = [now - age for age in ages]
    query = Queries.single(now, codes, times, [1.0] * len(codes), [int(role) for role in roles], seeds)
    items = np.arange(len(table), dtype=np.int32)
    candidates = Candidates(np.array([0, len(items)]), items, np.ones(len(items), np.float32))
    return feature.compute(Batch(query, candidates, table, moment=moment))


def one(feature: Feature, table: ItemTable, *history: Entry, now: float = NOW, moment: Moment | None = None) -> float:
    found = ask(feature, table, *history, now=now, moment=moment)

    assert len(set(found.tolist())) == 1 or np.isnan(found).all()
    return float(found[0])


def test_the_hour_and_the_day_of_the_week(table: ItemTable) -> None:
    assert one(hour_of_day("hour", "About."), table) == 18.5
    assert one(hour_of_day("hour", "About.", offset_hours=6.0), table) == 0.5
    assert one(weekday("day", "About."), table) == 5
    assert one(weekday("day", "About.", offset_hours=6.0), table) == 6
    assert [one(weekend("free", "About."), table, now=NOW + days * DAY) for days in range(-1, 3)] == [0, 1, 1, 0]


def test_what_was_not_told_is_unknown_and_the_place_is_the_first(table: ItemTable) -> None:
    for moment in (None, Moment.plain(1, len(table))):
        assert np.isnan(one(device("device", "About."), table, moment=moment))
        assert np.isnan(one(placement("placement", "About."), table, moment=moment))
        assert one(position("place", "About."), table, moment=moment) == 1


def test_what_was_told_is_a_code(table: ItemTable) -> None:
    moment = Moment(np.array([1], np.int8), np.array([7], np.int16), np.arange(1, len(table) + 1, dtype=np.int16))

    assert one(device("device", "About."), table, moment=moment) == 1
    assert one(placement("placement", "About."), table, moment=moment) == 7
    assert ask(position("place", "About."), table, moment=moment).tolist() == [1, 2, 3, 4, 5]


def test_the_size_and_age_of_a_history(table: ItemTable) -> None:
    history = [(0, 3 * DAY, Role.GOAL), (1, 2 * DAY, Role.WEAK), (2, DAY, Role.WEAK)]

    assert one(history_size("size", "About."), table) == 0
    assert one(history_size("size", "About."), table, *history) == 3
    assert one(history_size("size", "About.", roles=(Role.GOAL,)), table, *history) == 1
    assert np.isnan(one(days_since("days", "About."), table))
    assert one(days_since("days", "About."), table, *history) == 1
    assert one(days_since("days", "About.", roles=(Role.GOAL,)), table, *history) == 3
    assert np.isnan(one(days_since("days", "About.", roles=(Role.NEGATIVE,)), table, *history))


def test_a_visit_ends_with_half_an_hour_of_nothing(table: ItemTable) -> None:
    history = [(0, 2 * DAY, Role.WEAK), (0, DAY, Role.WEAK), (1, 50 * MINUTE, Role.WEAK), (2, 20 * MINUTE, Role.WEAK)]

    assert one(visit_length("visit", "About."), table, *history) == 2
    assert one(visit_minutes("minutes", "About."), table, *history) == 50
    assert one(days_since_visit("away", "About."), table, *history) == 1


def test_a_visit_may_not_have_begun(table: ItemTable) -> None:
    history = [(0, DAY, Role.WEAK)]

    assert one(visit_length("visit", "About."), table, *history) == 0
    assert one(visit_minutes("minutes", "About."), table, *history) == 0
    assert one(days_since_visit("away", "About."), table, *history) == 1


def test_how_often_somebody_comes_hardly_hangs_on_how_long_they_are_known(table: ItemTable) -> None:
    rate = visits_a_day("rate", "About.")
    # Two visits ten and five days ago, two events in the second; and one that goes on.
    history = [(0, 10 * DAY, Role.WEAK), (0, 5 * DAY, Role.WEAK), (1, 5 * DAY - MINUTE, Role.WEAK), (2, 0, Role.WEAK)]

    assert one(rate, table, *history) == pytest.approx(2 / 13)
    assert one(rate, table, (0, 0, Role.WEAK)) == 0
    assert one(rate, table) == 0
    # Every third day, for a while and for long.
    few, many = ([(0, 3 * DAY * n, Role.WEAK) for n in range(size, 0, -1)] for size in (3, 20))
    assert one(rate, table, *few) == pytest.approx(3 / 12)
    assert one(rate, table, *many) == pytest.approx(20 / 63)


@pytest.mark.parametrize("history", [(), ((0, MINUTE, Role.WEAK),)])
def test_a_first_visit_has_none_before_it(table: ItemTable, history: tuple[Entry, ...]) -> None:
    assert np.isnan(one(days_since_visit("away", "About."), table, *history))


def test_what_the_person_had_to_do_with_the_very_item(table: ItemTable) -> None:
    history = [(0, 4 * DAY, Role.GOAL), (0, 3 * DAY, Role.WEAK), (2, 2 * DAY, Role.WEAK), (-1, DAY, Role.WEAK)]

    assert ask(times_had("times", "About."), table, *history).tolist() == [2, 0, 1, 0, 0]
    assert ask(times_had("times", "About.", roles=(Role.WEAK,)), table, *history).tolist() == [1, 0, 1, 0, 0]
    np.testing.assert_array_equal(ask(days_since_had("days", "About."), table, *history), [3, NAN, 2, NAN, NAN])
    goals = days_since_had("days", "About.", roles=(Role.GOAL,))
    np.testing.assert_array_equal(ask(goals, table, *history), [4, NAN, NAN, NAN, NAN])
    np.testing.assert_allclose(ask(share_had("share", "About."), table, *history), [2 / 3, 0, 1 / 3, 0, 0], rtol=1e-6)
    goals = share_had("share", "About.", roles=(Role.GOAL,))
    assert ask(goals, table, *history).tolist() == [1, 0, 0, 0, 0]
    assert np.isnan(ask(share_had("share", "About."), table)).all()


def test_a_candidate_beside_the_seeds(table: ItemTable) -> None:
    kind, price = same_as_seed("kind", "kind", "About."), ratio_to_seed("price", "price", "About.")

    assert ask(is_seed("seed", "About."), table, seeds=(1, 99)).tolist() == [0, 1, 0, 0, 0]
    # Two seeds have a kind: a shoe and a sock; the last item has none.
    np.testing.assert_array_equal(ask(kind, table, seeds=(0, 2, 4)), [0.5, 0.5, 0.5, 0.5, NAN])
    np.testing.assert_array_equal(ask(kind, table, seeds=(0, 99)), [1, 1, 0, 1, NAN])
    # 100 and 200 against 200 is a half and as much; 10 is log2(1 / 20).
    np.testing.assert_allclose(ask(price, table, seeds=(1,)), [-1, 0, -np.log2(20), NAN, -2], rtol=1e-6)
    np.testing.assert_allclose(ask(price, table, seeds=(0, 1, 3))[0], -0.5, rtol=1e-6)


def test_tags_that_a_seed_has_too(table: ItemTable) -> None:
    tags = tags_of_seed("tags", "tags", "About.")

    np.testing.assert_array_equal(ask(tags, table, seeds=(1,)), [0.5, 1, 0, NAN, NAN])
    np.testing.assert_array_equal(ask(tags, table, seeds=(0, 2)), [1, 1, 1, NAN, NAN])
    assert np.isnan(ask(tags, table, seeds=(4,))).all()


def test_without_seeds_nothing_is_beside_them(table: ItemTable) -> None:
    assert ask(is_seed("seed", "About."), table).tolist() == [0] * 5
    for feature in (
        same_as_seed("kind", "kind", "About."),
        ratio_to_seed("price", "price", "About."),
        tags_of_seed("tags", "tags", "About."),
    ):
        assert np.isnan(ask(feature, table)).all()
        assert np.isnan(ask(feature, table, seeds=(-1, 77))).all()
