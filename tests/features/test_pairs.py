"""Sums by request and value are the same as a table and as a list of the pairs that occur."""

from __future__ import annotations

from unittest import mock

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.features.pairs import Pairs

ENTRY = st.tuples(st.integers(0, 3), st.integers(-1, 5), st.sampled_from([0.1, -0.7, 1.0, 1e9]))
ASKED = st.tuples(st.integers(0, 3), st.integers(-1, 5))


def made(entries: list[tuple[int, int, float]], asked: list[tuple[int, int]], dense: int) -> Pairs:
    row, code = (np.array([entry[n] for entry in entries], np.int64) for n in (0, 1))
    of, wanted = (np.array([one[n] for one in asked], np.int64) for n in (0, 1))
    with mock.patch("penchant.features.pairs._DENSE", dense):
        return Pairs.of(row, code.astype(np.int32), of, wanted.astype(np.int32), (4, 6))


def test_sums_are_told_to_those_who_ask_for_their_pair() -> None:
    entries = [(0, 2, 1.0), (0, 2, 0.5), (0, 3, 4.0), (1, 2, 8.0), (2, -1, 16.0)]
    asked = [(0, 2), (1, 2), (2, 2), (0, -1), (0, 3)]

    for dense in (0, 100):
        pairs = made(entries, asked, dense)
        sums = pairs.sums(np.array([entry[2] for entry in entries]))

        assert sums.take(pairs.asked).tolist() == [1.5, 8.0, 0.0, 0.0, 4.0]
        assert pairs.counts().take(pairs.asked).tolist() == [2, 1, 0, 0, 1]
        assert pairs.best(sums).tolist() == [4.0, 8.0, 0.0, 0.0]


@settings(max_examples=200, deadline=None)
@given(st.lists(ENTRY, max_size=12), st.lists(ASKED, max_size=12), st.data())
def test_a_table_and_a_list_give_the_same_bits(
    entries: list[tuple[int, int, float]], asked: list[tuple[int, int]], data: st.DataObject
) -> None:
    entries = sorted(entries, key=lambda entry: entry[0])
    weights = np.array([entry[2] for entry in entries], np.float64)
    keep = np.array(data.draw(st.lists(st.booleans(), min_size=len(entries), max_size=len(entries))), bool)
    table, sparse = made(entries, asked, 100), made(entries, asked, 0)

    for one, other in (
        (table.sums(weights).take(table.asked), sparse.sums(weights).take(sparse.asked)),
        (table.counts(keep).take(table.asked), sparse.counts(keep).take(sparse.asked)),
        (table.latest(weights, keep).take(table.asked), sparse.latest(weights, keep).take(sparse.asked)),
        (table.best(table.sums(weights)), sparse.best(sparse.sums(weights))),
    ):
        np.testing.assert_array_equal(one, other)
