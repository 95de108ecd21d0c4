"""Who calls, for handlers: the caller, the source of its events, and the person it may speak for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from litestar import Request

from penchant.errors import InvalidRequest, KeyRejected, NotFound
from penchant.server.gate import Caller, Gate, asked

__all__ = ["NO_SECURITY", "Caller", "allow_domain", "caller", "caller_with_body", "gate_of", "speaking", "token_sent"]

NO_SECURITY: list[dict[str, list[str]]] = [{}]
"""What the OpenAPI document says of routes that need no key; all others need one."""

_TOKEN_HEADER = b"x-identity-token"


def caller(request: Request[Any, Any, Any]) -> Caller:
    """Who calls; the gate let them in."""
    found = request.scope["state"]["caller"]
    assert isinstance(found, Caller)
    return found


def caller_with_body(request: Request[Any, Any, Any], body: object) -> Caller:
    """Who sends these events: for which source, and for which person.

    The source is the key's own; else `source` or `domain` of the query or of the body, of which a browser's key may
    name a domain alone. An identity token that does not hold is as good as none: the events count for the anonymous
    id, as a client would not send them again.

    Args:
        request: The request.
        body: Its JSON.

    Returns:
        A caller with a source.

    Raises:
        NotFound: There is no such source, or the key is not good for its domain.
        InvalidRequest: The key is good for several domains, and nothing says which.
    """
    found, gate = caller(request), gate_of(request)
    fields = body if isinstance(body, dict) else {}
    told = _told(request, fields)
    if told is not None and found.trusted and (found.key is None or found.key.source is None):
        domain = gate.domain_of(told)
        allow_domain(found, domain)
        found = replace(found, source=told, domain=domain)
    elif told is not None and found.source is None:
        # A browser says which domain, and no more: another source of it may be one whose word is believed.
        found = replace(found, source=gate.domain_named(told), domain=told)
    if found.source is None:
        raise InvalidRequest("source", "is needed: the key is good for several domains")
    return found if found.trusted else speaking(request, found, token_sent(request) or _token_of(fields))


def speaking(request: Request[Any, Any, Any], sender: Caller, token: object) -> Caller:
    """The same caller, speaking for the person that an identity token proves; for nobody known if it proves none."""
    if sender.trusted or not isinstance(token, str) or not token:
        return sender
    try:
        return replace(sender, user=gate_of(request).proved(token, sender.domain))
    except KeyRejected:
        return replace(sender, user=None)


def token_sent(request: Request[Any, Any, Any]) -> str | None:
    """The identity token of the request's headers, or None."""
    # The framework's view of headers takes longer to make than all else that is done to let somebody in.
    for name, value in request.scope["headers"]:
        if name == _TOKEN_HEADER:
            return value.decode("latin-1") or None
    return None


def allow_domain(asker: Caller, domain: str) -> None:
    """Refuse what belongs to a domain the caller's key is not good for, as if it did not exist.

    Raises:
        NotFound: It does.
    """
    if asker.domain is not None and asker.domain != domain:
        raise NotFound("domain", domain, [asker.domain])


def gate_of(request: Request[Any, Any, Any]) -> Gate:
    """The gate of this server."""
    gate = request.app.state["gate"]
    assert isinstance(gate, Gate)
    return gate


def _told(request: Request[Any, Any, Any], fields: Mapping[str, Any]) -> str | None:
    query = asked(request)
    told = query.get("source") or query.get("domain") or fields.get("source") or fields.get("domain")
    return told if isinstance(told, str) else None


def _token_of(fields: Mapping[str, Any]) -> object:
    context = fields.get("context")
    return fields.get("identity_token") or (context.get("identityToken") if isinstance(context, dict) else None)
