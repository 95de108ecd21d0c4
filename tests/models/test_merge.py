from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.models import merge
from penchant.slate import Candidates


def rows(*lists):
    return Candidates.from_rows(
        [(np.array(list(row), np.int32), np.array(list(row.values()), np.float32)) for row in lists]
    )


def as_dict(candidates, i=0):
    codes, scores = candidates.row(i)
    return dict(zip(codes.tolist(), scores.tolist(), strict=True))


def test_scores_are_brought_to_one_scale():
    merged = merge([(rows({7: 30.0, 3: 20.0, 5: 10.0}), 1.0)], 10)

    # The worst of three stands at a quarter, the best at one, the middle between.
    assert as_dict(merged) == pytest.approx({7: 1.0, 3: 0.625, 5: 0.25})


def test_parts_add_up_by_weight():
    merged = merge([(rows({1: 9.0, 2: 5.0}), 3.0), (rows({2: 0.2, 4: 0.1}), 1.0)], 10)

    assert as_dict(merged) == pytest.approx({1: 0.75, 2: 0.75 / 3 + 0.25, 4: 0.25 / 3})
    assert merged.row(0)[0].tolist() == [1, 2, 4]


def test_a_short_list_and_equal_scores_count_in_full():
    assert as_dict(merge([(rows({1: -5.0}), 1.0)], 10)) == {1: 1.0}
    assert as_dict(merge([(rows({1: 2.0, 2: 2.0}), 1.0)], 10)) == {1: 1.0, 2: 1.0}


def test_equal_sums_stand_by_code_and_k_cuts():
    merged = merge([(rows({9: 1.0}), 1.0), (rows({4: 1.0}), 1.0), (rows({6: 1.0}), 1.0)], 2)

    assert merged.row(0)[0].tolist() == [4, 6]


def test_rows_do_not_mix():
    merged = merge([(rows({1: 2.0, 2: 1.0}, {}, {3: 1.0}), 1.0), (rows({}, {}, {1: 1.0}), 2.0)], 10)

    assert len(merged) == 3
    assert as_dict(merged, 0) == pytest.approx({1: 1 / 3, 2: 1 / 9})
    assert as_dict(merged, 1) == {}
    assert as_dict(merged, 2) == pytest.approx({1: 2 / 3, 3: 1 / 3})


def test_nothing_proposed_merges_to_nothing():
    merged = merge([(rows({}, {}), 1.0)], 5)

    assert len(merged) == 2
    assert len(merged.items) == 0


def test_parts_must_have_the_same_rows():
    with pytest.raises(ValueError, match="number of rows"):
        merge([(rows({}), 1.0), (rows({}, {}), 1.0)], 5)
    with pytest.raises(ValueError, match="nothing to merge"):
        merge([], 5)


row = st.dictionaries(st.integers(0, 12), st.floats(-5, 5, width=32), max_size=6)
batch = st.integers(0, 4).flatmap(
    lambda n: st.lists(st.tuples(st.lists(row, min_size=n, max_size=n), st.floats(0, 3)), min_size=1, max_size=4)
)


@given(batch, st.integers(0, 15))
def test_a_batch_is_merged_like_its_rows(parts, k):
    merged = merge([(rows(*lists), weight) for lists, weight in parts], k)

    assert merged.ptr.dtype == np.int64
    assert merged.items.dtype == np.int32
    assert merged.scores.dtype == np.float32
    for i in range(len(parts[0][0])):
        alone = merge([(rows(lists[i]), weight) for lists, weight in parts], k)
        np.testing.assert_array_equal(merged.row(i)[0], alone.row(0)[0])
        np.testing.assert_array_equal(merged.row(i)[1], alone.row(0)[1])
        assert len(alone.items) == min(k, len(set().union(*(lists[i] for lists, _ in parts))))
        assert (np.diff(alone.scores) <= 0).all()
        assert ((alone.scores >= 0) & (alone.scores <= 1 + 1e-6)).all()
