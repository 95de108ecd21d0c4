from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from penchant.evaluation import blend, blended, choose_blend
from penchant.evaluation.lists import padded
from penchant.evaluation.ranking_metrics import measure
from penchant.models import Blend, Share
from penchant.slate import Candidates


def rows(*lists):
    return Candidates.from_rows(
        [(np.array(row, np.int32), np.linspace(1.0, 0.1, len(row)).astype(np.float32)) for row in lists]
    )


def ndcg(lists, targets):
    return float(measure(padded(lists, 20), targets.ptr, targets.items)["ndcg@10"].mean())


def halves(n=60, seed=0):
    """Two models that each know half of what follows, and one that knows nothing."""
    rng = np.random.default_rng(seed)
    first, second, targets = [], [], []
    for _ in range(n):
        items = rng.permutation(100)
        targets.append(sorted(items[:4].tolist()))
        first.append([*items[:2], *items[10:30]])
        second.append([*items[2:4], *items[30:50]])
    noise = [rng.permutation(100)[:20].tolist() for _ in range(n)]
    lists = {("first", "person"): rows(*first), ("second", "seeds"): rows(*second), ("noise", "person"): rows(*noise)}
    followed = SimpleNamespace(ptr=np.arange(0, 4 * n + 1, 4), items=np.array(targets, np.int32).ravel())
    return lists, followed


def models(found):
    return {share.model for share in found.shares}


def test_models_that_complete_each_other_are_blended():
    lists, targets = halves()
    found = choose_blend(lists, targets, seed=1)

    assert {(share.model, share.reads) for share in found.shares} == {("first", "person"), ("second", "seeds")}
    assert sum(share.weight for share in found.shares) == pytest.approx(1.0, abs=1e-3)
    assert [share.weight for share in found.shares] == sorted((s.weight for s in found.shares), reverse=True)
    alone = max(ndcg(one, targets) for one in lists.values())
    assert ndcg(blended(lists, found, 20), targets) > alone + 0.2


def test_a_model_that_knows_everything_stands_alone():
    lists, targets = halves()
    lists["oracle", "person"] = rows(*targets.items.reshape(-1, 4).tolist())

    assert choose_blend(lists, targets, seed=1) == Blend(shares=(Share(model="oracle", weight=1.0),))


def test_few_people_and_many_lists_of_chance_do_not_make_a_mixture_that_loses_to_the_best():
    chance = np.random.default_rng(8)
    lists, targets = halves(12)
    lists = {("first", "person"): lists["first", "person"]}
    for n in range(20):
        lists[f"chance{n}", "person"] = rows(*(chance.permutation(100)[:20] for _ in range(12)))
    found = choose_blend(lists, targets, seed=1)

    assert found.shares[0].model == "first"
    assert found.shares[0].weight > 0.6


def test_scores_count_where_they_surely_tell_more_than_the_order():
    # Each list knows half of the people: there its first three stand far above the rest, elsewhere it slopes evenly.
    rng = np.random.default_rng(2)
    sure = np.r_[1.0, 0.99, 0.98, np.linspace(0.1, 0.0, 17)].astype(np.float32)
    slope = np.linspace(1.0, 0.0, 20).astype(np.float32)
    first, second, targets = [], [], []
    for i in range(200):
        items = rng.permutation(200)[:40].astype(np.int32)
        targets += sorted(items[:3].tolist())
        knows, guesses = (items[:20], sure), (items[20:], slope)
        first.append(knows if i % 2 else guesses)
        second.append(guesses if i % 2 else knows)
    lists = {("a", "person"): Candidates.from_rows(first), ("b", "person"): Candidates.from_rows(second)}
    followed = SimpleNamespace(ptr=np.arange(0, 601, 3), items=np.array(targets, np.int32))
    found = choose_blend(lists, followed, seed=1)

    assert found.by == "score"
    assert ndcg(blended(lists, found, 20), followed) > ndcg(
        blended(lists, Blend(by="rank", shares=found.shares), 20), followed
    )


def test_a_blend_of_one_model_is_that_model():
    lists, targets = halves()
    first = lists["first", "person"]
    found = choose_blend({("first", "person"): first}, targets, seed=1)

    assert found == Blend(shares=(Share(model="first", weight=1.0),))
    assert blended(lists, found, 5).items.tolist() == np.concatenate([first.row(i)[0][:5] for i in range(60)]).tolist()


def test_without_lists_or_without_targets_there_is_no_blend():
    lists, _ = halves(2)
    nothing = SimpleNamespace(ptr=np.zeros(3, np.int64), items=np.zeros(0, np.int32))

    assert choose_blend({}, SimpleNamespace(ptr=np.zeros(1, np.int64), items=np.zeros(0, np.int32)), seed=1) is None
    assert choose_blend(lists, nothing, seed=1) is None


def test_lists_without_items_do_no_harm():
    lists, targets = halves()
    lists["empty", "person"] = rows(*([] for _ in range(60)))

    assert models(choose_blend(lists, targets, seed=1)) == {"first", "second"}


def test_where_nothing_that_followed_is_on_any_list_one_list_stands_alone():
    lists, targets = halves()
    elsewhere = SimpleNamespace(ptr=targets.ptr, items=targets.items + 1000)

    assert len(choose_blend(lists, elsewhere, seed=1).shares) == 1


def test_a_blend_depends_on_the_seed_alone():
    lists, targets = halves()

    assert choose_blend(lists, targets, seed=5) == choose_blend(lists, targets, seed=5)


def test_many_people_are_sampled(monkeypatch):
    lists, targets = halves()
    monkeypatch.setattr(blend, "MOST_PEOPLE", 20)

    assert models(choose_blend(lists, targets, seed=1)) == {"first", "second"}


def test_a_quick_look_names_what_a_mixture_would_be_made_of():
    lists, targets = halves()

    assert set(blend.useful(lists, targets, seed=1)) == {("first", "person"), ("second", "seeds")}
    assert blend.useful({}, targets, seed=1) == ()


@pytest.mark.parametrize("by", ["rank", "score"])
def test_the_search_counts_a_mixture_as_the_fused_lists_would_be_judged(by):
    lists, targets = halves(40, seed=3)
    parts = list(lists.values())
    wanted = Candidates(targets.ptr, targets.items, np.zeros(len(targets.items), np.float32))
    pool = blend._Pool.of(parts, wanted, (by,))[by]
    weights = np.array([0.5, 0.3, 0.2])
    shares = tuple(Share(model=m, reads=r, weight=float(w)) for (m, r), w in zip(lists, weights, strict=True))

    counted = pool.values(weights)
    real = measure(padded(blended(lists, Blend(by=by, shares=shares), 20), 20), targets.ptr, targets.items)["ndcg@10"]
    np.testing.assert_allclose(counted, real, atol=1e-6)
