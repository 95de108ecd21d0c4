from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.evaluation import blend, blended, choose_weights, fuse
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
