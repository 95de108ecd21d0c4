from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from penchant.models import item_weights as module
from penchant.models.item_weights import ItemWeights, above_zero

# Items 1, 3 and 4 of five; item 3 speaks against item 1.
WEIGHTS = ItemWeights.of(
    np.array([1, 3, 4], np.int32),
    5,
    [sparse.csr_matrix(np.array([[0, 2, 1], [-1, 0, 3]], np.float32)), sparse.csr_matrix((1, 3), dtype=np.float32)],
)


def rows(found):
    return [dict(zip(*(part.tolist() for part in found.row(i)), strict=True)) for i in range(len(found))]


def test_histories_add_up_rows_and_propose_what_is_above_zero():
    histories = sparse.csr_matrix(np.array([[9, 1, 0, 0, 0], [0, 1, 0, 2, 0], [9, 0, 9, 0, 0]], np.float32))

    assert rows(WEIGHTS.retrieve(histories, 5)) == [{3: 2, 4: 1}, {4: 7, 3: 2}, {}]


def test_a_mask_is_in_item_codes():
    history = sparse.csr_matrix(np.array([[0, 1, 0, 2, 0]], np.float32))

    assert rows(WEIGHTS.retrieve(history, 5, np.array([True, True, True, True, False]))) == [{3: 2}]


def test_similar_items_are_those_it_speaks_for():
    found = WEIGHTS.similar(np.array([1, 3, 0, -1, 7], np.int32), 1)

    assert rows(found) == [{3: 2}, {4: 3}, {}, {}, {}]


@pytest.mark.parametrize("few", [0, 100])
def test_one_history_is_answered_alike_by_sums_and_by_a_product(few, monkeypatch):
    monkeypatch.setattr(module, "_FEW_CELLS", few)
    codes, scores = WEIGHTS.best(np.array([0, 1, 3], np.int32), np.array([9, 1, 2], np.float32), 5)

    assert (codes.tolist(), scores.tolist()) == ([4, 3], [7.0, 2.0])
    assert len(WEIGHTS.best(np.array([0], np.int32), np.ones(1, np.float32), 5)[0]) == 0


def test_arrays_hold_everything():
    again = ItemWeights.from_arrays(WEIGHTS.arrays())

    assert len(again) == 5
    np.testing.assert_array_equal(again.weights.toarray(), WEIGHTS.weights.toarray())


@given(arrays(np.float32, st.integers(0, 20), elements=st.integers(-3, 3).map(float)), st.integers(0, 22), st.data())
def test_the_best_above_zero_are_those_of_a_full_sort(values, k, data):
    codes = np.array(data.draw(st.permutations(range(len(values)))), np.int32)
    allowed = data.draw(arrays(bool, len(values)))

    found = above_zero(codes, values, k, allowed)

    wanted = sorted((-v, c) for v, c in zip(values.tolist(), codes.tolist(), strict=True) if v > 0 and allowed[c])[:k]
    assert [(-v, c) for c, v in zip(*(part.tolist() for part in found), strict=True)] == wanted
