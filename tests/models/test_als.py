from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from implicit.cpu.als import AlternatingLeastSquares
from scipy import sparse
from threadpoolctl import threadpool_limits

from penchant.dataset import Queries
from penchant.errors import FitFailed
from penchant.models import ALS, Run
from penchant.models.history import Past
from penchant.models.model import State
from penchant.testing import Row, dataset, tiny_dataset
from penchant.testing.answers import same, same_state

RECIPE = ALS(factors=8, regularization=0.3, alpha=3.0, iterations=5, half_life_days=None)
DATA = tiny_dataset()
MODEL = RECIPE.fit(DATA, Run())
N = len(DATA.items)
FACTORS = MODEL.items.rows(np.arange(N))


def past(weights):
    """A history with these summed weights by item code."""
    items, values = list(weights), list(weights.values())
    roles = [0 if value > 0 else 3 for value in values]
    return Past.of(Queries.single(DATA.now, items, [DATA.now] * len(items), values, roles), 0, N)


@given(
    st.dictionaries(st.integers(0, N - 1), st.sampled_from([0.1, 0.5, 1.0, 3.0, -0.5, -1.0]), min_size=1, max_size=12)
)
@settings(deadline=None, max_examples=60)
def test_folding_in_equals_the_reference_solution(weights):
    with threadpool_limits(1, "blas"):
        reference = AlternatingLeastSquares(
            factors=8, regularization=0.3, alpha=1.0, use_native=True, num_threads=1, random_state=1
        )
        reference.item_factors = FACTORS
    codes = sorted(weights)
    confidence = [np.sign(weights[c]) * (1.0 + 3.0 * abs(weights[c])) for c in codes]
    row = sparse.csr_matrix((np.array(confidence, np.float32), ([0] * len(codes), codes)), shape=(1, N))

    wanted = reference.recalculate_user(0, row)

    liked = any(value > 0 and FACTORS[code].any() for code, value in weights.items())
    np.testing.assert_allclose(MODEL.fold_in(past(weights)), wanted if liked else 0.0, rtol=2e-3, atol=2e-4)


def test_folding_in_solves_the_weighted_least_squares_problem():
    weights = {0: 1.0, 3: 0.5, 4: -1.0}
    y = FACTORS.astype(np.float64)
    confidence, wanted = np.ones(N), np.zeros(N)
    confidence[[0, 3, 4]] = [4.0, 2.5, 4.0]
    wanted[[0, 3]] = 1.0
    a = (y.T * confidence) @ y + 0.3 * np.eye(8)

    np.testing.assert_allclose(MODEL.fold_in(past(weights)), np.linalg.solve(a, y.T @ (confidence * wanted)), rtol=1e-4)


def test_a_new_event_counts_at_once():
    now = DATA.now
    first = MODEL.retrieve(Queries.single(now, [0], [now], [1.0], [0]), N)
    then = MODEL.retrieve(Queries.single(now, [0, 1], [now, now], [1.0, 1.0], [0, 0]), N)

    place = [row.row(0)[0].tolist().index(1) for row in (first, then)]
    assert place[1] < place[0]


def test_a_dislike_pulls_an_item_down():
    now = DATA.now
    before = MODEL.retrieve(Queries.single(now, [0], [now], [1.0], [0]), N)
    after = MODEL.retrieve(Queries.single(now, [0, 3], [now, now], [1.0, -1.0], [0, 3]), N)

    scores = [dict(zip(*(part.tolist() for part in found.row(0)), strict=True))[3] for found in (before, after)]
    assert scores[1] < scores[0]


def test_old_events_of_a_history_count_less():
    recipe = ALS(factors=8, regularization=0.3, iterations=5, half_life_days=10.0)
    model = recipe.fit(DATA, Run())
    now = DATA.now

    def first(old, new):
        times = [now - 90 * 86_400.0, now]
        return model.fold_in(Past.of(Queries.single(now, [old, new], times, [1.0, 1.0], [0, 0]), 0, N, 10.0))

    assert first(0, 1) @ model.items.rows(np.arange(N))[1] > first(1, 0) @ model.items.rows(np.arange(N))[1]


def test_similar_items_are_those_with_the_nearest_direction():
    codes, scores = MODEL.similar(np.array([0], np.int32), 3).row(0)
    y = FACTORS
    cosine = y @ y[0] / np.maximum(np.linalg.norm(y, axis=1) * np.linalg.norm(y[0]), 1e-30)
    cosine[0] = -1.0

    assert codes.tolist() == np.argsort(-cosine)[:3].tolist()
    np.testing.assert_allclose(scores, cosine[codes], rtol=1e-5)


def test_people_who_like_one_kind_get_that_kind():
    rows = [Row(f"x{p}", f"a{i}", 1) for p in range(8) for i in range(4) if i != p % 4]
    rows += [Row(f"y{p}", f"b{i}", 1) for p in range(8) for i in range(4) if i != p % 4]
    data = dataset(rows)
    model = ALS(factors=4, regularization=0.01, half_life_days=None).fit(data, Run())

    found = model.retrieve(data.queries(data.people.codes(["x0", "y1"])), 4)

    assert {data.items.ids[c] for c in found.row(0)[0]} == {"a0", "a1", "a2", "a3"}
    assert {data.items.ids[c] for c in found.row(1)[0]} == {"b0", "b1", "b2", "b3"}


def test_items_nobody_liked_are_never_proposed():
    untouched = DATA.items.codes(["i15", "i16", "i17"])

    found = MODEL.retrieve(DATA.queries(np.arange(5, dtype=np.int32)), N)

    assert not np.isin(found.items, untouched).any()
    assert len(MODEL.similar(untouched, 5).items) == 0


def test_another_seed_gives_another_model():
    assert not np.array_equal(RECIPE.fit(DATA, Run(seed=8)).items.rows(np.arange(N)), FACTORS)


def test_progress_is_told_after_each_round():
    told: list[float] = []

    RECIPE.fit(DATA, Run(progress=told.append))

    assert told == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])


@pytest.mark.parametrize(("weighting", "wanted"), [("sum", 1 + 2 * 3.0), ("log", 1 + 2 * np.log(4.0))])
def test_confidence_grows_with_the_weight(weighting, wanted):
    recipe = ALS(alpha=2.0, weighting=weighting)

    np.testing.assert_allclose(recipe.confidence(np.array([3.0, -3.0])), [wanted, -wanted])


def test_only_dislikes_cannot_be_fitted():
    rows = DATA.interactions.where(DATA.interactions.weight <= 0)
    data = type(DATA)(DATA.domain, DATA.people, DATA.items, rows, DATA.table, DATA.now)

    with pytest.raises(FitFailed, match="als: no event of the roles goal, strong, weak"):
        RECIPE.fit(data, Run())


def test_a_release_that_kept_factors_by_code_is_read_too():
    arrays = {"factors": FACTORS, "gram": MODEL.gram, "norms": np.linalg.norm(FACTORS, axis=1)}
    old = State(arrays, msgspec.to_builtins(RECIPE))

    again = type(MODEL).restore(old)

    assert again.recipe == RECIPE
    queries = DATA.queries(np.arange(5, dtype=np.int32))
    same(again.retrieve(queries, N), MODEL.retrieve(queries, N))
    same(again.similar(np.arange(N, dtype=np.int32), 5), MODEL.similar(np.arange(N, dtype=np.int32), 5))
    same_state(again.state(), MODEL.state())
