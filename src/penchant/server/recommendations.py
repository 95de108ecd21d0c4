"""`POST /v1/recommendations` and `POST /v1/slates`: one placement, or those of a page in one call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from litestar import Request, post
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from msgspec import Meta

from penchant.errors import InvalidRequest
from penchant.keys import Scope
from penchant.server.answering import answering
from penchant.server.asked import check_asked, domain_asked, person_asked
from penchant.server.authorize import Caller, caller
from penchant.server.problems import documented
from penchant.server.public_notes import public_note
from penchant.server.state import engine_of
from penchant.serving import MOST_ASKED, ExplainedSlate, RecommendationRequest, Slates, SlatesRequest
from penchant.slate import Reason, Slate

_ASK: dict[str, Any] = {
    "status_code": 200,
    "responses": documented(400, 404, 413, 415, 503),
    "tags": ["recommendations"],
    "opt": {"scope": Scope.RECOMMEND},
}
Token = Annotated[str, Meta(max_length=4_096)]
WhyNotIds = Annotated[Sequence[Annotated[str, Meta(min_length=1, max_length=200)]], Meta(max_length=MOST_ASKED)]


class RecommendationBody(RecommendationRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One request of one placement, and what proves for whom it is made.

    Attributes:
        identity_token: What lets a browser key ask for a known person; the header `X-Identity-Token` does too.
        explain: Say of every item how it came to its place; for keys of servers alone. Such an answer is not logged.
        why_not: Items of which to say why they are not there, with `explain`.
    """

    identity_token: Token | None = None
    explain: bool = False
    why_not: WhyNotIds = ()


class SlatesBody(SlatesRequest, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One request of several placements, and what proves for whom it is made.

    Attributes:
        identity_token: What lets a browser key ask for a known person; the header `X-Identity-Token` does too.
        explain: Say of every item how it came to its place; for keys of servers alone. Such answers are not logged.
    """

    identity_token: Token | None = None
    explain: bool = False


class PublicItem(msgspec.Struct, frozen=True, kw_only=True):
    """One item of a slate, as everybody may see it."""

    id: str
    position: int
    source: tuple[str, ...]
    reasons: tuple[Reason, ...] = ()
    fields: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


class PublicSlate(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser key is answered: a slate without what its items are worth and how likely they were shown."""

    slate_id: str
    placement: str
    domain: str
    release: str | None
    items: tuple[PublicItem, ...]
    experiment: dict[str, str] = {}
    degraded: tuple[str, ...] = ()


class PublicSlates(msgspec.Struct, frozen=True, kw_only=True):
    """Answers to several placements, in the order in which they were asked for, as everybody may see them."""

    slates: tuple[PublicSlate, ...]


class ExplainedSlates(msgspec.Struct, frozen=True, kw_only=True):
    """Answers to several placements, each with how it came about."""

    slates: tuple[ExplainedSlate, ...]


@post("/v1/recommendations", **_ASK)
async def recommendations(
    request: Request[Any, Any, Any], data: JSONBody[RecommendationBody], state: State
) -> ExplainedSlate | Slate | PublicSlate:
    """Fill one placement for one person.

    Always answers when the placement exists: what does not work is named in `degraded`, and the fallback chain
    fills the slate. Hard constraints hold in every case. A browser key asks for an anonymous person or for the one its
    identity token names.
    """
    asker, engine = caller(request), engine_of(state)
    arrived = engine.clock.elapsed()
    asked = _asked(request, asker, data)
    if data.explain:
        return await answering(engine.explain, asked, data.why_not)
    if data.why_not:
        raise InvalidRequest("why_not", 'goes with "explain": true')
    slate = await answering(engine.waits.turn.run, engine.recommend, asked, public=not asker.trusted, arrived=arrived)
    return slate if asker.trusted else _public(slate)


@post("/v1/slates", **_ASK)
async def slates(
    request: Request[Any, Any, Any], data: JSONBody[SlatesBody], state: State
) -> ExplainedSlates | Slates | PublicSlates:
    """Fill several placements for one person at one moment, no item in two of them.

    Answers stand in the order of `placements`; what stands first chooses first. Each is a slate as any other, with an
    id of its own.
    """
    asker, engine = caller(request), engine_of(state)
    arrived = engine.clock.elapsed()
    asked = _several(request, asker, data)
    if data.explain:
        return ExplainedSlates(slates=tuple(await answering(engine.explain_several, asked)))
    made = await answering(
        engine.waits.turn.run, engine.recommend_several, asked, public=not asker.trusted, arrived=arrived
    )
    return made if asker.trusted else PublicSlates(slates=tuple(map(_public, made.slates)))


RECOMMENDATION_ROUTES: list[HTTPRouteHandler] = [recommendations, slates]
"""All of them."""


def _asked(request: Request[Any, Any, Any], asker: Caller, data: RecommendationBody) -> RecommendationRequest:
    """What may be asked.

    Raises:
        NotFound: The key is not good for this domain.
        NotAllowed: It is not for this key: the person, what a filter compares, boosts, or explanations.
        KeyRejected: The identity token does not hold.
    """
    domain = domain_asked(asker, data.domain)
    user = person_asked(request, asker, data.user_id, data.identity_token, domain)
    filters = [("filter", data.filter)]
    check_asked(request, asker, domain, filters, data.boost, proved=user is not None, explain=data.explain)
    fields = {name: getattr(data, name) for name in RecommendationRequest.__struct_fields__}
    return RecommendationRequest(**{**fields, "domain": domain, "user_id": user})


def _several(request: Request[Any, Any, Any], asker: Caller, data: SlatesBody) -> SlatesRequest:
    """What may be asked of several placements; see `_asked`."""
    domain, blocks = domain_asked(asker, data.domain), data.blocks
    user = person_asked(request, asker, data.user_id, data.identity_token, domain)
    for other in dict.fromkeys(block.domain for block in blocks if block.domain is not None):
        # A token of one domain's key proves nobody in another.
        person_asked(request, asker, data.user_id, data.identity_token, domain_asked(asker, other))
    filters = [
        ("filter", data.filter),
        *((f"placements[{number}].filter", block.filter) for number, block in enumerate(blocks)),
    ]
    boosts = [*data.boost, *(boost for block in blocks for boost in block.boost)]
    # A block may name a domain of its own, so what is private anywhere counts.
    site = domain if all(block.domain is None for block in blocks) else None
    check_asked(request, asker, site, filters, boosts, proved=user is not None, explain=data.explain)
    fields = {name: getattr(data, name) for name in SlatesRequest.__struct_fields__}
    return SlatesRequest(**{**fields, "domain": domain, "user_id": user})


def _public(slate: Slate) -> PublicSlate:
    items = tuple(
        PublicItem(id=i.id, position=i.position, source=i.source, reasons=i.reasons, fields=i.fields)
        for i in slate.items
    )
    fields = {name: getattr(slate, name) for name in PublicSlate.__struct_fields__}
    notes = tuple(dict.fromkeys(map(public_note, slate.degraded)))
    return PublicSlate(**{**fields, "items": items, "degraded": notes})
