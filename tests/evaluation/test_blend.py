from __future__ import annotations

import numpy as np
import pytest

from penchant.evaluation import blend, blended, choose_weights
from penchant.evaluation.lists import padded
from penchant.evaluation.ranking_metrics import measure
from penchant.slate import Candidates


def rows(*lists):
    return Candidates.from_rows(
        [(np.array(row, np.int32), np.linspace(1.0, 0.1, len(row)).astype(np.float32)) for row in lists]
    )


def as_dict(candidates, i=0):
    items, scores = candidates.row(i)
    return dict(zip(items.tolist(), scores.tolist(), strict=True))


def ndcg(lists, ptr, targets):
    return float(measure(padded(lists, 20), ptr, targets)["ndcg@10"].mean())


def halves(n=60):
    """Two models that each know half of what follows, and one that knows nothing."""
    rng = np.random.default_rng(0)
    first, second, targets = [], [], []
    for _ in range(n):
        items = rng.permutation(100)
        targets.append(sorted(items[:4].tolist()))
        first.append([*items[:2], *items[10:30]])
        second.append([*items[2:4], *items[30:50]])
    noise = [rng.permutation(100)[:20].tolist() for _ in range(n)]
    ptr = np.arange(0, 4 * n + 1, 4)
    lists = {"first": rows(*first), "second": rows(*second), "noise": rows(*noise)}
    return lists, ptr, np.array(targets, np.int32).ravel()


def test_models_that_complete_each_other_are_blended():
    lists, ptr, targets = halves()
    weights = choose_weights(lists, ptr, targets, seed=1)

    assert set(weights) == {"first", "second"}
    assert sum(weights.values()) == pytest.approx(1.0, abs=1e-3)
    assert list(weights.values()) == sorted(weights.values(), reverse=True)
    alone = max(ndcg(found, ptr, targets) for found in lists.values())
    assert ndcg(blended(lists, weights, 20), ptr, targets) > alone + 0.2


def test_a_model_that_knows_everything_stands_alone():
    lists, ptr, targets = halves()
    lists["oracle"] = rows(*targets.reshape(-1, 4).tolist())

    assert choose_weights(lists, ptr, targets, seed=1) == {"oracle": 1.0}


def test_a_blend_of_one_model_is_that_model():
    lists, ptr, targets = halves()
    weights = choose_weights({"first": lists["first"]}, ptr, targets, seed=1)

    assert weights == {"first": 1.0}
    assert (
        blended(lists, weights, 5).items.tolist()
        == np.concatenate([lists["first"].row(i)[0][:5] for i in range(60)]).tolist()
    )


def test_without_lists_there_is_no_blend():
    assert choose_weights({}, np.zeros(1, np.int64), np.zeros(0, np.int32), seed=1) == {}


def test_lists_without_items_do_no_harm():
    lists, ptr, targets = halves()
    lists["empty"] = rows(*([] for _ in range(60)))

    assert set(choose_weights(lists, ptr, targets, seed=1)) == {"first", "second"}


def test_weights_depend_on_the_seed_alone():
    lists, ptr, targets = halves()

    assert choose_weights(lists, ptr, targets, seed=5) == choose_weights(lists, ptr, targets, seed=5)


def test_many_people_are_sampled(monkeypatch):
    lists, ptr, targets = halves()
    monkeypatch.setattr(blend, "MOST_PEOPLE", 20)

    assert set(choose_weights(lists, ptr, targets, seed=1)) == {"first", "second"}
