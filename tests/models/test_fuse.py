from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import penchant.models.blend as blend
from penchant.models import Lists, distinct, fuse
from penchant.slate import Candidates


def rows(*lists):
    return Candidates.from_rows(
        [(np.array(row, np.int32), np.linspace(1.0, 0.1, len(row)).astype(np.float32)) for row in lists]
    )


def as_dict(candidates, i=0):
    items, scores = candidates.row(i)
    return dict(zip(items.tolist(), scores.tolist(), strict=True))


def test_the_top_counts_one_and_twenty_places_below_it_half():
    found = as_dict(fuse([(rows(range(30)), 1.0)], 30))

    assert found[0] == 1.0
    assert found[20] == 0.5
    assert found[1] == pytest.approx(20 / 21)


def test_parts_add_up_by_weight():
    found = fuse([(rows([1, 2]), 3.0), (rows([2, 4]), 1.0)], 10)

    assert as_dict(found) == pytest.approx({1: 0.75, 2: 0.75 * 20 / 21 + 0.25, 4: 0.25 * 20 / 21})
    assert found.row(0)[0].tolist() == [2, 1, 4]


def test_equal_scores_stand_by_code_and_k_cuts():
    assert fuse([(rows([9]), 1.0), (rows([4]), 1.0), (rows([6]), 1.0)], 2).row(0)[0].tolist() == [4, 6]


def test_parts_must_be_some_and_of_the_same_people():
    with pytest.raises(ValueError, match="at least one"):
        fuse([], 5)
    with pytest.raises(ValueError, match="same number"):
        fuse([(rows([1]), 1.0), (rows([1], [2]), 1.0)], 5)


row = st.lists(st.integers(0, 12), unique=True, max_size=8)
batch = st.integers(0, 4).flatmap(
    lambda n: st.lists(st.tuples(st.lists(row, min_size=n, max_size=n), st.floats(0, 3)), min_size=1, max_size=4)
)


@given(batch, st.integers(0, 15))
def test_a_batch_is_fused_like_its_rows(parts, k):
    found = fuse([(rows(*lists), weight) for lists, weight in parts], k)

    assert (found.ptr.dtype, found.items.dtype, found.scores.dtype) == (np.int64, np.int32, np.float32)
    for i in range(len(parts[0][0])):
        alone = fuse([(rows(lists[i]), weight) for lists, weight in parts], k)
        assert found.row(i)[0].tolist() == alone.row(0)[0].tolist()
        assert found.row(i)[1].tolist() == alone.row(0)[1].tolist()
        assert len(alone.items) == min(k, len(set().union(*(lists[i] for lists, _ in parts))))
        assert (np.diff(alone.scores) <= 0).all()


def test_blocks_of_people_are_fused_like_all_at_once(monkeypatch):
    chance = np.random.default_rng(3)
    parts = [(rows(*(chance.permutation(15)[:8] for _ in range(40))), 1.0 + n) for n in range(3)]
    whole = fuse(parts, 7)

    monkeypatch.setattr(blend, "_BLOCK", 13)
    blocks = fuse(parts, 7)

    assert blocks.ptr.tolist() == whole.ptr.tolist()
    assert blocks.items.tolist() == whole.items.tolist()
    assert blocks.scores.tolist() == whole.scores.tolist()


def test_by_score_an_item_is_worth_its_place_between_the_worst_and_the_best():
    sure = Candidates.from_rows([(np.array([1, 2, 3], np.int32), np.array([9.0, 1.0, 0.0], np.float32))])
    flat = Candidates.from_rows([(np.array([2, 3], np.int32), np.array([-4.0, -4.0], np.float32))])
    found = as_dict(fuse([(sure, 3.0), (flat, 1.0)], 10, "score"))

    assert found == pytest.approx({1: 0.75, 2: 0.75 / 9 + 0.25, 3: 0.25})


@given(batch, st.integers(0, 15))
def test_by_score_a_batch_is_fused_like_its_rows(parts, k):
    found = fuse([(rows(*lists), weight) for lists, weight in parts], k, "score")

    for i in range(len(parts[0][0])):
        alone = fuse([(rows(lists[i]), weight) for lists, weight in parts], k, "score")
        assert found.row(i)[0].tolist() == alone.row(0)[0].tolist()
        assert found.row(i)[1].tolist() == alone.row(0)[1].tolist()
        assert ((alone.scores >= 0) & (alone.scores <= 1.0 + 1e-6)).all()


lists = st.lists(
    st.tuples(
        st.lists(st.tuples(st.integers(0, 40), st.integers(-5, 5)), max_size=25, unique_by=lambda pair: pair[0]),
        st.floats(0.01, 5.0),
    ),
    min_size=1,
    max_size=5,
)


@given(lists, st.integers(0, 50), st.sampled_from(["rank", "score"]))
def test_lists_of_one_request_are_fused_to_the_same_bits(found, k, by):
    rows_ = [
        ((np.array([c for c, _ in row], np.int32), np.array(sorted((s for _, s in row), reverse=True), np.float32)), w)
        for row, w in found
    ]
    items, scores = Lists.of(rows_, by).best(k)
    expected = fuse([(Candidates.from_rows([row]), weight) for row, weight in rows_], k, by)

    assert items.tolist() == expected.items.tolist()
    assert scores.tobytes() == expected.scores.tobytes()


@given(st.lists(st.integers(0, 9), max_size=30))
def test_distinct_codes_are_those_of_numpy(codes):
    given_ = np.array(codes, np.int32)
    items, place = distinct(given_)

    assert (items.tolist(), place.tolist()) == tuple(part.tolist() for part in np.unique(given_, return_inverse=True))
