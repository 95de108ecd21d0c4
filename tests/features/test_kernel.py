"""The matrix: columns in order, failures named, and the same bits in one piece and in many."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.catalog import ItemTable
from penchant.dataset import Queries
from penchant.events import Role
from penchant.features import RELEVANCE, Batch, Feature, Moment, matrix, matrix_in_chunks, position, times_had
from penchant.slate import Candidates
from penchant.testing import joined


def requests(table: ItemTable, n: int) -> Batch:
    rng = np.random.default_rng(1)
    queries = joined(
        [Queries.single(100.0, rng.integers(-1, 6, 4), np.arange(4.0), np.ones(4), np.zeros(4)) for _ in range(n)]
    )
    sizes = rng.integers(0, 5, n)
    ptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    total = int(ptr[-1])
    items = rng.integers(0, len(table), total).astype(np.int32)
    moment = Moment(np.zeros(n, np.int8), np.zeros(n, np.int16), np.arange(total, dtype=np.int16))
    return Batch(queries, Candidates(ptr, items, rng.random(total, np.float32)), table, moment=moment)


def fails(batch: Batch) -> NDArray[np.float32]:
    raise ZeroDivisionError("nothing to divide by")


BROKEN = Feature("broken", "share", (), "Raises.", fails)
SHORT = Feature("short", "share", (), "Is too short.", lambda batch: np.zeros(1, np.float32))
FEATURES = (RELEVANCE, times_had("times", "About.", roles=(Role.GOAL,)), position("place", "About."))


def test_columns_stand_in_the_order_of_the_features(table: ItemTable) -> None:
    batch = requests(table, 20)

    made = matrix(FEATURES, batch)

    assert made.names == ("relevance", "times", "place")
    assert made.values.dtype == np.float32
    assert made.values.flags.c_contiguous
    np.testing.assert_array_equal(made.column("relevance"), batch.candidates.scores)
    np.testing.assert_array_equal(made.column("place"), np.arange(len(batch.candidates.items)))
    assert made.failed == {}


def test_a_feature_that_fails_is_unknown_and_named(table: ItemTable) -> None:
    made = matrix((RELEVANCE, BROKEN, SHORT), requests(table, 20))

    assert made.failed["broken"] == "ZeroDivisionError: nothing to divide by"
    assert made.failed["short"].startswith("ValueError: (1,) values for")
    assert np.isnan(made.column("broken")).all() and np.isnan(made.column("short")).all()
    assert np.isfinite(made.column("relevance")).all()


def test_chunks_and_threads_give_the_same_bits(table: ItemTable) -> None:
    batch = requests(table, 100)
    whole = matrix(FEATURES, batch).values

    for chunk, threads in ((1, 1), (7, 2), (10_000, 2)):
        made = matrix_in_chunks(FEATURES, batch, threads=threads, chunk=chunk)
        np.testing.assert_array_equal(made.values, whole)


def test_what_fails_in_one_chunk_is_unknown_in_all(table: ItemTable) -> None:
    def sometimes(batch: Batch) -> NDArray[np.float32]:
        if (batch.candidates.items == 0).any():
            raise KeyError("item 0")
        return np.ones(len(batch.candidates.items), np.float32)

    made = matrix_in_chunks((Feature("some", "share", (), "Some.", sometimes),), requests(table, 40), chunk=3)

    assert "some" in made.failed
    assert np.isnan(made.values).all()


def test_nothing_to_work_out_is_an_empty_matrix(table: ItemTable) -> None:
    nothing = requests(table, 5).take(0, 0)

    assert matrix(FEATURES, nothing).values.shape == (0, 3)
    assert matrix_in_chunks(FEATURES, nothing).values.shape == (0, 3)
    assert matrix((), requests(table, 5)).values.shape[1] == 0


def test_a_batch_works_a_thing_out_once(table: ItemTable) -> None:
    batch, calls = requests(table, 2), []

    for _ in range(3):
        assert batch.once("key", lambda: calls.append(1) or 7) == 7  # type: ignore[func-returns-value]

    assert calls == [1]
