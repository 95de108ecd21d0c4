from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol import Fold, coverage, interval, measure, padded

from penchant.evaluation.ranking_metrics import measure as ours


@st.composite
def judged(draw):
    n = draw(st.integers(1, 6))
    lists = padded([draw(st.permutations(range(15)))[: draw(st.integers(0, 15))] for _ in range(n)])
    targets = [sorted(draw(st.sets(st.integers(0, 14), max_size=6))) for _ in range(n)]
    ptr = np.concatenate([[0], np.cumsum([len(row) for row in targets])]).astype(np.int64)
    return lists, ptr, np.array([item for row in targets for item in row], np.int64)


@given(judged())
def test_its_numbers_are_those_of_the_evaluation(case):
    lists, ptr, targets = case
    found = measure(lists, ptr, targets)
    same = ours(lists.astype(np.int32), ptr, targets.astype(np.int32))
    for name, values in found.items():
        np.testing.assert_allclose(values, same[name], err_msg=name)


def test_a_hit_on_the_first_place_of_two_targets():
    found = measure(padded([[4, 2, 9]]), np.array([0, 2]), np.array([4, 7]))
    assert found["ndcg@10"][0] == pytest.approx(1 / (1 + 1 / np.log2(3)))
    assert found["recall@20"][0] == 0.5
    assert found["mrr@20"][0] == 1.0


def test_people_without_a_target_do_not_count():
    values = np.array([1.0, np.nan, 0.0])
    mean, low, high = interval(values, np.arange(3))
    assert mean == 0.5
    assert low <= mean <= high


def test_an_interval_draws_whole_sessions():
    # One session holds all the clicks that were right: an interval over clicks would be far too narrow.
    values, group = np.r_[np.ones(50), np.zeros(50)], np.r_[np.zeros(50), np.arange(1, 51)]
    _, low, high = interval(values, group)
    assert low == 0.0
    assert high > 0.6


def test_coverage_counts_what_stands_among_the_first_ten():
    assert coverage(padded([[0, 1], [1], []]), 4) == 0.5


def test_new_targets_are_those_the_person_never_had():
    none = np.zeros(0, np.int64)
    fold = Fold(
        person=none, item=none, time=none, goal=none, basket=none, n_people=2, n_items=9, now=0.0, asked=np.arange(2),
        prefix_ptr=none, prefix=none, target_ptr=np.array([0, 2, 3]), target=np.array([3, 5, 7]),
        repeat=np.array([True, False, True]), group=np.arange(2), texts=none, labels=none,
    )  # fmt: skip
    ptr, items = fold.goals("new")
    assert ptr.tolist() == [0, 1, 1]
    assert items.tolist() == [5]


def test_a_fold_is_written_and_read(tmp_path):
    none = np.zeros(0, np.int64)
    told = dict.fromkeys(Fold.__dataclass_fields__, none) | {"now": 3.5, "n_items": 4, "texts": np.array(["a", "bc"])}
    Fold(**told).save(tmp_path / "fold.npz")
    back = Fold.load(tmp_path / "fold.npz")
    assert float(back.now) == 3.5
    assert back.texts.tolist() == ["a", "bc"]
    assert not back.sessions
