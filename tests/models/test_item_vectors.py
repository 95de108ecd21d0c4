from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from penchant.models import item_vectors
from penchant.models.choice import above_zero_of
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


def short(rng, n, size):
    """Vectors of length 1 whose dense parts have a length of `size`."""
    values = rng.random((n, FEATURES + DIMS)) * (rng.random((n, FEATURES + DIMS)) < 0.6)
    for part, length in ((slice(0, FEATURES), 1.0 - size**2), (slice(FEATURES, None), size**2)):
        norm = np.linalg.norm(values[:, part], axis=1, keepdims=True)
        values[:, part] *= np.sqrt(length) / np.maximum(norm, 1e-9)
    return rows(values)


@given(
    seed=st.integers(0, 2**31),
    k=st.integers(0, 12),
    size=st.sampled_from([0.01, 0.1, 0.9]),
    told=st.booleans(),
    masked=st.booleans(),
    but=st.sampled_from([None, 7]),
)
def test_the_best_are_those_of_looking_at_everything(seed, k, size, told, masked, but):
    rng = np.random.default_rng(seed)
    vectors = ItemVectors.of(short(rng, 200, size))
    if told:
        vectors = vectors.told(np.array([3, 7, 201], np.int32), short(rng, 3, size), 204)
    profile = vectors.mean(np.array([1, 7, 30], np.int32), rng.random(3) + 0.1)
    allowed = rng.random(vectors.n_items) < 0.7 if masked else None

    codes, scores = vectors.best(profile, k, allowed, but)

    wanted = vectors.dot(profile)
    if but is not None:
        wanted[but] = 0.0
    best, values = above_zero_of(wanted, k, allowed)
    np.testing.assert_allclose(scores, values, rtol=1e-5)
    # Rounding may swap what is as near as rounding.
    assert set(codes.tolist()) == set(best.tolist()) or np.isclose(np.sort(wanted[codes]), np.sort(values)).all()
    np.testing.assert_allclose(scores, wanted[codes], rtol=1e-5)


def test_dense_parts_are_read_of_what_stands_out_alone(monkeypatch):
    rng = np.random.default_rng(5)
    vectors = ItemVectors.of(short(rng, 4_000, 0.05))
    profile = vectors.mean(np.array([1], np.int32), np.ones(1))
    whole, looked = ItemVectors.dot_of, []
    monkeypatch.setattr(ItemVectors, "dot_of", lambda self, *args: looked.append(len(args[0])) or whole(self, *args))
    monkeypatch.setattr(ItemVectors, "_with_points", None)

    codes, _ = vectors.best(profile, 5)

    assert codes[0] == 1
    assert sum(looked) < 400


def test_an_item_is_not_among_the_best_of_itself():
    vectors = ItemVectors.of(rows([[1, 0, 0, 0, 0, 1, 0], [1, 0, 0, 0, 0, 1, 0], [0, 1, 0, 0, 0, 0, 1]]))
    profile = vectors.mean(np.array([0], np.int32), np.ones(1))
    assert vectors.best(profile, 3, but=0)[0].tolist() == [1]
