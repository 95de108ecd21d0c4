from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.evaluation.ranking_metrics import MEASURES, hit_rate, hits, measure, mrr, ndcg, recall

EMPTY = -1


def ragged(rows):
    ptr = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    return ptr, np.array([item for row in rows for item in row], np.int32)


def one(items, targets, k=20):
    lists = np.array([items + [EMPTY] * (k - len(items))], np.int32)
    return {name: float(values[0]) for name, values in measure(lists, *ragged([targets])).items()}


def test_a_hit_in_second_place_is_worth_one_over_log2_of_three():
    found = one([7, 3, 9], [3])

    assert found == pytest.approx({"ndcg@10": 1 / math.log2(3), "recall@20": 1.0, "hr@10": 1.0, "mrr@20": 0.5})


def test_the_ideal_list_holds_all_targets_at_the_top():
    found = one([1, 5, 2], [1, 2, 8])

    gained = 1 + 1 / math.log2(4)
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert found["ndcg@10"] == pytest.approx(gained / ideal)
    assert found["recall@20"] == pytest.approx(2 / 3)


def test_the_ideal_list_is_cut_at_k():
    items = list(range(10))

    assert one(items, list(range(15)))["ndcg@10"] == pytest.approx(1.0)
    assert one(items, list(range(15)))["recall@20"] == pytest.approx(10 / 15)


def test_places_below_k_count_only_where_k_reaches():
    items = [100 + i for i in range(12)] + [3]

    assert one(items, [3]) == pytest.approx({"ndcg@10": 0.0, "recall@20": 1.0, "hr@10": 0.0, "mrr@20": 1 / 13})


def test_a_repeated_item_counts_once_at_its_first_place():
    assert one([4, 4, 4], [4, 9]) == pytest.approx(one([4], [4, 9]))


def test_empty_places_never_hit():
    lists = np.array([[EMPTY, EMPTY], [EMPTY, 0]], np.int32)

    assert hits(lists, *ragged([[0], [0]])).tolist() == [[False, False], [False, True]]


def test_a_row_without_targets_says_nothing():
    lists = np.array([[1, 2], [1, 2]], np.int32)

    for values in measure(lists, *ragged([[], [1]])).values():
        assert math.isnan(values[0])
        assert not math.isnan(values[1])


def test_nobody_and_no_places_are_no_error():
    assert [len(v) for v in measure(np.zeros((0, 20), np.int32), *ragged([])).values()] == [0] * len(MEASURES)
    assert {float(v[0]) for v in measure(np.zeros((1, 0), np.int32), *ragged([[1]])).values()} == {0.0}


def naive(items, targets, k):
    """The definitions, one person at a time."""
    seen: set[int] = set()
    gains = []
    for item in items[:k]:
        gains.append(1.0 if item in targets and item not in seen and item != EMPTY else 0.0)
        seen.add(item)
    dcg = sum(gain / math.log2(place + 2) for place, gain in enumerate(gains))
    ideal = sum(1 / math.log2(place + 2) for place in range(min(k, len(targets))))
    first = next((place for place, gain in enumerate(gains) if gain), None)
    return dcg / ideal, sum(gains) / len(targets), float(any(gains)), 0.0 if first is None else 1 / (first + 1)


people = st.integers(0, 12).flatmap(
    lambda width: st.lists(
        st.tuples(
            st.lists(st.integers(-1, 14), min_size=width, max_size=width), st.sets(st.integers(0, 14), max_size=12)
        ),
        min_size=1,
        max_size=5,
    )
)


@given(people, st.integers(1, 12))
def test_all_metrics_equal_the_definitions(rows, k):
    lists = np.array([items for items, _ in rows], np.int32).reshape(len(rows), -1)
    ptr, targets = ragged([sorted(wanted) for _, wanted in rows])
    hit, sizes = hits(lists, ptr, targets), np.diff(ptr)

    for i, (items, wanted) in enumerate(rows):
        found = [float(metric(hit, sizes, k)[i]) for metric in (ndcg, recall, hit_rate, mrr)]
        if wanted:
            assert found == pytest.approx(list(naive(items, wanted, k)))
        else:
            assert all(math.isnan(value) for value in found)
