from __future__ import annotations

import numpy as np
import pytest

from penchant.dataset import Queries
from penchant.errors import FitFailed
from penchant.models import Run
from penchant.models.bpr import BPR
from penchant.models.history import Past
from penchant.testing import ModelChecks, Row, dataset, tiny_dataset
from penchant.testing.answers import same_state

RECIPE = BPR(factors=6, iterations=5, pull=2.0, least_people=2)
DATA = tiny_dataset()
MODEL = RECIPE.fit(DATA, Run())
N = len(DATA.items)
FACTORS = MODEL.items.rows(np.arange(N)).astype(np.float64)


class TestBPR(ModelChecks):
    recipe = BPR(factors=6, iterations=3, least_people=2)


def asked(weights, now=DATA.now):
    items, values = list(weights), list(weights.values())
    return Queries.single(now, items, [now] * len(items), values, [0 if value > 0 else 3 for value in values])


def test_a_history_is_folded_in_as_the_weighted_mean_of_its_items():
    person = MODEL.fold_in(Past.of(asked({0: 3.0, 4: 1.0}), 0, N))

    np.testing.assert_allclose(person[:-1], 2.0 * (0.75 * FACTORS[0] + 0.25 * FACTORS[4])[:-1], rtol=1e-5)
    assert person[-1] == 1.0


def test_a_score_is_the_product_with_the_history_and_the_items_own_worth():
    codes, scores = MODEL.retrieve(asked({1: 1.0}), N).row(0)

    wanted = 2.0 * FACTORS[codes, :-1] @ FACTORS[1, :-1] + FACTORS[codes, -1]
    np.testing.assert_allclose(scores, wanted, rtol=1e-4, atol=1e-6)


def test_old_events_of_a_history_count_less():
    model = type(MODEL)(BPR(factors=6, half_life_days=10.0, least_people=2), MODEL.items)
    now = DATA.now
    queries = Queries.single(now, [0, 4], [now - 10 * 86_400.0, now], [1.0, 1.0], [0, 0])

    person = model.people(queries)[0]

    np.testing.assert_allclose(person[:-1], (FACTORS[0] / 3 + FACTORS[4] * 2 / 3)[:-1], rtol=1e-5)


def test_dislikes_and_items_without_factors_are_passed_over():
    untouched = int(DATA.items.codes(["i16"])[0])

    both = MODEL.people(asked({0: 1.0, untouched: 1.0, 5: -1.0}))

    np.testing.assert_array_equal(both, MODEL.people(asked({0: 1.0})))
    assert not MODEL.people(asked({untouched: 1.0})).any()


def test_similar_items_are_those_with_the_nearest_direction_whatever_their_worth():
    codes, scores = MODEL.similar(np.array([0], np.int32), 3).row(0)
    y = FACTORS[:, :-1]
    cosine = y @ y[0] / np.maximum(np.linalg.norm(y, axis=1) * np.linalg.norm(y[0]), 1e-30)
    cosine[0] = -1.0

    assert codes.tolist() == np.argsort(-cosine)[:3].tolist()
    np.testing.assert_allclose(scores, cosine[codes], rtol=1e-5)


def test_items_nobody_liked_are_never_proposed():
    untouched = DATA.items.codes(["i15", "i16", "i17"])

    found = MODEL.retrieve(DATA.queries(np.arange(5, dtype=np.int32)), N)

    assert not np.isin(found.items, untouched).any()
    assert len(MODEL.similar(untouched, 5).items) == 0


def test_people_who_like_one_kind_get_that_kind():
    rows = [Row(f"x{p}", f"a{i}", 1) for p in range(30) for i in range(5) if i != p % 5]
    rows += [Row(f"y{p}", f"b{i}", 1) for p in range(30) for i in range(5) if i != p % 5]
    data = dataset(rows)
    model = BPR(factors=8, iterations=100, pull=4.0).fit(data, Run())

    found = model.retrieve(data.queries(data.people.codes(["x0", "y1"])), 5)

    assert {data.items.ids[c] for c in found.row(0)[0]} == {"a0", "a1", "a2", "a3", "a4"}
    assert {data.items.ids[c] for c in found.row(1)[0]} == {"b0", "b1", "b2", "b3", "b4"}


def test_threads_change_nothing_and_the_seed_does():
    same_state(RECIPE.fit(DATA, Run(threads=4)).state(), MODEL.state())

    assert not np.array_equal(RECIPE.fit(DATA, Run(seed=8)).items.rows(np.arange(N)), MODEL.items.rows(np.arange(N)))


def test_progress_is_told_after_each_round():
    told: list[float] = []

    RECIPE.fit(DATA, Run(progress=told.append))

    assert told == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])


def test_too_few_people_are_refused():
    data = dataset([Row("ann", "a", 1), Row("ann", "b", 1), Row("bob", "a", 1)])

    with pytest.raises(FitFailed, match="bpr: 1 people with two items or more, 50 needed"):
        BPR().fit(data, Run())
