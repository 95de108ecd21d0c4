"""What a person allows."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from penchant.events import Consent
from penchant.people import decide

DEFAULT = {"analytics": True, "personalization": True, "email": False, "ads": False}


def said(purpose: str, granted: bool, at: int, actor: str = "user:ann") -> Consent:
    return Consent(actor, purpose, granted, at, "web")  # type: ignore[arg-type]


def test_who_says_nothing_has_what_is_configured() -> None:
    assert decide([], DEFAULT) == DEFAULT


def test_the_latest_word_on_a_purpose_counts_under_whatever_id_it_was_said() -> None:
    words = [said("ads", True, 30), said("ads", False, 20), said("analytics", False, 10, "anon:phone")]

    assert decide(words, DEFAULT) == {"analytics": False, "personalization": True, "email": False, "ads": True}


def test_of_two_words_at_one_moment_the_one_that_forbids_counts() -> None:
    words = [said("email", False, 10), said("email", True, 10)]

    assert decide(words, DEFAULT)["email"] is decide(words[::-1], {"email": True})["email"] is False


words_ = st.lists(st.builds(said, st.sampled_from(["analytics", "ads"]), st.booleans(), st.integers(0, 5)))


@given(words_, st.randoms())
def test_the_order_in_which_words_come_decides_nothing(words: list[Consent], chance: random.Random) -> None:
    shuffled = list(words)
    chance.shuffle(shuffled)

    assert decide(shuffled, DEFAULT) == decide(words, DEFAULT)
