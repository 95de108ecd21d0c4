from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from penchant.simulation.choice import draw, pick, pick_several, ranks


def test_a_pick_is_in_proportion_to_exp_of_utility() -> None:
    utility = np.tile(np.log(np.array([[1.0, 2.0, 5.0]], np.float32)), (40_000, 1))

    share = np.bincount(pick(np.random.default_rng(1), utility), minlength=3) / 40_000

    np.testing.assert_allclose(share, [0.125, 0.25, 0.625], atol=0.01)


def test_what_cannot_be_had_is_never_picked() -> None:
    utility = np.tile(np.array([[0.0, -np.inf, 0.0]], np.float32), (5_000, 1))

    assert set(pick(np.random.default_rng(1), utility).tolist()) == {0, 2}


def test_a_draw_is_in_proportion_to_weight_and_never_of_weight_zero() -> None:
    weights = np.tile(np.array([[0.0, 1.0, 3.0, 0.0]]), (40_000, 1))

    share = np.bincount(draw(np.random.default_rng(2), weights), minlength=4) / 40_000

    np.testing.assert_allclose(share, [0.0, 0.25, 0.75, 0.0], atol=0.01)
    assert share[0] == share[3] == 0.0


@given(st.integers(1, 6), st.integers(1, 9), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_several_picks_of_a_row_differ(n: int, m: int, k: int, seed: int) -> None:
    columns = pick_several(np.random.default_rng(seed), np.zeros((n, m), np.float32), k)

    assert columns.shape == (n, min(k, m))
    assert all(len(set(row)) == len(row) and max(row) < m for row in columns.tolist())


def test_the_first_of_several_picks_is_distributed_as_a_single_one() -> None:
    utility = np.tile(np.log(np.array([[1.0, 1.0, 6.0]], np.float32)), (40_000, 1))

    first = pick_several(np.random.default_rng(3), utility, 2)[:, 0]

    np.testing.assert_allclose(np.bincount(first) / 40_000, [0.125, 0.125, 0.75], atol=0.01)


@given(hnp.arrays(np.int64, st.integers(0, 30), elements=st.integers(0, 4)))
def test_ranks_count_each_group_in_row_order(group: np.ndarray) -> None:
    seen: dict[int, int] = {}
    expected = []
    for g in group.tolist():
        expected.append(seen.get(g, 0))
        seen[g] = expected[-1] + 1

    assert ranks(group).tolist() == expected
