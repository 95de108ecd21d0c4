"""`/v1/people`: a person is shown, corrected, exported and erased; an id is written as `user:42` or `anon:f3`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Annotated, Any

import msgspec
from litestar import Request, delete, get, patch, post, put
from litestar.concurrency import sync_to_thread
from litestar.datastructures import State
from litestar.params import FromPath, JSONBody
from litestar.response import Stream
from msgspec import Meta

from penchant.errors import NotAllowed
from penchant.keys import Scope
from penchant.privacy import LinkTold, Person, Privacy, Receipt
from penchant.server.authorize import caller
from penchant.server.body import check_depth
from penchant.server.problems import documented
from penchant.server.state import engine_of

_CHUNK = 65_536
_SEE: dict[str, Any] = {"tags": ["people"], "opt": {"scope": Scope.PEOPLE}, "status_code": 200}
_ERASE: dict[str, Any] = {"tags": ["people"], "opt": {"scope": Scope.ERASE}, "status_code": 200}


class Granted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person allows; purposes that are not named stay as they are."""

    analytics: bool | None = None
    personalization: bool | None = None
    email: bool | None = None
    ads: bool | None = None


class Other(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another id of the same person."""

    other: str


class Joined(msgspec.Struct, frozen=True):
    """Whether the two ids are one person now; not when one is a device that several persons use."""

    joined: bool


class Parted(msgspec.Struct, frozen=True):
    """Whether the two ids are two persons now; not while other links join them."""

    parted: bool


class Links(msgspec.Struct, frozen=True):
    """Links of a person, oldest first."""

    links: list[LinkTold]


class Receipts(msgspec.Struct, frozen=True):
    """Receipts of erasure, oldest first."""

    erasures: list[Receipt]


class Readmitted(msgspec.Struct, frozen=True):
    """Whether the id had been erased."""

    readmitted: bool


@get("/v1/people/{actor:str}", responses=documented(400, 503), **_SEE)
async def person(request: Request[Any, Any, Any], actor: FromPath[str], state: State) -> Person:
    """Show all ids of a person, traits, consent, and how much is held."""
    return await sync_to_thread(_people(request, state).person, actor)


@put("/v1/people/{actor:str}/consent", responses=documented(400, 413, 415, 503), **_SEE)
async def put_consent(
    request: Request[Any, Any, Any], actor: FromPath[str], data: JSONBody[Granted], state: State
) -> Person:
    """Keep what a person allows; it holds from the next request on."""
    granted = {purpose: said for purpose, said in msgspec.structs.asdict(data).items() if said is not None}
    return await sync_to_thread(_people(request, state).consent, actor, granted)


@patch("/v1/people/{actor:str}/traits", responses=documented(400, 413, 415, 503), **_SEE)
async def patch_traits(
    request: Request[Any, Any, Any],
    actor: FromPath[str],
    data: JSONBody[Annotated[dict[str, Any], Meta(min_length=1, max_length=200)]],
    state: State,
) -> Person:
    """Keep traits of a person; null takes one back, and what is not named stays as it is."""
    people = _people(request, state)
    check_depth(data)
    return await sync_to_thread(people.traits, actor, data)


@get("/v1/people/{actor:str}/links", responses=documented(400, 503), **_SEE)
async def links(request: Request[Any, Any, Any], actor: FromPath[str], state: State) -> Links:
    """Show every link of a person, also those that were undone."""
    return Links(await sync_to_thread(_people(request, state).links, actor))


@post("/v1/people/{actor:str}/links", responses=documented(400, 413, 415, 503), **_SEE)
async def link(request: Request[Any, Any, Any], actor: FromPath[str], data: JSONBody[Other], state: State) -> Joined:
    """Say that two ids are one person; this joins also what was parted before."""
    return Joined(await sync_to_thread(_people(request, state).link, actor, data.other))


@delete("/v1/people/{actor:str}/links/{other:str}", responses=documented(400, 404, 503), **_SEE)
async def unmerge(request: Request[Any, Any, Any], actor: FromPath[str], other: FromPath[str], state: State) -> Parted:
    """Undo the link of two ids; events cannot join them again, the API can."""
    return Parted(await sync_to_thread(_people(request, state).unmerge, actor, other))


@get("/v1/people/{actor:str}/export", responses=documented(400, 503), media_type="application/x-ndjson", **_ERASE)
async def export(request: Request[Any, Any, Any], actor: FromPath[str], state: State) -> Stream:
    """Everything held on a person, one JSON object a line; a file without a last line of `end` is not whole."""
    people = _people(request, state)
    # The first lines are read before the answer begins, so that what is wrong can still be said with a status.
    first, rest = await sync_to_thread(_begin, people, actor)
    return Stream(
        chain((first,), rest),
        media_type="application/x-ndjson",
        headers={"Content-Disposition": 'attachment; filename="person.jsonl"', "Cache-Control": "no-store"},
    )


@delete("/v1/people/{actor:str}", responses=documented(400, 503), **_ERASE)
async def erase(request: Request[Any, Any, Any], actor: FromPath[str], state: State) -> Receipt:
    """Erase a person under all their ids, everywhere, and refuse what comes under them from now on."""
    return await sync_to_thread(_people(request, state).erase, actor)


@post("/v1/people/{actor:str}/readmit", responses=documented(400, 503), **_ERASE)
async def readmit(request: Request[Any, Any, Any], actor: FromPath[str], state: State) -> Readmitted:
    """Take events of an erased id again, because the person came back."""
    return Readmitted(await sync_to_thread(_people(request, state).readmit, actor))


@get("/v1/erasures", responses=documented(503), **_ERASE)
async def erasures(request: Request[Any, Any, Any], state: State) -> Receipts:
    """Show the receipts of all erasures."""
    return Receipts(await sync_to_thread(_people(request, state).receipts))


PEOPLE_ROUTES = (
    person,
    put_consent,
    patch_traits,
    links,
    link,
    unmerge,
    export,
    erase,
    readmit,
    erasures,
)
"""All of them."""


def _people(request: Request[Any, Any, Any], state: State) -> Privacy:
    """The people of the workspace, for a caller that may speak of every domain.

    Raises:
        NotAllowed: The key is bound to one of several domains: people belong to all of them, so it would tell of the
            others.
    """
    engine, asker = engine_of(state), caller(request)
    if asker.domain is not None and len(engine.domains) > 1:
        raise NotAllowed(Scope.PEOPLE, "people belong to all domains, and this key is good for one; see docs/people.md")
    return engine.privacy


def _begin(people: Privacy, actor: str) -> tuple[bytes, Iterator[bytes]]:
    chunks = _chunks(people.export(actor))
    return next(chunks), chunks


def _chunks(lines: Iterator[bytes]) -> Iterator[bytes]:
    """Lines put together, as each piece of an answer takes a turn of a thread."""
    held: list[bytes] = []
    size = 0
    for line in lines:
        held.append(line)
        size += len(line)
        if size >= _CHUNK:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)
