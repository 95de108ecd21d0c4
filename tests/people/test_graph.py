"""Who is one person."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from penchant.people import canonical, components

actors = st.sampled_from(["user:a", "user:b", "anon:1", "anon:2", "anon:3", "anon:4"])


def test_a_person_is_named_after_the_first_known_id() -> None:
    links = [("anon:1", "user:b"), ("user:a", "anon:2"), ("anon:1", "anon:2"), ("anon:8", "anon:7")]

    assert components(links) == {
        "anon:1": "user:a",
        "anon:2": "user:a",
        "user:a": "user:a",
        "user:b": "user:a",
        "anon:7": "anon:7",
        "anon:8": "anon:7",
    }
    assert canonical(["anon:0", "user:z"]) == "user:z"


@given(st.lists(st.tuples(actors, actors)), st.randoms())
def test_the_order_and_direction_of_links_change_nothing(links: list[tuple[str, str]], chance: random.Random) -> None:
    shuffled = [(b, a) if chance.random() < 0.5 else (a, b) for a, b in links]
    chance.shuffle(shuffled)

    assert components(shuffled) == components(links)


@given(st.lists(st.tuples(actors, actors)))
def test_linked_actors_are_one_person_and_a_link_less_makes_no_fewer_persons(links: list[tuple[str, str]]) -> None:
    person = components(links)

    assert all(person[a] == person[b] for a, b in links)
    if links:
        fewer = components(links[1:])
        assert len(set(fewer.values())) + (len(person) - len(fewer)) >= len(set(person.values()))
