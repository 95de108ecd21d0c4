from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from penchant.models import crowd as room
from penchant.models.crowd import Crowd, sampled
from penchant.models.occasions import Timelines

# Four people: times are days, so that everybody's mark differs.
TIMELINES = Timelines(
    np.array([0, 2, 4, 6, 7], np.int64),
    np.array([0, 1, 0, 2, 1, 2, 3], np.int32),
    np.arange(7, dtype=np.float64),
    4,
)
X = sparse.csr_matrix(np.array([[1, 1, 0, 0], [2, 0, 1, 0], [0, 3, 1, 0], [0, 0, 0, 1]], np.float64))
NOBODY = np.zeros(0, np.uint64)


def crowd(people=(0, 1, 2, 3)):
    return Crowd.of(np.array(people, np.int32), X, X, TIMELINES)


def near(of, codes, weights, own=NOBODY, most=10):
    """What a batch of one finds."""
    codes = np.array(codes, np.int32)
    marks = (np.zeros(len(own), np.int64), own)
    ptr, people, like = of.near(np.array([0, len(codes)]), codes, np.array(weights, np.float64), marks, most)
    assert ptr.tolist() == [0, len(people)]
    return people, like


def mark(person):
    rows, marks = TIMELINES.marks()
    return marks[np.flatnonzero(rows == person)[-1:]]


def sums(found, of):
    """Sums by row of TIMELINES."""
    people, weights = found
    owner = {int(of.marks[p]): p for p in range(len(of))}
    names = {owner[int(mark(row)[0])]: row for row in range(4)}
    return {names[int(p)]: float(w) for p, w in zip(people, weights, strict=True)}


def test_people_are_found_by_the_items_they_share():
    of = crowd()

    assert sums(near(of, [0, 1], [1.0, 0.5]), of) == {0: 1.5, 1: 2.0, 2: 1.5}


def test_the_asking_person_is_left_out():
    of = crowd()

    assert sums(near(of, [0, 1], [1.0, 0.5], mark(1)), of) == {0: 1.5, 2: 1.5}


def test_only_the_nearest_are_taken():
    people, like = near(crowd(), [0, 1], [1.0, 0.4], most=2)

    assert len(people) == 2
    assert sorted(like.tolist()) == [1.4, 2.0]


def test_of_equally_near_people_the_first_are_taken():
    people, like = near(crowd(), [0, 1], [1.0, 0.5], most=2)

    assert people.tolist() == [0, 1]
    assert like.tolist() == [2.0, 1.5]


def test_vectors_are_summed_by_weight():
    of = crowd()
    people, _ = near(of, [0], [1.0])

    assert of.wanted(np.array([0, 2]), people, np.full(2, 0.5)).tolist() == [[1.5, 0.5, 0.5, 0.0]]
    assert of.wanted(np.array([0, 0]), people[:0], np.zeros(0)).tolist() == [[0.0] * 4]


def test_nobody_is_near_to_nothing():
    assert len(near(crowd(), [], [])[0]) == 0


def test_an_item_finds_those_who_have_most_of_it_when_too_many_do(monkeypatch):
    monkeypatch.setattr(room, "_HOLDERS", 1)
    of = crowd()

    assert sums(near(of, [0, 1], [1.0, 1.0]), of) == {1: 2.0, 2: 3.0}


def test_of_a_long_history_the_weightiest_items_are_read(monkeypatch):
    monkeypatch.setattr(room, "_READ", 1)
    of = crowd()

    assert sums(near(of, [0, 3], [1.0, 2.0]), of) == {3: 2.0}


def test_requests_of_a_batch_know_nothing_of_each_other(monkeypatch):
    monkeypatch.setattr(room, "_READ", 2)
    of = crowd()
    asked = [([0, 1], [1.0, 0.4]), ([], []), ([0, 2, 3], [1.0, 3.0, 0.5]), ([1, 2], [0.3, 0.3])]
    ptr = np.cumsum([0, *(len(codes) for codes, _ in asked)])
    own = np.array([1, 2, 3]), np.concatenate([mark(0), mark(2), mark(2)])

    cuts, people, like = of.near(
        ptr,
        np.concatenate([np.array(codes, np.int32) for codes, _ in asked]),
        np.concatenate([np.array(weights, np.float64) for _, weights in asked]),
        own,
        2,
    )
    batch = of.wanted(cuts, people, like)

    for i, (codes, weights) in enumerate(asked):
        alone = near(of, codes, weights, own[1][own[0] == i], 2)
        span = slice(cuts[i], cuts[i + 1])
        assert (people[span].tolist(), like[span].tolist()) == tuple(part.tolist() for part in alone)
        assert batch[i].tolist() == of.wanted(np.array([0, len(alone[0])]), *alone)[0].tolist()


def test_a_batch_is_cut_so_that_memory_stays_bounded(monkeypatch):
    monkeypatch.setattr(room, "_CELLS", 9)

    assert [(part.start, part.stop) for part in crowd().parts(5)] == [(0, 2), (2, 4), (4, 5)]
    assert list(crowd().parts(0)) == []


def test_a_sample_is_seeded_and_has_enough_events():
    assert sampled(TIMELINES, 2, 10, 1).tolist() == [0, 1, 2]
    drawn = sampled(TIMELINES, 1, 2, 5)

    assert len(drawn) == 2
    assert drawn.tolist() == sampled(TIMELINES, 1, 2, 5).tolist() == sorted(drawn.tolist())


@pytest.mark.parametrize("people", [(), (2,)])
def test_it_comes_back_from_its_arrays(people):
    of = crowd(people)
    again = Crowd.restore(of.arrays())

    for name, array in of.arrays().items():
        np.testing.assert_array_equal(again.arrays()[name], array)
    assert len(of) == len(people)
    assert of.n_items == 4
