"""What every store must hold of people: who is who, what they said, and that erasure leaves nothing."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penchant.events import Consent, Event, Link, Trait
from penchant.people import MOST_LINKS, components
from penchant.storage import Fate, SlateRow, Store
from penchant.testing.store_failed import failure
from penchant.testing.store_log import ids, viewed

ANN, BOB = "user:ann", "user:bob"


def joined(a: str, b: str, *, at: int = 1, how: str = "event") -> Link:
    """A link from the source `web`."""
    return Link(a, b, at, "web", how)  # type: ignore[arg-type]


def said(actor: str, granted: bool, *, at: int = 1, purpose: str = "ads") -> Consent:
    """A consent from the source `web`."""
    return Consent(actor, purpose, granted, at, "web")  # type: ignore[arg-type]


def groups(store: Store) -> set[frozenset[str]]:
    """Who is one person, as sets of actors."""
    people: dict[str, set[str]] = {}
    for actor, person in store.persons().items():
        people.setdefault(person, set()).add(actor)
    return {frozenset(group) for group in people.values()}


_ACTORS = [f"{kind}:{n}" for kind in ("user", "anon") for n in range(4)]
_PAIRS = st.lists(st.tuples(st.sampled_from(_ACTORS), st.sampled_from(_ACTORS)), max_size=3)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["event", "api"]), _PAIRS),
        st.tuples(st.just("unlink"), _PAIRS),
        st.tuples(st.just("erase"), _PAIRS.map(lambda pairs: pairs[:1])),
    ),
    max_size=12,
)


class PeopleChecks:
    """The part of the contract of `Store` that is about people."""

    # links

    def test_links_join_actors_over_any_number_of_steps(self, store: Store) -> None:
        """Both ways, and only those that are linked."""
        store.append([], links=[joined("anon:1", ANN), joined("anon:2", ANN), joined("anon:3", BOB)])
        store.append([], links=[joined(ANN, "anon:1", at=2), joined("anon:9", "anon:9")])

        assert store.actors("anon:1") == store.actors(ANN) == ["anon:1", "anon:2", ANN]
        assert store.actors("user:nobody") == ["user:nobody"]
        assert store.links() == [("anon:1", ANN), ("anon:2", ANN), ("anon:3", BOB)]
        assert store.persons() == {"anon:1": ANN, "anon:2": ANN, ANN: ANN, "anon:3": BOB, BOB: BOB}
        assert store.count()["links"] == 3

    def test_known_ids_that_are_linked_are_one_person(self, store: Store) -> None:
        """With the devices of all of them, whatever came first."""
        store.append([], links=[joined("anon:1", BOB), joined(ANN, BOB), joined("anon:2", ANN)])

        assert store.actors("anon:2") == ["anon:1", "anon:2", ANN, BOB]

    def test_anonymous_ids_alone_can_be_one_person(self, store: Store) -> None:
        """Until somebody known joins, who gives the name."""
        store.append([], links=[joined("anon:2", "anon:1")])
        assert store.persons() == {"anon:1": "anon:1", "anon:2": "anon:1"}

        store.append([], links=[joined("anon:2", ANN)])
        assert store.persons() == {"anon:1": ANN, "anon:2": ANN, ANN: ANN}

    def test_a_device_of_two_people_belongs_to_neither(self, store: Store) -> None:
        """And to one again when the other link is undone."""
        store.append([], links=[joined("anon:1", ANN), joined("anon:2", ANN)])
        store.append([], links=[joined("anon:1", BOB)])

        assert store.actors("anon:1") == ["anon:1"]
        assert store.actors(ANN) == ["anon:2", ANN]
        assert store.unlink(ANN, "anon:1", 5)
        assert store.actors("anon:1") == ["anon:1", BOB]

    def test_a_crowd_on_one_device_joins_nobody(self, store: Store) -> None:
        """However they came, in one call or one by one."""
        store.append([], links=[joined("anon:0", f"anon:{n}") for n in range(1, MOST_LINKS)])
        assert len(store.actors("anon:0")) == MOST_LINKS

        store.append([], links=[joined("anon:0", f"anon:{n}") for n in range(MOST_LINKS, MOST_LINKS + 3)])
        assert store.persons() == {}
        assert store.check() == []
        store.append([], links=[joined("anon:crowd", f"user:{n}") for n in range(MOST_LINKS * 3)])
        store.append([], links=[joined("anon:crowd", f"user:{n}") for n in range(MOST_LINKS * 3, MOST_LINKS * 3 + 5)])
        assert store.persons() == {}
        assert store.check() == []

    def test_a_person_of_very_many_devices_grows_on(self, store: Store) -> None:
        """A shop where every guest has one user id must still take events."""
        for start in range(0, 1_200, 400):
            store.append([], links=[joined(f"anon:{n}", "user:guest") for n in range(start, start + 400)])

        assert len(store.actors("anon:7")) == 1_201
        assert store.check() == []

    def test_one_device_of_a_great_many_changes_hands(self, store: Store) -> None:
        """And the others stay where they are."""
        store.append([], links=[joined(f"anon:{n}", "user:guest") for n in range(150)])
        store.append([], links=[joined("anon:7", "anon:8"), joined("anon:9", "anon:x")])
        store.append([], links=[joined("anon:7", ANN)])
        assert store.actors("anon:7") == ["anon:7"] and store.actors("anon:8") == ["anon:8"]
        assert store.actors("anon:x") == store.actors("user:guest")
        assert store.check() == []

        assert store.unlink("user:guest", "anon:7", 2) and store.unlink("user:guest", "anon:8", 2)
        assert store.actors(ANN) == ["anon:7", "anon:8", ANN]
        assert len(store.actors("user:guest")) == 150
        assert store.check() == []

    def test_old_companions_of_a_device_that_gets_crowded_at_once_are_let_go(self, store: Store) -> None:
        """Though there are too many new links to see the old ones between them."""
        store.append([], links=[joined("anon:z", f"anon:{n}") for n in range(30)])
        store.append([], links=[joined("anon:z", f"user:{n}") for n in range(900)])

        assert store.persons() == {}
        assert store.check() == []

    def test_what_was_parted_is_joined_again_by_the_api_alone(self, store: Store) -> None:
        """Everything stays in the history."""
        store.append([], links=[joined("anon:1", ANN, at=1)])
        assert store.unlink(ANN, "anon:1", 2)
        assert not store.unlink(ANN, "anon:1", 3)
        assert not store.unlink(ANN, BOB, 3)
        for how in ("event", "identify", "alias", "import"):
            store.append([], links=[joined("anon:1", ANN, at=4, how=how)])
        assert store.actors(ANN) == [ANN]
        assert store.links() == []

        again = [joined("anon:1", ANN, at=5, how="event"), joined(ANN, "anon:1", at=5, how="api")]
        store.append([], links=again)
        store.append([], links=[joined("anon:1", ANN, at=6, how="api")])

        assert store.actors(ANN) == ["anon:1", ANN]
        history = [(joined("anon:1", ANN, at=1), 2), (joined("anon:1", ANN, at=5, how="api"), None)]
        assert store.link_history([ANN]) == store.link_history(["anon:1", ANN]) == history
        assert store.link_history([BOB]) == []

    def test_persons_are_what_the_links_say_whatever_was_done(self, store: Store) -> None:
        """Step by step it comes out as it would all at once."""

        @settings(max_examples=12)
        @given(steps=_STEPS)
        def walk(steps: list[tuple[str, list[tuple[str, str]]]]) -> None:
            for at, (what, pairs) in enumerate(steps):
                if what == "unlink":
                    for a, b in pairs:
                        store.unlink(a, b, at)
                elif what == "erase":
                    gone = [a for a, _ in pairs]
                    store.erase(gone, at, f"r{at}", b"{}")
                    store.readmit(gone)
                else:
                    store.append([], links=[joined(a, b, at=at, how=what) for a, b in pairs])
                wanted: dict[str, set[str]] = {}
                for actor, person in components(store.links()).items():
                    wanted.setdefault(person, set()).add(actor)
                assert groups(store) == {frozenset(group) for group in wanted.values() if len(group) > 1}
            people = groups(store)
            assert all(store.actors(actor) == sorted(group) for group in people for actor in group)
            before = store.persons()
            store.regroup()
            assert store.persons() == before
            assert store.check() == []
            store.erase(_ACTORS, 99, "last", b"{}")
            store.readmit(_ACTORS)

        walk()

    # what was said

    def test_traits_are_kept_with_their_time_each_once(self, store: Store) -> None:
        """None takes the place of another."""
        first, later = Trait(ANN, "plan", b'"free"', 1, "web"), Trait(ANN, "plan", b'"pro"', 5, "web")
        other = Trait("anon:1", "plan", b"null", 3, "app")
        store.append([], traits=[later, first, first])
        store.append([], traits=[other, later])

        assert store.traits([ANN, "anon:1"]) == [first, other, later]
        assert store.traits([BOB]) == store.traits([]) == []
        assert store.count()["traits"] == 3

    def test_what_a_person_allows_counts_for_all_their_ids(self, store: Store) -> None:
        """By time; who said nothing is not in the answer."""
        assert store.consents([ANN]) == {}
        no, yes, bob = said("anon:1", False, at=9), said(ANN, True, at=3), said(BOB, True, at=1, purpose="email")
        store.append([], links=[joined("anon:1", ANN), joined("anon:2", ANN)], consents=[no, yes, bob, no])

        found = store.consents([ANN, "anon:2", BOB, "user:eve"])

        assert found == {ANN: [yes, no], "anon:2": [yes, no], BOB: [bob]}
        assert found[ANN][0].granted is True
        assert store.every_consent() == [bob, yes, no]
        assert store.consents([]) == {}

    def test_a_device_that_was_parted_takes_its_word_along(self, store: Store) -> None:
        """What was said under an id is of whoever has the id."""
        store.append([], links=[joined("anon:1", ANN)], consents=[said("anon:1", False)])
        store.unlink("anon:1", ANN, 2)

        assert store.consents([ANN, "anon:1"]) == {"anon:1": [said("anon:1", False)]}

    def test_consents_of_a_great_many_are_read_at_once(self, store: Store) -> None:
        """More than fit into one statement."""
        people = [f"user:{n}" for n in range(1_100)]
        store.append([], links=[joined(f"anon:{n}", f"user:{n}") for n in range(1_100)])
        store.append([], consents=[said(f"anon:{n}", True) for n in range(0, 1_100, 2)])

        assert list(store.consents(people)) == people[::2]

    # erasure

    def test_erasing_deletes_everything_and_keeps_the_rest(self, store: Store) -> None:
        """Of every kind; the numbers of events go on."""
        store.append(
            [viewed(1, anonymous="a1"), viewed(2, actor="bob"), viewed(3, actor=None, anonymous="a1")],
            links=[joined("anon:a1", ANN), joined("anon:b1", BOB), joined("anon:b2", BOB)],
            traits=[Trait(ANN, "plan", b"1", 1, "web"), Trait(BOB, "plan", b"1", 1, "web")],
            consents=[said("anon:a1", True), said(BOB, True)],
            failed=[failure(1), failure(2, user=None, anonymous="a1"), failure(4, user="bob")],
        )
        store.log_slates([SlateRow("s1", "shop", ANN, 1, b"{}"), SlateRow("s2", "shop", BOB, 1, b"{}")])
        store.log_slates([SlateRow("s3", "shop", None, 1, b"{}")])

        deleted = store.erase([ANN, "anon:a1"], 7, "r1", b'{"by":"test"}')

        assert deleted == {"events": 2, "links": 1, "traits": 1, "consents": 1, "slates": 1, "failed": 2}
        assert store.events_of([ANN, "anon:a1"]) == []
        assert not (store.traits([ANN]) or store.slates_of([ANN]) or store.failed_of([ANN, "anon:a1"]))
        assert store.consents([ANN, "anon:a1"]) == {}
        assert store.link_history([ANN]) == []
        assert store.persons() == {"anon:b1": BOB, "anon:b2": BOB, BOB: BOB}
        assert store.count() == {
            "events": 1, "items": 0, "links": 2, "slates": 2, "traits": 1, "consents": 1, "failed": 1, "keys": 0,
            "rules": 0, "placements": 0, "feeds": 0,
        }  # fmt: skip
        assert store.receipts() == [("r1", 7, b'{"by":"test"}')]
        assert store.check() == []

    def test_an_event_that_names_an_erased_id_beside_another_is_deleted(self, store: Store) -> None:
        """Whether a link told of the two or not."""
        store.append([viewed(1, anonymous="a1"), viewed(2, actor="bob", anonymous="a1"), viewed(3, anonymous="a2")])
        store.append([viewed(4, anonymous="a3"), viewed(5)], links=[joined("anon:a3", ANN)])
        store.unlink("anon:a3", ANN, 1)

        assert store.erase(["anon:a1", "anon:a3"], 1, "r", b"{}")["events"] == 3
        assert [event.message_id for _, event in store.events_of([ANN, BOB])] == ["m3", "m5"]
        assert store.check() == []

    def test_what_comes_later_about_the_erased_is_left_out(self, store: Store) -> None:
        """Until they are let in again."""
        store.append([viewed(1)])
        store.erase([ANN, "anon:a1"], 1, "r", b"{}")

        fates = store.append(
            [viewed(1), viewed(2, actor="bob"), viewed(3, actor="bob", anonymous="a1"), viewed(2, actor="bob")],
            links=[joined("anon:b", ANN), joined("anon:a1", BOB), joined("anon:b", BOB)],
            traits=[Trait(ANN, "plan", b"1", 1, "web"), Trait(BOB, "plan", b"1", 1, "web")],
            consents=[said("anon:a1", True), said(BOB, True)],
            failed=[failure(1), failure(2, user="bob", anonymous="a1"), failure(3, user="bob")],
        )
        store.log_slates([SlateRow("s1", "shop", ANN, 1, b"{}"), SlateRow("s2", "shop", BOB, 1, b"{}")])

        # Bob uses a device of hers: his event is his, and does not name it.
        assert fates == [Fate.ERASED, Fate.STORED, Fate.STORED, Fate.KNOWN]
        assert [event.anonymous_id for _, event in store.events_of([BOB])] == [None, None]
        assert store.links() == [("anon:b", BOB)]
        assert [trait.actor for trait in store.traits([ANN, BOB])] == [BOB]
        assert store.every_consent() == [said(BOB, True)]
        assert [row.id for row in store.failed()] == ["f3"]
        assert store.slate("s1") is None and store.slate("s2") == b"{}"
        assert store.erased([BOB, ANN, "anon:a1"]) == [ANN, "anon:a1"]
        assert store.check() == []

        assert store.readmit([ANN, BOB]) == 1
        assert store.append([viewed(1), viewed(3, actor="bob", anonymous="a1")]) == [Fate.STORED, Fate.KNOWN]
        assert store.erased([ANN, "anon:a1"]) == ["anon:a1"]

    def test_of_the_erased_only_digests_are_kept(self, store: Store, second: Store) -> None:
        """And every server knows them."""
        people = [f"user:{n}" for n in range(1_200)]
        store.erase(people, 1, "r1", b"{}")
        store.erase(people[:1], 2, "r2", b"{}")

        assert second.erased([*people, ANN]) == people
        assert second.append([viewed(1, actor="7")]) == [Fate.ERASED]
        assert [receipt for receipt, _, _ in second.receipts()] == ["r1", "r2"]
        assert b"user:7" not in msgspec.json.encode(second.receipts())

    def test_sequence_numbers_never_run_backwards(self, store: Store, second: Store) -> None:
        """Not even when the newest events are erased: the lake counts by them."""
        store.append([viewed(1), viewed(2, actor="bob"), viewed(3, actor="bob")])
        last = store.last_seq()
        store.erase([BOB], 1, "r", b"{}")
        assert store.last_seq() == last
        second.append([viewed(4)])

        assert store.last_seq() > last
        assert [s > last for b in store.scan(last, 10) for s in b["seq"].to_pylist()] == [True]
        assert [i for b in store.scan(0, 10) for i in b["item"].to_pylist()] == ["i1", "i4"]

    def test_a_person_of_whom_an_id_is_erased_is_put_together_anew(self, store: Store) -> None:
        """Also when it was the id that joined the others."""
        store.append([], links=[joined("anon:1", ANN), joined(ANN, BOB), joined("anon:2", BOB)])
        store.erase([ANN], 1, "r", b"{}")

        assert store.persons() == {"anon:2": BOB, BOB: BOB}
        assert store.check() == []

    def test_scrubbing_changes_nothing_that_can_be_asked_for(self, store: Store) -> None:
        """It is about the files; see each adapter's own tests."""
        store.append([viewed(n, anonymous="a1") for n in range(50)], links=[joined("anon:a1", ANN)])
        store.append([viewed(n, actor="bob") for n in range(50, 99)])
        store.erase([ANN], 1, "r", b"{}")
        kept, last = store.count(), store.last_seq()
        store.scrub()

        assert (store.count(), store.last_seq()) == (kept, last)
        assert ids(store.history("shop", [BOB], until=9, limit=2)) == ["m97", "m98"]
        assert store.append([viewed(1), viewed(60, actor="bob")]) == [Fate.ERASED, Fate.KNOWN]
        assert store.check() == []

    @pytest.mark.parametrize("both", [False, True], ids=["alone", "with a known id"])
    def test_erasing_the_same_twice_finds_nothing_the_second_time(self, store: Store, both: bool) -> None:
        """And is no error."""
        event = Event("shop", "web", "m1", 0, "Page Viewed", "ann" if both else None, "a1", 0, 0)
        store.append([event])

        assert store.erase(["anon:a1"], 1, "r1", b"{}")["events"] == 1
        assert not any(store.erase(["anon:a1"], 2, "r2", b"{}").values())
        assert len(store.receipts()) == 2
