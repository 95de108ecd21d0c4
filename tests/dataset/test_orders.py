"""Returns and corrections against goals, by hand."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from penchant.dataset.orders import ALL, Settled, settle
from penchant.events import Role

NAN, NEVER = float("nan"), float("inf")


class Line(NamedTuple):
    """One row; people, items and orders are numbers."""

    at: float
    role: Role = Role.GOAL
    item: int = 0
    order: int = 0
    pieces: float = 1.0
    price: float = NAN
    corrects: bool = False
    person: int = 0


def bought(at: float, pieces: float = 1.0, **more: float) -> Line:
    return Line(at, pieces=pieces, **more)  # type: ignore[arg-type]


def back(at: float, pieces: float = 1.0, **more: float) -> Line:
    return Line(at, Role.REVERSAL, pieces=pieces, **more)  # type: ignore[arg-type]


def corrected(at: float, pieces: float = NAN, **more: float) -> Line:
    return Line(at, pieces=pieces, corrects=True, **more)  # type: ignore[arg-type]


def done(*rows: Line) -> Settled:
    columns = list(zip(*rows, strict=True))
    at, role, item, order, pieces, price, corrects, person = columns
    return settle(
        np.array(person, np.int32),
        np.array(item, np.int32),
        np.array(order, np.int32),
        np.array(at, np.float64),
        np.array(role, np.int8),
        np.array(pieces, np.float32),
        np.array(price, np.float32),
        np.array(corrects, bool),
    )


def turned(*rows: Line) -> list[float]:
    """When each goal that is one was taken back."""
    found = done(*rows)
    return [found.reversed_at[n] for n, row in enumerate(rows) if row.role is Role.GOAL and found.keep[n]]


def test_a_return_takes_the_latest_back_first_until_its_pieces_are_used_up() -> None:
    assert turned(bought(1, order=1), bought(2, 2, order=2), back(9, 2, order=-1), bought(10, order=3)) == [
        *(NEVER, 9.0),
        NEVER,
    ]


def test_a_return_that_names_its_order_is_set_against_that_order() -> None:
    assert turned(bought(1, order=1), bought(2, order=2), back(9, order=1)) == [9.0, NEVER]


def test_a_return_of_more_than_its_order_had_takes_nothing_of_another() -> None:
    # Cancelled and then refunded, say: both tell of the same pieces.
    assert turned(bought(1, order=1), bought(2, order=2), back(8, order=2), back(9, order=2)) == [NEVER, 8.0]


def test_a_return_that_names_an_order_nobody_knows_is_set_against_the_latest() -> None:
    assert turned(bought(1, order=1), bought(2, order=2), back(9, order=7)) == [NEVER, 9.0]


def test_pieces_come_back_one_after_the_other() -> None:
    assert turned(bought(1, 3), back(5), back(6)) == [NEVER]
    assert turned(bought(1, 3), back(5), back(6), back(7)) == [7.0]


def test_a_whole_order_comes_back_with_all_that_is_left_of_it() -> None:
    rows = (bought(1, 3, item=0), bought(1, 2, item=1), back(5, item=0), back(6, ALL, item=0), back(6, ALL, item=1))
    found = done(*rows)

    assert turned(*rows) == [6.0, 6.0]
    assert found.quantity.tolist() == [3.0, 2.0, 1.0, 2.0, 2.0]


def test_what_was_not_bought_yet_does_not_come_back() -> None:
    assert turned(back(1, ALL), bought(2)) == [NEVER]


def test_of_one_moment_goals_come_first() -> None:
    assert turned(back(1), bought(1)) == [1.0]


def test_people_do_not_return_each_others_things() -> None:
    assert turned(bought(1, person=0, order=0), back(2, person=1, order=-1)) == [NEVER]


def test_lines_that_a_correction_lacks_are_taken_back_at_its_moment() -> None:
    assert turned(bought(1, item=0), bought(1, item=1), corrected(4, item=1)) == [4.0, NEVER]


def test_pieces_and_prices_follow_the_latest_correction() -> None:
    found = done(bought(1, 3, price=10.0), corrected(4, 2, price=9.0), corrected(5, price=8.0))

    assert found.keep.tolist() == [True, False, False]
    assert (found.quantity[0], found.price[0], found.reversed_at[0]) == (2.0, 8.0, NEVER)


def test_a_line_that_only_a_correction_names_is_a_goal_of_that_moment() -> None:
    found = done(bought(1, item=0), corrected(4, item=0), corrected(4, 5, item=1), corrected(6, item=1))

    assert found.keep.tolist() == [True, False, True, False]
    assert found.quantity[2] == 5.0
    assert found.reversed_at.tolist() == [6.0, *[NEVER] * 3]


def test_a_line_that_comes_back_with_a_later_correction_is_a_goal_anew() -> None:
    rows = (bought(1, item=0), bought(1, item=1), corrected(4, item=1), corrected(5, item=0), corrected(5, item=1))

    assert done(*rows).keep.tolist() == [True, True, False, True, False]
    assert turned(*rows) == [4.0, NEVER, NEVER]


@pytest.mark.parametrize("pieces", [2.0, ALL])
def test_a_correction_brings_nothing_back_that_was_returned(pieces: float) -> None:
    assert turned(bought(1, 2), back(3, pieces), corrected(4, 2)) == [3.0]


def test_a_correction_that_leaves_no_more_than_came_back_takes_the_line_back() -> None:
    assert turned(bought(1, 3), back(3, 1), corrected(4, 1)) == [4.0]
    assert turned(bought(1, 3), back(3, 1), corrected(4, 2)) == [NEVER]


def test_an_order_told_after_its_correction_says_nothing_new() -> None:
    assert done(corrected(2, 1), bought(3, 5), bought(3, item=1)).keep.tolist() == [True, False, False]


def test_a_correction_of_an_order_nobody_knows_makes_it() -> None:
    assert turned(corrected(2, item=0), corrected(2, item=1)) == [NEVER, NEVER]


def test_a_line_told_again_adds_its_pieces() -> None:
    found = done(bought(1, 1), bought(5, 2), back(7, 2))

    assert found.keep.tolist() == [True, False, True]
    assert found.quantity[0] == 3.0 and found.reversed_at[0] == NEVER
    assert turned(bought(1, 1), bought(5, 2), back(7, 3)) == [7.0]


def test_without_orders_every_goal_stands_for_itself() -> None:
    assert done(bought(1, order=-1), bought(2, order=-1)).keep.all()
