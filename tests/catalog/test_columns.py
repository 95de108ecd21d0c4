from __future__ import annotations

import numpy as np
import pytest

from penchant.catalog.columns import Categories, Maps, Numbers, Tags, Texts, column_of

ROW = np.array([2])


def test_rows_that_nobody_told_of_are_missing() -> None:
    number = column_of("number", [1.0]).told(ROW, [3.0], 3)
    category = column_of("category", ["x"]).told(ROW, ["y"], 3)
    tags = column_of("tags", [("x",)]).told(ROW, [("y", "x")], 3)
    maps = column_of("map", [{"k": 1}]).told(ROW, [{"l": 2}], 3)
    texts = column_of("text", ["x"]).told(ROW, ["y"], 3)

    assert isinstance(number, Numbers)
    assert isinstance(category, Categories)
    assert isinstance(tags, Tags)
    assert isinstance(maps, Maps)
    assert isinstance(texts, Texts)
    np.testing.assert_array_equal(number.values, [1.0, np.nan, 3.0])
    assert category.codes.tolist() == [0, -1, 1]
    assert (tags.ptr.tolist(), tags.codes.tolist()) == ([0, 1, 1, 3], [0, 1, 0])
    np.testing.assert_array_equal(maps.number("k"), [1.0, np.nan, np.nan])
    np.testing.assert_array_equal(maps.number("l"), [np.nan, np.nan, 2.0])
    assert texts.words == ("x", "", "y")
    for column in (number, category, tags, maps, texts):
        assert column.has.tolist() == [True, False, True]


@pytest.mark.parametrize("kind", ["number", "category", "tags", "map", "text"])
def test_no_rows_of_no_column_are_no_rows(kind: str) -> None:
    empty = column_of(kind, [])

    assert empty.taken(np.zeros(0, np.int64)).has.tolist() == []
    assert empty.taken(np.array([-1, -1])).has.tolist() == [False, False]


def test_masks_of_tags_that_are_asked_for_again_are_kept_and_not_to_be_written_to() -> None:
    tags = column_of("tags", [("x",), (), ("y", "x")])
    assert isinstance(tags, Tags)

    assert tags.naming("x").tolist() == [True, False, True]
    assert tags.naming("x") is tags.naming("x")
    assert tags.naming("nobody").tolist() == [False, False, False]
    with pytest.raises(ValueError, match="read-only"):
        tags.naming("x")[0] = False


def test_columns_of_maps_and_tags_have_room_for_many_keys() -> None:
    maps = column_of("map", [{f"k{n}": n for n in range(40)}])
    tags = column_of("tags", [tuple(f"t{n}" for n in range(90))])
    assert isinstance(maps, Maps)
    assert isinstance(tags, Tags)

    assert [maps.number(f"k{n}")[0] for n in range(40)] == list(range(40))
    assert all(tags.naming(f"t{n}")[0] for n in range(90))
    assert np.isnan(maps.number("nobody")).all()


def test_what_is_no_value_of_a_kind_is_none() -> None:
    category = column_of("category", ["x", 3, ("y",), ""])
    tags = column_of("tags", ["x", 3, ["y", 4], {"b", "a"}, ""])
    maps = column_of("map", [{"k": None, "l": 10**400, "m": 2}, "x", None])
    number = column_of("number", ["1", None, True, 2, 10**400])
    assert isinstance(category, Categories)
    assert isinstance(tags, Tags)
    assert isinstance(maps, Maps)
    assert isinstance(number, Numbers)

    assert category.codes.tolist() == [0, -1, -1, -1]
    assert [tags.names[code] for code in tags.codes] == ["x", "y", "4", "a", "b"]
    assert tags.ptr.tolist() == [0, 1, 1, 3, 5, 5]
    assert (maps.ptr.tolist(), list(maps.names), maps.values.tolist()) == ([0, 1, 1, 1], ["m"], [2.0])
    np.testing.assert_array_equal(number.values, [np.nan, np.nan, 1.0, 2.0, np.nan])
