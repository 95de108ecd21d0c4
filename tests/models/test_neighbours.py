from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import sparse

from penchant.models import neighbours as module
from penchant.models.neighbours import Neighbours, capped, cooccurrence, rescored
from penchant.slate import top_k


def matrix(rows):
    return sparse.csr_matrix(np.array(rows, np.float32))


NEAR = Neighbours.prune([matrix([[9, 1, 3, 3], [0, 0, -1, 0]]), matrix([[2, 5, 0, 4], [1, 0, 0, 0]])], 3)


def test_each_row_keeps_its_highest_scores_above_zero_best_first():
    assert NEAR.ptr.tolist() == [0, 3, 3, 6, 7]
    assert NEAR.items.tolist() == [0, 2, 3, 1, 3, 0, 0]
    assert NEAR.scores.tolist() == [9, 3, 3, 5, 4, 2, 1]


def test_votes_are_weighted_sums_of_rows():
    codes, sums = NEAR.votes(np.array([0, 2], np.int32), np.array([1.0, 10.0]))

    assert codes.tolist() == [0, 1, 2, 3]
    assert sums.tolist() == [29.0, 50.0, 3.0, 43.0]


def test_items_without_neighbours_give_no_votes():
    codes, sums = NEAR.votes(np.array([1], np.int32), np.array([1.0]))

    assert len(codes) == len(sums) == 0


def test_no_history_gives_no_votes():
    assert len(NEAR.votes(np.zeros(0, np.int32), np.zeros(0))[0]) == 0


def test_similar_items_are_the_row_without_the_item_itself():
    found = NEAR.similar(np.array([0, 1, 2, 99], np.int32), 2)

    assert [found.row(i)[0].tolist() for i in range(4)] == [[2, 3], [], [1, 3], []]


def test_similar_items_are_cut_after_the_mask():
    found = NEAR.similar(np.array([2], np.int32), 1, np.array([True, False, True, True]))

    assert found.row(0)[0].tolist() == [3]


@given(st.integers(0, 2**31), st.integers(1, 60), st.integers(0, 40), st.sampled_from([1, 10_000]), st.booleans())
def test_the_best_by_votes_are_the_best_of_all_votes(seed, n, k, few, masked):
    rng = np.random.default_rng(seed)
    dense = rng.integers(0, 4, (n, n)) * (rng.random((n, n)) < 0.3)
    near = Neighbours.prune([matrix(dense)], 5)
    codes = np.flatnonzero(rng.random(n) < 0.4).astype(np.int32)
    weights, but = rng.integers(1, 4, len(codes)) / 2, np.flatnonzero(rng.random(n) < 0.2).astype(np.int32)
    allowed = rng.random(n) < 0.7 if masked else None
    with pytest.MonkeyPatch.context() as patch:  # cells are sorted, or items are counted over
        patch.setattr(module, "_FEW", few)
        items, scores = near.best(codes, weights, k, allowed, but=but)
        touched, votes = near.votes(codes, weights)

    open_ = ~np.isin(touched, but) & (True if allowed is None else allowed[touched])
    touched, votes = touched[open_], votes[open_]
    wanted = np.lexsort((touched, -votes))[:k]
    assert items.tolist() == touched[wanted].tolist()
    assert scores.tolist() == votes[wanted].tolist()


@given(
    arrays.arrays(np.float32, st.tuples(st.integers(1, 8), st.integers(1, 9)), elements=st.sampled_from([0, 1, 2])),
    st.integers(1, 20),
)
def test_blocks_together_are_the_whole_product(dense, cells):
    before, module._BLOCK_CELLS = module._BLOCK_CELLS, cells
    try:
        blocks = [block.toarray() for _, block in cooccurrence(sparse.csr_matrix(dense))]
    finally:
        module._BLOCK_CELLS = before

    np.testing.assert_array_equal(np.vstack(blocks), dense.T @ dense)


def test_blocks_are_bounded(monkeypatch):
    monkeypatch.setattr(module, "_BLOCK_CELLS", 6)
    x = matrix([[1, 1, 0, 0, 0], [0, 1, 1, 1, 0], [0, 0, 0, 1, 0]])

    rows = [rows for rows, _ in cooccurrence(x)]

    # Items meet at most 2, 5, 3, 4 and 0 cells in the rows they stand in.
    assert [(r.start, r.stop) for r in rows] == [(0, 1), (1, 2), (2, 3), (3, 5)]


@given(
    arrays.arrays(np.float32, st.tuples(st.integers(1, 9), st.integers(1, 30)), elements=st.integers(-1, 3)),
    st.integers(1, 6),
    st.integers(0, 9),
)
def test_pruning_in_blocks_keeps_what_row_by_row_would(dense, top, cut):
    x = sparse.csr_matrix(dense)
    near = Neighbours.prune([x[:cut], x[cut:]], top)

    for i, row in enumerate(dense):
        codes, scores = top_k(np.where(row > 0, row, -np.inf), top)
        span = slice(near.ptr[i], near.ptr[i + 1])
        assert near.items[span].tolist() == codes.tolist()
        assert near.scores[span].tolist() == scores.tolist()


def test_pruning_nothing_keeps_nothing():
    near = Neighbours.prune([], 5)

    assert (near.ptr.tolist(), near.items.tolist(), near.scores.tolist()) == ([0], [], [])


def test_a_cap_keeps_the_highest_cells_of_long_rows_and_all_of_others():
    x = matrix([[3, 1, 4, 1, 5], [0, 9, 0, 2, 0]])

    assert capped(x, 3).toarray().tolist() == [[3, 0, 4, 0, 5], [0, 9, 0, 2, 0]]


def test_equal_cells_under_a_cap_are_drawn_from_all_columns():
    kept = [capped(matrix([[1] * 400]), 50).indices, capped(matrix([[1] * 400]), 50).indices]

    assert kept[0].tolist() == kept[1].tolist()
    assert len(kept[0]) == 50
    assert 100 < kept[0].mean() < 300


def test_cells_are_rescored_by_row_column_and_value():
    x = matrix([[1, 1, 0], [0, 1, 1]])

    whole = sparse.vstack(list(rescored(cooccurrence(x), lambda a, b, value: 100 * a + 10 * b + value)))

    assert whole.toarray().tolist() == [[1, 11, 0], [101, 112, 121], [0, 211, 221]]
