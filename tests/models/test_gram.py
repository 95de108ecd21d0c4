from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from penchant.models import gram
from penchant.models.gram import Factor, add_product, frequent, invert, kept, products, strongest, strongest_of

CELLS = st.floats(-8, 8, width=32)


def matrix(rows, columns, seed=0):
    return sparse.random(rows, columns, 0.4, "csr", np.float32, np.random.default_rng(seed))


def test_the_most_frequent_columns_stand_in_order_and_empty_ones_never():
    x = sparse.csr_matrix(np.array([[0, 1, 1, 0, 1], [0, 0, 1, 0, 1], [0, 0, 0, 0, 1], [1, 0, 0, 0, 0]]))

    np.testing.assert_array_equal(frequent(x, 2), [2, 4])
    np.testing.assert_array_equal(frequent(x, 3), [0, 2, 4])  # 0 and 1 are level
    np.testing.assert_array_equal(frequent(x, 9), [0, 1, 2, 4])


def test_products_in_blocks_are_the_whole_product(monkeypatch):
    monkeypatch.setattr(gram, "_BLOCK_CELLS", 100)
    left, right = matrix(30, 70), matrix(30, 50, 1)
    total = np.ones((70, 50), np.float32)

    add_product(total, left, right, 0.5)

    blocks = list(products(left, right))
    assert len(blocks) == 5
    whole = (left.T @ right).toarray()
    np.testing.assert_allclose(np.concatenate([block.toarray() for _, block in blocks]), whole, rtol=1e-5)
    np.testing.assert_allclose(total, 1 + whole / 2, rtol=1e-5)


@pytest.mark.parametrize(("dtype", "rounding"), [(np.float64, 1e-9), (np.float32, 2e-3)])
@pytest.mark.parametrize("n", [0, 1, 7, 1_100])
def test_the_inverse_is_made_in_place(n, dtype, rounding):
    x = np.random.default_rng(n).standard_normal((n + 5, n))
    g = (x.T @ x + 10 * np.eye(n)).astype(dtype)
    before = g.astype(np.float64)

    inverse = invert(g)

    assert inverse is g
    np.testing.assert_allclose(inverse @ before, np.eye(n), atol=rounding)
    np.testing.assert_array_equal(inverse, inverse.T)


def test_what_is_not_positive_definite_is_refused():
    with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
        invert(np.array([[1.0, 2.0], [2.0, 1.0]]))


@pytest.mark.parametrize(("dtype", "rounding"), [(np.float64, 1e-9), (np.float32, 2e-3)])
@pytest.mark.parametrize("n", [0, 1, 7, 300, 1_100])
def test_what_a_factor_solves_is_right_when_multiplied_again(n, dtype, rounding):
    rng = np.random.default_rng(n)
    x, right = rng.standard_normal((n + 5, n)), rng.standard_normal((n, n)).astype(dtype)
    g = (x.T @ x + 10 * np.eye(n)).astype(dtype)
    wanted, again = right.copy(), right.copy()

    factor = Factor.of(g.copy())
    solved = factor.solve(right)

    assert solved is right
    np.testing.assert_allclose(g.astype(np.float64) @ solved, wanted, atol=rounding)
    np.testing.assert_array_equal(factor.solve(again, threads=3), solved)


def test_what_is_not_positive_definite_has_no_factor():
    with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
        Factor.of(np.array([[1.0, 2.0], [2.0, 1.0]]))


@given(
    arrays(np.float32, st.tuples(st.integers(1, 9), st.integers(1, 12)), elements=st.sampled_from([-2, -1, 0, 1, 3])),
    st.integers(1, 13),
    st.integers(1, 3),
)
def test_dense_rows_made_some_at_a_time_keep_the_same_cells(dense, top, threads):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gram, "_WIDE", 4)
        blocks = strongest_of(lambda start, end: dense[start:end], len(dense), top, threads)

    found, wanted = sparse.vstack(blocks, "csr"), strongest(sparse.csr_matrix(dense), top)
    for part in ("indptr", "indices", "data"):
        np.testing.assert_array_equal(getattr(found, part), getattr(wanted, part))
    assert found.dtype == np.float32
    assert found.indices.dtype == np.int32


def test_the_strongest_cells_may_be_below_zero():
    block = sparse.csr_matrix(np.array([[0.5, -3.0, 0.0, 2.0], [1.0, 1.0, -1.0, 1.0]]))

    np.testing.assert_array_equal(strongest(block, 2).toarray(), [[0, -3, 0, 2], [1, 1, 0, 0]])


@given(arrays(np.float32, st.tuples(st.integers(1, 5), st.integers(1, 12)), elements=CELLS), st.integers(1, 12))
def test_what_is_dropped_is_never_stronger_than_what_is_kept(dense, top):
    kept = strongest(sparse.csr_matrix(dense), top)

    for row, found in zip(dense, kept.toarray(), strict=True):
        size = np.abs(row)
        assert np.count_nonzero(found) == min(top, np.count_nonzero(row))
        assert (found[found != 0] == row[found != 0]).all()
        assert size[found == 0].max(initial=0) <= np.abs(found[found != 0]).min(initial=np.inf)


def test_fewer_weights_are_kept_where_rows_are_many():
    assert [kept(500, n) for n in (0, 10, 20_000, 100_000, 10_000_000)] == [500, 500, 500, 100, 20]
