"""What is known of a person now."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from penchant.events import Trait
from penchant.people import Fact, profile


def test_the_latest_word_counts_and_tells_who_said_it_and_when() -> None:
    remarks = [
        Trait("user:ann", "city", b'"Graz"', 20, "shop"),
        Trait("anon:phone", "city", b'"Wien"', 10, "app"),
        Trait("anon:phone", "plan", b'"free"', 15, "app"),
    ]

    assert profile(remarks) == {
        "city": Fact(b'"Graz"', 20, "shop", "user:ann"),
        "plan": Fact(b'"free"', 15, "app", "anon:phone"),
    }


def test_null_takes_a_trait_back_until_it_is_said_again() -> None:
    remarks = [Trait("user:ann", "city", b'"Graz"', 10, "shop"), Trait("user:ann", "city", b"null", 20, "shop")]

    assert profile(remarks) == {}
    assert profile([*remarks, Trait("user:ann", "city", b'"Linz"', 30, "shop")])["city"].value == b'"Linz"'


def test_of_two_words_at_one_moment_the_one_on_the_known_id_counts() -> None:
    remarks = [Trait("anon:z", "age", b"9", 10, "z"), Trait("user:ann", "age", b"1", 10, "a")]

    assert profile(remarks)["age"].actor == profile(remarks[::-1])["age"].actor == "user:ann"


remarks_ = st.lists(
    st.builds(
        Trait,
        st.sampled_from(["user:a", "anon:1"]),
        st.sampled_from(["x", "y"]),
        st.sampled_from([b"1", b"2", b"null"]),
        st.integers(0, 3),
        st.sampled_from(["web", "app"]),
    )
)


@given(remarks_, st.randoms())
def test_the_order_in_which_words_come_decides_nothing(remarks: list[Trait], chance: random.Random) -> None:
    shuffled = list(remarks)
    chance.shuffle(shuffled)

    assert profile(shuffled) == profile(remarks)
