from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from penchant.models import item_vectors
from penchant.models.item_vectors import ItemVectors, Rows

FEATURES, DIMS = 5, 2


def rows(values):
    values = np.array(values, np.float32).reshape(-1, FEATURES + DIMS)
    return Rows(sparse.csr_matrix(values[:, :FEATURES]), np.ascontiguousarray(values[:, FEATURES:]))


VECTOR = st.lists(st.integers(-3, 3), min_size=FEATURES + DIMS, max_size=FEATURES + DIMS)
CHANGES = st.lists(st.dictionaries(st.integers(0, 9), VECTOR, max_size=4), max_size=6)


def replayed(base, changes, n_items=10):
    vectors, plain = ItemVectors.of(rows(base)), np.zeros((n_items, FEATURES + DIMS), np.float32)
    plain[: len(base)] = np.array(base).reshape(-1, FEATURES + DIMS)
    for change in changes:
        codes = np.array(sorted(change), np.int32)
        vectors = vectors.told(codes, rows([change[code] for code in codes.tolist()]), n_items)
        for code, vector in change.items():
            plain[code] = vector
    return vectors if changes else ItemVectors(vectors.base, vectors.codes, vectors.over, n_items), plain


@pytest.fixture(autouse=True, params=[1, 3, 1_000])
def folds_at(request, monkeypatch):
    """Folding is a matter of time alone: it happens at once, now and then, or never."""
    monkeypatch.setattr(item_vectors, "_LEAST", request.param)


@given(st.lists(VECTOR, max_size=6), CHANGES, VECTOR)
def test_vectors_told_anew_answer_as_plain_ones(base, changes, profile):
    vectors, plain = replayed(base, changes)
    profile = np.array(profile, np.float32)

    np.testing.assert_array_equal(vectors.dot(profile), plain @ profile)
    np.testing.assert_array_equal(vectors.folded().dot(profile), plain @ profile)
    assert vectors.n_items == vectors.folded().n_items == len(vectors.folded().base) == 10


@given(st.lists(VECTOR, max_size=6), CHANGES, st.dictionaries(st.integers(0, 9), st.integers(1, 4), min_size=1))
def test_the_mean_reads_what_was_told_last(base, changes, weights):
    vectors, plain = replayed(base, changes)
    codes, shares = np.array(sorted(weights), np.int32), np.array([weights[code] for code in sorted(weights)], float)

    wanted = shares / shares.sum() @ plain[codes]

    np.testing.assert_allclose(vectors.mean(codes, shares), wanted, atol=1e-6)


@given(st.lists(VECTOR, max_size=6), CHANGES, VECTOR, st.sets(st.integers(0, 9)))
def test_products_of_some_items_are_those_of_all(base, changes, profile, some):
    vectors, _ = replayed(base, changes)
    codes = np.array(sorted(code for code in some if code < vectors.n_items), np.int32)
    profile = np.array(profile, np.float32)
    assert vectors.dot_of(codes, profile).tolist() == vectors.dot(profile)[codes].tolist()


def test_items_told_anew_leave_the_vectors_of_before_as_they_were():
    vectors = ItemVectors.of(rows([[1, 0, 0, 0, 0, 0, 1], [0, 1, 0, 0, 0, 1, 0]]))
    profile = np.arange(7, dtype=np.float32)

    vectors.told(np.array([0], np.int32), rows([[0, 0, 0, 0, 9, 9, 9]]), 3)

    assert vectors.dot(profile).tolist() == [6.0, 6.0]


@given(st.lists(VECTOR, min_size=3, max_size=6), st.booleans())
def test_a_share_of_a_mean_is_taken_off(base, dense):
    plain = rows(base)
    vectors = ItemVectors.of(plain if dense else Rows(plain.cells, plain.points[:, :0]))
    codes, weights = np.array([0, 2], np.int32), np.array([1.0, 3.0])
    profile = vectors.mean(np.array([1], np.int32), np.ones(1))

    wanted = profile - 0.5 * vectors.mean(codes, weights)
    vectors.less(profile, 0.5, codes, weights)

    np.testing.assert_array_equal(profile, wanted)
