"""What a caller may ask for: whose slates, by which filters, and told how much."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from litestar import Request

from penchant.errors import NotAllowed
from penchant.keys import Scope
from penchant.server.authorize import Caller, allow_domain, gate_of, token_sent
from penchant.server.body import check_depth
from penchant.server.browser_filter import check_browser_filter
from penchant.server.state import engine_of
from penchant.serving import Boost

EXPLAIN = "explain: a browser key (pk_) is not told what items are worth; ask with a server's key (sk_)"
BOOST = (
    "boost: a browser key (pk_) may not: how far an item moves tells what it is worth; ask with a server's key (sk_),"
    " or keep a rule"
)


def domain_asked(asker: Caller, domain: str | None) -> str | None:
    """The domain that is meant: the one that is named, or else the one the key is good for.

    Raises:
        NotFound: The key is not good for it.
    """
    if domain is not None:
        allow_domain(asker, domain)
        return domain
    return asker.domain if asker.key is not None else None


def person_asked(
    request: Request[Any, Any, Any], asker: Caller, user_id: str | None, token: str | None, domain: str | None
) -> str | None:
    """The known person who is meant; of a browser the one that its identity token proves.

    Args:
        request: The request.
        asker: Who asks.
        user_id: Whom the body names.
        token: The identity token of the body.
        domain: The domain that is meant.

    Raises:
        NotAllowed: The person is not the one the identity token names.
        KeyRejected: The identity token does not hold.
    """
    token = token_sent(request) or token
    if asker.trusted or not (token or user_id is not None):
        return user_id
    user = gate_of(request).proved(token, domain) if token else None
    if user is None or user_id not in (None, user):
        raise NotAllowed(
            Scope.RECOMMEND,
            "user_id: a browser key (pk_) asks for a known person with that person's identity token alone;"
            " see docs/keys.md",
        )
    return user


def check_asked(
    request: Request[Any, Any, Any],
    asker: Caller,
    domain: str | None,
    filters: Iterable[tuple[str, dict[str, Any] | None]],
    boosts: Sequence[Boost],
    *,
    proved: bool,
    explain: bool,
) -> None:
    """Refuse what is nested without end, and what a browser's key may not ask for.

    Args:
        request: The request.
        asker: Who asks.
        domain: The domain that is meant; None where the placement tells it.
        filters: Filters on items, with their place in the body.
        boosts: What is to be shown more or less.
        proved: The person is known, and an identity token says so.
        explain: What items are worth is asked for.

    Raises:
        InvalidRequest: A filter is larger than anything meant for this server is.
        NotAllowed: It is not for a browser's key.
    """
    told = [*filters]
    for _, filter_ in (*told, *(("boost", boost.filter) for boost in boosts)):
        check_depth(filter_)
    if asker.trusted:
        return
    if explain:
        raise NotAllowed(Scope.RECOMMEND, EXPLAIN)
    if boosts:
        raise NotAllowed(Scope.RECOMMEND, BOOST)
    private = _private(request, domain)
    for path, filter_ in told:
        check_browser_filter(filter_, proved=proved, private=private, path=path)


def _private(request: Request[Any, Any, Any], domain: str | None) -> Collection[str]:
    """Private fields of a domain; of all where none is named."""
    schemas = engine_of(request.app.state).schemas
    return {name for site, schema in schemas.items() if domain in (None, site) for name in schema.kind.private}
