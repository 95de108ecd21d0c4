from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.catalog.path import Paths, is_below, normal


@pytest.mark.parametrize(
    ("path", "top", "below"),
    [
        ("Shoes", "Shoes", True),
        ("Shoes > Running", "Shoes", True),
        ("Shoes>Running", "Shoes", True),
        ("Shoes > Running > Trail", "Shoes>Running", True),
        ("Shoestrings", "Shoes", False),
        ("Shoes", "Shoes > Running", False),
        ("Sport > Shoes", "Shoes", False),
        ("shoes", "Shoes", False),
        (" Shoes  >  Running ", "Shoes > Running", True),
        ("Shoes >", "Shoes", True),
        ("Shoes !", "Shoes", False),
        ("Shoes > ", "Shoes > Running", False),
    ],
)
def test_a_path_is_below_its_beginnings(path: str, top: str, below: bool) -> None:
    assert is_below(path, top) is below
    assert list(Paths(["x", path]).below(top)) == ([1] if below else [])


def test_spaces_around_the_signs_do_not_count() -> None:
    assert normal("  A>B  >C ") == "A > B > C"


NAMES = st.lists(st.sampled_from(["A", "B", "AB", " ", "!", "~", "Ä"]), max_size=3).flatmap(
    lambda parts: st.sampled_from([">".join(parts), " > ".join(parts)])
)


@given(st.lists(NAMES, max_size=8), NAMES)
def test_many_paths_find_what_each_says_by_itself(paths: list[str], top: str) -> None:
    assert sorted(Paths(paths).below(top)) == [i for i, path in enumerate(paths) if is_below(path, top)]
