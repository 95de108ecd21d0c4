"""Events in Segment's form, as its clients and RudderStack's send them. Success is always 200 with JSON.

Single messages have a path of their own kind (`/v1/track`), and a short one that the browser client uses (`/v1/t`);
several come in a batch. Each gets a verdict of its own.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import Any, Literal

import msgspec
from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from penchant.errors import EventRejected, InvalidRequest, NotFound, Overloaded, TooLarge
from penchant.events import unbatch
from penchant.ingest import Sender, Verdict
from penchant.keys import Scope
from penchant.server.authorize import NO_SECURITY, Caller, caller_with_body, speaking
from penchant.server.body import BoundedRequest
from penchant.server.direct import Headers, direct, submit, unreached
from penchant.server.problems import documented
from penchant.server.state import engine_of
from penchant.storage import FailureKind

MOST_TOKENS = 16
"""Identity tokens looked at in one batch; a browser speaks for one person, or for two where somebody else signed in."""

_encode = msgspec.json.Encoder().encode
_ERRORS = documented(400, 401, 403, 404, 413, 415, 429, 503)
_TAKEN = b'{"success":true}'
_NONE: Headers = ()


class Message(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A message, as far as it is read; whatever else it says is no error.

    Attributes:
        type: What kind of message; the path says it where it is missing.
        message_id: The sender's id of it: what comes twice is kept once.
        user_id: Known id of the person.
        anonymous_id: Anonymous id of the person; one of the two must be there.
        event: Name of the event, for `track`.
        name: Name of the page or screen.
        properties: What is known of the event: item, quantity, price and whatever else.
        traits: What is known of the person, or of the group.
        previous_id: The id that `user_id` had before, for `alias`.
        group_id: The group, for `group`.
        context: What is known of the moment: page, locale, campaign, device, consent.
        timestamp: When it happened, ISO 8601.
        original_timestamp: The same, as some clients call it.
        sent_at: When it was sent by the sender's clock, which corrects the other.
        write_key: The key, where it comes neither as Authorization nor in the address.
    """

    type: Literal["track", "identify", "page", "screen", "group", "alias"] | None = None
    message_id: str | None = None
    user_id: str | int | None = None
    anonymous_id: str | int | None = None
    event: str | None = None
    name: str | None = None
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    previous_id: str | int | None = None
    group_id: str | int | None = None
    context: dict[str, Any] | None = None
    timestamp: str | None = None
    original_timestamp: str | None = None
    sent_at: str | None = None
    write_key: str | None = None


class Batch(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Several messages.

    Attributes:
        batch: The messages.
        context: What is known of the moment of all that do not say it themselves.
        sent_at: When they were sent, the same.
        write_key: The key, where it comes neither as Authorization nor in the address.
    """

    batch: list[Message]
    context: dict[str, Any] | None = None
    sent_at: str | None = None
    write_key: str | None = None


class Dropped(msgspec.Struct, frozen=True):
    """That it came."""

    success: bool


class Taken(msgspec.Struct, frozen=True):
    """What became of each message, in the order they came."""

    success: bool
    events: list[Verdict]


async def _one(kind: str, request: BoundedRequest) -> tuple[int, bytes, Headers]:
    """Answer a message that comes alone."""
    body = await _json(request)
    speaker = caller_with_body(request, body)
    if not isinstance(body, dict):
        raise await _misshapen(request, "body", "must be an object")
    body.setdefault("type", kind)
    _token(body)  # it has said what it had to
    verdicts = await submit(request, [body], _sender(request, speaker))
    return 200, _encode(Taken(True, verdicts)), _NONE


async def _several(request: BoundedRequest) -> tuple[int, bytes, Headers]:
    """Answer a batch."""
    body = await _json(request)
    speaker = caller_with_body(request, body)
    batch = body.get("batch") if isinstance(body, dict) else None
    if not isinstance(batch, list):
        raise await _misshapen(request, "batch", "must be a list of messages")
    most = engine_of(request.app.state).settings.limits.batch
    if len(batch) > most:
        raise TooLarge("batch", f"must have at most {most:,} messages", len(batch))
    verdicts = await _spoken(request, unbatch(body), speaker) if batch else []
    return 200, _encode(Taken(True, verdicts)), _NONE


async def _spoken(request: BoundedRequest, messages: list[Any], speaker: Caller) -> list[Verdict]:
    """Take the messages of a batch, each for whom its own identity token speaks, if it has one."""
    parts: dict[object, list[int]] = {}
    for at, message in enumerate(messages):
        token = _token(message) if isinstance(message, dict) else None
        parts.setdefault(token if token in parts or len(parts) < MOST_TOKENS else None, []).append(at)
    if len(parts) == 1 or speaker.trusted:
        token = None if speaker.trusted else next(iter(parts))
        return await submit(request, messages, _sender(request, speaking(request, speaker, token)))
    answers = await asyncio.gather(
        *(
            submit(request, [messages[at] for at in part], _sender(request, speaking(request, speaker, token)))
            for token, part in parts.items()
        )
    )
    verdicts: dict[int, Verdict] = {}
    for part, answer in zip(parts.values(), answers, strict=True):
        verdicts |= zip(part, answer, strict=True)
    return [verdicts[at] for at in range(len(messages))]


async def _dropped(request: BoundedRequest) -> tuple[int, bytes, Headers]:
    """Answer a tracker that counts its own calls."""
    return 200, _TAKEN, _NONE


def _single(kind: str, short: str, says: str) -> HTTPRouteHandler:
    """The route of messages of one kind that come alone."""

    async def handler(data: JSONBody[Message]) -> Taken:
        unreached()

    handler.__doc__, handler.__name__ = says, kind
    return post(
        [f"/v1/{kind}", f"/v1/{short}"],
        status_code=200,
        opt={"scope": Scope.EVENTS},
        responses=_ERRORS,
        tags=["events"],
        middleware=[direct(partial(_one, kind))],
    )(handler)


@post(
    ["/v1/batch", "/v1/import", "/v1/b", "/beacon/v1/batch"],
    status_code=200,
    opt={"scope": Scope.EVENTS},
    responses=_ERRORS,
    tags=["events"],
    middleware=[direct(_several)],
)
async def batch(data: JSONBody[Batch]) -> Taken:
    """Take in several messages of any kind, each with a verdict of its own."""
    unreached()


@post(
    "/v1/m",
    status_code=200,
    opt={"scope": Scope.OPEN},
    security=NO_SECURITY,
    tags=["events"],
    middleware=[direct(_dropped)],
)
async def telemetry() -> Dropped:
    """Take a tracker's counts of its own calls, which nobody keeps."""
    unreached()


EVENT_ROUTES: list[HTTPRouteHandler] = [
    _single("track", "t", "Take in one event: somebody did something. When it is answered `accepted` it is on disk."),
    _single("identify", "i", "Take in who somebody is: a known id, an anonymous one, traits, consent."),
    _single("page", "p", "Take in the view of a page; of an item, where the source counts pages so."),
    _single("screen", "s", "Take in the view of an app's screen, as of a page."),
    _single("group", "g", "Take in that somebody belongs to a group."),
    _single("alias", "a", "Take in that two ids are one person."),
    batch,
    telemetry,
]
"""All of them."""


async def _json(request: BoundedRequest) -> Any:
    """The body's JSON; what is none is kept among the failed messages, where it is known whose it is."""
    try:
        return await request.messages()
    except EventRejected as error:
        await _keep(request, "parse", "bad_json", error.wanted)
        raise InvalidRequest("body", error.wanted) from None


async def _misshapen(request: BoundedRequest, field: str, wanted: str) -> InvalidRequest:
    await _keep(request, "schema", "bad_type", f"{field} {wanted}")
    return InvalidRequest(field, wanted)


async def _keep(request: BoundedRequest, kind: FailureKind, reason: str, sentence: str) -> None:
    """Keep a body that holds no messages among those that failed, if it is known whose it is."""
    body = await request.body()
    # Whatever hinders that, the sender is told of the first fault: it is the one to mend.
    with suppress(InvalidRequest, NotFound, Overloaded):
        sender = _sender(request, caller_with_body(request, None))
        if body:
            engine_of(request.app.state).collector.fail_bytes(body, sender, kind=kind, reason=reason, message=sentence)


def _sender(request: BoundedRequest, speaker: Caller) -> Sender:
    assert speaker.source is not None
    return engine_of(request.app.state).sender(speaker.source, trusted=speaker.trusted, user=speaker.user)


def _token(message: dict[str, Any]) -> object:
    """Take the identity token out of a message, and the key: neither is to be kept."""
    message.pop("writeKey", None)
    token = message.pop("identity_token", None)
    context = message.get("context")
    if isinstance(context, dict) and "identityToken" in context:
        message["context"] = rest = dict(context)
        token = rest.pop("identityToken") or token
    return token if isinstance(token, str) else None
