from __future__ import annotations

import numpy as np
import pytest

from penchant.models.exact import Exact
from penchant.models.factors import ItemFactors
from penchant.models.index import RECALL, Index, chosen, measured, nearest
from penchant.models.model import State
from penchant.testing.answers import same

RNG = np.random.default_rng(5)
N, DIMS = 6_000, 16


def unit(vectors):
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


CENTRES = unit(RNG.standard_normal((60, DIMS)))
CLUSTERED = unit(CENTRES[RNG.integers(0, 60, N)] + 0.05 * RNG.standard_normal((N, DIMS)))
PEOPLE = unit(CENTRES[RNG.integers(0, 60, 50)] + 0.05 * RNG.standard_normal((50, DIMS)))
EVEN = unit(RNG.standard_normal((N, DIMS)))
CODES = np.arange(N, dtype=np.int32)


def test_an_index_is_used_where_it_finds_what_exact_search_does():
    index, told = chosen(Exact.of(CLUSTERED, CODES), PEOPLE, seed=7, least=N)

    assert index is not None
    assert told["used"] is True
    assert told["recall"] >= RECALL
    assert told["searched"] * 3 <= told["exact"]
    wanted = Exact.of(CLUSTERED, CODES).top(PEOPLE, 100)
    found = index.top(PEOPLE, 100)
    shared = [len(np.intersect1d(found.row(i)[0], wanted.row(i)[0])) for i in range(len(PEOPLE))]
    assert sum(shared) / 5_000 == pytest.approx(told["recall"], abs=1e-4)


def test_an_index_that_misses_items_is_not_used():
    index, told = chosen(Exact.of(EVEN, CODES), EVEN[:50] + 0.5 * EVEN[50:100], seed=7, least=N)

    assert index is None
    assert told["used"] is False
    assert told["recall"] < RECALL or told["searched"] * 3 > told["exact"]


def test_no_index_is_tried_on_few_items():
    assert chosen(Exact.of(CLUSTERED, CODES), PEOPLE, seed=7) == (None, {"used": False})


def test_no_index_is_tried_where_exact_search_ends_early():
    lengths = (1.0 / (1.0 + np.arange(N)))[:, None].astype(np.float32)

    index, told = chosen(Exact.of(CLUSTERED * lengths, CODES), PEOPLE, seed=7, least=N)

    assert index is None
    assert told["exact"] < 0.5
    assert "recall" not in told


def test_what_an_index_answers_is_exact_inside_its_lists():
    index = Index.of(Exact.of(CLUSTERED, CODES), 8, seed=7)
    at = index.searched(PEOPLE[0])
    few = Exact.of(index.items.vectors[at], index.items.codes[at])

    same(index.top(PEOPLE[:1], 20), few.top(PEOPLE[:1], 20))


def test_every_list_together_is_exact_search():
    items = Exact.of(CLUSTERED, CODES)
    index = Index.of(items, 10_000, seed=7)

    same(index.top(PEOPLE, 30), items.top(PEOPLE, 30))
    assert measured(index, PEOPLE, items.top(PEOPLE, 100)).recall == 1.0


def test_a_filter_that_empties_the_lists_falls_back_to_exact_search():
    items = Exact.of(CLUSTERED, CODES)
    index = Index.of(items, 1, seed=7)
    allowed = np.zeros(N, bool)
    allowed[RNG.choice(N, 40, replace=False)] = True

    same(index.top(PEOPLE, 25, allowed), items.top(PEOPLE, 25, allowed))


def test_a_batch_is_answered_like_single_queries_each_with_its_own_filter():
    index = Index.of(Exact.of(CLUSTERED, CODES), 8, seed=7)
    allowed = RNG.random((len(PEOPLE), N)) < 0.5
    found = index.top(PEOPLE, 10, allowed)

    for i in range(len(PEOPLE)):
        one = index.top(PEOPLE[i : i + 1], 10, allowed[i])
        assert one.row(0)[0].tolist() == found.row(i)[0].tolist()


def test_a_vector_belongs_to_the_centre_nearest_to_it():
    centres = np.array([[0, 0], [4, 0], [0, 9]], np.float32)

    assert nearest(np.array([[1, 0], [3, 1], [1, 6]], np.float32), centres).tolist() == [0, 1, 2]


def test_factors_keep_their_index_and_what_it_found():
    factors = ItemFactors.of(CLUSTERED, np.ones(N, bool)).indexed(PEOPLE, seed=7, least=N)
    state = factors.state()

    again = ItemFactors.restore(State(state.arrays, state.settings))

    assert factors.index is not None
    assert again.search == factors.search == state.settings["search"]
    same(again.top(PEOPLE, 20), factors.top(PEOPLE, 20))
    np.testing.assert_array_equal(again.rows(CODES), CLUSTERED)
    same(again.similar(CODES[:20], 5), ItemFactors.of(CLUSTERED, np.ones(N, bool)).similar(CODES[:20], 5))


def test_the_same_seed_makes_the_same_index():
    one, other = (Index.of(Exact.of(EVEN, CODES), 8, seed=7) for _ in range(2))

    np.testing.assert_array_equal(one.items.codes, other.items.codes)
    np.testing.assert_array_equal(one.centres, other.centres)
