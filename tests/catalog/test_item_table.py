from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from penchant.catalog import Item, ItemTable

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Thing(Item, frozen=True, kw_only=True):
    price: float | None = None
    kind: str | None = None
    topics: tuple[str, ...] = ()
    out: datetime | None = None
    new: bool | None = None


THINGS = [
    Thing(id="a", title="A", price=2.5, kind="shoe", topics=("run", "road"), out=NOON, new=True),
    Thing(id="b", kind="sock", topics=("run",), active=False, new=False),
    Thing(id="c", attributes={"grip": 3, "colors": ["red", "blue"], "price": 9.0, "note": "x"}),
]
TABLE = ItemTable(["a", "b", "c", "gone"], [*THINGS, None])


def tags_of(field: str) -> list[list[str]]:
    tags = TABLE.tags(field)
    rows = [tags.codes[tags.ptr[i] : tags.ptr[i + 1]] for i in range(len(TABLE))]
    return [[tags.names[code] for code in row] for row in rows]


def test_numbers_are_nan_where_missing() -> None:
    np.testing.assert_array_equal(TABLE.number("price"), [2.5, np.nan, np.nan, np.nan])


def test_moments_are_unix_seconds() -> None:
    np.testing.assert_array_equal(TABLE.number("out"), [NOON.timestamp(), np.nan, np.nan, np.nan])


def test_true_and_false_are_one_and_zero() -> None:
    np.testing.assert_array_equal(TABLE.number("new"), [1.0, 0.0, np.nan, np.nan])


def test_text_and_lists_are_no_numbers() -> None:
    assert np.isnan(TABLE.number("kind")).all()
    assert np.isnan(TABLE.number("topics")).all()


def test_categories_are_coded_in_the_order_of_their_names() -> None:
    kinds = TABLE.category("kind")

    assert kinds.names == ("shoe", "sock")
    assert kinds.codes.tolist() == [0, 1, -1, -1]


def test_equal_catalogs_have_equal_codes_in_any_order() -> None:
    turned = ItemTable(["b", "a"], [THINGS[1], THINGS[0]])

    assert turned.category("kind").names == TABLE.category("kind").names


def test_empty_text_is_no_category() -> None:
    table = ItemTable(["x"], [Thing(id="x", kind="")])

    assert table.category("kind").codes.tolist() == [-1]
    assert table.tags("kind").names == ()


def test_tags_keep_the_order_of_the_item() -> None:
    assert tags_of("topics") == [["run", "road"], ["run"], [], []]
    assert TABLE.tags("topics").names == ("road", "run")


def test_one_text_is_one_tag() -> None:
    assert tags_of("kind") == [["shoe"], ["sock"], [], []]


def test_text_is_empty_where_missing() -> None:
    assert TABLE.text("title") == ("A", "", "", "")


def test_free_fields_are_columns_too() -> None:
    np.testing.assert_array_equal(TABLE.number("grip"), [np.nan, np.nan, 3.0, np.nan])
    assert tags_of("colors")[2] == ["red", "blue"]
    assert TABLE.text("note")[2] == "x"


def test_a_free_field_of_a_typed_name_is_reached_by_its_full_name() -> None:
    np.testing.assert_array_equal(TABLE.number("attributes.price"), [np.nan, np.nan, 9.0, np.nan])


def test_a_field_nobody_has_is_missing_everywhere() -> None:
    assert np.isnan(TABLE.number("weight")).all()
    assert TABLE.category("weight").codes.tolist() == [-1] * 4
    assert TABLE.tags("weight").ptr.tolist() == [0] * 5
    assert TABLE.text("weight") == ("",) * 4


def test_a_number_no_float_can_hold_is_missing() -> None:
    table = ItemTable(["x"], [Thing(id="x", attributes={"grip": 10**400})])

    assert np.isnan(table.number("grip")).all()


def test_rows_are_found_by_id_and_unknown_ids_are_not() -> None:
    assert [TABLE.row(name) for name in ("a", "gone", "nobody")] == [0, 3, -1]


def test_only_items_of_the_catalog_are_present_and_only_those_switched_on_are_active() -> None:
    assert TABLE.present.tolist() == [True, True, True, False]
    assert TABLE.active.tolist() == [True, False, True, False]


def test_an_empty_table_has_empty_columns() -> None:
    empty = ItemTable([], [])

    assert len(empty) == len(empty.number("price")) == len(empty.active) == 0
    assert empty.tags("topics").ptr.tolist() == [0]


def test_ids_and_items_must_be_aligned() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        ItemTable(["a"], [])
