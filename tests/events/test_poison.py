"""Messages made to break things: each is read, or refused with a reason of the closed set."""

from __future__ import annotations

from typing import Any

import pytest

from penchant.errors import EventRejected
from penchant.events import REASONS, Event, Reading, decode, translate, validate

NOW = 1_795_291_200_000
SHOP = Reading("shop", "web")


def read(properties: bytes, **fields: bytes) -> Event:
    """The first event of a message given in bytes, as it comes over the wire."""
    parts = {"type": b'"track"', "userId": b'"ann"', "event": b'"Product Viewed"', **fields, "properties": properties}
    body = b"{" + b",".join(b'"%s":%s' % (name.encode(), value) for name, value in parts.items()) + b"}"
    events = translate(decode(body), SHOP, received=NOW).events
    validate(events[0])
    return events[0]


@pytest.mark.parametrize(
    ("properties", "fields", "reason"),
    [
        (b'{"sku":"a","x":' + b"[" * 30 + b"]" * 30 + b"}", {}, "too_deep"),
        (b'{"sku":"a","x":"' + b"y" * 17_000 + b'"}', {}, "too_long"),
        (b'{"sku":"a","x":[' + b'"yyyyyyyyyy",' * 6_000 + b"1]}", {}, "too_large"),
        (b'{"sku":"a",' + b",".join(b'"k%d":1' % n for n in range(1_000)) + b"}", {}, "too_many_keys"),
        (b'{"sku":"a","x":"\\ud83d"}', {}, "bad_text"),
        (b'{"sku":"a","\\udc00":1}', {}, "bad_text"),
        (b'{"sku":"a","price":"free"}', {}, "bad_number"),
        (b'{"sku":"a","price":NaN}', {}, "bad_number"),
        (b'{"sku":"a","price":-Infinity}', {}, "bad_number"),
        (b'{"sku":"a","price":1e400}', {}, "bad_number"),
        (b'{"sku":"a","price":"1e400"}', {}, "bad_number"),
        (b'{"sku":"a","price":true}', {}, "bad_number"),
        (b'{"sku":"a","price":' + b"9" * 400 + b"}", {}, "bad_number"),
        (b'{"sku":"a","price":-0.01}', {}, "bad_number"),
        (b'{"sku":"a","quantity":-1}', {}, "bad_number"),
        (b'{"sku":"a","quantity":0}', {}, "bad_number"),
        (b'{"sku":"a","currency":"$"}', {}, "bad_currency"),
        (b'{"sku":"a","currency":["EUR"]}', {}, "bad_id"),
        (b'{"sku":"a\\u0000b"}', {}, "bad_id"),
        (b'{"sku":"a\\nb"}', {}, "bad_id"),
        (b'{"sku":" "}', {}, "bad_id"),
        (b'{"sku":true}', {}, "bad_id"),
        (b'{"sku":1.5}', {}, "bad_id"),
        (b'{"sku":' + b"9" * 30 + b"}", {}, "bad_id"),
        (b'{"sku":{"a":1}}', {}, "bad_id"),
        (b'{"sku":[["a"]]}', {}, "bad_id"),
        (b'{"sku":""}', {}, "no_item"),
        (b'{"sku":[]}', {}, "no_item"),
        (b"{}", {"userId": b'""'}, "no_person"),
        (b"{}", {"userId": b"null", "anonymousId": b'"\\u0007"'}, "bad_id"),
        (b'{"sku":"a"}', {"messageId": b'"' + b"m" * 201 + b'"'}, "bad_id"),
        (b'{"sku":"a"}', {"timestamp": b'"2026-13-45"'}, "bad_time"),
        (b'{"sku":"a"}', {"timestamp": b"1e400"}, "bad_time"),
        (b'{"sku":"a"}', {"timestamp": b"-1"}, "bad_time"),
        (b'{"sku":"a"}', {"event": b'"__proto__"'}, "unknown_event"),
        (b'{"sku":"a"}', {"event": b'"' + b"x" * 10_000 + b'"'}, "unknown_event"),
        (b'{"sku":"a"}', {"event": b"[]"}, "missing"),
        (b'{"sku":"a"}', {"type": b'{"track":1}'}, "unknown_type"),
        (b'{"sku":"a"}', {"context": b"[]"}, "bad_type"),
        (b'"sku"', {}, "bad_type"),
    ],
)
def test_poison_is_refused_with_its_reason(properties: bytes, fields: dict[str, bytes], reason: str) -> None:
    with pytest.raises(EventRejected) as caught:
        read(properties, **fields)

    assert caught.value.reason == reason
    assert reason in REASONS
    assert len(caught.value.message) < 400


@pytest.mark.parametrize(
    ("properties", "fields", "expected"),
    [
        (b'{"sku":"a","__proto__":{"admin":true},"constructor":1}', {}, {"item": "a"}),
        (b'{"sku":"a","sku":"b"}', {}, {"item": "b"}),
        ('{"sku":"\u202eabc"}'.encode(), {}, {"item": "\u202eabc"}),
        ('{"sku":"שלום"}'.encode(), {"userId": '"مرحبا"'.encode()}, {"item": "שלום", "user_id": "مرحبا"}),
        ('{"sku":"👟"}'.encode(), {}, {"item": "👟"}),
        (b'{"sku":"a","note":"\\u0000"}', {}, {"properties": {"note": "\0"}}),
        (
            b'{"sku":"a","big":123456789012345678901234567890}',
            {},
            {"properties": {"big": 123456789012345678901234567890}},
        ),
        (b'{"sku":"a","price":"9.90 "}', {}, {"price": 9.9}),
        (
            b'{"sku":"a","price":null,"quantity":"","currency":""}',
            {},
            {"price": None, "quantity": None, "currency": None},
        ),
        (b'{"sku":"a","position":"footer"}', {}, {"position": None, "properties": {"position": "footer"}}),
        (b'{"sku":"a; DROP TABLE events"}', {}, {"item": "a; DROP TABLE events"}),
        (b'{"sku":-7}', {}, {"item": "-7"}),
        (b'{"sku":"a"}', {"timestamp": b"null", "sentAt": b'""'}, {"time": NOW}),
    ],
)
def test_what_looks_like_poison_and_is_none_is_read(
    properties: bytes, fields: dict[str, bytes], expected: dict[str, Any]
) -> None:
    event = read(properties, **fields)

    assert {name: getattr(event, name) for name in expected} == expected
