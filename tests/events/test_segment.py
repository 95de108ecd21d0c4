from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.clock import parse_time
from penchant.errors import EventRejected
from penchant.events import REASONS, VOCABULARY, Event, Link, Reading, Trait, Translated, translate, unbatch, validate

NOW = int(parse_time("2026-11-21T20:00:00Z") * 1000)


SHOP = Reading("shop", "web")


def read(message: object, reading: Reading = SHOP) -> Translated:
    return translate(message, reading, received=NOW)


def one(name: str, properties: dict[str, Any] | None = None, **fields: Any) -> Event:
    message = {"type": "track", "messageId": "m1", "userId": "ann", "event": name, "properties": properties, **fields}
    (event,) = read(message).events
    return event


def order(*products: object) -> dict[str, Any]:
    return {"event": "Order Completed", "properties": {"products": list(products)}}


def test_a_track_call_becomes_one_event() -> None:
    event = one(
        "product viewed",
        {"product_id": "shoe", "price": 79.5, "currency": "eur", "quantity": 2, "brand": "Alba"},
        anonymousId=None,
        timestamp="2026-11-21T19:00:00.250Z",
    )

    assert event == Event(
        "shop", "web", "m1", 0, "Product Viewed", "ann", None, NOW - 3_600_000 + 250, NOW, "shoe", 2, 79.5, "EUR",
        properties={"brand": "Alba"},
    )  # fmt: skip


def test_an_order_becomes_one_event_a_product() -> None:
    message = {
        "type": "track", "messageId": "m2", "userId": 42, "event": "Order Completed",
        "properties": {
            "order_id": "o1", "currency": "USD", "revenue": 30,
            "products": [
                {"product_id": "a", "price": "10", "quantity": 1},
                {"sku": "b", "price": 10, "quantity": 2, "size": "M"},
            ],
        },
    }  # fmt: skip

    first, second = read(message).events

    assert (first.item, first.line, first.order, first.price, first.currency, first.user_id) == (
        "a",
        0,
        "o1",
        10,
        "USD",
        "42",
    )
    assert (second.item, second.line, second.order, second.quantity, second.currency) == ("b", 1, "o1", 2, "USD")
    assert first.properties == {"revenue": 30}
    assert second.properties == {"size": "M"}


def test_a_refund_without_products_is_about_the_whole_order() -> None:
    event = one("Order Refunded", {"order_id": "o1"})

    assert (event.item, event.order) == (None, "o1")


def test_a_refund_by_line_is_about_each_product() -> None:
    message = {
        "type": "track", "userId": "ann", "event": "Order Refunded",
        "properties": {"order_id": "o1", "total": 10, "products": [{"product_id": "a", "quantity": 1}, {"sku": "b"}]},
    }  # fmt: skip

    lines = read(message).events

    assert [(e.line, e.item, e.order, e.quantity) for e in lines] == [(0, "a", "o1", 1), (1, "b", "o1", None)]


def test_an_update_of_an_order_says_its_lines_anew() -> None:
    event = one("Order Updated", {"order_id": "o1", "products": [{"product_id": "a", "quantity": 2, "price": 3}]})

    assert (event.name, event.item, event.order, event.quantity, event.price) == ("Order Updated", "a", "o1", 2, 3)


def test_of_two_ids_for_the_order_the_weaker_is_kept_beside_it() -> None:
    event = one("Checkout Started", {"order_id": "o1", "cart_id": "c1", "products": []})

    assert (event.order, event.properties) == ("o1", {"cart_id": "c1", "products": []})


def test_context_stays_with_the_first_line() -> None:
    message = {"type": "track", "userId": "ann", "context": {"locale": "de-DE"}, **order({"sku": "a"}, {"sku": "b"})}

    assert [event.context for event in read(message).events] == [{"locale": "de-DE"}, {}]


def test_a_ga4_item_list_of_one_is_the_item() -> None:
    event = one("view_item", {"currency": "EUR", "items": [{"item_id": "shoe", "price": 5}]})

    assert (event.name, event.item, event.price, event.currency) == ("Product Viewed", "shoe", 5, "EUR")


@pytest.mark.parametrize(
    ("properties", "item"),
    [
        ({"product_id": "p", "sku": "s"}, "p"),
        ({"sku": "s", "item_id": "i"}, "s"),
        ({"product_id": None, "item_id": "i"}, "i"),
        ({"content_asset_ids": ["c1", "c2"]}, "c1"),
        ({"asset_id": "v", "content_id": "c"}, "v"),
        ({"content_id": "c"}, "c"),
        ({"module_id": 7}, "7"),
    ],
)
def test_the_item_is_looked_for_in_a_fixed_order(properties: dict[str, Any], item: str) -> None:
    assert one("Content Viewed", properties).item == item


def test_a_source_names_the_properties_that_hold_its_ids() -> None:
    reading = Reading("shop", "web", item_ids=("sku", "item_id"))
    message = {"type": "track", "userId": "ann", "event": "Product Viewed"}

    (event,) = read({**message, "properties": {"product_id": "42", "sku": "shoe-42"}}, reading).events

    assert (event.item, event.properties) == ("shoe-42", {"product_id": "42"})
    with pytest.raises(EventRejected) as caught:
        read({**message, "properties": {"product_id": "42"}}, reading)
    assert (caught.value.reason, caught.value.field) == ("no_item", "properties.sku")


PAGES = Reading("blog", "web", item_ids=("content_id", "path"), page_views=True)


@pytest.mark.parametrize(
    ("properties", "context", "name", "item"),
    [
        ({"content_id": "c7"}, {"page": {"path": "/a"}}, "Content Viewed", "c7"),
        ({"path": "/b"}, {"page": {"path": "/a"}}, "Content Viewed", "/b"),
        ({}, {"page": {"path": "/a"}}, "Content Viewed", "/a"),
        ({}, {"page": {"path": "/" + "a" * 200}}, "Page Viewed", None),
        ({}, {"page": "/a"}, "Page Viewed", None),
        ({}, {}, "Page Viewed", None),
    ],
)
def test_a_page_that_names_an_item_counts_as_a_view_of_it(
    properties: dict[str, Any], context: dict[str, Any], name: str, item: str | None
) -> None:
    message = {"type": "page", "anonymousId": "f3", "properties": properties, "context": context}

    (event,) = read(message, PAGES).events

    assert (event.name, event.item) == (name, item)


def test_a_page_stays_a_page_where_the_source_does_not_say_otherwise() -> None:
    message = {
        "type": "page",
        "anonymousId": "f3",
        "name": "Home",
        "category": "Docs",
        "properties": {"content_id": "c"},
    }

    (event,) = read(message).events

    assert (event.name, event.item, event.properties) == ("Page Viewed", "c", {"name": "Home", "category": "Docs"})


def test_a_page_view_sent_as_a_track_call_is_one_too() -> None:
    message = {"type": "track", "event": "page_view", "anonymousId": "f3", "properties": {"content_id": "c"}}

    assert read(message, PAGES).events[0].name == "Content Viewed"


def test_what_only_a_tag_or_an_ad_is_about_is_no_item() -> None:
    event = one("Video Ad Playing", {"asset_id": "ad-1", "position": 3, "total_length": 15, "session_id": "v1"})

    assert (event.item, event.playhead, event.progress, event.position) == (None, None, None, None)
    assert event.properties == {"asset_id": "ad-1", "position": 3, "total_length": 15}


def test_a_viewing_has_its_session_whoever_names_it() -> None:
    assert one("Video Content Playing", {"asset_id": "v", "session_id": 77}).session == "77"
    assert one("view_item", {"item_id": "a", "ga_session_id": "g1"}).session == "g1"


@pytest.mark.parametrize("key", ["slate_id", "recommendation_id", "recomm_id", "queryID"])
def test_attribution_by_other_names_is_the_slate(key: str) -> None:
    event = one("Recommendation Clicked", {"product_id": "a", key: "s9", "position": "3"})

    assert (event.slate, event.position, event.properties) == ("s9", 3, {})


def test_identify_is_an_event_a_link_and_traits() -> None:
    said = read(
        {
            "type": "identify", "userId": "ann", "anonymousId": "f3", "timestamp": "2026-11-21T19:00:00Z",
            "traits": {"plan": "pro", "sizes": [38, 39], "title": None},
        }
    )  # fmt: skip

    at = NOW - 3_600_000
    (event,) = said.events
    assert (event.name, event.item, event.line) == ("Person Identified", None, 0)
    assert event.properties == {"traits": {"plan": "pro", "sizes": [38, 39], "title": None}}
    assert said.links == (Link("user:ann", "anon:f3", at, "web", "identify"),)
    assert said.traits == (
        Trait("user:ann", "plan", b'"pro"', at, "web"),
        Trait("user:ann", "sizes", b"[38,39]", at, "web"),
        Trait("user:ann", "title", b"null", at, "web"),
    )


def test_traits_may_stand_in_the_context_as_rudderstack_sends_them() -> None:
    said = read(
        {"type": "identify", "anonymousId": "f3", "context": {"traits": {"plan": "pro", "a": 1}}, "traits": {"a": 2}}
    )

    assert [(t.actor, t.name, t.value) for t in said.traits] == [("anon:f3", "plan", b'"pro"'), ("anon:f3", "a", b"2")]


def test_traits_beside_another_event_are_no_statement() -> None:
    message = {"type": "track", "userId": "ann", "event": "Product Viewed", "properties": {"sku": "a"}}

    assert read({**message, "context": {"traits": {"plan": "pro"}}}).traits == ()


@pytest.mark.parametrize("name", ["", "x" * 201, "a\0b"])
def test_a_trait_needs_a_name_that_can_be_kept(name: str) -> None:
    with pytest.raises(EventRejected) as caught:
        read({"type": "identify", "userId": "ann", "traits": {name: 1}})

    assert (caught.value.reason, caught.value.field) == ("bad_id", "traits")


def test_any_message_with_both_ids_links_them() -> None:
    said = read({"type": "page", "messageId": "m", "userId": "ann", "anonymousId": "f3", "name": "Home"})

    assert said.links == (Link("user:ann", "anon:f3", NOW, "web", "event"),)
    assert [event.name for event in said.events] == ["Page Viewed"]


def test_an_alias_joins_the_previous_id_whatever_its_kind() -> None:
    said = read({"type": "alias", "messageId": "m", "userId": "ann", "previousId": "f3"})

    assert said.links == (
        Link("user:ann", "anon:f3", NOW, "web", "alias"),
        Link("user:ann", "user:f3", NOW, "web", "alias"),
    )
    assert [(event.name, event.properties) for event in said.events] == [("Person Aliased", {})]


def test_an_alias_to_oneself_joins_nobody() -> None:
    assert [link.b for link in read({"type": "alias", "userId": "ann", "previousId": "ann"}).links] == ["anon:ann"]


def test_a_group_is_an_event_and_its_traits_are_not_the_persons() -> None:
    said = read({"type": "group", "userId": "ann", "groupId": "acme", "traits": {"seats": 5}})

    assert [(e.name, e.properties) for e in said.events] == [
        ("Group Joined", {"groupId": "acme", "traits": {"seats": 5}})
    ]
    assert said.traits == ()


def test_a_message_without_id_gets_the_same_one_again_when_it_is_retried() -> None:
    message = {
        "type": "track",
        "userId": "ann",
        "event": "Product Viewed",
        "properties": {"sku": "a"},
        "timestamp": "2026-11-21",
    }

    first = read({**message, "sentAt": "2026-11-21T00:00:01Z"}).events[0].message_id
    retry = read({**message, "sentAt": "2026-11-21T00:00:09Z"}).events[0].message_id
    other = read({**message, "timestamp": "2026-11-20"}).events[0].message_id

    assert first == retry != other


def test_without_id_and_time_the_moment_of_receipt_tells_messages_apart() -> None:
    message = {"type": "track", "userId": "ann", "event": "Product Viewed", "properties": {"sku": "a"}}

    ids = {translate(message, SHOP, received=at).events[0].message_id for at in (NOW, NOW, NOW + 1)}

    assert len(ids) == 2


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"userId": None}, "no_person", "userId"),
        ({"userId": True}, "bad_id", "userId"),
        ({"userId": "x" * 201}, "bad_id", "userId"),
        ({"type": "poke"}, "unknown_type", "type"),
        ({"event": ""}, "missing", "event"),
        ({"event": "Product Vewed"}, "unknown_event", "event"),
        ({"userId": "an\0n"}, "bad_id", "userId"),
        ({"messageId": "m\x1b[2J"}, "bad_id", "messageId"),
        ({"userId": 2**63}, "bad_id", "userId"),
        ({"timestamp": "yesterday"}, "bad_time", "timestamp"),
        ({"sentAt": []}, "bad_time", "sentAt"),
        ({"properties": [1]}, "bad_type", "properties"),
        ({"properties": {}}, "no_item", "properties.product_id"),
        ({"properties": {"sku": {}}}, "bad_id", "properties.sku"),
        ({"properties": {"sku": "a", "price": "free"}}, "bad_number", "properties.price"),
        ({"properties": {"sku": "a", "price": "nan"}}, "bad_number", "properties.price"),
        ({"properties": {"sku": "a", "price": float("inf")}}, "bad_number", "properties.price"),
        ({"properties": {"sku": "a", "price": 10**400}}, "bad_number", "properties.price"),
        ({"properties": {"sku": "a", "price": -1}}, "bad_number", "properties.price"),
        ({"properties": {"sku": "a", "currency": "euro"}}, "bad_currency", "properties.currency"),
        ({"properties": {"sku": "a", "note": "x" * 70_000}}, "too_large", "message"),
        (order({"sku": "a"}, {"price": 1}), "no_item", "properties.products.1.product_id"),
        (order({"sku": "a", "quantity": -1}), "bad_number", "properties.products.0.quantity"),
        (order("a"), "bad_type", "properties.products.0"),
        ({"type": "alias"}, "missing", "previousId"),
        ({"type": "group"}, "missing", "groupId"),
        ({"type": "identify", "traits": "pro"}, "bad_type", "traits"),
        ({"context": "web"}, "bad_type", "context"),
        ({"event": "Order Refunded", "properties": {"revenue": 3}}, "missing", "properties.order_id"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(change: dict[str, Any], reason: str, field: str) -> None:
    good = {"type": "track", "messageId": "m", "userId": "ann", "event": "Product Viewed", "properties": {"sku": "a"}}

    with pytest.raises(EventRejected) as caught:
        read({**good, **change})

    assert (caught.value.reason, caught.value.field) == (reason, field)


def test_an_unknown_event_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(EventRejected, match='did you mean "Product Viewed"'):
        one("Product Vewed", {"sku": "a"})


def test_a_name_the_caller_knows_is_taken_as_it_is() -> None:
    message = {"type": "track", "userId": "ann", "event": "Loan Applied"}

    assert read(message, Reading("shop", "web", known=("Loan Applied",))).events[0].name == "Loan Applied"


def test_unbatch_gives_each_message_the_time_of_sending() -> None:
    messages = unbatch({"batch": [{"a": 1}, {"sentAt": "x"}, 3], "sentAt": "now", "writeKey": "k"})

    assert messages == [{"a": 1, "sentAt": "now"}, {"sentAt": "x"}, 3]


def test_unbatch_gives_each_message_the_context_of_the_batch() -> None:
    batch = [{"context": {"locale": "de"}}, {}, {"context": "x"}]
    messages = unbatch(
        {"batch": batch, "context": {"app": {"name": "a"}, "locale": "en"}, "integrations": {"All": True}}
    )

    assert messages == [
        {"context": {"app": {"name": "a"}, "locale": "de"}, "integrations": {"All": True}},
        {"context": {"app": {"name": "a"}, "locale": "en"}, "integrations": {"All": True}},
        {"context": "x", "integrations": {"All": True}},
    ]


def test_unbatch_needs_a_list() -> None:
    with pytest.raises(EventRejected, match="batch"):
        unbatch({"batch": {}})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
PROPERTIES = (
    "session_id",
    "scroll_depth",
    "dwell_ms",
    "idle_ms",
    "video_percent",
    "email",
    "ad_storage",
    "product_id",
    "price",
    "quantity",
    "products",
    "items",
    "position",
    "total_length",
    "progress",
    "currency",
    "order_id",
)


CONTEXT = ("page", "traits", "consent", "consentManagement", "campaign", "location", "locale", "ip")
times = json_values | st.datetimes().map(lambda at: at.isoformat())
messages = (
    st.fixed_dictionaries(
        {"type": st.sampled_from(["track", "page", "screen", "identify", "alias", "group"])},
        optional={
            "event": st.sampled_from([term.name for term in VOCABULARY]) | json_values,
            "userId": json_values, "anonymousId": json_values, "messageId": json_values, "previousId": json_values,
            "timestamp": times, "sentAt": times, "traits": json_values, "groupId": json_values,
            "context": st.dictionaries(st.sampled_from(CONTEXT), json_values, max_size=4) | json_values,
            "properties": st.dictionaries(st.sampled_from(PROPERTIES), json_values, max_size=5) | json_values,
        },
    )
)  # fmt: skip


@given(messages | json_values, st.sampled_from([SHOP, PAGES]))
def test_whatever_comes_is_translated_or_refused_and_nothing_else(message: object, reading: Reading) -> None:
    try:
        said = read(message, reading)
    except EventRejected as error:
        assert error.reason in REASONS
        assert error.field
    else:
        assert said.events
        assert [event.line for event in said.events] == list(range(len(said.events)))
        assert len({event.message_id for event in said.events}) == 1
        for event in said.events:
            validate(event)


@given(messages)
def test_a_message_read_again_gives_the_same_events(message: dict[str, Any]) -> None:
    before = copy.deepcopy(message)
    try:
        first = read(message)
    except EventRejected as error:
        with pytest.raises(EventRejected) as caught:
            read(before)
        assert str(caught.value) == str(error)
    else:
        assert repr(read(before)) == repr(first)
    assert repr(message) == repr(before)
