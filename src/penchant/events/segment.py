"""Messages in Segment's form, as its clients and RudderStack's send them, become events and identity links."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import structs

from penchant.clock import parse_time
from penchant.errors import EventRejected
from penchant.events.event import Event, validate
from penchant.events.vocabulary import Shape, find, suggestion

Link = tuple[str, str]
"""Two actors that are one person, as in `("user:42", "anon:f3")`."""

MAX_MESSAGE = 65_536
"""Largest message, in bytes of JSON."""
MAX_AHEAD = 86_400_000
"""How far a time may lie after the moment of receipt, in milliseconds; clocks are wrong by hours, not by more."""

_ITEM = ("product_id", "sku", "item_id", "content_asset_id", "content_asset_ids", "asset_id", "content_id", "module_id")
_ORDER = ("order_id", "transaction_id", "cart_id")
_SLATE = (
    "slate_id",
    "recommendation_id",
    "recommendationId",
    "recomm_id",
    "recommId",
    "queryID",
    "query_id",
    "attribution_token",
)
_READ = frozenset(("quantity", "price", "currency", "progress", *_ORDER, *_SLATE))
_LINE_FIELDS = frozenset(("item", "quantity", "price", "currency", "order", "progress", "slate", "position"))
_NUMBER = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_MILLISECONDS_FROM = 1e11


@dataclass(frozen=True)
class Translated:
    """What one message says.

    Attributes:
        events: One event an item line; none for messages that only tell who somebody is.
        links: Pairs of actors that are one person.
    """

    events: tuple[Event, ...] = ()
    links: tuple[Link, ...] = ()


def unbatch(body: Mapping[str, Any]) -> list[Any]:
    """The messages of a batch body; its `sentAt` goes into each message that has none.

    Raises:
        EventRejected: There is no list `batch`.
    """
    batch = body.get("batch")
    if not isinstance(batch, list):
        raise EventRejected("bad_type", "batch", "must be a list of messages", batch)
    sent = body.get("sentAt")
    if sent is None:
        return list(batch)
    return [{"sentAt": sent} | message if isinstance(message, dict) else message for message in batch]


def translate(
    message: object, *, domain: str, source: str, received_ms: int, known: Collection[str] = ()
) -> Translated:
    """Read one message.

    A message with a list of products becomes one event a product; what else the message said stays with the first.
    A message without `messageId` gets one from its content, so a retry is found out; when it has no time either, the
    moment of receipt counts as content.

    Args:
        message: The decoded JSON object.
        domain: The domain its events belong to.
        source: Who sent it.
        received_ms: When it came in, milliseconds since the epoch.
        known: Event names accepted beside the vocabulary.

    Raises:
        EventRejected: With the first thing that is wrong. Nothing of the message is to be kept then.
    """
    if not isinstance(message, dict):
        raise EventRejected("bad_type", "message", "must be an object", message)
    try:
        size = len(msgspec.json.encode(message))
    except (UnicodeEncodeError, TypeError, ValueError, RecursionError) as error:
        raise EventRejected("bad_type", "message", f"must be plain JSON ({error})") from None
    if size > MAX_MESSAGE:
        raise EventRejected("too_large", "message", f"must have at most {MAX_MESSAGE} bytes", size)

    kind = message.get("type")
    user, anonymous = _id(message, "userId"), _id(message, "anonymousId")
    links = _links(message, user, anonymous)
    if kind in ("identify", "alias", "group"):
        if user is None and anonymous is None:
            raise EventRejected("no_person", "userId", "needs userId or anonymousId")
        return Translated(links=links)
    name, shape = _name(message, kind, known)
    moment = _time(message, received_ms)
    properties = _object(message, "properties")
    message_id = _id(message, "messageId") or _content_id(message, received_ms)

    lines, rest = _lines(properties, shape)
    head = Event(domain, source, message_id, 0, name, user, anonymous, moment, received_ms)
    events = []
    for at, (place, line) in enumerate(lines):
        event = _event(structs.replace(head, line=at), line, rest, place)
        if event.item is None and shape == "item":
            raise EventRejected("no_item", f"properties.{place}product_id", f'"{name}" needs an item id')
        try:
            validate(event)
        except EventRejected as error:
            field = f"properties.{place}{error.field}" if error.field in _LINE_FIELDS else error.field
            raise EventRejected(error.reason, field, error.wanted, error.got) from None
        events.append(event)
    return Translated(tuple(events), links)


def _event(head: Event, line: Mapping[str, Any], rest: Mapping[str, Any], place: str) -> Event:
    """Fill in what one line of a message, and the message beside it (`rest`), say of the item."""
    # What a line does not say, its message does: GA4 names the currency, the order and the slate once.
    both = {**rest, **line}
    item = _item(line, place)
    currency = _text(both, ("currency",), place)
    position = None if "total_length" in line else _position(line)
    told = both if head.line == 0 else line
    return structs.replace(
        head,
        item=item,
        quantity=_number(line, "quantity", place),
        price=_number(line, "price", place),
        currency=currency.upper() if currency else None,
        order=_text(both, _ORDER, place),
        progress=_progress(line, place),
        slate=_text(both, _SLATE, place),
        position=position,
        properties={
            key: value
            for key, value in told.items()
            if key not in _READ and not (key in _ITEM and str(value) == item) and not (key == "position" and position)
        },
    )


def _name(message: Mapping[str, Any], kind: object, known: Collection[str]) -> tuple[str, Shape]:
    if kind in ("page", "screen"):
        return f"{str(kind).title()} Viewed", "none"
    if kind != "track":
        raise EventRejected("unknown_type", "type", "must be track, identify, page, screen, group or alias", kind)
    name = message.get("event")
    if not isinstance(name, str) or not name.strip():
        raise EventRejected("missing", "event", "needs the name of the event", name)
    term = find(name)
    if term is not None:
        return term.name, term.shape
    if name in known:
        return name, "none"
    near = suggestion(name[:200], known)
    raise EventRejected(
        "unknown_event",
        "event",
        "must be a name of the vocabulary" + (f'; did you mean "{near}"?' if near else ""),
        name,
    )


def _links(message: Mapping[str, Any], user: str | None, anonymous: str | None) -> tuple[Link, ...]:
    links = []
    if user is not None and anonymous is not None:
        links.append((f"user:{user}", f"anon:{anonymous}"))
    if message.get("type") == "alias":
        previous = _id(message, "previousId")
        if user is None or previous is None:
            raise EventRejected("missing", "previousId", "an alias needs userId and previousId")
        # The spec does not say whether the previous id was a known or an anonymous one, so both are joined.
        links += [(f"user:{user}", other) for other in (f"anon:{previous}", f"user:{previous}")]
    return tuple(dict.fromkeys(link for link in links if link[0] != link[1]))


def _lines(properties: dict[str, Any], shape: Shape) -> tuple[list[tuple[str, dict[str, Any]]], dict[str, Any]]:
    """Lines with their place in the message (empty for the message itself), and what the message says beside them."""
    place = next((key for key in ("products", "items") if isinstance(properties.get(key), list)), None)
    if place is None or not properties[place]:
        return [("", properties)], {}
    if shape in ("item", "none") and _item(properties, "") is not None:
        return [("", properties)], {}
    if shape == "none":
        return [("", properties)], {}
    lines = []
    for at, line in enumerate(properties[place]):
        where = f"{place}.{at}."
        if not isinstance(line, dict):
            raise EventRejected("bad_type", f"properties.{where[:-1]}", "must be an object", line)
        if _item(line, where) is None:
            raise EventRejected("no_item", f"properties.{where}product_id", "needs an item id")
        lines.append((where, dict(line)))
    if shape == "item":
        lines = lines[:1]
    return lines, {key: value for key, value in properties.items() if key != place}


def _item(line: Mapping[str, Any], place: str) -> str | None:
    for key in (*_ITEM, "id") if place else _ITEM:
        value = line.get(key)
        if isinstance(value, list):
            value = value[0] if value else None
        if value is not None and value != "":
            return _as_id(value, f"properties.{place}{key}")
    return None


def _progress(line: Mapping[str, Any], place: str) -> float | None:
    """A share from 0 to 1: told outright, as a percentage (GA4), or as seconds of a total (Segment video)."""
    for key in ("progress", "read_ratio"):
        share = _number(line, key, place)
        if share is not None:
            return share
    percent = _number(line, "video_percent", place)
    if percent is not None:
        return percent / 100
    total = _number(line, "total_length", place)
    at = _number(line, "position", place) if total is not None else None
    if total is None or at is None or total <= 0:
        return None
    return min(max(at / total, 0.0), 1.0)


def _position(line: Mapping[str, Any]) -> int | None:
    value = line.get("position", line.get("index"))
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 6:
        value = int(value)
    # Positions are also used for names of page regions; such a text is a property, not a mistake.
    return value if isinstance(value, int) and not isinstance(value, bool) and 1 <= value < 100_000 else None


def _id(message: Mapping[str, Any], field: str) -> str | None:
    value = message.get(field)
    return None if value is None or value == "" else _as_id(value, field)


def _as_id(value: object, field: str) -> str:
    if isinstance(value, str) and value.strip():
        return value.strip()
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise EventRejected("bad_id", field, "must be text or a whole number", value)


def _text(line: Mapping[str, Any], keys: Sequence[str], place: str) -> str | None:
    for key in keys:
        value = line.get(key)
        if value is not None and value != "":
            return _as_id(value, f"properties.{place}{key}")
    return None


def _number(line: Mapping[str, Any], key: str, place: str) -> float | None:
    value = line.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, str) and len(value) < 400 and _NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise EventRejected("bad_number", f"properties.{place}{key}", "must be a number", value)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise EventRejected("bad_number", f"properties.{place}{key}", "must be a finite number", value)
    return number


def _object(message: Mapping[str, Any], field: str) -> dict[str, Any]:
    value = message.get(field)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise EventRejected("bad_type", field, "must be an object", value)
    return dict(value)


def _time(message: Mapping[str, Any], received_ms: int) -> int:
    """When it happened by our clock: received - (sentAt - told), as the sender's clock may be wrong."""
    field = "originalTimestamp" if message.get("originalTimestamp") is not None else "timestamp"
    told, sent = _moment(message, field), _moment(message, "sentAt")
    if told is None:
        return received_ms
    moment = told if sent is None else received_ms - (sent - told)
    if not 0 <= moment <= received_ms + MAX_AHEAD:
        raise EventRejected("bad_time", field, "must lie between 1970 and now", message[field])
    return min(moment, received_ms)


def _moment(message: Mapping[str, Any], field: str) -> int | None:
    value = message.get(field)
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str):
            return round(parse_time(value) * 1000)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return round(value if abs(value) >= _MILLISECONDS_FROM else value * 1000)
    except (ValueError, OverflowError):
        pass
    raise EventRejected("bad_time", field, "must be an ISO 8601 time", value)


def _content_id(message: Mapping[str, Any], received_ms: int) -> str:
    """A stable id from what the message says; `sentAt` is left out, as a retry has another."""
    told = {
        k: v for k, v in message.items() if k not in ("sentAt", "receivedAt", "messageId", "context", "integrations")
    }
    if "timestamp" not in told and "originalTimestamp" not in told:
        told["receivedAt"] = received_ms
    text = msgspec.json.encode(told, order="sorted")
    return hashlib.md5(text, usedforsecurity=False).hexdigest()
