"""Lists of what is nearest to an item: kept, cut by what may be shown, and never another answer than a new one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.models.choice import Allowed
from penchant.models.factors import ItemFactors
from penchant.models.near import DEPTH, FEW, NearLists, Row
from penchant.slate import top_k

_N = 600


class Model:
    """Scores everything by one column of numbers, and counts how often it is asked."""

    def __init__(self, n: int = _N) -> None:
        """Take so many items."""
        self.scores = np.random.default_rng(5).random(n).astype(np.float32)
        self.asked: list[tuple[int, bool]] = []

    def ask(self, k: int, allowed: Allowed) -> Row:
        """The best of what is allowed."""
        self.asked.append((k, allowed is not None))
        return top_k(self.scores if allowed is None else np.where(allowed, self.scores, -np.inf), k)


def test_a_list_that_is_kept_is_not_asked_for_again() -> None:
    model, lists = Model(), NearLists()
    allowed = np.ones(_N, bool)
    first = lists.row(3, 10, allowed, model.ask)
    again = lists.row(3, 20, None, model.ask)
    assert model.asked == [(DEPTH, False)]
    assert first[0].tolist() == again[0].tolist()[:10]
    assert len(lists) == 1


@settings(max_examples=60, deadline=None)
@given(k=st.integers(1, 400), share=st.floats(0, 1), seed=st.integers(0, 9))
def test_it_answers_as_the_model_does_whatever_is_allowed(k: int, share: float, seed: int) -> None:
    model, lists = Model(), NearLists()
    allowed = np.random.default_rng(seed).random(_N) < share
    wanted = model.ask(k, allowed)
    for _ in range(2):  # before it is kept, and after
        found = lists.row(7, k, allowed, model.ask)
        assert found[0].tolist() == wanted[0].tolist()
        assert found[1].tobytes() == wanted[1].tobytes()


def test_where_too_little_is_left_the_model_is_asked_for_what_may_be_shown() -> None:
    model, lists = Model(), NearLists()
    allowed = np.zeros(_N, bool)
    allowed[np.argsort(model.scores)[:30]] = True  # nothing of it is among the best
    assert len(lists.row(0, 10, allowed, model.ask)[0]) == 10
    assert model.asked == [(DEPTH, False), (10, True)]


def test_a_short_list_is_all_there_is() -> None:
    model, lists = Model(n=40), NearLists()
    allowed = np.arange(40) < 5
    assert sorted(lists.row(0, 10, allowed, model.ask)[0].tolist()) == [0, 1, 2, 3, 4]
    assert model.asked == [(DEPTH, False)]


def test_the_oldest_list_makes_room() -> None:
    model, lists = Model(), NearLists(most=2)
    for code in (1, 2, 3):
        lists.row(code, 5, None, model.ask)
    assert len(lists) == 2
    lists.row(3, 5, None, model.ask)
    lists.row(1, 5, None, model.ask)
    assert len(model.asked) == 4


def test_what_is_kept_cannot_be_written_to() -> None:
    lists = NearLists()
    codes, scores = lists.row(1, 5, None, Model().ask)
    with pytest.raises(ValueError, match="read-only"):
        codes[0] = 9
    with pytest.raises(ValueError, match="read-only"):
        scores[0] = 9


@pytest.mark.parametrize("bias", [False, True])
def test_factors_answer_the_same_from_a_list_as_from_a_search(bias: bool) -> None:
    rng = np.random.default_rng(3)
    factors = ItemFactors.of(rng.standard_normal((_N, 12)).astype(np.float32), rng.random(_N) < 0.9, bias=bias)
    allowed = rng.random(_N) < 0.7
    seeds = np.array([4, -1, 17, _N + 5, 4, 99], np.int32)
    many = np.concatenate([seeds, np.arange(FEW, dtype=np.int32)])
    from_search = factors.similar(many, 50, allowed)
    assert not len(factors.near)
    for _ in range(2):
        from_lists = factors.similar(seeds, 50, allowed)
        for row in range(len(seeds)):
            assert from_lists.row(row)[0].tolist() == from_search.row(row)[0].tolist()
            assert from_lists.row(row)[1].tobytes() == from_search.row(row)[1].tobytes()
    assert len(factors.near) == len({4, 17, 99} & set(np.flatnonzero(factors.place >= 0).tolist()))


def test_lists_are_no_part_of_a_release() -> None:
    factors = ItemFactors.of(np.random.default_rng(1).standard_normal((9, 3)).astype(np.float32), np.ones(9, bool))
    before = factors.state().arrays.keys()
    factors.similar(np.array([1], np.int32), 3)
    assert len(factors.near) == 1
    assert factors.state().arrays.keys() == before
