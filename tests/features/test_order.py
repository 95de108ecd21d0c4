from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from penchant.catalog import Item, ItemTable
from penchant.dataset import Queries
from penchant.events import Role
from penchant.features import Batch, next_in
from penchant.slate import Candidates

Ask = Callable[..., NDArray[np.float32]]

NEXT = next_in("next", "series", "place", "The next of a series.")


def test_the_next_place_follows_the_furthest_goal(ask: Ask) -> None:
    assert ask(NEXT, (0, 0, 1.0)).tolist() == [0, 1, 0, 0, 0]


def test_a_gap_in_the_places_is_stepped_over(ask: Ask) -> None:
    # The series has the places 1, 2 and 4.
    assert ask(NEXT, (0, 2, 1.0), (1, 1, 1.0)).tolist() == [0, 0, 1, 0, 0]


def test_what_lies_before_the_furthest_is_not_next(ask: Ask) -> None:
    assert ask(NEXT, (1, 1, 1.0)).tolist() == [0, 0, 1, 0, 0]


def test_after_the_last_place_nothing_follows(ask: Ask) -> None:
    assert ask(NEXT, (2, 0, 1.0)).tolist() == [0] * 5


def test_a_series_that_was_not_begun_has_no_next(ask: Ask) -> None:
    assert ask(NEXT).tolist() == [0] * 5
    assert ask(NEXT, (4, 0, 1.0)).tolist() == [0] * 5


@pytest.mark.parametrize("role", [Role.STRONG, Role.WEAK, Role.NEGATIVE, Role.IMPRESSION])
def test_only_a_goal_moves_on(ask: Ask, role: Role) -> None:
    assert ask(NEXT, (0, 0, 1.0), role=role).tolist() == [0] * 5


def test_two_items_on_one_place_are_both_next() -> None:
    places = [("s", 1), ("s", 2), ("s", 2), ("s", 3), ("t", 2)]
    items = [Item(id=str(n), attributes={"series": s, "place": p}) for n, (s, p) in enumerate(places)]
    table = ItemTable([item.id for item in items], items)
    everything = Candidates(np.array([0, 5]), np.arange(5, dtype=np.int32), np.ones(5, np.float32))

    found = NEXT.compute(Batch(Queries.single(1.0, [0], [0.0], [1.0], [int(Role.GOAL)]), everything, table))

    assert found.tolist() == [0, 1, 1, 0, 0]
