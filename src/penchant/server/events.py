"""`POST /v1/track` and `POST /v1/batch`, in Segment form. Success is always 200 with JSON."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request, post
from litestar.concurrency import sync_to_thread
from litestar.datastructures import State

from penchant.errors import InvalidRequest
from penchant.ingest import Verdict
from penchant.server.problems import documented
from penchant.server.state import engine_of

MOST_EVENTS = 2_500
"""Messages in one batch."""


class Taken(msgspec.Struct, frozen=True):
    """What became of each message, in the order they came."""

    success: bool
    events: list[Verdict]


@post("/v1/track", status_code=200, responses=documented(400, 413, 503), tags=["events"])
async def track(request: Request[Any, Any, Any], state: State) -> Taken:
    """Take in one event; when it is answered `accepted` it is on disk."""
    body = await _body(request)
    message = {**body, "type": body.get("type", "track")}
    return await _take(state, [message], write_key(request, body))


@post("/v1/batch", status_code=200, responses=documented(400, 413, 503), tags=["events"])
async def batch(request: Request[Any, Any, Any], state: State) -> Taken:
    """Take in up to 2,500 messages, each with a verdict of its own."""
    body = await _body(request)
    messages = body.get("batch")
    if not isinstance(messages, list):
        raise InvalidRequest("batch", "must be a list of messages", messages)
    if len(messages) > MOST_EVENTS:
        raise InvalidRequest("batch", f"must have at most {MOST_EVENTS} messages", len(messages))
    common = {name: body[name] for name in ("sentAt", "context") if name in body}
    # What is no object is refused by itself, not with all the others.
    merged = [{**common, **message} if isinstance(message, dict) else message for message in messages]
    return await _take(state, merged, write_key(request, body))


async def _take(state: State, messages: list[Any], key: str | None) -> Taken:
    verdicts = await sync_to_thread(engine_of(state).collect, messages, key)
    return Taken(True, verdicts)


async def _body(request: Request[Any, Any, Any]) -> dict[str, Any]:
    # Browser clients send JSON as text/plain: what counts is what is in it.
    try:
        body = msgspec.json.decode(await request.body())
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidRequest("body", f"is not JSON ({error})") from None
    if not isinstance(body, dict):
        raise InvalidRequest("body", "must be an object")
    return body


def write_key(request: Request[Any, Any, Any], body: Mapping[str, Any]) -> str | None:
    """The write key: user name of Basic authorization, `writeKey` of the body, or of the query."""
    header = request.headers.get("authorization", "")
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "basic":
        try:
            name = base64.b64decode(value, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            raise InvalidRequest("Authorization", "is not Basic authorization") from None
        if name:
            return name
    key = body.get("writeKey", request.query_params.get("writeKey"))
    return str(key) if key else None
