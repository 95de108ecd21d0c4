from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from implicit.nearest_neighbours import BM25Recommender
from scipy import sparse

from penchant.errors import FitFailed
from penchant.events import Role
from penchant.models import ItemKNN, Run
from penchant.models.item_knn import likelihood_ratio
from penchant.testing import Row, dataset, tiny_dataset

ROWS = [
    *[Row(person, item, day) for person in ("ann", "bob") for day, item in enumerate(("shoe", "sock"))],
    Row("cyd", "shoe", 1),
    Row("dan", "shoe", 1),
    Row("eve", "sock", 1),
    Row("eve", "hat", 2),
]
DATA = dataset(ROWS, now_day=100)


def near(recipe, item, data=DATA, k=10):
    found = recipe.fit(data, Run()).similar(data.items.codes([item]), k)
    codes, scores = found.row(0)
    return {data.items.ids[code]: pytest.approx(float(score)) for code, score in zip(codes, scores, strict=True)}


def test_cosine_compares_the_people_of_two_items():
    assert near(ItemKNN(similarity="cosine"), "shoe") == {"sock": 2 / np.sqrt(4 * 3)}


def test_cosine_is_shrunk_by_what_is_added_to_the_divisor():
    assert near(ItemKNN(similarity="cosine", shrink=5.0), "shoe") == {"sock": 2 / (np.sqrt(4 * 3) + 5)}


def test_cosine_counts_a_person_once_however_often_they_come():
    data = dataset([*ROWS, *[Row("ann", "shoe", 50)] * 9], now_day=100)

    assert near(ItemKNN(similarity="cosine"), "shoe", data) == {"sock": 2 / np.sqrt(4 * 3)}


def test_sessions_keep_apart_what_a_person_did_on_two_days():
    data = dataset([Row("ann", "a", 1), Row("ann", "b", 1.001), Row("ann", "c", 2)], now_day=100)

    assert near(ItemKNN(similarity="cosine", window="session"), "a", data) == {"b": 1.0}
    assert near(ItemKNN(similarity="cosine", window="person"), "a", data) == {"b": 1.0, "c": 1.0}


def test_co_visitation_weighs_pairs_by_distance_as_a_share_of_the_items_pairs():
    data = dataset([Row("ann", item, 1 + i / 1_440) for i, item in enumerate("abc")], now_day=100)

    # a stands next to b and two places from c.
    assert near(ItemKNN(similarity="count", window="session"), "a", data) == {"b": 1 / 1.5, "c": 0.5 / 1.5}
    assert near(ItemKNN(similarity="count", window="session", span=1), "a", data) == {"b": 1.0}
    assert near(ItemKNN(similarity="count", window="session", shrink=0.5), "a", data) == {"b": 0.5, "c": 0.25}


def test_co_visitation_ends_with_the_session():
    data = dataset([Row("ann", "a", 1), Row("ann", "b", 2), Row("bob", "c", 2)], now_day=100)

    assert near(ItemKNN(similarity="count", window="person"), "a", data) == {"b": 1.0}
    assert near(ItemKNN(similarity="count", window="session"), "a", data) == {}


def test_only_the_nearest_are_kept():
    data = dataset([Row(p, i, 1) for p, items in {"x": "abc", "y": "ab", "z": "a"}.items() for i in items])

    assert list(near(ItemKNN(similarity="cosine", neighbours=2), "a", data)) == ["b"]  # the other is a itself


def test_a_history_adds_up_its_items_neighbours_by_what_age_left():
    rows = [Row(p, i, 1) for p, items in {"x": ("a", "c"), "y": ("b", "d")}.items() for i in items]
    data = dataset([*rows, Row("z", "a", 60), Row("z", "b", 90)], now_day=100)
    model = ItemKNN(similarity="cosine", half_life_days=30.0).fit(data, Run())

    found = model.retrieve(data.queries(data.people.codes(["z"])), 10)

    scores = {data.items.ids[code]: float(score) for code, score in zip(*found.row(0), strict=True)}
    # cos(a, c) = cos(b, d) = 1 / sqrt(2); c rests on the older item, d on the newer one.
    assert scores["d"] / scores["c"] == pytest.approx(2.0)


def test_weak_signals_pull_less_than_goals():
    rows = [Row(p, i, 1) for p, items in {"x": ("a", "c"), "y": ("b", "d")}.items() for i in items]
    data = dataset([*rows, Row("z", "a", 90, Role.WEAK, 0.1), Row("z", "b", 90)], now_day=100)

    found = ItemKNN(similarity="cosine").fit(data, Run()).retrieve(data.queries(data.people.codes(["z"])), 10)

    order = [data.items.ids[code] for code in found.row(0)[0]]
    assert order.index("d") < order.index("c")


def test_a_reversed_goal_makes_no_neighbours():
    data = dataset([Row("ann", "a", 1), Row("ann", "b", 1, reversed_day=5), Row("bob", "b", 1), Row("bob", "c", 1)])

    assert near(ItemKNN(similarity="cosine"), "b", data) == {"c": 1.0}


@pytest.mark.filterwarnings("ignore:Method expects CSR")  # the reference's own conversion warns of itself
def test_bm25_equals_the_reference_implementation():
    data = tiny_dataset()
    rows = data.positive()
    shape = (len(data.people), len(data.items))
    x = sparse.csr_matrix((rows.weight, (rows.person, rows.item)), shape=shape)
    reference = BM25Recommender(K=5, K1=1.2, B=0.75, num_threads=1)
    reference.fit(x, show_progress=False)

    model = ItemKNN(similarity="bm25", neighbours=5).fit(data, Run())

    near = model.neighbours
    got = sparse.csr_matrix((near.scores, near.items, near.ptr), shape=reference.similarity.shape)
    np.testing.assert_allclose(got.toarray(), reference.similarity.toarray(), rtol=1e-5, atol=1e-7)


def test_no_event_of_the_wanted_roles_is_said():
    with pytest.raises(FitFailed, match="item-knn: no event of the roles strong, weak"):
        ItemKNN(roles=("strong", "weak")).fit(DATA, Run())


@given(st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from("abcd"), st.floats(0, 99)), min_size=1, max_size=30))
def test_cosine_lies_between_zero_and_one_and_is_symmetric(events):
    data = dataset([Row(*event) for event in events])
    near = ItemKNN(similarity="cosine").fit(data, Run()).neighbours
    dense = sparse.csr_matrix((near.scores, near.items, near.ptr), shape=(len(near), len(near))).toarray()

    np.testing.assert_allclose(dense, dense.T, atol=1e-6)
    np.testing.assert_allclose(np.diag(dense), 1.0, rtol=1e-6)
    assert (dense <= 1.0 + 1e-6).all()


def test_the_likelihood_ratio_tells_ties_from_chance():
    # Ten people: shoes and socks have three each, all of them together; hats have two, one of them with shoes.
    rows = [Row(f"p{n}", item, 1) for n in range(3) for item in ("shoe", "sock")]
    rows += [Row("p0", "hat", 1), Row("p3", "hat", 1), *[Row(f"p{n}", "tea", 1) for n in range(10)]]
    data = dataset(rows)
    entropy = 3 * np.log(3 * 10 / 9) + 7 * np.log(7 * 10 / 49)
    hats = np.log(10 / 6) + 2 * np.log(20 / 24) + np.log(10 / 14) + 6 * np.log(60 / 56)

    found = near(ItemKNN(similarity="llr"), "shoe", data)

    # Shoes with themselves are left out by `similar`; tea, which everybody has, tells nothing.
    assert found == {"sock": 2 * entropy, "hat": 2 * hats}


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20), st.integers(0, 20))
def test_the_likelihood_ratio_is_symmetric_and_above_zero_only_for_ties(both, one, other, neither):
    units = both + one + other + neither
    if not (both + one and both + other):
        return
    a, b, ab = (np.array([float(x)]) for x in (both + one, both + other, both))

    ratio = likelihood_ratio(ab, a, b, units)

    assert np.isfinite(ratio).all()
    np.testing.assert_allclose(ratio, likelihood_ratio(ab, b, a, units), atol=1e-9)
    assert bool(ratio[0] > 0) <= (both * units > (both + one) * (both + other))


def test_of_a_person_with_many_items_some_are_compared():
    rows = [Row("ann", f"i{n}", 1) for n in range(6)]
    data = dataset(rows)

    def compared(most):
        found = ItemKNN(similarity="cosine", most=most).fit(data, Run()).similar(np.arange(6, dtype=np.int32), 10)
        return int((np.diff(found.ptr) > 0).sum())

    assert [compared(2), compared(4), compared(1_000)] == [2, 4, 6]
