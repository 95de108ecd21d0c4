from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.models import exact as module
from penchant.models.exact import Exact, Heads, joined, lengths
from penchant.slate import Candidates, top_k
from penchant.testing.answers import same


def brute(vectors, queries, k, allowed=None, scale=None, above=-np.inf):
    """Every product in double precision, rounded once, and the best of all."""
    rows = []
    for i, query in enumerate(queries):
        products = np.multiply(vectors, query, dtype=np.float64).sum(axis=1)
        scores = (products if scale is None else products * scale).astype(np.float32)
        mask = np.ones(len(scores), bool) if allowed is None else allowed if allowed.ndim == 1 else allowed[i]
        rows.append(top_k(np.where(mask & (scores > above), scores, -np.inf), k))
    return Candidates.from_rows(rows)


def drawn(rng, n, dims, kind):
    """Vectors of one length, of very different lengths, or mostly alike."""
    vectors = rng.standard_normal((n, dims))
    if kind == "spread":
        vectors *= np.exp(rng.normal(0, 2, (n, 1)))
    if kind == "alike":
        vectors = np.round(vectors[rng.integers(0, max(1, min(3, n)), n)])
    return vectors.astype(np.float32)


@given(
    seed=st.integers(0, 2**31),
    n=st.integers(0, 90),
    dims=st.integers(1, 9),
    queries=st.integers(0, 7),
    k=st.integers(0, 100),
    kind=st.sampled_from(["even", "spread", "alike"]),
    mask=st.sampled_from(["none", "common", "own", "narrow"]),
    first=st.integers(1, 40),
    cells=st.integers(1, 500),
    heads=st.booleans(),
)
@settings(deadline=None, max_examples=200)
def test_answers_are_those_of_looking_at_everything(seed, n, dims, queries, k, kind, mask, first, cells, heads):
    rng = np.random.default_rng(seed)
    vectors, asked = drawn(rng, n, dims, kind), drawn(rng, queries, dims, "even")
    allowed = {
        "none": None,
        "common": rng.random(n) < 0.6,
        "own": rng.random((queries, n)) < 0.4,
        "narrow": rng.random(n) < 0.05,
    }[mask]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_FIRST", first)
        patch.setattr(module, "_CELLS", cells)
        if heads:
            patch.setattr(module, "_HEAD_ROWS", 1)
            patch.setattr(module, "_HEAD_DIMS", 1)

        items = Exact.of(vectors, np.arange(n, dtype=np.int32), rng.random(n) if kind == "even" else None)
        found = items.top(asked, k, allowed)
        alone = joined(
            [items.top(asked[i : i + 1], k, allowed[i] if mask == "own" else allowed) for i in range(queries)]
            or [found]
        )

    wanted = brute(vectors, asked, k, allowed)
    same(found, wanted)
    same(alone, wanted)


@given(
    seed=st.integers(0, 2**31),
    n=st.integers(1, 400),
    k=st.integers(1, 70),
    asked=st.integers(1, 3),
    share=st.sampled_from([0.1, 0.6, None]),
)
@settings(deadline=None, max_examples=100)
def test_scaled_answers_are_those_of_looking_at_everything(seed, n, k, asked, share):
    rng = np.random.default_rng(seed)
    vectors = drawn(rng, n, 4, "spread")
    queries = vectors[:asked] / lengths(vectors[:asked])[:, None].astype(np.float32)
    allowed = None if share is None else rng.random(n) < share
    order = np.argsort(-lengths(vectors), kind="stable")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_FIRST", 10)
        patch.setattr(module, "_HEAD_ROWS", 1)
        patch.setattr(module, "_HEAD_DIMS", 1)

        items = Exact.stored(vectors[order], order.astype(np.int32))
        found = items.top(queries, k, allowed, scale=1.0 / lengths(vectors[order]), above=0.0)

    same(found, brute(vectors, queries, k, allowed, scale=1.0 / lengths(vectors), above=0.0))


def test_few_rows_are_looked_at_whole_where_a_few_columns_tell_enough(monkeypatch):
    rng = np.random.default_rng(3)
    # Axes that fade, an own worth in the last column, and one length for all, so that no search ends early.
    vectors = rng.standard_normal((40_000, 33)) * 0.8 ** np.arange(33)
    vectors[:, -1] = rng.normal(0, 1, 40_000)
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    query = np.append(rng.standard_normal(32) * 0.8 ** np.arange(32), 1.0).astype(np.float32)[None]
    items = Exact.of(vectors, np.arange(40_000, dtype=np.int32))
    bounds, told = Heads.bounds, []
    monkeypatch.setattr(Heads, "bounds", lambda *args: told.append(bounds(*args)) or told[-1])

    found = items.top(query, 20)

    same(found, brute(vectors, query, 20))
    edge = found.scores[-1]
    assert told
    assert sum(int((part >= edge).sum()) for part in told) < 2_000


def test_ties_across_blocks_stand_by_code():
    vectors = np.ones((20_000, 3), np.float32)
    items = Exact.of(vectors, np.arange(20_000, dtype=np.int32)[::-1])

    codes, scores = items.top(np.ones((1, 3), np.float32), 5).row(0)

    assert codes.tolist() == [0, 1, 2, 3, 4]
    assert scores.tolist() == [3.0] * 5


def test_a_search_ends_where_no_other_vector_is_long_enough(monkeypatch):
    monkeypatch.setattr(module, "_FIRST", 10)
    looked: list[int] = []
    spans = Exact._blocks

    def told(self, queries, k):
        for start, stop in spans(self, queries, k):
            looked.append(stop)
            yield start, stop

    monkeypatch.setattr(Exact, "_blocks", told)
    vectors = np.zeros((1_000, 2), np.float32)
    vectors[:, 0] = 1.0 / (1.0 + np.arange(1_000))

    found = Exact.of(vectors, np.arange(1_000, dtype=np.int32)).top(np.array([[1.0, 0.0]], np.float32), 2)

    assert found.items.tolist() == [0, 1]
    assert max(looked) < 100


def test_a_single_search_reads_no_row_that_is_too_short(monkeypatch):
    monkeypatch.setattr(module, "_FIRST", 10)
    monkeypatch.setattr(module, "_HEAD_ROWS", 1)
    monkeypatch.setattr(module, "_HEAD_DIMS", 1)
    looked: list[int] = []
    bounds = Heads.bounds
    monkeypatch.setattr(Heads, "bounds", lambda *args: looked.append(args[3]) or bounds(*args))
    vectors = np.zeros((1_000, 3), np.float32)
    vectors[:, 0] = [1.0] * 15 + [0.5] * 985

    found = Exact.of(vectors, np.arange(1_000, dtype=np.int32)).top(np.array([[2.0, 0.0, 0.0]], np.float32), 2)

    assert found.items.tolist() == [0, 1]
    assert looked == [15]  # and not 30, where the second block ends


def test_a_narrow_filter_still_fills_the_list():
    rng = np.random.default_rng(1)
    vectors = drawn(rng, 30_000, 4, "spread")
    allowed = np.zeros(30_000, bool)
    allowed[np.argsort(lengths(vectors))[:7]] = True  # the shortest, which stand last

    found = Exact.of(vectors, np.arange(30_000, dtype=np.int32)).top(vectors[:2], 10, allowed)

    assert np.diff(found.ptr).tolist() == [7, 7]


def test_what_has_no_product_is_no_answer_of_one_query_or_of_several():
    vectors = Exact.of(np.array([[1, 0], [np.nan, 0], [0.5, 0]], np.float32), np.arange(3, dtype=np.int32), None)
    query = np.array([[1, 0]], np.float32)

    for asked in (query, np.repeat(query, 2, axis=0)):
        found = vectors.top(asked, 5, scale=np.ones(3))
        assert found.row(0)[0].tolist() == [0, 2]


def test_batches_are_joined_in_order():
    parts = [
        Candidates.from_rows([(np.array([1, 2], np.int32), np.array([2, 1], np.float32))]),
        Candidates.from_rows([]),
        Candidates.from_rows(
            [(np.zeros(0, np.int32), np.zeros(0, np.float32)), (np.array([5], np.int32), np.ones(1, np.float32))]
        ),
    ]

    assert [joined(parts).row(i)[0].tolist() for i in range(3)] == [[1, 2], [], [5]]
