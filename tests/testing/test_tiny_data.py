from __future__ import annotations

import numpy as np
import pytest

from penchant.catalog import Item
from penchant.dataset import Queries
from penchant.events import Role
from penchant.testing import Row, dataset, joined, tiny_dataset, tiny_queries


def test_rows_are_sorted_by_person_and_time():
    data = dataset([Row("bob", "x", 2), Row("ann", "y", 3), Row("ann", "x", 1)], now_day=10)

    assert data.people.ids == ("ann", "bob")
    assert data.interactions.person.tolist() == [0, 0, 1]
    assert data.interactions.time.tolist() == [86_400.0, 3 * 86_400.0, 2 * 86_400.0]
    assert data.now == 10 * 86_400.0


def test_the_catalog_comes_first_and_unknown_items_have_no_fields():
    data = dataset([Row("ann", "ghost", 1), Row("ann", "a", 1)], [Item(id="z"), Item(id="a")])

    assert data.items.ids == data.table.ids == ("z", "a", "ghost")
    assert data.table.present.tolist() == [True, True, False]


def test_a_weight_that_is_not_told_follows_the_role():
    roles = [Role.GOAL, Role.WEAK, Role.NEGATIVE, Role.REVERSAL, Role.IMPRESSION]

    data = dataset([Row("ann", "x", day, role) for day, role in enumerate(roles)])

    assert data.interactions.weight.tolist() == [1, 1, -1, -1, 0]


def test_sessions_end_with_the_person_and_after_half_an_hour():
    minutes = 1 / 1_440

    data = dataset([Row("ann", "x", 1), Row("ann", "x", 1 + 29 * minutes), Row("ann", "x", 2), Row("bob", "x", 2)])

    assert data.interactions.session.tolist() == [0, 0, 1, 2]


def test_baskets_are_numbered_and_rows_without_one_are_in_none():
    data = dataset([Row("ann", "x", 1, basket="b"), Row("ann", "y", 2), Row("ann", "z", 3, basket="a")])

    assert data.interactions.basket.tolist() == [1, -1, 0]


def test_a_row_after_now_is_refused():
    with pytest.raises(ValueError, match="later than now_day"):
        dataset([Row("ann", "x", 2)], now_day=1)


def test_the_tiny_world_has_a_bit_of_everything():
    data = tiny_dataset()
    rows = data.interactions

    assert {int(r) for r in np.unique(rows.role)} >= {
        int(Role.GOAL),
        int(Role.WEAK),
        int(Role.NEGATIVE),
        int(Role.IMPRESSION),
    }
    assert np.isfinite(rows.reversed_at).any()
    assert (
        np.setdiff1d(np.arange(len(data.items)), rows.item).tolist() == data.items.codes(["i15", "i16", "i17"]).tolist()
    )
    assert not data.table.present[data.items.code("ghost")]
    assert (np.bincount(rows.basket[rows.basket >= 0]) > 1).any()
    assert (data.table.category("category").codes == -1).sum() > 1


def test_the_tiny_world_is_the_same_every_time():
    first, again = tiny_dataset(3), tiny_dataset(3)

    assert np.array_equal(first.interactions.time, again.interactions.time)
    assert not np.array_equal(first.interactions.time[:9], tiny_dataset(4).interactions.time[:9])


def test_tiny_requests_hold_the_odd_ones():
    data = tiny_dataset()
    queries = tiny_queries(data)

    assert len(queries) == len(data.people) + 4
    assert (np.diff(queries.ptr) == 0).any()
    assert (queries.items < 0).any()
    assert (queries.items >= len(data.items)).any()
    assert (np.diff(queries.seed_ptr) > 1).any()


def test_joined_batches_keep_their_rows():
    one = Queries.single(5.0, [1, 2], [3.0, 4.0], [1.0, 1.0], [0, 1], [7])
    two = Queries.single(6.0, [3], [1.0], [0.5], [2])

    both = joined([one, two])

    assert both.ptr.tolist() == [0, 2, 3]
    assert both.items[both.history(1)].tolist() == [3]
    assert both.seeds_of(0).tolist() == [7]
    assert both.seeds_of(1).tolist() == []
    assert both.now.tolist() == [5.0, 6.0]
