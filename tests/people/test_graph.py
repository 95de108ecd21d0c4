"""Who is one person."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Iterator
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.people import MOST_LINKS, canonical, components, graph, groups, regroup

Pair = tuple[str, str]

actors = st.sampled_from([f"user:{n}" for n in "abcd"] + [f"anon:{n}" for n in range(7)])
pairs = st.tuples(actors, actors)


class Table:
    """Links and persons as a store keeps them: persons are only ever changed by what `regroup` says."""

    def __init__(self, most: int = MOST_LINKS) -> None:
        self.links: set[Pair] = set()
        self.person: dict[str, str] = {}
        self.most = most
        self.read = 0

    def change(self, come: Iterable[Pair] = (), go: Iterable[Pair] = ()) -> None:
        """Links come and go together, as in one transaction."""
        come, go = ([(min(pair), max(pair)) for pair in some if len({*pair}) == 2] for some in (come, go))
        self.links = (self.links - set(go)) | set(come)
        changed = {actor for pair in (*come, *go) for actor in pair}
        for actor, person in regroup(changed, self.members_of, self.links_of).items():
            self.person[actor] = person

    def members_of(self, wanted: Collection[str]) -> list[str]:
        persons = {self.person.get(actor, actor) for actor in wanted}
        found = {*wanted, *(actor for actor, person in self.person.items() if person in persons)}
        self.read += len(found)
        return sorted(found)

    def links_of(self, wanted: Collection[str]) -> set[Pair]:
        found: set[Pair] = set()
        for actor in wanted:
            mine: Iterator[Pair] = (pair for pair in sorted(self.links) if actor in pair)
            # Of a crowded device not all links are told, and which ones is up to the store.
            found.update(islice(mine, self.most + 1) if actor.startswith("anon:") else mine)
        self.read += len(found)
        return found

    def people(self) -> dict[str, str]:
        """Those who are one person with another."""
        return {actor: person for actor, person in self.person.items() if len(self._group(person)) > 1}

    def _group(self, person: str) -> list[str]:
        return [actor for actor, other in self.person.items() if other == person]


def together(links: Iterable[Pair]) -> dict[str, str]:
    """`components` without those who are alone."""
    persons = components(links)
    return {actor: persons[actor] for group in groups(persons).values() if len(group) > 1 for actor in group}


def test_a_person_is_named_after_the_first_known_id() -> None:
    links = [("user:b", "user:a"), ("user:a", "anon:2"), ("anon:1", "anon:2"), ("anon:8", "anon:7")]

    assert components(links) == {
        "anon:1": "user:a",
        "anon:2": "user:a",
        "user:a": "user:a",
        "user:b": "user:a",
        "anon:7": "anon:7",
        "anon:8": "anon:7",
    }
    assert canonical(["anon:0", "user:z"]) == "user:z"


def test_a_shared_device_belongs_to_nobody_and_joins_nobody() -> None:
    links = [("user:ann", "anon:tv"), ("user:bob", "anon:tv"), ("user:ann", "anon:phone"), ("anon:tv", "anon:old-tv")]

    assert components(links) == {
        "user:ann": "user:ann",
        "anon:phone": "user:ann",
        "user:bob": "user:bob",
        "anon:tv": "anon:tv",
        "anon:old-tv": "anon:old-tv",
    }


def test_a_device_two_ids_of_one_person_use_is_not_shared_and_becomes_so_when_they_are_parted() -> None:
    table = Table()
    table.change([("user:ann", "anon:tv"), ("user:bob", "anon:tv")])

    assert table.people() == {}

    table.change([("user:ann", "user:bob")])

    assert table.people() == dict.fromkeys(["user:ann", "user:bob", "anon:tv"], "user:ann")

    table.change(go=[("user:bob", "user:ann")])

    assert table.people() == {}


def test_when_one_of_two_leaves_a_shared_device_it_is_the_others_with_all_that_hangs_on_it() -> None:
    table = Table()
    table.change([("user:ann", "anon:1"), ("user:bob", "anon:1"), ("anon:1", "anon:2"), ("anon:2", "anon:3")])
    table.change(go=[("user:ann", "anon:1")])

    assert table.people() == dict.fromkeys(["user:bob", "anon:1", "anon:2", "anon:3"], "user:bob")


def test_a_crowded_device_is_nobodys_and_one_more_link_to_it_costs_no_more_than_the_last() -> None:
    table = Table()
    crowd = [(f"user:{number:03}", "anon:kiosk") for number in range(MOST_LINKS + 200)]
    table.change([("user:000", "anon:mine"), *crowd])
    assert table.people() == {"user:000": "user:000", "anon:mine": "user:000"}

    table.read = 0
    table.change([("user:new", "anon:kiosk")])

    assert table.people() == {"user:000": "user:000", "anon:mine": "user:000"}
    # The new id and the device, the links of both cut off, and nobody behind them.
    assert table.read <= MOST_LINKS + 10


def test_a_device_that_is_linked_with_a_crowd_of_devices_is_crowded() -> None:
    star = [("anon:hub", f"anon:{number:03}") for number in range(MOST_LINKS + 1)]

    assert set(components(star).values()) == set(components(star))
    assert set(components(star[:-2]).values()) == {"anon:000"}


def test_a_long_chain_of_devices_is_crowded_and_one_more_link_walks_no_further_than_the_limit() -> None:
    chain = [(f"anon:{number:03}", f"anon:{number + 1:03}") for number in range(3 * MOST_LINKS)]
    table = Table()
    table.change(chain)
    assert table.people() == together(chain) == {}

    table.read = 0
    table.change([("user:ann", "anon:150")])

    assert table.people() == {}
    assert table.read <= 4 * MOST_LINKS


@given(st.lists(pairs), st.randoms())
def test_the_order_and_direction_of_links_change_nothing(links: list[Pair], chance: random.Random) -> None:
    shuffled = [(b, a) if chance.random() < 0.5 else (a, b) for a, b in [*links, *links[:2]]]
    chance.shuffle(shuffled)

    assert components(shuffled) == components(links)


@given(st.lists(pairs))
def test_known_ids_are_one_person_just_when_known_ids_link_them(links: list[Pair]) -> None:
    persons = components(links)
    direct = components(pair for pair in links if all(actor.startswith("user:") for actor in pair))
    users = [actor for actor in persons if actor.startswith("user:")]

    assert {user: persons[user] for user in users} == {user: direct.get(user, user) for user in users}


@given(st.lists(pairs))
def test_no_device_of_two_persons_is_in_a_person(links: list[Pair]) -> None:
    persons = components(links)
    owners: dict[str, set[str]] = {}
    for a, b in links:
        for device, user in ((a, b), (b, a)):
            if device.startswith("anon:") and user.startswith("user:"):
                owners.setdefault(device, set()).add(persons[user])

    assert {device: persons[device] for device, people in owners.items() if len(people) > 1} == {
        device: device for device, people in owners.items() if len(people) > 1
    }


changes = st.lists(st.tuples(st.booleans(), st.lists(pairs, min_size=1, max_size=4)), max_size=25)


@pytest.mark.parametrize("most", [2, 3, MOST_LINKS])
def test_what_is_worked_out_link_by_link_is_what_all_links_say(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "MOST_LINKS", most)

    @settings(max_examples=200, deadline=None)
    @given(changes)
    def check(steps: list[tuple[bool, list[Pair]]]) -> None:
        table = Table(most)
        for come, some in steps:
            table.change(come=some if come else (), go=() if come else some)

            assert table.people() == together(table.links)

    check()


@given(st.lists(pairs, max_size=12), st.randoms())
def test_links_in_any_order_one_by_one_or_at_once_make_the_same_persons(
    links: list[Pair], chance: random.Random
) -> None:
    shuffled = list(links)
    chance.shuffle(shuffled)
    at_once, singly = Table(), Table()
    at_once.change(links)
    for link in shuffled:
        singly.change([link])

    assert singly.people() == at_once.people()


def test_two_crowds_of_one_person_are_told_apart_by_looking_each_up_once() -> None:
    """A device whose two owners are one person that nothing was changed of: the person is asked for, and found."""
    table = Table()
    table.change([("user:a", "user:b"), ("user:a", "anon:1"), ("user:b", "anon:1"), ("user:c", "anon:1")])
    assert "anon:1" not in table.people()

    table.change(go=[("user:c", "anon:1")])

    assert table.people() == dict.fromkeys(["user:a", "user:b", "anon:1"], "user:a")
