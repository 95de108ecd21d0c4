"""`PUT /v1/items`."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import put
from litestar.datastructures import State
from litestar.params import JSONBody
from msgspec import Meta

from penchant.server.problems import documented
from penchant.server.state import engine_of


class Items(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Items of one domain, with the fields of its pack's item type."""

    domain: str
    items: Annotated[list[dict[str, Any]], Meta(min_length=1, max_length=10_000)]


class Stored(msgspec.Struct, frozen=True):
    """How many items were kept."""

    stored: int


@put("/v1/items", sync_to_thread=True, responses=documented(400, 404, 413, 503), tags=["catalog"])
def put_items(data: JSONBody[Items], state: State) -> Stored:
    """Insert or replace items, all or none; the next request obeys."""
    return Stored(engine_of(state).put_items(data.domain, data.items))
