from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from penchant.models.choice import above_zero_of, allowed_in, best, best_among, first, ranked, repeated

INF = np.inf


def test_the_best_stand_first_and_equal_scores_by_code():
    codes, scores = best(np.array([0.5, 2.0, 0.5, 1.0]), 3)

    assert codes.tolist() == [1, 3, 0]
    assert scores.tolist() == [2.0, 1.0, 0.5]


def test_what_is_not_allowed_is_no_candidate():
    codes, _ = best(np.array([3.0, 2.0, 1.0, -INF]), 4, np.array([False, True, True, True]))

    assert codes.tolist() == [1, 2]


def test_a_few_items_are_chosen_from_like_all():
    codes = np.array([2, 5, 7, 9], np.int32)

    chosen, scores = best_among(codes, np.array([1.0, 3.0, 3.0, 2.0]), 3, np.arange(10) != 9)

    assert chosen.tolist() == [5, 7, 2]
    assert scores.tolist() == [3.0, 3.0, 1.0]


def test_nothing_is_chosen_of_nothing():
    assert len(best(np.ones(3), 0)[0]) == 0
    assert len(best(np.zeros(0), 5)[0]) == 0
    assert len(best_among(np.zeros(0, np.int32), np.zeros(0), 5)[0]) == 0
    assert len(best_among(np.array([1], np.int32), np.ones(1), 0)[0]) == 0


def test_a_row_has_its_own_mask_or_the_common_one():
    common, own = np.array([True, False]), np.array([[True, False], [False, True]])

    assert allowed_in(None, 1) is None
    assert allowed_in(common, 1).tolist() == [True, False]
    assert allowed_in(own, 1).tolist() == [False, True]


def test_a_row_can_be_repeated():
    rows = repeated((np.array([4, 2], np.int32), np.array([1.0, 0.5], np.float32)), 3)

    assert len(rows) == 3
    assert rows.row(2)[0].tolist() == [4, 2]
    assert rows.row(2)[1].tolist() == [1.0, 0.5]


@given(st.integers(0, 2**31), st.integers(0, 6_000), st.integers(-1, 400))
def test_the_first_allowed_of_an_order_are_found_without_its_rest(seed, n, k):
    rng = np.random.default_rng(seed)
    order, allowed = rng.permutation(n).astype(np.int32), rng.random(n) < rng.random()

    assert first(order, k, allowed).tolist() == order[allowed[order]][: max(k, 0)].tolist()
    assert first(order, k).tolist() == order[: max(k, 0)].tolist()


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.sampled_from([-np.inf, -2.5, -0.0, 0.0, 1e-30, 1.0, 3.0, np.inf])), max_size=40
    ),
    st.integers(0, 2**31),
)
def test_rows_are_ranked_best_first_and_equals_by_code(cells, seed):
    row = np.array([r for r, _ in cells], np.int64)
    scores = np.array([s for _, s in cells], np.float32)
    codes = np.random.default_rng(seed).permutation(len(cells)).astype(np.int32)

    order = ranked(row, scores, codes).tolist()

    assert order == sorted(range(len(cells)), key=lambda i: (row[i], -scores[i], codes[i]))


@given(st.integers(0, 2**31), st.integers(0, 3_000), st.integers(-1, 300), st.sampled_from([0.0, 0.02, 0.6, 1.0]))
def test_the_best_above_zero_of_very_many_are_those_of_a_full_sort(seed, n, k, share):
    rng = np.random.default_rng(seed)
    scores = np.round(rng.standard_normal(n), 1 + seed % 3).astype(np.float32)
    allowed = None if share == 1.0 else rng.random(n) < share

    codes, values = above_zero_of(scores, k, allowed)

    open_ = np.flatnonzero((scores > 0) & (True if allowed is None else allowed))
    wanted = open_[np.lexsort((open_, -scores[open_]))][: max(k, 0)]
    assert codes.tolist() == wanted.tolist()
    assert values.tolist() == scores[wanted].tolist()
    assert codes.dtype == np.int32 and values.dtype == np.float32
