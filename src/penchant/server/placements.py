"""`/v1/placements`: the slots of a domain as data; a change is obeyed by the next request, without a new start."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.concurrency import sync_to_thread
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody, QueryParameter

from penchant.pack import Placement
from penchant.placements import PlacementSpec
from penchant.server.authorize import allow_domain, caller
from penchant.server.body import check_depth
from penchant.server.revisions import MOST, IfMatch, changed, made_by, revision_of, seen, tagged
from penchant.server.state import engine_of
from penchant.serving import KeptPlacement, Slots

_SEE, _CHANGE = seen("placements"), changed("placements")


class Placements(msgspec.Struct, frozen=True):
    """Placements of a domain, by name."""

    placements: list[KeptPlacement]


class PlacementRevisions(msgspec.Struct, frozen=True):
    """Revisions of a placement that the store keeps, the latest first."""

    revisions: list[KeptPlacement]


@get("/v1/placements/{domain:str}", **_SEE)
async def list_placements(request: Request[Any, Any, Any], state: State, domain: FromPath[str]) -> Placements:
    """List the placements of a domain: those its pack ships, with what configuration and the store say over them."""
    return Placements([*await sync_to_thread(_slots(request, state, domain).list, domain)])


@get("/v1/placements/{domain:str}/{name:str}", **_SEE)
async def show_placement(
    request: Request[Any, Any, Any], state: State, domain: FromPath[str], name: FromPath[str]
) -> Response[KeptPlacement]:
    """Show one placement as it is now; the ETag is its revision in the store, 0 where that keeps none."""
    return tagged(await sync_to_thread(_slots(request, state, domain).get, domain, name))


@post("/v1/placements/{domain:str}/{name:str}/check", **_CHANGE)
async def check_placement(
    request: Request[Any, Any, Any],
    state: State,
    domain: FromPath[str],
    name: FromPath[str],
    data: JSONBody[PlacementSpec],
) -> Placement:
    """Tell what a placement would be, without keeping it."""
    check_depth(data.filter)
    return await sync_to_thread(_slots(request, state, domain).check, domain, name, data)


@put("/v1/placements/{domain:str}/{name:str}", **_CHANGE)
async def put_placement(
    request: Request[Any, Any, Any],
    state: State,
    domain: FromPath[str],
    name: FromPath[str],
    data: JSONBody[PlacementSpec],
    if_match: IfMatch = None,
) -> Response[KeptPlacement]:
    """Keep a placement under this name, or say it anew; the next request of every server obeys.

    With `If-Match`, only if nobody changed it since that revision.
    """
    check_depth(data.filter)
    keep = _slots(request, state, domain).put
    return tagged(await sync_to_thread(keep, domain, name, data, by=made_by(request), revision=revision_of(if_match)))


@delete("/v1/placements/{domain:str}/{name:str}", **_CHANGE)
async def remove_placement(
    request: Request[Any, Any, Any],
    state: State,
    domain: FromPath[str],
    name: FromPath[str],
    if_match: IfMatch = None,
) -> KeptPlacement:
    """Take a placement out of the store; configuration has the last word on it again, and its history stays."""
    remove = _slots(request, state, domain).remove
    return await sync_to_thread(remove, domain, name, by=made_by(request), revision=revision_of(if_match))


@get("/v1/placements/{domain:str}/{name:str}/history", **_SEE)
async def placement_history(
    request: Request[Any, Any, Any],
    state: State,
    domain: FromPath[str],
    name: FromPath[str],
    limit: Annotated[int, QueryParameter(ge=1, le=MOST)] = 100,
) -> PlacementRevisions:
    """Show every revision of a placement that was kept here, the latest first."""
    history = _slots(request, state, domain).history
    return PlacementRevisions([*await sync_to_thread(history, domain, name, limit=limit)])


PLACEMENT_ROUTES: list[HTTPRouteHandler] = [
    list_placements,
    show_placement,
    check_placement,
    put_placement,
    remove_placement,
    placement_history,
]
"""All of them."""


def _slots(request: Request[Any, Any, Any], state: State, domain: str) -> Slots:
    """The placements, for a caller that may speak of this domain."""
    allow_domain(caller(request), domain)
    slots: Slots = engine_of(state).slots
    return slots
