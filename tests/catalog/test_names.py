from __future__ import annotations

import pytest

from penchant.catalog.names import Names


def test_names_are_found_and_read_by_code() -> None:
    names = Names(("a", "b", "c"))

    assert [names.find(name) for name in "abcx"] == [0, 1, 2, -1]
    assert (names[0], names[-1], names[1:], len(names)) == ("a", "c", ("b", "c"), 3)
    assert "b" in names
    assert "x" not in names
    assert repr(names) == "('a', 'b', 'c')"


def test_names_equal_any_sequence_of_the_same() -> None:
    assert Names("ab") == ("a", "b")
    assert Names("ab") == ["a", "b"]
    assert Names("ab") == Names(("a", "b"))
    assert Names("ab") != ("a", "c")
    assert Names("ab") != ("a",)
    assert Names("ab") != ("a", 1)
    assert Names("ab") != {"a", "b"}


@pytest.mark.parametrize("at", [2, -3])
def test_what_lies_beyond_is_not_there(at: int) -> None:
    grown = Names("ab")
    grown.grown(["c", "d"])

    with pytest.raises(IndexError):
        grown[at]


@pytest.mark.parametrize("asked", [False, True])
def test_names_that_grow_out_of_others_keep_their_codes_and_leave_them_alone(asked: bool) -> None:
    first = Names("a")
    assert not asked or first.find("a") == 0
    second = first.grown(["b", "c"])

    assert second == ("a", "b", "c")
    assert [second.find(name) for name in "abc"] == [0, 1, 2]
    assert first == ("a",)
    assert (first.find("b"), list(first)) == (-1, ["a"])
    assert first.grown([]) is first


def test_names_may_grow_two_ways() -> None:
    first = Names("a")
    left, right = first.grown(["b"]), first.grown(["c"])
    again = left.grown(["d"])

    assert [tuple(names) for names in (left, right, again)] == [("a", "b"), ("a", "c"), ("a", "b", "d")]
    assert (right.find("c"), right.find("b"), left.find("c"), left.find("d")) == (1, -1, -1, -1)


def test_of_a_name_that_occurs_twice_the_last_place_counts() -> None:
    assert Names("aba").find("a") == 2


def test_paths_that_came_later_are_found_too() -> None:
    first = Names(["A"])
    assert list(first.below("A")) == [0]

    grown = first.grown(["A > B", "AB"])

    assert sorted(grown.below("A")) == [0, 1]
    assert list(first.below("A")) == [0]
