"""What came after a moment."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from penchant.training.followers import Followers

events = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 20), st.sampled_from([0.0, 1.0, 2.5, np.nan])), max_size=12
)


@given(events, st.integers(0, 4), st.integers(0, 21), st.integers(0, 10))
def test_the_first_and_the_highest_are_those_that_a_search_finds(
    told: list[tuple[int, int, float]], group: int, since: int, span: int
) -> None:
    groups = np.array([one[0] for one in told], np.int64)
    times = np.array([one[1] for one in told], np.float64)
    values = np.array([one[2] for one in told], np.float32)
    followers = Followers.of(groups, times, np.arange(len(told)))
    asked, start, stop = np.array([group]), np.array([since], np.float64), np.array([since + span], np.float64)

    later = sorted((t, i) for i, (g, t, _) in enumerate(told) if g == group and t >= since)
    inside = [v for g, t, v in told if g == group and since <= t <= since + span and not np.isnan(v)]

    assert followers.first(asked, start).tolist() == [later[0][1] if later else -1]
    np.testing.assert_equal(followers.highest(values, asked, start, stop)[0], max(inside) if inside else np.nan)


def test_spans_that_overlap_do_not_mix() -> None:
    followers = Followers.of(np.zeros(4, np.int64), np.arange(4.0), np.arange(4))
    values = np.array([5.0, 1.0, 2.0, 3.0], np.float32)

    found = followers.highest(values, np.zeros(3, np.int64), np.array([1.0, 0.0, 2.0]), np.array([3.0, 1.0, 2.0]))

    assert found.tolist() == [3.0, 5.0, 2.0]
