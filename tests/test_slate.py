from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.slate import Candidates, Reason, Slate, SlateItem, top_k


def test_rows_come_back_as_they_went_in() -> None:
    rows = [([3, 1], [0.5, 0.25]), ([], []), ([2], [1.0])]
    made = Candidates.from_rows([(np.array(i, np.int32), np.array(s, np.float32)) for i, s in rows])

    assert made.ptr.tolist() == [0, 2, 2, 3]
    assert [(made.row(i)[0].tolist(), made.row(i)[1].tolist()) for i in range(len(made))] == rows


def test_rows_are_stored_in_the_types_of_a_slate() -> None:
    made = Candidates.from_rows([(np.array([1]), np.array([0.5]))])  # type: ignore[list-item]

    assert (made.ptr.dtype, made.items.dtype, made.scores.dtype) == (np.int64, np.int32, np.float32)


def test_no_rows_are_an_empty_batch() -> None:
    assert len(Candidates.from_rows([])) == 0
    assert len(Candidates.from_rows([]).items) == 0


def test_the_best_come_first_and_equals_in_code_order() -> None:
    items, scores = top_k(np.array([1.0, 3.0, 2.0, 3.0, 2.0]), 3)

    assert items.tolist() == [1, 3, 2]
    assert scores.tolist() == [3.0, 3.0, 2.0]


def test_what_is_no_candidate_is_left_out() -> None:
    items, scores = top_k(np.array([-np.inf, np.nan, -1.0]), 3)

    assert (items.tolist(), scores.tolist()) == ([2], [-1.0])


@pytest.mark.parametrize("k", [-1, 0])
def test_nothing_wanted_is_nothing_given(k: int) -> None:
    assert len(top_k(np.array([1.0, 2.0]), k)[0]) == 0


def test_nothing_to_choose_from_is_nothing_given() -> None:
    assert len(top_k(np.zeros(0), 3)[0]) == 0


@given(st.lists(st.one_of(st.integers(-3, 3), st.sampled_from([-np.inf, np.nan])), max_size=30), st.integers(0, 35))
def test_top_k_is_the_start_of_the_whole_order(scores: list[float], k: int) -> None:
    naive = sorted((i for i, s in enumerate(scores) if np.isfinite(s)), key=lambda i: (-scores[i], i))[:k]
    items, values = top_k(np.array(scores, np.float64), k)

    assert items.tolist() == naive
    assert values.tolist() == [scores[i] for i in naive]


@pytest.mark.parametrize("values", [3, 40, 1_000_000])
@pytest.mark.parametrize("k", [1, 10, 150])
def test_the_best_of_very_many_are_those_of_the_whole_order(values: int, k: int) -> None:
    rng = np.random.default_rng(values + k)
    scores = rng.integers(0, values, 20_000).astype(np.float32)
    scores[rng.random(20_000) < 0.5] = -np.inf
    scores[7] = np.nan
    items, found = top_k(scores, k)

    whole = np.argsort(-np.where(np.isnan(scores), -np.inf, scores), kind="stable")[:k]
    assert items.tolist() == whole.tolist()
    assert found.tolist() == scores[whole].tolist()


def test_of_many_few_may_be_candidates() -> None:
    scores = np.full(20_000, -np.inf, np.float32)
    scores[[19_999, 5]] = 1.0

    assert top_k(scores, 10)[0].tolist() == [5, 19_999]


def test_a_slate_comes_back_from_json() -> None:
    item = SlateItem(id="a", position=1, value=0.5, source=("als",), reasons=(Reason("alike", "like it"),))
    slate = Slate(slate_id="s", placement="home", domain="shop", release=None, items=(item,))

    assert msgspec.json.decode(msgspec.json.encode(slate), type=Slate) == slate
