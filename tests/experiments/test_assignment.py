from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from penchant.experiments import Experiment, luck

HALVES = Experiment("colour", "home", (("home", 1.0), ("home-red", 1.0)), salt="shop")
PEOPLE = [f"user:{number}" for number in range(20_000)]


def test_luck_is_the_first_bits_of_the_sha_256_of_the_names_and_their_lengths() -> None:
    digest = hashlib.sha256(b"4\x1f2\x1fsalt\x1fme").digest()

    assert luck("salt", "me") == (int.from_bytes(digest[:8], "big") >> 11) / 2**53


def test_luck_is_the_same_after_every_start() -> None:
    assert luck("shop", "colour", "arm", "user:ann") == pytest.approx(0.5586002254505799, abs=1e-15)


def test_names_that_read_the_same_one_after_the_other_are_told_apart() -> None:
    assert luck("a\x1fb") != luck("a", "b")
    assert luck("ab", "c") != luck("a", "bc")


def test_arms_are_as_likely_as_their_weights_say() -> None:
    thirds = Experiment("size", "home", (("home", 1.0), ("home-large", 2.0), ("home-small", 3.0)), salt="shop")
    seen = [thirds.arm(person) for person in PEOPLE]

    counts = [seen.count(name) for name, _ in thirds.arms]
    expected = [len(PEOPLE) * weight / 6.0 for _, weight in thirds.arms]
    assert stats.chisquare(counts, expected).pvalue > 0.001


def test_two_experiments_know_nothing_of_each_other() -> None:
    other = Experiment("font", "feed", HALVES.arms, salt="shop")
    both = [[0, 0], [0, 0]]
    for person in PEOPLE:
        both[HALVES.arm(person) == "home"][other.arm(person) == "home"] += 1

    assert stats.chi2_contingency(both).pvalue > 0.001


def test_another_salt_draws_anew() -> None:
    anew = Experiment("colour", "home", HALVES.arms, salt="other")

    assert 0.45 < sum(anew.arm(person) != HALVES.arm(person) for person in PEOPLE) / len(PEOPLE) < 0.55


@given(st.text(min_size=1), st.floats(0, 1), st.floats(0, 1))
def test_whoever_takes_part_goes_on_to_when_the_share_grows_and_in_the_same_arm(
    person: str, one: float, other: float
) -> None:
    less, more = sorted((one, other))
    few = Experiment("colour", "home", HALVES.arms, share=less)
    many = Experiment("colour", "home", HALVES.arms, share=more)

    arm = few.arm(person)
    assert arm is None or many.arm(person) == arm


def test_nobody_takes_part_with_a_share_of_nothing_and_everybody_with_one_of_all() -> None:
    none = Experiment("colour", "home", HALVES.arms, share=0.0)

    assert {none.arm(person) for person in PEOPLE[:1_000]} == {None}
    assert {HALVES.arm(person) for person in PEOPLE[:1_000]} == {"home", "home-red"}
