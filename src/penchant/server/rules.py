"""`/v1/rules`: what people want shown, more, less, or not at all; a change is obeyed by the next request."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.concurrency import sync_to_thread
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from penchant.errors import NotFound
from penchant.placements import Rule
from penchant.server.authorize import allow_domain, caller
from penchant.server.body import check_depth
from penchant.server.revisions import MOST, IfMatch, changed, made_by, revision_of, seen, tagged
from penchant.server.state import engine_of
from penchant.serving import Checked, Curation, KeptRule

_SEE, _CHANGE = seen("rules"), changed("rules")


class Rules(msgspec.Struct, frozen=True):
    """Rules of a domain, those of higher priority first."""

    rules: list[KeptRule]


class Revisions(msgspec.Struct, frozen=True):
    """Revisions of a rule, the latest first."""

    revisions: list[KeptRule]


@get("/v1/rules/{domain:str}", **_SEE)
async def list_rules(
    request: Request[Any, Any, Any], state: State, domain: FromPath[str], running: FromQuery[bool] = False
) -> Rules:
    """List the rules of a domain; with `running` only those that are obeyed now."""
    kept = await sync_to_thread(_curation(request, state, domain).list, domain)
    return Rules([one for one in kept if not running or (one.state == "running" and not one.problem)])


@post("/v1/rules/{domain:str}", **_CHANGE)
async def add_rule(
    request: Request[Any, Any, Any], state: State, domain: FromPath[str], data: JSONBody[Rule]
) -> Response[KeptRule]:
    """Keep a new rule under an id that is made for it; the next request obeys."""
    _check(data)
    curation = _curation(request, state, domain)
    return tagged(await sync_to_thread(curation.put, domain, data, by=made_by(request), revision=0))


@post("/v1/rules/{domain:str}/check", **_CHANGE)
async def check_rule(
    request: Request[Any, Any, Any], state: State, domain: FromPath[str], data: JSONBody[Rule]
) -> Checked:
    """Check a rule without keeping it, and tell how many items it would be about now."""
    _check(data)
    curation, engine = _curation(request, state, domain), engine_of(state)
    if domain not in engine.domains:
        raise NotFound("domain", domain, engine.domains)
    view = await sync_to_thread(engine.recommender.view, domain)
    return await sync_to_thread(curation.check, domain, data, view.parts.table)


@get("/v1/rules/{domain:str}/{rule_id:str}", **_SEE)
async def show_rule(
    request: Request[Any, Any, Any], state: State, domain: FromPath[str], rule_id: FromPath[str]
) -> Response[KeptRule]:
    """Show one rule; its revision is the ETag."""
    return tagged(await sync_to_thread(_curation(request, state, domain).get, domain, rule_id))


@put("/v1/rules/{domain:str}/{rule_id:str}", **_CHANGE)
async def put_rule(
    request: Request[Any, Any, Any],
    state: State,
    domain: FromPath[str],
    rule_id: FromPath[str],
    data: JSONBody[Rule],
    if_match: IfMatch = None,
) -> Response[KeptRule]:
    """Keep a rule under this id, or say it anew; the next request obeys.

    With `If-Match`, only if nobody changed it since that revision.
    """
    _check(data)
    put_ = _curation(request, state, domain).put
    revision = revision_of(if_match)
    return tagged(await sync_to_thread(put_, domain, data, id=rule_id, by=made_by(request), revision=revision))


@delete("/v1/rules/{domain:str}/{rule_id:str}", **_CHANGE)
async def remove_rule(
    request: Request[Any, Any, Any],
    state: State,
    domain: FromPath[str],
    rule_id: FromPath[str],
    if_match: IfMatch = None,
) -> KeptRule:
    """Take a rule out; its history stays. With `If-Match`, only if nobody changed it since that revision."""
    remove = _curation(request, state, domain).remove
    return await sync_to_thread(remove, domain, rule_id, by=made_by(request), revision=revision_of(if_match))


@get("/v1/rules/{domain:str}/{rule_id:str}/history", **_SEE)
async def rule_history(
    request: Request[Any, Any, Any],
    state: State,
    domain: FromPath[str],
    rule_id: FromPath[str],
    limit: Annotated[int, QueryParameter(ge=1, le=MOST)] = 100,
) -> Revisions:
    """Show every revision of a rule, the latest first: what it said, since when, and who made it."""
    history = _curation(request, state, domain).history
    return Revisions([*await sync_to_thread(history, domain, rule_id, limit=limit)])


RULE_ROUTES: list[HTTPRouteHandler] = [
    list_rules,
    add_rule,
    check_rule,
    show_rule,
    put_rule,
    remove_rule,
    rule_history,
]
"""All of them."""


def _curation(request: Request[Any, Any, Any], state: State, domain: str) -> Curation:
    """The rules, for a caller that may speak of this domain."""
    allow_domain(caller(request), domain)
    curation: Curation = engine_of(state).curation
    return curation


def _check(rule: Rule) -> None:
    check_depth([rule.filter, rule.audience])
