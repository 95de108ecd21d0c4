from __future__ import annotations

import numpy as np

from penchant.dataset import Queries
from penchant.models.history import POSITIVE
from penchant.models.steps import Steps, path_of


def path(items, weights=None, roles=None, seeds=(), most=10, n_items=9, names=POSITIVE):
    weights, roles = weights or [1.0] * len(items), roles or [0] * len(items)
    queries = Queries.single(100.0, items, np.arange(len(items), dtype=float), weights, roles, seeds)
    return path_of(queries, 0, n_items, names, most).tolist()


def test_the_same_item_twice_in_a_row_is_one_step():
    assert path([1, 1, 2, 1]) == [1, 2, 1]


def test_only_the_last_steps_count():
    assert path([1, 2, 2, 3, 4], most=3) == [2, 3, 4]


def test_seeds_are_the_newest_steps():
    assert path([1, 2], seeds=[2, 3]) == [1, 2, 3]


def test_unknown_items_are_passed_over():
    assert path([-1, 1, 9, 1, 2], seeds=[9, -1, 3]) == [1, 2, 3]


def test_what_is_disliked_or_of_another_role_is_no_step():
    assert path([1, 2, 3], [1.0, -1.0, 1.0], [0, 3, 2]) == [1, 3]
    assert path([1, 2, 3], [1.0, -1.0, 1.0], [0, 3, 2], names=("goal",)) == [1]


def test_an_item_stands_at_its_last_place():
    steps = Steps.of(np.array([5, 7, 5, 6], np.int32))

    assert steps.items.tolist() == [7, 5, 6]
    assert steps.gaps.tolist() == [2, 1, 0]
    assert steps.length == 4


def test_no_path_is_no_steps():
    steps = Steps.of(np.zeros(0, np.int32))

    assert len(steps.items) == len(steps.gaps) == steps.length == 0
