from __future__ import annotations

from typing import Any

import msgspec

from penchant.events import Reading, translate
from penchant.events.context import LONGEST, kept_context


def kept(context: dict[str, Any]) -> dict[str, Any]:
    return kept_context(context, len(msgspec.json.encode(context)))


def test_what_tells_of_the_moment_is_kept() -> None:
    context = {
        "page": {"url": "https://a.example/p", "path": "/p", "referrer": "r", "title": "T", "search": "?q=1"},
        "locale": "de-DE",
        "timezone": "Europe/Berlin",
        "userAgent": "Mozilla",
        "channel": "web",
        "groupId": "acme",
        "campaign": {"name": "spring", "source": "mail", "weight": 0.5},
        "device": {"type": "mobile"},
        "os": {"name": "Android"},
        "app": {"name": "Shop", "version": "1.2"},
        "library": {"name": "analytics-python", "version": "2.4.0"},
        "location": {"country": "DE", "latitude": 52.5},
    }

    assert kept(context) == context


def test_addresses_and_ids_of_devices_are_not() -> None:
    context = {
        "ip": "203.0.113.7",
        "device": {"type": "mobile", "id": "d-1", "advertisingId": "a-1"},
        "network": {"carrier": "x"},
        "traits": {"email": "ann@example.org"},
        "screen": {"width": 100},
        "page": {"ip": "203.0.113.7", "path": "/"},
    }

    assert kept(context) == {"device": {"type": "mobile"}, "page": {"path": "/"}}


def test_a_place_may_be_told_in_words() -> None:
    assert kept({"location": "Berlin"}) == {"location": "Berlin"}


def test_what_has_another_form_is_left_out() -> None:
    context: dict[str, Any] = {
        "page": "home",
        "locale": ["de"],
        "timezone": None,
        "channel": "",
        "device": {"type": {}},
        "app": {"name": None},
        "campaign": {"name": ["a"], "source": "mail"},
        "userAgent": {"brand": "x"},
    }

    assert kept(context) == {"campaign": {"source": "mail"}}


def test_texts_are_cut_and_many_fields_too() -> None:
    context = {"userAgent": "x" * 5_000, "page": {"url": "u" * 5_000}, "campaign": {f"k{n}": n for n in range(50)}}

    found = kept(context)

    assert found["userAgent"] == "x" * LONGEST
    assert found["page"] == {"url": "u" * LONGEST}
    assert len(found["campaign"]) == 20
    assert len(context["userAgent"]) == 5_000


def test_an_event_carries_its_context() -> None:
    message = {
        "type": "track",
        "userId": "ann",
        "event": "Product Viewed",
        "properties": {"sku": "a"},
        "context": {"locale": "de-DE", "ip": "203.0.113.7"},
    }

    assert translate(message, Reading("shop", "web"), received=0).events[0].context == {"locale": "de-DE"}
