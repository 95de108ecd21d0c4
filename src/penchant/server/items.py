"""`PUT /v1/items`."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, put
from litestar.concurrency import sync_to_thread
from litestar.datastructures import State
from litestar.params import JSONBody
from msgspec import Meta

from penchant.keys import Scope
from penchant.server.authorize import allow_domain, caller
from penchant.server.body import check_depth
from penchant.server.problems import documented
from penchant.server.state import engine_of


class Items(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Items of one domain, with the fields of its pack's item type."""

    domain: str
    items: Annotated[list[dict[str, Any]], Meta(min_length=1, max_length=10_000)]


class Stored(msgspec.Struct, frozen=True):
    """How many items were kept."""

    stored: int


@put("/v1/items", responses=documented(400, 404, 413, 415, 503), tags=["catalog"], opt={"scope": Scope.CATALOG})
async def put_items(request: Request[Any, Any, Any], data: JSONBody[Items], state: State) -> Stored:
    """Insert or replace items, all or none; the next request obeys."""
    allow_domain(caller(request), data.domain)
    check_depth(data.items)
    return Stored(await sync_to_thread(engine_of(state).put_items, data.domain, data.items))
