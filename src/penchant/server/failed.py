"""`/v1/failed`: messages that could not be taken, to look at, mend, replay or drop."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, delete, get, post
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from penchant.clock import iso
from penchant.errors import InvalidRequest, NotFound
from penchant.ingest import Verdict, readable
from penchant.keys import Scope
from penchant.server.authorize import allow_domain, caller
from penchant.server.problems import documented
from penchant.server.state import engine_of
from penchant.storage import FailedRow, FailureKind

MOST = 1_000
"""Most failed messages in one answer."""

_OPT = {"scope": Scope.FAILED}


class Failed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A message that could not be taken.

    Attributes:
        id: Its id here.
        at: When it came.
        domain: Where it was meant for.
        source: Who sent it.
        kind: Why it could not be taken.
        reason: Code of what is wrong.
        field: Where.
        message: A sentence about it.
        times: How often it came.
        message_id: The sender's id of it.
        user_id: Whose it is.
        anonymous_id: The same.
        settled: When it was replayed or put aside.
        body: The message, where one is asked for.
        text: What came instead, where that is no JSON or not whole.
    """

    id: str
    at: str
    domain: str
    source: str
    kind: FailureKind
    reason: str
    field: str
    message: str
    times: int
    message_id: str | None = None
    user_id: str | None = None
    anonymous_id: str | None = None
    settled: str | None = None
    body: Any = UNSET
    text: str | UnsetType = UNSET


class FailedPage(msgspec.Struct, frozen=True):
    """Failed messages, the latest first; `next` goes into `before` for those after them, null at the end."""

    failed: list[Failed]
    next: str | None


class Mended(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message to take in place of the one that failed; it keeps the message id."""

    message: Annotated[dict[str, Any] | None, Meta(description="What failed stays as it was when null.")] = None


class Chosen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to replay: these, or the latest of a kind."""

    ids: Annotated[list[str], Meta(max_length=MOST)] | None = None
    kind: FailureKind | None = None


class Replayed(msgspec.Struct, frozen=True):
    """What became of a failed message."""

    id: str
    verdict: Verdict


class ReplayedAll(msgspec.Struct, frozen=True):
    """What became of each, and how many were taken."""

    taken: int
    replayed: list[Replayed]


class PutAside(msgspec.Struct, frozen=True):
    """Whether it waited until now."""

    dropped: bool


@get("/v1/failed", sync_to_thread=True, responses=documented(400, 401, 403, 404, 503), tags=["failed events"], opt=_OPT)
def list_failed(
    request: Request[Any, Any, Any],
    state: State,
    domain: FromQuery[str | None] = None,
    kind: FromQuery[FailureKind | None] = None,
    settled: FromQuery[bool] = False,
    before: FromQuery[str | None] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=MOST)] = 100,
) -> FailedPage:
    """List messages that could not be taken, the latest first: those that wait, or those that are settled."""
    engine = engine_of(state)
    if domain is not None:
        allow_domain(caller(request), domain)
        if domain not in engine.domains:
            raise NotFound("domain", domain, engine.domains)
    rows = engine.store.failed(
        domain=caller(request).domain if domain is None else domain,
        kind=kind,
        settled=settled,
        before=None if before is None else _cursor(before),
        limit=limit,
    )
    last = rows[-1] if len(rows) == limit else None
    return FailedPage([_shown(row) for row in rows], f"{last.at}-{last.id}" if last else None)


@get(
    "/v1/failed/{failed_id:str}",
    sync_to_thread=True,
    responses=documented(401, 403, 404, 503),
    tags=["failed events"],
    opt=_OPT,
)
def show_failed(request: Request[Any, Any, Any], state: State, failed_id: FromPath[str]) -> Failed:
    """Show one message that could not be taken, with what is wrong and with its body, where that may be kept."""
    row = _row(request, state, failed_id)
    body, text = readable(row.body)
    more = {} if row.body is None else {"text": text} if text is not None else {"body": body}
    return msgspec.structs.replace(_shown(row), **more)


@post(
    "/v1/failed/{failed_id:str}/replay",
    status_code=200,
    sync_to_thread=True,
    responses=documented(400, 401, 403, 404, 413, 503),
    tags=["failed events"],
    opt=_OPT,
)
def replay_failed(
    request: Request[Any, Any, Any], state: State, failed_id: FromPath[str], data: JSONBody[Mended | None] = None
) -> Replayed:
    """Take one message in after all, as it is or mended; it counts at the time it came first, and once."""
    row = _row(request, state, failed_id)
    edits = {} if data is None or data.message is None else {row.id: data.message}
    [(name, verdict)] = engine_of(state).collector.replay(
        [row.id], lambda found: engine_of(state).sender(found.source), edits
    )
    return Replayed(name, verdict)


@post(
    "/v1/failed/replay",
    status_code=200,
    sync_to_thread=True,
    responses=documented(400, 401, 403, 404, 413, 503),
    tags=["failed events"],
    opt=_OPT,
)
def replay_many(request: Request[Any, Any, Any], state: State, data: JSONBody[Chosen]) -> ReplayedAll:
    """Take up to 1,000 messages in after all: those named, or the latest of one kind."""
    if (data.ids is None) == (data.kind is None):
        raise InvalidRequest("body", "must say either ids or kind")
    engine = engine_of(state)
    if data.ids is not None:
        ids = [_row(request, state, name).id for name in data.ids]
    else:
        rows = engine.store.failed(domain=caller(request).domain, kind=data.kind, limit=MOST)
        ids = [row.id for row in rows]
    results = engine.collector.replay(ids, lambda found: engine.sender(found.source))
    replayed = [Replayed(name, verdict) for name, verdict in results]
    return ReplayedAll(sum(one.verdict.status != "failed" for one in replayed), replayed)


@delete(
    "/v1/failed/{failed_id:str}",
    status_code=200,
    sync_to_thread=True,
    responses=documented(401, 403, 404, 503),
    tags=["failed events"],
    opt=_OPT,
)
def drop_failed(request: Request[Any, Any, Any], state: State, failed_id: FromPath[str]) -> PutAside:
    """Put one message aside for good; it stays among the settled ones until their time is over."""
    row = _row(request, state, failed_id)
    return PutAside(bool(engine_of(state).collector.drop([row.id])))


FAILED_ROUTES = (list_failed, show_failed, replay_failed, replay_many, drop_failed)


def _row(request: Request[Any, Any, Any], state: State, name: str) -> FailedRow:
    """A failed message of a domain the caller may speak of; of other domains there is none."""
    row = engine_of(state).store.failed_message(name)
    domain = caller(request).domain
    if row is None or (domain is not None and row.domain != domain):
        raise NotFound("failed message", name)
    return row


def _shown(row: FailedRow) -> Failed:
    return Failed(
        id=row.id,
        at=iso(row.at / 1000),
        domain=row.domain,
        source=row.source,
        kind=row.kind,
        reason=row.reason,
        field=row.field,
        message=row.message,
        times=row.times,
        message_id=row.message_id,
        user_id=row.user_id,
        anonymous_id=row.anonymous_id,
        settled=None if row.settled is None else iso(row.settled / 1000),
    )


def _cursor(text: str) -> tuple[int, str]:
    at, dash, name = text.partition("-")
    if not dash or not (at.isascii() and at.isdigit()) or len(at) > 15:
        raise InvalidRequest("before", "must be what `next` said", text)
    return int(at), name
