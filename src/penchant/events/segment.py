"""Messages in Segment's form, as its clients and RudderStack's send them, become events and what is said of people."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from penchant.errors import EventRejected
from penchant.events.bounds import BOUNDS, Bounds, check_bounds
from penchant.events.context import kept_context
from penchant.events.head import Head, plain_event
from penchant.events.identity import links_of, traits_in, traits_of
from penchant.events.item_events import item_event
from penchant.events.lines import lines_of, no_item
from penchant.events.permission import denied, stated
from penchant.events.reading import Reading
from penchant.events.sender_clock import when
from penchant.events.statement import Consent, Link, Purpose
from penchant.events.translated import Translated
from penchant.events.values import id_of, mapping
from penchant.events.vocabulary import Shape, find, suggestion

_IDENTITY = {"identify": "Person Identified", "alias": "Person Aliased", "group": "Group Joined"}
_PAGES = {"page": "Page Viewed", "screen": "Screen Viewed"}
_PAGE_NAMES = frozenset(_PAGES.values())
_CONSENT = "Consent Changed"
_NO_EMAIL = frozenset(("Unsubscribed", "Email Marked as Spam"))
_NO_CONTENT = frozenset(("sentAt", "receivedAt", "messageId", "context", "integrations", "writeKey", "_metadata"))


def unbatch(body: Mapping[str, Any]) -> list[Any]:
    """The messages of a batch body; its `sentAt`, `context` and `integrations` go into each that does not say its own.

    Raises:
        EventRejected: There is no list `batch`.
    """
    batch = body.get("batch")
    if not isinstance(batch, list):
        raise EventRejected("bad_type", "batch", "must be a list of messages", batch)
    shared = {key: body[key] for key in ("sentAt", "integrations") if body.get(key) is not None}
    context = body.get("context")
    if not shared and not context:
        return list(batch)
    return [_with(shared, context, message) if isinstance(message, dict) else message for message in batch]


def _with(shared: dict[str, Any], context: object, message: dict[str, Any]) -> dict[str, Any]:
    told = {**shared, **message}
    own = message.get("context")
    if isinstance(context, dict) and (own is None or isinstance(own, dict)):
        told["context"] = {**context, **(own or {})}
    return told


def translate(message: object, reading: Reading, *, received: int, bounds: Bounds = BOUNDS) -> Translated:
    """Read one message.

    A message with a list of products becomes one event a product; what else the message said stays with the first.
    A message without `messageId` gets one from its content, so a retry is found out; when it has no time either, the
    moment of receipt counts as content.

    Args:
        message: The decoded JSON.
        reading: How its source is read.
        received: When it came in, milliseconds since the epoch.
        bounds: How large it may be, and how old before it is marked.

    Raises:
        EventRejected: With the first thing that is wrong. Nothing of the message is to be kept then.
    """
    if not isinstance(message, dict):
        raise EventRejected("bad_type", "message", "must be an object", message)
    size = check_bounds(message, bounds)
    user, anonymous = id_of(message, "userId"), id_of(message, "anonymousId")
    if user is None and anonymous is None:
        raise EventRejected("no_person", "userId", "needs userId or anonymousId")
    context = mapping(message, "context")
    head = Head(
        reading.domain,
        reading.source,
        id_of(message, "messageId") or _content_id(message, received),
        user,
        anonymous,
        when(message, received, bounds.old),
        received,
        kept_context(context, size),
    )
    kind = message.get("type")
    # Most messages have one id alone.
    links = links_of(message, head) if kind == "alias" or (user is not None and anonymous is not None) else ()
    if kind == "track":
        name, shape = _name(message, reading)
        properties = mapping(message, "properties")
    elif kind in ("page", "screen"):
        name, shape = _PAGES[kind], "none"
        properties = _named(message)
    elif kind in ("identify", "alias", "group"):
        return _identity(message, kind, context, head, links, reading)
    else:
        raise EventRejected("unknown_type", "type", "must be track, identify, page, screen, group or alias", kind)
    if name == _CONSENT or name in _NO_EMAIL:
        return _consenting(name, properties, context, head, links, reading)

    lines, rest = lines_of(properties, shape, reading, context.get("page") if name in _PAGE_NAMES else None)
    if shape == "item" and lines[0].item is None:
        raise no_item(name, lines[0].place, reading)
    if reading.page_views and name in _PAGE_NAMES and lines[0].item is not None:
        name = "Content Viewed"
    events = tuple([item_event(head, at, name, line, rest) for at, line in enumerate(lines)])
    if shape == "order" and events[0].item is None and events[0].order is None:
        raise EventRejected("missing", "properties.order_id", f'"{name}" needs an order or products')
    return Translated(events, links, denied=denied(context, reading))


def _name(message: Mapping[str, Any], reading: Reading) -> tuple[str, Shape]:
    name = message.get("event")
    if not isinstance(name, str) or not name.strip():
        raise EventRejected("missing", "event", "needs the name of the event", name)
    term = find(name)
    if term is not None:
        return term.name, term.shape
    if name in reading.known:
        return name, "none"
    near = suggestion(name[:200], reading.known)
    raise EventRejected(
        "unknown_event",
        "event",
        "must be a name of the vocabulary" + (f'; did you mean "{near}"?' if near else ""),
        name,
    )


def _named(message: Mapping[str, Any]) -> dict[str, Any]:
    """The properties of a page, with its name and category, which stand beside them."""
    beside = {key: message[key] for key in ("name", "category") if isinstance(message.get(key), str)}
    return {**beside, **mapping(message, "properties")}


def _identity(
    message: Mapping[str, Any],
    kind: str,
    context: Mapping[str, Any],
    head: Head,
    links: tuple[Link, ...],
    reading: Reading,
) -> Translated:
    """`identify`, `alias` and `group`: one event each, so that the log has every message once, and what they say."""
    told: dict[str, Any] = {}
    traits = traits_in(message) if kind == "identify" else mapping(message, "traits")
    if traits:
        told["traits"] = traits
    # The previous id of an alias is not kept here: the link has it, and goes where one of the two is erased.
    group = id_of(message, "groupId")
    if group is not None:
        told["groupId"] = group
    elif kind == "group":
        raise EventRejected("missing", "groupId", "a group needs groupId")
    event = plain_event(head, _IDENTITY[kind], told)
    if kind != "identify":
        return Translated((event,), links, denied=denied(context, reading))
    at, source = head.moment.time, head.source
    said = stated(context, {}, reading)
    return Translated(
        (event,), links, traits_of(traits, head.actor, at, source), _consents(said, head), _forbidden(said)
    )


def _consenting(
    name: str,
    properties: dict[str, Any],
    context: Mapping[str, Any],
    head: Head,
    links: tuple[Link, ...],
    reading: Reading,
) -> Translated:
    """Events that say what somebody allows."""
    said: dict[Purpose, bool] = {"email": False} if name in _NO_EMAIL else stated(context, properties, reading)
    if not said:
        raise EventRejected(
            "no_purpose", "context.consent", "must name a purpose, or a category that the source's consent maps to one"
        )
    event = plain_event(head, name, properties)
    forbidden = _forbidden(said) if name == _CONSENT else denied(context, reading)
    return Translated((event,), links, (), _consents(said, head), forbidden)


def _consents(said: Mapping[Purpose, bool], head: Head) -> tuple[Consent, ...]:
    return tuple(
        Consent(head.actor, purpose, granted, head.moment.time, head.source) for purpose, granted in said.items()
    )


def _forbidden(said: Mapping[Purpose, bool]) -> frozenset[Purpose]:
    return frozenset(purpose for purpose, granted in said.items() if not granted)


def _content_id(message: Mapping[str, Any], received: int) -> str:
    """A stable id from what the message says; `sentAt` is left out, as a retry has another."""
    told = {key: value for key, value in message.items() if key not in _NO_CONTENT}
    if message.get("type") == "identify":
        told["traits"] = traits_in(message)
    context = mapping(message, "context")
    told["consent"] = [context.get("consent"), context.get("consentManagement")]
    if "timestamp" not in told and "originalTimestamp" not in told:
        told["receivedAt"] = received
    text = msgspec.json.encode(told, order="sorted")
    return hashlib.md5(text, usedforsecurity=False).hexdigest()
