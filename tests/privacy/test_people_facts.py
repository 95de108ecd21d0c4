"""What is known of a person is shown and corrected."""

from __future__ import annotations

from typing import Any

import pytest

from penchant.errors import InvalidRequest, NotFound
from penchant.privacy import Allowed, Known


def test_a_person_is_shown_with_who_said_what_and_when(place: Any) -> None:
    ann = place.privacy.person("anon:phone-CANARY")

    assert (ann.person, ann.ids) == ("user:ann-CANARY", ("anon:phone-CANARY", "user:ann-CANARY"))
    assert ann.traits == {"city": Known("CANARY city", "1970-01-01T00:00:00Z", "web", "user:ann-CANARY")}
    assert ann.consent == {
        "analytics": Allowed(True),
        "personalization": Allowed(True),
        "email": Allowed(False),
        "ads": Allowed(False, "1970-01-01T00:00:00Z", "web"),
    }
    assert ann.held == {"events": 3, "links": 2, "traits": 3, "consents": 2, "slates": 1, "failed": 3}
    assert (ann.first, ann.last) == ("2025-10-09T08:53:19Z", "2025-10-09T08:53:19Z")


def test_what_is_said_through_the_api_holds_and_is_in_the_log(place: Any) -> None:
    place.privacy.consent("user:ann-CANARY", {"ads": True, "analytics": False})
    ann = place.privacy.traits("user:ann-CANARY", {"city": None, "plan": {"name": "pro"}})

    assert (ann.consent["ads"].granted, ann.consent["ads"].source) == (True, "api")
    assert not ann.consent["analytics"].granted
    assert {name: known.value for name, known in ann.traits.items()} == {"plan": {"name": "pro"}}
    events = place.store.history("shop", ["user:ann-CANARY"], until=10**14, limit=2)
    assert [(event.name, event.source, event.properties) for event in events] == [
        ("Consent Changed", "api", {"ads": True, "analytics": False}),
        ("Person Identified", "api", {"traits": {"city": None, "plan": {"name": "pro"}}}),
    ]


def test_a_merge_is_undone_and_done_again(place: Any) -> None:
    assert place.privacy.unmerge("anon:phone-CANARY", "user:ann-CANARY")
    assert place.privacy.person("user:ann-CANARY").ids == ("user:ann-CANARY",)
    assert place.privacy.link("user:ann-CANARY", "anon:phone-CANARY")

    told = [(link.a, link.b, link.how, link.undone is None) for link in place.privacy.links("user:ann-CANARY")]
    assert sorted(told) == [
        ("anon:phone-CANARY", "user:ann-CANARY", "api", True),
        ("anon:phone-CANARY", "user:ann-CANARY", "event", False),
        ("user:ann-CANARY", "user:wrong-CANARY", "alias", False),
    ]


def test_a_link_that_is_not_there_cannot_be_undone_and_those_that_are_are_named(place: Any) -> None:
    with pytest.raises(NotFound) as caught:
        place.privacy.unmerge("user:ann-CANARY", "user:bob")

    assert caught.value.have == ("user:ann-CANARY to anon:phone-CANARY",)


def test_a_device_that_somebody_else_uses_joins_nobody(place: Any) -> None:
    assert not place.privacy.link("user:ann-CANARY", "anon:tablet")
    assert "anon:tablet" not in place.privacy.person("user:bob").ids


@pytest.mark.parametrize("other", ["user:ann-CANARY", "ann", "user:"])
def test_a_link_needs_two_ids(place: Any, other: str) -> None:
    with pytest.raises(InvalidRequest):
        place.privacy.link("user:ann-CANARY", other)


def test_of_an_erased_person_nothing_is_kept(place: Any) -> None:
    place.privacy.erase("user:ann-CANARY")

    for say in (
        lambda: place.privacy.consent("user:ann-CANARY", {"ads": True}),
        lambda: place.privacy.traits("user:ann-CANARY", {"city": "CANARY"}),
        lambda: place.privacy.link("user:bob", "user:ann-CANARY"),
    ):
        with pytest.raises(InvalidRequest, match="was erased"):
            say()
    assert place.rows_with("CANARY") == {}


@pytest.mark.parametrize("values", [{}, {"": 1}, {"x" * 201: 1}, {"x": "y" * 20_000}, {"x": object()}])
def test_a_trait_that_cannot_be_kept_is_refused(place: Any, values: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest):
        place.privacy.traits("user:bob", values)


@pytest.mark.parametrize("granted", [{}, {"adds": True}])
def test_a_purpose_that_is_none_is_refused(place: Any, granted: dict[str, bool]) -> None:
    with pytest.raises(InvalidRequest, match="analytics, personalization, email, ads"):
        place.privacy.consent("user:bob", granted)
