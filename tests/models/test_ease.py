from __future__ import annotations

import numpy as np
import pytest

from penchant.errors import FitFailed
from penchant.models import Run, gram
from penchant.models.ease import EASE
from penchant.models.history import POSITIVE
from penchant.models.history_matrix import unit_matrix
from penchant.testing import ModelChecks, Row, dataset, tiny_dataset

ROWS = [Row(person, item, 1) for person, items in {"x": "ab", "y": "ab", "z": "c"}.items() for item in items]


class TestEASE(ModelChecks):
    recipe = EASE(l2=5.0)


class TestEASEInSessionsOfABlock(ModelChecks):
    recipe = EASE(l2=1.0, window="session", weighting="log", half_life_days=None, block=8, neighbours=4)


def test_two_items_that_always_go_together_by_hand():
    data = dataset(ROWS)
    model = EASE(l2=1.0, half_life_days=None, least_units=1).fit(data, Run())

    # G + I = [[3, 2], [2, 3]] for a and b; its inverse is [[.6, -.4], [-.4, .6]], so each weighs .4 / .6 in the other.
    np.testing.assert_allclose(model.weights.weights.toarray(), [[0, 2 / 3, 0], [2 / 3, 0, 0], [0, 0, 0]], rtol=1e-6)


def test_the_weights_are_the_best_answer_of_each_column_on_its_own():
    data, l2 = tiny_dataset(), 3.0
    model = EASE(l2=l2, half_life_days=40.0).fit(data, Run())
    x = unit_matrix(data, POSITIVE, half_life_days=40.0).toarray().astype(np.float64)[:, model.weights.block]

    wanted = np.zeros((x.shape[1],) * 2)
    for j in range(x.shape[1]):
        others = np.arange(x.shape[1]) != j
        a = x[:, others]
        wanted[others, j] = np.linalg.solve(a.T @ a + l2 * np.eye(a.shape[1]), a.T @ x[:, j])
    np.testing.assert_allclose(model.weights.weights.toarray(), wanted, atol=1e-6)


def test_however_many_threads_the_same_weights_are_found(monkeypatch):
    monkeypatch.setattr(gram, "_WIDE", 2)  # several pieces, also of a few items
    one, three = (EASE(l2=5.0).fit(tiny_dataset(), Run(threads=n)).weights.weights for n in (1, 3))

    np.testing.assert_array_equal(one.toarray(), three.toarray())


def test_items_beyond_the_block_get_no_score():
    data = tiny_dataset()
    model = EASE(block=5).fit(data, Run())
    counts = np.bincount(unit_matrix(data, POSITIVE).indices, minlength=len(data.items))

    found = model.retrieve(data.queries(np.arange(len(data.people), dtype=np.int32)), 20)

    assert set(found.items.tolist()) <= set(model.weights.block.tolist())
    assert counts[model.weights.block].min() >= np.delete(counts, model.weights.block).max()


def test_old_events_of_a_history_count_less():
    rows = [Row(f"p{i}", item, 99) for i in range(30) for item in (("a", "c"), ("b", "d"))[i % 2]]
    data = dataset([*rows, Row("z", "a", 10), Row("z", "b", 99)], now_day=100)

    found = EASE(half_life_days=20.0).fit(data, Run()).retrieve(data.queries(data.people.codes(["z"])), 10)

    order = [data.items.ids[code] for code in found.row(0)[0]]
    assert order.index("d") < order.index("c")


def test_too_few_people_are_said():
    with pytest.raises(FitFailed, match="ease: 2 people with two items or more, 20 needed"):
        EASE().fit(dataset(ROWS), Run())
