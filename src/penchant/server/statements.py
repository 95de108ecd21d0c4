"""xAPI 1.0.3: learning systems and players send statements. All of a request are taken, or none.

This takes statements in; it is no place to read them back, for which there are learning record stores.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, cast

import msgspec
from litestar import get, post, put
from litestar.concurrency import sync_to_thread
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, QueryParameter
from litestar.types import ASGIApp, Middleware, Receive, Send
from litestar.types import Message as Sending
from litestar.types import Scope as Connection

from penchant.errors import Conflict, EventRejected, InvalidRequest, PenchantError, TooLarge
from penchant.events import Bounds, Event, Reading, Translated, translate_statement
from penchant.ingest import Sender
from penchant.ingest.message import bounds_of
from penchant.ingest.trust import believed
from penchant.keys import Scope
from penchant.server.authorize import NO_SECURITY, caller_with_body
from penchant.server.body import BoundedRequest
from penchant.server.direct import MOST_AT_ONCE, Answering, Headers, direct, request_of, submit, unreached
from penchant.server.problems import documented, on_penchant_error
from penchant.server.state import engine_of

VERSION = "1.0.3"
"""The version spoken; every 1.0.x is the same to a server."""

_HEADER = "X-Experience-API-Version"
_SPOKEN = re.compile(r"1\.0(\.\d+)?", re.ASCII)
_MOST_SAID = 5
_ERRORS = documented(400, 404, 409, 413, 415, 503)
_encode = msgspec.json.Encoder().encode

StatementId = Annotated[str, QueryParameter(name="statementId", description="The statement's id.")]


class Statement(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody did something, in xAPI's words; whatever else it says is no error.

    Attributes:
        actor: Who, by `account` or `mbox`.
        verb: What was done: an id, as in `http://adlnet.gov/expapi/verbs/completed`.
        object: With what, by its id.
        id: UUID: what comes twice is kept once.
        result: Score, success, completion, duration, response.
        context: Registration, the activities around, language, extensions.
        timestamp: When it happened, ISO 8601.
    """

    actor: dict[str, Any]
    verb: dict[str, Any]
    object: dict[str, Any]
    id: str | None = None
    result: dict[str, Any] | None = None
    context: dict[str, Any] | None = None
    timestamp: str | None = None


class About(msgspec.Struct, frozen=True):
    """Versions that are spoken."""

    version: list[str]


async def _posted(request: BoundedRequest) -> tuple[int, bytes, Headers]:
    """Answer one statement, or several, with their ids."""
    body = await _json(request)
    statements = body if isinstance(body, list) else [body]
    most = engine_of(request.app.state).settings.limits.batch
    if len(statements) > most:
        raise TooLarge("body", f"must have at most {most:,} statements", len(statements))
    return 200, _encode(await _take(request, statements)), ()


async def _put(request: BoundedRequest) -> tuple[int, bytes, Headers]:
    """Answer one statement whose id stands in the address."""
    named = request.query_params.get("statementId")
    if not named:
        raise InvalidRequest("statementId", "is needed in the query")
    body = await _json(request)
    if not isinstance(body, dict):
        raise InvalidRequest("body", "must be one statement")
    told = body.setdefault("id", named)
    if not isinstance(told, str) or told.lower() != named.lower():
        raise InvalidRequest("id", "must be the statementId of the query, or be left out")
    await _take(request, [body])
    return 204, b"", ()


async def _about(request: BoundedRequest) -> tuple[int, bytes, Headers]:
    return 200, _encode(About([VERSION])), ()


async def _json(request: BoundedRequest) -> Any:
    try:
        return await request.messages()
    except EventRejected as error:
        raise InvalidRequest("body", error.wanted) from None


async def _take(request: BoundedRequest, statements: Sequence[object]) -> list[str]:
    """Take statements, all or none; their ids.

    Raises:
        InvalidRequest: One of them is wrong; that one is kept among the failed messages.
        Conflict: Another statement is kept under one of the ids.
    """
    engine = engine_of(request.app.state)
    speaker = caller_with_body(request, None)
    assert speaker.source is not None
    sender = engine.sender(speaker.source, trusted=speaker.trusted, user=speaker.user)
    received, bounds = int(engine.clock.now() * 1000), bounds_of(engine.settings.limits)
    if len(statements) > MOST_AT_ONCE:
        read, wrong = await sync_to_thread(_read, statements, sender, received, bounds)
    else:
        read, wrong = _read(statements, sender, received, bounds)
    if wrong:
        await submit(request, [statements[at] for at in wrong], sender, translate_statement)
        raise InvalidRequest(*_told(wrong, len(statements)))
    if not read:
        return []
    ids = [said.events[0].message_id for said in read.values()]
    if len(set(ids)) < len(ids):
        raise InvalidRequest("id", "must differ from statement to statement")
    heads = {said.events[0].message_id: said.events[0] for said in read.values()}
    known = await sync_to_thread(_conflict, engine.store.find, sender.source, heads)

    def again(message: object, reading: Reading, /, *, received: int, bounds: Bounds) -> Translated:
        return read[id(message)]

    verdicts = await submit(request, statements, sender, again)
    for at, verdict in enumerate(verdicts):
        # What its person forbids is nothing that the sender could mend.
        if verdict.status == "failed" and verdict.reason not in ("consent", "erased"):
            raise InvalidRequest(f"[{at}].{verdict.field or 'statement'}", verdict.message or "was refused")
    fresh = {v.message_id: heads[v.message_id] for v in verdicts if v.status == "duplicate" and v.message_id in heads}
    if fresh.keys() - known:  # somebody else sent one of them in the meantime
        await sync_to_thread(_conflict, engine.store.find, sender.source, fresh)
    return ids


def _read(
    statements: Sequence[object], sender: Sender, received: int, bounds: Bounds
) -> tuple[dict[int, Translated], dict[int, EventRejected]]:
    """What statements say, by the object's identity, and what is wrong with them, by their place."""
    read: dict[int, Translated] = {}
    wrong: dict[int, EventRejected] = {}
    for at, statement in enumerate(statements):
        try:
            said = translate_statement(statement, sender.reading, received=received, bounds=bounds)
            believed(said, sender)
        except EventRejected as error:
            wrong[at] = error
        else:
            read[id(statement)] = said
    return read, wrong


def _told(wrong: Mapping[int, EventRejected], count: int) -> tuple[str, str]:
    """Field and sentence about the first statements that are wrong; what stood there is not said again."""
    places = [f"[{at}].{error.field}" if count > 1 else error.field for at, error in wrong.items()]
    sentences = [error.wanted for error in wrong.values()]
    more = [f"{place}: {said}" for place, said in zip(places[1:_MOST_SAID], sentences[1:_MOST_SAID], strict=True)]
    rest = f"; and {len(wrong) - _MOST_SAID} more" if len(wrong) > _MOST_SAID else ""
    none = "; none of them was taken" if count > 1 else ""
    return places[0], "; ".join([sentences[0], *more]) + rest + none


def _conflict(find: Any, source: str, heads: Mapping[str, Event]) -> set[str]:
    """Ids that are kept already, with the same content.

    Raises:
        Conflict: One is kept with another content.
    """
    known: set[str] = set()
    for event in find(source, list(heads)):
        if event.line == 0:
            known.add(event.message_id)
            if event.properties.get("statement") != heads[event.message_id].properties.get("statement"):
                raise Conflict("id", "is the id of another statement, which stays as it is", event.message_id)
    return known


def _versioned(answer: Answering, *, demanded: bool = True) -> Middleware:
    """Middleware that answers, and says the version of the protocol whatever the answer is.

    Args:
        answer: Answers a request.
        demanded: A request must say a version that is spoken.
    """

    async def checked(request: BoundedRequest) -> tuple[int, bytes, Headers]:
        told = request.headers.get(_HEADER)
        if demanded and (told is None or not _SPOKEN.fullmatch(told.strip())):
            raise InvalidRequest(_HEADER, f"must be a header that says 1.0 or 1.0.x; {VERSION} is spoken", told)
        return await answer(request)

    def make(app: ASGIApp) -> ASGIApp:
        answering = cast("Any", direct(checked))(app=app)

        async def respond(scope: Connection, receive: Receive, send: Send) -> None:
            async def sending(message: Sending) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], (_HEADER.lower().encode(), VERSION.encode())]
                await send(message)

            try:
                await answering(scope, receive, sending)
            except PenchantError as error:
                request = request_of(scope, receive, send)
                said = on_penchant_error(request, error).to_asgi_response(app=None, request=request)
                await said(scope, receive, sending)

        return respond

    return make


@post(
    "/xapi/statements",
    status_code=200,
    opt={"scope": Scope.EVENTS},
    responses=_ERRORS,
    tags=["xapi"],
    middleware=[_versioned(_posted)],
)
async def post_statements(data: JSONBody[Statement | list[Statement]]) -> list[str]:
    """Take in a statement or several, all or none; answers their ids. Needs `X-Experience-API-Version: 1.0.3`."""
    unreached()


@put(
    "/xapi/statements",
    status_code=204,
    opt={"scope": Scope.EVENTS},
    responses=_ERRORS,
    tags=["xapi"],
    middleware=[_versioned(_put)],
)
async def put_statement(data: JSONBody[Statement], statement_id: StatementId) -> None:
    """Take in the statement of an id. Needs `X-Experience-API-Version: 1.0.3`."""
    unreached()


@get(
    "/xapi/about",
    opt={"scope": Scope.OPEN},
    security=NO_SECURITY,
    tags=["xapi"],
    middleware=[_versioned(_about, demanded=False)],
)
async def about() -> About:
    """Say which versions of xAPI are spoken."""
    unreached()


STATEMENT_ROUTES: list[HTTPRouteHandler] = [post_statements, put_statement, about]
"""All of them."""
