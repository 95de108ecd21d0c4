from __future__ import annotations

import numpy as np
import pytest

from penchant.errors import FitFailed
from penchant.models import Run, gram
from penchant.models.ease import EASE
from penchant.models.history import POSITIVE
from penchant.models.sequences import sequences
from penchant.models.slist import SLIST
from penchant.testing import ModelChecks, Row, dataset, tiny_dataset


class TestSLIST(ModelChecks):
    recipe = SLIST(l2=2.0)


class TestSLISTInSessionsOfABlock(ModelChecks):
    recipe = SLIST(l2=1.0, window="session", zero_diagonal=True, half_life_days=None, block=8, neighbours=4, alpha=0.1)


def test_what_follows_is_told_apart_from_what_comes_before():
    rows = [Row(f"p{i}", item, day) for i in range(20) for day, item in enumerate("abc")]
    data = dataset(rows)
    model = SLIST(l2=1.0, alpha=0.0, gap=1.0, past=1, future=1, half_life_days=None).fit(data, Run())

    # Past and future are a -> b and b -> c, 20 times each: every weight is 20 / (20 + 1).
    np.testing.assert_allclose(
        model.weights.weights.toarray(), [[0, 20 / 21, 0], [0, 0, 20 / 21], [0, 0, 0]], rtol=1e-6
    )


def test_without_order_and_with_a_zero_diagonal_it_is_ease():
    data = tiny_dataset()
    linear = SLIST(l2=4.0, alpha=1.0, zero_diagonal=True, half_life_days=None, least_sequences=1).fit(data, Run())
    ease = EASE(l2=4.0, half_life_days=None).fit(data, Run())

    # People of a single step are no sequence; in EASE they add to the diagonal.
    assert (sequences(data, POSITIVE).lengths > 1).all()
    np.testing.assert_allclose(linear.weights.weights.toarray(), ease.weights.weights.toarray(), atol=1e-6)


def faded(items, n, gap, weight):
    row = np.zeros(n)
    for distance, item in enumerate(items):
        row[item] += np.exp(-distance / gap) * weight
    return row


@pytest.mark.parametrize("zero_diagonal", [False, True])
def test_the_weights_equal_a_plain_solve(zero_diagonal):
    data, l2, alpha, gap = tiny_dataset(), 2.0, 0.3, 2.0
    recipe = SLIST(l2=l2, alpha=alpha, gap=gap, past=3, future=2, most=6, zero_diagonal=zero_diagonal)
    model = recipe.fit(data, Run())
    found, n = sequences(data, POSITIVE, most=6, least=2), len(data.items)
    whole, past, future = [], [], []
    for s in range(len(found)):
        items = found.items[found.ptr[s] : found.ptr[s + 1]]
        root = np.sqrt(2.0 ** (-(data.now - found.ends[s]) / 86_400 / 60.0))
        whole.append(np.isin(np.arange(n), items) * root)
        for t in range(1, len(items)):
            past.append(faded(items[:t][::-1][:3], n, gap, root))
            future.append(faded(items[t:][:2], n, gap, root))
    block = model.weights.block
    x, s, t = (np.array(rows)[:, block] for rows in (whole, past, future))
    left = np.concatenate([np.sqrt(alpha) * x, np.sqrt(1 - alpha) * s])
    right = np.concatenate([np.sqrt(alpha) * x, np.sqrt(1 - alpha) * t])

    wanted = np.zeros((len(block),) * 2)
    for j in range(len(block)):
        free = np.arange(len(block)) != j if zero_diagonal else np.ones(len(block), bool)
        a = left[:, free]
        wanted[free, j] = np.linalg.solve(a.T @ a + l2 * np.eye(a.shape[1]), a.T @ right[:, j])
    np.testing.assert_allclose(model.weights.weights.toarray(), wanted, atol=1e-5)


@pytest.mark.parametrize("zero_diagonal", [False, True])
def test_however_many_threads_the_same_weights_are_found(monkeypatch, zero_diagonal):
    monkeypatch.setattr(gram, "_WIDE", 2)  # several pieces, also of a few items
    monkeypatch.setattr(gram, "_STEP", 3)
    recipe = SLIST(l2=2.0, zero_diagonal=zero_diagonal)
    one, three = (recipe.fit(tiny_dataset(), Run(threads=n)).weights.weights for n in (1, 3))

    np.testing.assert_array_equal(one.toarray(), three.toarray())


def test_the_last_step_counts_most():
    rows = [Row(f"p{i}", item, day) for i in range(40) for day, item in enumerate(("ac", "bd")[i % 2])]
    data = dataset([*rows, Row("z", "b", 50), Row("z", "a", 60)], now_day=100)
    model = SLIST(l2=1.0, alpha=0.0, infer=1.0).fit(data, Run())

    found = model.retrieve(data.queries(data.people.codes(["z"])), 10)

    scores = {data.items.ids[code]: float(score) for code, score in zip(*found.row(0), strict=True)}
    assert scores["d"] < scores["c"]


def test_too_few_sequences_are_said():
    with pytest.raises(FitFailed, match="slist: 1 sequences of two steps or more, 20 needed"):
        SLIST().fit(dataset([Row("x", "a", 1), Row("x", "b", 2), Row("y", "a", 1)]), Run())
