from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import sparse

from penchant.models import neighbours as module
from penchant.models.neighbours import Neighbours, cooccurrence, rescored


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
    monkeypatch.setattr(module, "_BLOCK_CELLS", 1)

    rows = [rows for rows, _ in cooccurrence(sparse.csr_matrix((3, 40), dtype=np.float32))]

    assert [(r.start, r.stop) for r in rows] == [(0, 16), (16, 32), (32, 40)]


def test_cells_are_rescored_by_row_column_and_value():
    x = matrix([[1, 1, 0], [0, 1, 1]])

    whole = sparse.vstack(list(rescored(cooccurrence(x), lambda a, b, value: 100 * a + 10 * b + value)))

    assert whole.toarray().tolist() == [[1, 11, 0], [101, 112, 121], [0, 211, 221]]
