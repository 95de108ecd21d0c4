"""`POST /v1/recommendations`."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, post
from litestar.concurrency import sync_to_thread
from litestar.datastructures import State
from litestar.params import JSONBody
from msgspec import Meta

from penchant.errors import NotAllowed
from penchant.keys import Scope
from penchant.server.authorize import Caller, allow_domain, caller, gate_of, token_sent
from penchant.server.body import check_depth
from penchant.server.browser_filter import check_browser_filter
from penchant.server.problems import documented
from penchant.server.state import engine_of
from penchant.serving import ExplainedSlate, RecommendationRequest
from penchant.slate import Reason, Slate


class RecommendationBody(RecommendationRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One request of one placement, and what proves for whom it is made.

    Attributes:
        identity_token: What lets a browser key ask for a known person; the header `X-Identity-Token` does too.
        explain: Say of every item how it came to its place; for keys of servers alone. Such an answer is not logged.
    """

    identity_token: Annotated[str, Meta(max_length=4_096)] | None = None
    explain: bool = False


class PublicItem(msgspec.Struct, frozen=True, kw_only=True):
    """One item of a slate, as everybody may see it."""

    id: str
    position: int
    source: tuple[str, ...]
    reasons: tuple[Reason, ...] = ()


class PublicSlate(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser key is answered: a slate without what its items are worth and how likely they were shown."""

    slate_id: str
    placement: str
    domain: str
    release: str | None
    items: tuple[PublicItem, ...]
    experiment: dict[str, str] = {}
    degraded: tuple[str, ...] = ()


@post(
    "/v1/recommendations",
    status_code=200,
    responses=documented(400, 404, 413, 415, 503),
    tags=["recommendations"],
    opt={"scope": Scope.RECOMMEND},
)
async def recommendations(
    request: Request[Any, Any, Any], data: JSONBody[RecommendationBody], state: State
) -> ExplainedSlate | Slate | PublicSlate:
    """Fill one placement for one person.

    Always answers when the placement exists: what does not work is named in `degraded`, and the fallback chain
    fills the slate. Hard constraints hold in every case. A browser key asks for an anonymous person or for the one its
    identity token names.
    """
    asker = caller(request)
    check_depth(data.filter)
    if data.explain:
        if not asker.trusted:
            raise NotAllowed(
                Scope.RECOMMEND,
                "explain: a browser key (pk_) is not told what items are worth; ask with a server's key (sk_)",
            )
        return await sync_to_thread(engine_of(state).explain, _asked(request, asker, data))
    slate = await sync_to_thread(engine_of(state).recommend, _asked(request, asker, data))
    return slate if asker.trusted else _public(slate)


def _asked(request: Request[Any, Any, Any], asker: Caller, data: RecommendationBody) -> RecommendationRequest:
    """What may be asked.

    Raises:
        NotFound: The key is not good for this domain.
        NotAllowed: The person is not the one the identity token names.
        KeyRejected: The identity token does not hold.
    """
    fields = {name: getattr(data, name) for name in RecommendationRequest.__struct_fields__}
    if data.domain is not None:
        allow_domain(asker, data.domain)
    elif asker.key is not None and asker.domain is not None:
        fields["domain"] = asker.domain
    token = token_sent(request) or data.identity_token
    if not asker.trusted and (token or data.user_id is not None):
        user = gate_of(request).proved(token, fields["domain"]) if token else None
        if user is None or data.user_id not in (None, user):
            raise NotAllowed(
                Scope.RECOMMEND,
                "user_id: a browser key (pk_) asks for a known person with that person's identity token alone;"
                " see docs/keys.md",
            )
        fields["user_id"] = user
    if not asker.trusted:
        check_browser_filter(data.filter, proved=fields["user_id"] is not None)
    return RecommendationRequest(**fields)


def _public(slate: Slate) -> PublicSlate:
    items = tuple(PublicItem(id=i.id, position=i.position, source=i.source, reasons=i.reasons) for i in slate.items)
    fields = {name: getattr(slate, name) for name in PublicSlate.__struct_fields__}
    return PublicSlate(**{**fields, "items": items})
