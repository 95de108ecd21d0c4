from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.catalog import Item, ItemTable, above, all_tags_in, in_region, open_at


def table(**columns: list[object]) -> ItemTable:
    length = len(next(iter(columns.values())))
    rows = [{name: values[i] for name, values in columns.items() if values[i] is not None} for i in range(length)]
    return ItemTable([f"i{n}" for n in range(length)], [Item(id=f"i{n}", attributes=row) for n, row in enumerate(rows)])


def test_above_is_strict_and_lets_what_is_not_counted_pass() -> None:
    assert above(table(stock=[0, 1, None]), "stock", 0).tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("start", "end", "open_"),
    [
        (None, None, True),
        (100, None, True),
        (101, None, False),
        (None, 101, True),
        (None, 100, False),
        (100, 101, True),
        (101, 99, False),
    ],
)
def test_a_window_holds_its_start_and_not_its_end(start: int | None, end: int | None, open_: bool) -> None:
    assert open_at(table(a=[start], b=[end]), "a", "b", 100.0).tolist() == [open_]


REGIONS = table(regions=[["DE", "AT"], ["FR"], None, []])


@pytest.mark.parametrize(
    ("region", "held"),
    [
        ("DE", [True, False, True, True]),
        ("FR", [False, True, True, True]),
        ("US", [False, False, True, True]),
        ("de", [False, False, True, True]),
        (None, [False, False, True, True]),
    ],
)
def test_a_row_holds_in_its_regions_and_without_any_everywhere(region: str | None, held: list[bool]) -> None:
    assert in_region(REGIONS, "regions", region).tolist() == held


def test_all_tags_must_be_reached_rows() -> None:
    things = table(needs=[None, ["i0"], ["i0", "i1"], ["nowhere"], []])

    assert all_tags_in(things, "needs", np.zeros(5, bool)).tolist() == [True, False, False, False, True]
    assert all_tags_in(things, "needs", np.arange(5) == 0).tolist() == [True, True, False, False, True]
    assert all_tags_in(things, "needs", np.arange(5) < 2).tolist() == [True, True, True, False, True]


def test_masks_of_an_empty_catalog_are_empty() -> None:
    empty = ItemTable([], [])

    assert len(above(empty, "x", 0)) == len(in_region(empty, "x", "DE")) == len(open_at(empty, "x", "y", 0.0)) == 0
    assert len(all_tags_in(empty, "x", np.zeros(0, bool))) == 0


@settings(max_examples=50)
@given(
    st.lists(st.lists(st.sampled_from(["i0", "i1", "i2", "i9"]), max_size=3), min_size=1, max_size=5),
    st.sets(st.integers(0, 4)),
)
def test_prerequisites_are_what_every_row_says_by_itself(needs: list[list[str]], done: set[int]) -> None:
    reached = np.array([n in done for n in range(len(needs))])
    naive = [all(name != "i9" and int(name[1]) < len(needs) and reached[int(name[1])] for name in row) for row in needs]

    assert all_tags_in(table(needs=list(needs)), "needs", reached).tolist() == naive
