"""`GET /v1/slates/{id}`: a slate as it was served, and why an item was not on it."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, get
from litestar.concurrency import sync_to_thread
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter

from penchant.errors import NotAllowed
from penchant.keys import SCOPES, Scope
from penchant.server.asked import EXPLAIN
from penchant.server.authorize import caller
from penchant.server.problems import documented
from penchant.server.state import engine_of
from penchant.serving import MOST_ASKED, TracedSlate

WhyNotIds = Annotated[
    list[str] | None,
    QueryParameter(name="why-not", max_items=MOST_ASKED, description="Items that are not on it; repeatable."),
]
Language = Annotated[str | None, QueryParameter(max_length=35, description="Of the reasons, as in de.")]


@get(
    "/v1/slates/{slate_id:str}",
    responses=documented(400, 404, 503),
    tags=["recommendations"],
    opt={"scope": Scope.RECOMMEND},
    status_code=200,
)
async def show_slate(
    request: Request[Any, Any, Any],
    state: State,
    slate_id: FromPath[str],
    why_not: WhyNotIds = None,
    language: Language = None,
) -> TracedSlate:
    """Show a slate as it was served: what was asked, and of each item why and with which chance it stood there.

    With `why-not`, the stage that took an item out: the request is asked again, nothing of which is logged. For keys of
    servers alone; a key of one domain sees that domain's slates.
    """
    asker = caller(request)
    if not asker.trusted:
        raise NotAllowed(Scope.RECOMMEND, EXPLAIN)
    people = asker.key is None or Scope.PEOPLE in SCOPES[asker.key.kind]
    return await sync_to_thread(
        engine_of(state).replay.get,
        slate_id,
        domain=asker.domain,
        people=people,
        language=language,
        why_not=why_not or (),
    )


SLATE_ROUTES: list[HTTPRouteHandler] = [show_slate]
"""All of them."""
