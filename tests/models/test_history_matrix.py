from __future__ import annotations

import numpy as np
import pytest

from penchant.clock import DAY
from penchant.dataset import Queries
from penchant.events import Role
from penchant.models.history import POSITIVE
from penchant.models.history_matrix import history_matrix, last_steps, last_steps_of_one, unit_matrix
from penchant.testing import Row, dataset, tiny_dataset

ROWS = [
    Row("ann", "a", 90, weight=3.0),
    Row("ann", "a", 100),
    Row("ann", "b", 90, Role.WEAK, 0.5),
    Row("ann", "c", 95, Role.NEGATIVE),
    Row("bob", "c", 80),
]
DATA = dataset(ROWS, now_day=100)


@pytest.mark.parametrize(
    ("weighting", "half_life", "ann"),
    [
        ("binary", None, [1.0, 1.0, 0.0]),
        ("sum", None, [4.0, 0.5, 0.0]),
        ("log", None, [np.log(5.0), np.log(1.5), 0.0]),
        ("binary", 10.0, [1.0, 0.5, 0.0]),  # the newest event of a cell counts
        ("sum", 10.0, [2.5, 0.25, 0.0]),
        ("log", 10.0, [np.log(3.5), np.log(1.25), 0.0]),
    ],
)
def test_a_cell_holds_what_the_weighting_says(weighting, half_life, ann):
    x = unit_matrix(DATA, POSITIVE, "person", weighting, half_life)
    asked = history_matrix(DATA.queries(np.array([0, 1], np.int32)), 3, POSITIVE, weighting, half_life)

    np.testing.assert_allclose(x.toarray()[0], ann, rtol=1e-6)
    np.testing.assert_array_equal(asked.toarray(), x.toarray())


def test_only_the_wanted_roles_count():
    np.testing.assert_array_equal(unit_matrix(DATA, ("weak",)).toarray(), [[0, 1, 0]])


def test_only_the_newest_events_of_a_unit_count():
    np.testing.assert_array_equal(unit_matrix(DATA, POSITIVE, most=1).toarray(), [[1, 0, 0], [0, 0, 1]])


def test_a_unit_may_be_a_session():
    data = dataset([Row("ann", "a", 1), Row("ann", "b", 1.001), Row("ann", "c", 2)])

    np.testing.assert_array_equal(unit_matrix(data, POSITIVE, "session").toarray(), [[1, 1, 0], [0, 0, 1]])


def test_nothing_known_is_an_empty_row():
    nobody = Queries.single(0.0, [-1, 9], [0.0, 0.0], [1.0, 1.0], [0, 0])

    for x in (history_matrix(nobody, 3, POSITIVE), last_steps(nobody, 3, POSITIVE, 5, 1.0)):
        assert x.shape == (1, 3)
        assert x.nnz == 0


def test_later_steps_weigh_more_and_an_item_that_comes_back_adds_up():
    now = 100 * DAY
    query = Queries.single(now, [0, 1, 1, 7, 0], [now - i for i in range(5, 0, -1)], [1.0] * 5, [0] * 5)

    # Steps from the end: item 0, item 1 (twice in a row is once, and unknown 7 is no step), item 0.
    np.testing.assert_allclose(
        last_steps(query, 3, POSITIVE, 10, 2.0).toarray(), [[1 + np.exp(-1.0), np.exp(-0.5), 0.0]], rtol=1e-6
    )
    np.testing.assert_allclose(last_steps(query, 3, POSITIVE, 2, 2.0).toarray(), [[1, np.exp(-0.5), 0]], rtol=1e-6)


def test_a_batch_holds_the_rows_of_its_requests():
    data = tiny_dataset()
    queries, n = data.queries(np.arange(len(data.people), dtype=np.int32)), len(data.items)

    for make in (
        lambda q: history_matrix(q, n, POSITIVE, "log", 20.0).toarray(),
        lambda q: last_steps(q, n, POSITIVE, 4, 2.0).toarray(),
    ):
        rows = [make(queries.take(i, i + 1)) for i in range(len(queries))]
        np.testing.assert_array_equal(np.concatenate(rows), make(queries))


def test_the_last_steps_of_one_request_are_its_row_to_the_bit():
    data = tiny_dataset()
    queries, n = data.queries(np.arange(len(data.people), dtype=np.int32)), len(data.items)

    for i in range(len(queries)):
        one = queries.take(i, i + 1)
        for most in (1, 4):
            row, (items, told) = last_steps(one, n, POSITIVE, most, 2.0), last_steps_of_one(one, n, POSITIVE, most, 2.0)
            np.testing.assert_array_equal(items, row.indices)
            np.testing.assert_array_equal(told, row.data)
    assert len(last_steps_of_one(Queries.single(0.0), n, POSITIVE, 4, 2.0)[0]) == 0
