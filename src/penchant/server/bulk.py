"""Bulk changes of items: JSON lines in, a verdict for each line out, and once only under one `Idempotency-Key`."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from hashlib import blake2b
from itertools import islice
from typing import Any, Literal

import msgspec
from litestar import MediaType, Request, Response, post
from litestar.concurrency import sync_to_thread
from litestar.datastructures import State
from litestar.params import FromPath, FromQuery

from penchant.engine import Engine
from penchant.errors import Conflict, InvalidRequest, NotFound, Reused, TooLarge
from penchant.ingest import LineVerdict, change_lines
from penchant.keys import Scope
from penchant.server.authorize import Caller, allow_domain, caller
from penchant.server.body import BoundedRequest
from penchant.server.problems import documented
from penchant.server.state import engine_of

KEPT_MS = 24 * 3_600_000
"""How long an answer is kept under its key."""
STALE_MS = 15 * 60_000
"""When whoever began under a key without an answer is believed to be gone."""
LONGEST_KEY = 200
MOST_LINES = 2_000_000
"""Lines of one call, empty ones too."""
_MB = 1024 * 1024
_PAGE = 2_000
"""Verdicts that are encoded at once: whoever encodes keeps every other request waiting."""


class BulkChanged(msgspec.Struct, frozen=True):
    """What became of a bulk change.

    Attributes:
        lines: How many lines there were.
        counts: How many by status.
        verdicts: Of each line, in order, or of those alone that were missing or rejected.
    """

    lines: int
    counts: dict[str, int]
    verdicts: list[LineVerdict]


@post(
    "/v1/items/{domain:str}",
    status_code=200,
    opt={"scope": Scope.CATALOG},
    responses=documented(400, 404, 409, 413, 415, 422, 503),
    tags=["catalog"],
)
async def bulk(
    request: Request[Any, Any, Any],
    domain: FromPath[str],
    state: State,
    verdicts: FromQuery[Literal["all", "problems"]] = "all",
) -> Response[BulkChanged]:
    """Change many items by JSON lines.

    A line is an item, which is said anew, or an operation: `{"op": "patch", "id": "sku-1", "fields": {"price": 9.5}}`,
    `{"op": "delete", "id": "sku-2"}`. A line that is wrong keeps none of the others out. With an `Idempotency-Key`
    header the same call is done once, however often it comes within a day.
    """
    allow_domain(caller(request), domain)
    engine = engine_of(state)
    if domain not in engine.domains:
        raise NotFound("domain", domain, engine.domains)
    assert isinstance(request, BoundedRequest)
    body = await request.body_up_to(engine.settings.limits.bulk_mb * _MB)
    if not body or body.isspace():
        raise InvalidRequest("body", "must have at least one line")
    key = _key(request, caller(request), domain)
    told: Any
    told, again = await sync_to_thread(_once, engine, key, domain, body, problems=verdicts == "problems")
    headers = {"Idempotent-Replayed": "true"} if again else {}
    return Response(told, media_type=MediaType.JSON, headers=headers)


def _key(request: Request[Any, Any, Any], asker: Caller, domain: str) -> str | None:
    told = request.headers.get("idempotency-key")
    if told is None:
        return None
    if not 0 < len(told) <= LONGEST_KEY:
        raise InvalidRequest("Idempotency-Key", f"must have 1 to {LONGEST_KEY} characters", told)
    return f"{asker.key.id if asker.key else ''}/{domain}/{told}"


def _once(engine: Engine, key: str | None, domain: str, body: bytes, *, problems: bool) -> tuple[bytes, bool]:
    """The answer as JSON, and whether it was given before."""
    if body.count(b"\n") >= MOST_LINES:
        raise TooLarge("body", f"must have at most {MOST_LINES:,} lines")
    if key is None:
        return _told(_changed(engine, domain, body), problems=problems), False
    now = int(engine.clock.now() * 1000)
    digest = blake2b(body, digest_size=16).digest()
    engine.store.forget_once(before=now - KEPT_MS)
    kept = engine.store.begin_once(key, digest, at=now, stale=now - STALE_MS)
    if kept is None:
        try:
            pages = _changed(engine, domain, body)
            packed = zlib.compress(b"\n".join(pages), 1)
        except BaseException:
            engine.store.end_once(key, None)  # it may be tried again
            raise
        engine.store.end_once(key, packed)
        return _told(pages, problems=problems), False
    if kept.digest != digest:
        raise Reused("Idempotency-Key", "came with another body before")
    if kept.answer is None:
        raise Conflict("Idempotency-Key", "the same call is still being worked on")
    return _told(zlib.decompress(kept.answer).split(b"\n"), problems=problems), True


def _changed(engine: Engine, domain: str, body: bytes) -> list[bytes]:
    """What became of the lines, as JSON: their number and counts, then page after page of verdicts."""
    verdicts = change_lines(_lines(body), partial(engine.change_items, domain))
    counts: Counter[str] = Counter()
    pages = []
    while page := list(islice(verdicts, _PAGE)):
        counts.update(verdict.status for verdict in page)
        pages.append(msgspec.json.encode(page))
    head = {"lines": counts.total(), "counts": dict(sorted(counts.items()))}
    return [msgspec.json.encode(head), *pages]


def _told(pages: Sequence[bytes], *, problems: bool) -> bytes:
    """The pages put together as a `BulkChanged`."""
    head, *rest = pages
    if problems:
        rest = [_wrong(page) for page in rest]
    inside = b",".join(page[1:-1] for page in rest if page != b"[]")
    return head[:-1] + b',"verdicts":[' + inside + b"]}"


def _wrong(page: bytes) -> bytes:
    verdicts = msgspec.json.decode(page, type=list[LineVerdict])
    return msgspec.json.encode([verdict for verdict in verdicts if verdict.status in ("missing", "rejected")])


def _lines(body: bytes) -> Iterator[bytes]:
    """One line after the other: all of them at once would take many times the memory of the body."""
    start = 0
    while (end := body.find(b"\n", start)) >= 0:
        yield body[start:end]
        start = end + 1
    yield body[start:]
