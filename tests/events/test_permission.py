from __future__ import annotations

from typing import Any

import pytest

from penchant.errors import EventRejected
from penchant.events import Consent, Reading, Translated, translate

NOW = 1_795_291_200_000
SITE = Reading("shop", "web", consent={"C0002": "analytics", "C0004": "ads", "News": "email"})


def read(context: dict[str, Any], **message: Any) -> Translated:
    return translate({"messageId": "m", "userId": "ann", "context": context, **message}, SITE, received=NOW)


def changed(properties: dict[str, Any], context: dict[str, Any] | None = None) -> dict[str, bool]:
    said = read(context or {}, type="track", event="Consent Changed", properties=properties)
    return {consent.purpose: consent.granted for consent in said.consents}


def test_a_change_of_consent_is_an_event_and_statements() -> None:
    said = read({}, type="track", event="Consent Changed", properties={"analytics": True, "email": False})

    assert [(event.name, event.item, event.properties) for event in said.events] == [
        ("Consent Changed", None, {"analytics": True, "email": False})
    ]
    assert said.consents == (
        Consent("user:ann", "analytics", True, NOW, "web"),
        Consent("user:ann", "email", False, NOW, "web"),
    )
    assert said.denied == {"email"}


def test_googles_consent_mode_is_read() -> None:
    told = {
        "analytics_storage": "granted",
        "ad_storage": "granted",
        "ad_user_data": "denied",
        "functionality": "granted",
    }

    assert changed(told) == {"analytics": True, "ads": False}
    assert changed({"personalization_storage": "Denied"}) == {"personalization": False}


def test_segments_wrapper_tells_categories() -> None:
    consent = {"categoryPreferences": {"C0002": True, "C0004": False, "C0001": True, "personalization": True}}
    said = read({"consent": consent}, type="track", event="Segment Consent Preference Updated", properties={})

    assert said.events[0].name == "Consent Changed"
    assert {c.purpose: c.granted for c in said.consents} == {"analytics": True, "ads": False, "personalization": True}


def test_rudderstacks_lists_are_read() -> None:
    managed = {"allowedConsentIds": ["C0002"], "deniedConsentIds": ["C0004", "News", 7]}

    assert changed({}, {"consentManagement": managed}) == {"analytics": True, "ads": False, "email": False}


def test_of_two_categories_of_one_purpose_the_one_that_forbids_holds() -> None:
    assert changed({"ads": True}, {"consent": {"categoryPreferences": {"C0004": False}}}) == {"ads": False}
    assert changed({"ads": False}, {"consent": {"categoryPreferences": {"C0004": True}}}) == {"ads": False}


def test_identify_states_the_consent_of_its_context_and_not_of_its_traits() -> None:
    said = read(
        {"consent": {"categoryPreferences": {"C0002": False}}}, type="identify", traits={"email": "ann@example.org"}
    )

    assert said.consents == (Consent("user:ann", "analytics", False, NOW, "web"),)
    assert said.denied == {"analytics"}
    assert [trait.name for trait in said.traits] == ["email"]


def test_an_identify_that_says_nothing_of_consent_states_nothing() -> None:
    said = read({"consent": {"categoryPreferences": {"C0001": True}}}, type="identify")

    assert not said.consents
    assert not said.denied


@pytest.mark.parametrize(
    ("context", "denied"),
    [
        ({"consent": {"categoryPreferences": {"C0002": False, "C0004": True}}}, {"analytics"}),
        ({"consentManagement": {"deniedConsentIds": ["C0002", "C0004"]}}, {"analytics", "ads"}),
        ({"consent": {"ad_storage": "denied", "analytics_storage": "granted"}}, {"ads"}),
        ({"consent": {"categoryPreferences": {"C0002": "maybe"}}}, set()),
        ({"consent": "denied"}, set()),
        ({"consentManagement": {"deniedConsentIds": "C0002"}}, set()),
        ({}, set()),
    ],
)
def test_other_messages_state_nothing_but_may_forbid_themselves(context: dict[str, Any], denied: set[str]) -> None:
    said = read(context, type="track", event="Product Viewed", properties={"sku": "a"})

    assert not said.consents
    assert set(said.denied) == denied


@pytest.mark.parametrize("name", ["Unsubscribed", "Email Marked as Spam"])
def test_who_unsubscribes_forbids_email(name: str) -> None:
    said = read({}, type="track", event=name, properties={"email_id": "e1"})

    assert said.consents == (Consent("user:ann", "email", False, NOW, "web"),)
    assert said.denied == frozenset()


def test_an_answer_that_is_none_is_refused() -> None:
    with pytest.raises(EventRejected) as caught:
        changed({"ads": "maybe"})
    assert (caught.value.reason, caught.value.field) == ("bad_type", "properties.ads")


def test_a_change_of_nothing_we_know_is_refused_so_that_it_can_be_replayed() -> None:
    with pytest.raises(EventRejected) as caught:
        changed({}, {"consent": {"categoryPreferences": {"C0009": True}}})
    assert caught.value.reason == "no_purpose"
