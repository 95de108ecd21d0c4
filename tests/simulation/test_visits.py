from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.clock import DAY
from penchant.simulation.visits import APART, HOURS, draw_visits

NOW = 1_780_012_345.0


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.floats(0.5, 90.0), st.floats(0.0, 30.0))
def test_visits_lie_inside_the_time_in_order_and_apart(seed: int, people: int, days: float, mean: float) -> None:
    visits = draw_visits(np.random.default_rng(seed), people, NOW, days, mean)

    assert np.all((visits.start > NOW - days * DAY) & (visits.start < NOW))
    assert np.all((visits.person >= 0) & (visits.person < people))
    same = visits.person[1:] == visits.person[:-1]
    assert np.all(np.diff(visits.person) >= 0)
    # A millisecond of slack: times are kept in doubles beside large offsets.
    assert np.all(np.diff(visits.start)[same] >= APART - 1e-3)
    assert visits.first.sum() == len(np.unique(visits.person))


def test_people_keep_hours() -> None:
    visits = draw_visits(np.random.default_rng(1), 4_000, NOW, 60.0, 4.0)

    counts = np.bincount((visits.start % DAY // 3600).astype(int), minlength=24)

    assert counts[19] > 5 * counts[3]
    assert np.corrcoef(counts, HOURS)[0, 1] > 0.95


def test_some_come_often_and_some_never() -> None:
    visits = draw_visits(np.random.default_rng(1), 2_000, NOW, 60.0, 5.0)

    counts = np.bincount(visits.person, minlength=2_000)

    assert (counts == 0).sum() > 100
    assert counts.max() > 25
