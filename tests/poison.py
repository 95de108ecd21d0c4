"""Messages that have broken collectors, each with what may become of it."""

from __future__ import annotations

import math
from typing import Any


def _deep(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


def message(**fields: Any) -> dict[str, Any]:
    properties = {"product_id": "shoe", **fields.pop("properties", {})}
    told = {"type": "track", "event": "Product Viewed", "userId": "ann", "properties": properties}
    return {name: value for name, value in {**told, **fields}.items() if value is not ...}


POISON: dict[str, tuple[object, str | None]] = {
    # what came, and the reason it fails for; None where it may be taken
    "deep lists": (message(properties={"x": _deep(90)}), "too_deep"),
    "deeper than a stack": (message(properties={"x": _deep(100_000)}), "too_deep"),
    "NaN as a price": (message(properties={"price": math.nan}), "bad_number"),
    "infinite price": (message(properties={"price": math.inf}), "bad_number"),
    "NaN somewhere": (message(properties={"weight": math.nan}), None),
    "lone surrogate": (message(properties={"name": "\ud800"}), "bad_text"),
    "lone surrogate as id": (message(userId="\udfff"), "bad_text"),
    "lone surrogate as a name": (message(properties={"\ud800": 1}), "bad_text"),
    "zero character": (message(properties={"name": "a\0b"}), None),
    "zero character in an id": (message(userId="a\0b"), "bad_id"),
    "zero character in an item": (message(properties={"product_id": "\0"}), "bad_id"),
    "right-to-left override": (message(properties={"name": "\u202eevil"}), None),
    "price in words": (message(properties={"price": "free"}), "bad_number"),
    "price below zero": (message(properties={"price": -1}), "bad_number"),
    "pieces below zero": (message(properties={"quantity": -1}), "bad_number"),
    "price beyond floats": (message(properties={"price": 10**400}), "bad_number"),
    "ten million characters": (message(properties={"name": "x" * 10_000_000}), "too_large"),
    "long text": (message(properties={"name": "x" * 20_000}), "too_long"),
    "many fields": (message(properties={f"p{at}": at for at in range(2_000)}), "too_many_keys"),
    "prototype": (message(properties={"__proto__": {"admin": True}}), None),
    "prototype around": (message(__proto__={"admin": True}, constructor={}), None),
    "huge number": (message(properties={"views": 10**300}), None),
    "number of ten thousand digits": (message(properties={"views": 10**10_000}), "bad_type"),
    "empty ids": (message(userId="", anonymousId=""), "no_person"),
    "id of blanks": (message(userId="  "), "bad_id"),
    "object as id": (message(userId={"$ne": None}), "bad_id"),
    "huge number as id": (message(userId=10**50), "bad_id"),
    "no id": (message(userId=None), "no_person"),
    "list": ([1, 2], "bad_type"),
    "text": ("nonsense", "bad_type"),
    "null": (None, "bad_type"),
    "number": (7, "bad_type"),
    "true": (True, "bad_type"),
    "empty object": ({}, "no_person"),
    "properties are a list": ({**message(), "properties": [1]}, "bad_type"),
    "context is text": ({**message(), "context": "x"}, "bad_type"),
    "type is a list": ({**message(), "type": ["track"]}, "unknown_type"),
    "event is an object": ({**message(), "event": {}}, "missing"),
    "unknown event": ({**message(), "event": "Robert'); DROP TABLE event;--"}, "unknown_event"),
    "time in words": (message(timestamp="yesterday"), "bad_time"),
    "time before everything": (message(timestamp=-1e18), "bad_time"),
    "time without end": (message(timestamp=1e308), "bad_time"),
    "time that is NaN": (message(timestamp=math.nan), "bad_time"),
    "products are text": (message(event="Order Completed", properties={"products": ["a", 1, None]}), "bad_type"),
    "currency of emoji": (message(properties={"currency": "🙂🙂🙂"}), "bad_currency"),
}
