from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penchant.clock import parse_time
from penchant.errors import EventRejected
from penchant.events import Event, Translated, translate, unbatch

NOW = int(parse_time("2026-11-21T20:00:00Z") * 1000)


def read(message: object, **given: Any) -> Translated:
    return translate(message, domain="shop", source="web", received_ms=NOW, **given)


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


def test_the_clock_of_the_sender_is_corrected() -> None:
    # The sender's clock runs a day ahead: it sent two minutes after the click.
    event = one(
        "Product Viewed", {"product_id": "a"}, originalTimestamp="2026-11-22T19:58:00Z", sentAt="2026-11-22T20:00:00Z"
    )

    assert event.time == NOW - 120_000


def test_a_time_without_sent_at_is_taken_as_told() -> None:
    assert one("Product Viewed", {"product_id": "a"}, timestamp="2020-01-01").time == 1_577_836_800_000


def test_a_time_slightly_ahead_is_now_and_one_far_ahead_is_wrong() -> None:
    assert one("Product Viewed", {"product_id": "a"}, timestamp="2026-11-21T23:00:00Z").time == NOW

    with pytest.raises(EventRejected) as caught:
        one("Product Viewed", {"product_id": "a"}, timestamp="2027-11-21T23:00:00Z")
    assert (caught.value.reason, caught.value.field) == ("bad_time", "timestamp")


def test_video_seconds_become_progress_and_stay() -> None:
    event = one("Video Content Playing", {"asset_id": "v", "position": 30, "total_length": 120})

    assert event.progress == 0.25
    assert event.position is None
    assert event.properties == {"position": 30, "total_length": 120}


def test_progress_may_be_told_outright_or_in_percent() -> None:
    assert one("Content Progressed", {"content_id": "c", "read_ratio": 0.4}).progress == 0.4
    assert one("video_progress", {"content_id": "c", "video_percent": 75}).progress == 0.75


@pytest.mark.parametrize("key", ["slate_id", "recommendation_id", "recomm_id", "queryID"])
def test_attribution_by_other_names_is_the_slate(key: str) -> None:
    event = one("Recommendation Clicked", {"product_id": "a", key: "s9", "position": "3"})

    assert (event.slate, event.position, event.properties) == ("s9", 3, {})


def test_identify_with_both_ids_is_a_link_and_no_event() -> None:
    said = read({"type": "identify", "userId": "ann", "anonymousId": "f3", "traits": {"plan": "pro"}})

    assert said == Translated((), (("user:ann", "anon:f3"),))


def test_any_message_with_both_ids_links_them() -> None:
    said = read({"type": "page", "messageId": "m", "userId": "ann", "anonymousId": "f3", "name": "Home"})

    assert said.links == (("user:ann", "anon:f3"),)
    assert [event.name for event in said.events] == ["Page Viewed"]


def test_an_alias_joins_the_previous_id_whatever_its_kind() -> None:
    said = read({"type": "alias", "userId": "ann", "previousId": "f3"})

    assert said.links == (("user:ann", "anon:f3"), ("user:ann", "user:f3"))


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

    ids = {
        translate(message, domain="d", source="s", received_ms=at).events[0].message_id for at in (NOW, NOW, NOW + 1)
    }

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

    assert read(message, known=frozenset(["Loan Applied"])).events[0].name == "Loan Applied"


def test_unbatch_gives_each_message_the_time_of_sending() -> None:
    messages = unbatch({"batch": [{"a": 1}, {"sentAt": "x"}, 3], "sentAt": "now", "writeKey": "k"})

    assert messages == [{"a": 1, "sentAt": "now"}, {"sentAt": "x"}, 3]


def test_unbatch_needs_a_list() -> None:
    with pytest.raises(EventRejected, match="batch"):
        unbatch({"batch": {}})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
PROPERTIES = (
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


@given(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["track", "page", "identify", "alias", "group"])},
        optional={
            "event": st.sampled_from(["Order Completed", "Product Viewed", "Order Refunded", "x"]) | json_values,
            "userId": json_values, "anonymousId": json_values, "messageId": json_values, "previousId": json_values,
            "timestamp": json_values, "sentAt": json_values,
            "properties": st.dictionaries(st.sampled_from(PROPERTIES), json_values, max_size=5) | json_values,
        },
    )
)  # fmt: skip
def test_whatever_comes_is_translated_or_refused_and_nothing_else(message: dict[str, Any]) -> None:
    try:
        said = read(message)
    except EventRejected as error:
        assert error.reason and error.field
    else:
        assert [event.line for event in said.events] == list(range(len(said.events)))
        assert len({event.message_id for event in said.events}) <= 1
