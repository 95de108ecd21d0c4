from __future__ import annotations

from typing import Any

import pytest

from penchant.clock import FixedClock
from penchant.errors import NotFound
from penchant.ingest import Verdict, collect


def view(message_id: str | None, item: str | None = "shoe", **fields: Any) -> dict[str, Any]:
    message = {
        "type": "track",
        "event": "Product Viewed",
        "userId": "ann",
        "properties": {"product_id": item},
        **fields,
    }
    return message if message_id is None else {**message, "messageId": message_id}


def take(sink: Any, *messages: object, source: str = "web") -> list[Verdict]:
    clock = FixedClock(1_763_755_200.0)
    return collect(messages, source=source, domain_of_source={"web": "shop"}, sink=sink, clock=clock)


def test_each_message_gets_its_own_verdict(sink: Any) -> None:
    order = {
        "type": "track", "event": "Order Completed", "messageId": "m3", "anonymousId": "f3",
        "properties": {"products": [{"sku": "a"}, {"sku": "b"}]},
    }  # fmt: skip

    verdicts = take(sink, view("m1"), view("m2", item=None), "nonsense", order, view("m1"))

    assert [(v.message_id, v.status, v.reason, v.field) for v in verdicts] == [
        ("m1", "accepted", None, None),
        ("m2", "failed", "no_item", "properties.product_id"),
        (None, "failed", "bad_type", "message"),
        ("m3", "accepted", None, None),
        ("m1", "duplicate", None, None),
    ]
    assert sink.told("domain", "source", "item") == [
        ("shop", "web", "shoe"),
        ("shop", "web", "a"),
        ("shop", "web", "b"),
    ]


def test_a_retry_is_a_duplicate(sink: Any) -> None:
    message = view(None, timestamp="2025-11-21T10:00:00Z")

    assert [take(sink, message)[0].status for _ in range(2)] == ["accepted", "duplicate"]


def test_who_is_who_is_linked_without_an_event(sink: Any) -> None:
    (verdict,) = take(sink, {"type": "identify", "userId": "ann", "anonymousId": "f3"})

    assert (verdict.status, sink.links, sink.events) == ("accepted", {("user:ann", "anon:f3")}, {})


def test_a_source_of_no_domain_is_not_found(sink: Any) -> None:
    with pytest.raises(NotFound, match='no source "tv"'):
        take(sink, view("m1"), source="tv")
