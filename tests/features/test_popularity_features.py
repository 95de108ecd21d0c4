"""What everybody did, by hand: rates, trends and shares as they were known at noon of day 100."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from penchant.catalog import Item, ItemTable
from penchant.clock import DAY
from penchant.dataset import Queries
from penchant.events import Role
from penchant.features import (
    Batch,
    Feature,
    Statistics,
    days_known,
    days_quiet,
    decayed_count,
    growth,
    share_within,
    smoothed_rate,
)
from penchant.slate import Candidates

NOW = 100 * DAY
KINDS = ("shoe", "shoe", "sock", None)
TABLE = ItemTable(
    [str(n) for n in range(4)],
    [Item(id=str(n), attributes={"kind": kind} if kind else {}) for n, kind in enumerate(KINDS)],
)
Event = tuple[int, float, Role]
"""Item, days ago, role."""


def ask(feature: Feature, *events: Event) -> list[float]:
    items, ages, roles = zip(*events, strict=True) if events else ((), (), ())
    statistics = Statistics.of(items, [NOW - age * DAY for age in ages], roles, 4)
    everything = Candidates(np.array([0, 4]), np.arange(4, dtype=np.int32), np.ones(4, np.float32))
    return [float(value) for value in feature.compute(Batch(Queries.single(NOW), everything, TABLE, statistics))]


def times(n: int, item: int, days: float, role: Role) -> list[Event]:
    return [(item, days, role)] * n


def test_a_rate_begins_with_what_is_usual_and_is_the_items_own_when_much_is_known() -> None:
    rate = smoothed_rate("ctr", Role.WEAK, Role.IMPRESSION, "About.", prior=0.1, strength=10.0)
    shown = [*times(90, 0, 2.0, Role.IMPRESSION), *times(30, 0, 2.0, Role.WEAK)]

    # All: (30 + 10 × 0.1) / (90 + 10) = 0.31. Item 0: (30 + 10 × 0.31) / (90 + 10). Others: all of it is usual.
    np.testing.assert_allclose(ask(rate, *shown), [0.331, 0.31, 0.31, 0.31], rtol=1e-6)


def test_a_rate_is_drawn_to_its_group_first() -> None:
    rate = smoothed_rate("ctr", Role.WEAK, Role.IMPRESSION, "About.", prior=0.1, strength=10.0, within="kind")
    shown = [*times(90, 0, 2.0, Role.IMPRESSION), *times(30, 0, 2.0, Role.WEAK)]
    # Shoes: (30 + 3.1) / 100 = 0.331. Item 0: (30 + 3.31) / 100. Socks and nothing: as all.
    np.testing.assert_allclose(ask(rate, *shown), [0.3331, 0.331, 0.31, 0.31], rtol=1e-6)


def test_a_rate_is_unknown_as_long_as_nothing_is() -> None:
    rate = smoothed_rate("ctr", Role.WEAK, Role.IMPRESSION, "About.")

    assert np.isnan(ask(rate)).all()
    assert np.isnan(ask(rate, *times(5, 0, 2.0, Role.WEAK))).all()
    assert np.isnan(ask(rate, *times(5, 0, 40.0, Role.IMPRESSION))).all()


def test_a_rate_is_never_above_one() -> None:
    rate = smoothed_rate("ctr", Role.WEAK, Role.IMPRESSION, "About.", strength=1.0)

    assert ask(rate, (0, 2.0, Role.IMPRESSION), *times(50, 0, 2.0, Role.WEAK))[0] == 1.0


def test_events_fade_in_steps() -> None:
    count = decayed_count("goals", Role.GOAL, "About.", half_life_days=4.0)
    events = [(0, 0.5, Role.GOAL), (0, 3.0, Role.GOAL), (1, 10.0, Role.GOAL), (2, 60.0, Role.GOAL)]

    # As if half a day, 4, 17.5 and 56 days old.
    expected = [math.log1p(2**-0.125 + 0.5), math.log1p(2**-4.375), math.log1p(2**-14.0), 0.0]
    np.testing.assert_allclose(ask(count, *events), expected, rtol=1e-6)


def test_growth_is_the_last_day_against_a_usual_one() -> None:
    trend = growth("trend", Role.WEAK, "About.", strength=2.0)
    events = [*times(6, 0, 0.5, Role.WEAK), *times(8, 0, 3.0, Role.WEAK), *times(14, 1, 3.0, Role.WEAK)]

    # (6 + 2) / (14 / 7 + 2) = 2 is one doubling; (0 + 2) / (2 + 2) is a halving.
    np.testing.assert_allclose(ask(trend, *events), [1.0, -1.0, 0.0, 0.0], rtol=1e-6)


def test_a_share_begins_evenly() -> None:
    share = share_within("share", Role.GOAL, "kind", "About.", strength=10.0)
    events = [*times(30, 0, 2.0, Role.GOAL), *times(5, 3, 2.0, Role.GOAL)]

    # Two shoes, 5 of the 10 each: (30 + 5) / (30 + 10). The only sock has all of nothing.
    np.testing.assert_allclose(ask(share, *events), [35 / 40, 5 / 40, 1.0, np.nan], rtol=1e-6)


@pytest.mark.parametrize(("make", "expected"), [(days_known, 9.0), (days_quiet, 2.0)])
def test_days_since_the_first_and_the_last_event(make: Callable[..., Feature], expected: float) -> None:
    found = ask(make("days", "About."), (0, 9.0, Role.GOAL), (0, 2.0, Role.WEAK), (1, -1.0, Role.GOAL))

    np.testing.assert_array_equal(found, [expected, np.nan, np.nan, np.nan])
