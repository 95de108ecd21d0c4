"""What browser trackers ask before they start: where to send, and that nothing else is to be loaded.

A page that is told one host name, this server's, asks here and learns the rest.
"""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from penchant.keys import Scope
from penchant.server.authorize import caller
from penchant.server.problems import documented

_ERRORS = documented(401, 403, 429, 503)
# The answer names the host that was asked, and the key: no cache may give it to somebody else.
_HEADERS = {"Cache-Control": "private, no-store"}


@get(
    "/v1/projects/{write_key:str}/settings",
    opt={"scope": Scope.EVENTS},
    responses=_ERRORS,
    tags=["trackers"],
)
async def segment_settings(request: Request[Any, Any, Any], write_key: FromPath[str]) -> Response[dict[str, Any]]:
    """Settings of Segment's analytics.js: events come here, and nowhere else."""
    host, protocol = _asked(request)
    settings = {
        # Without a host of its own the tracker would send to Segment; the same goes for its counts of itself.
        "integrations": {"Segment.io": {"apiKey": write_key, "apiHost": f"{host}/v1", "protocol": protocol}},
        "metrics": {"host": f"{host}/v1", "sampleRate": 0},
        "plan": {"track": {"__default": {"enabled": True, "integrations": {}}}},
        "edgeFunction": {},
    }
    return Response(settings, headers=_HEADERS)


@get("/sourceConfig", opt={"scope": Scope.EVENTS}, responses=_ERRORS, tags=["trackers"])
async def rudderstack_settings(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
    """Settings of RudderStack's tracker: no destination of its own, and no statistics of itself."""
    key = caller(request).key
    source = {
        "id": key.id if key is not None else "open",
        "name": "penchant",
        "enabled": True,
        "config": {"statsCollection": {"errors": {"enabled": False}, "metrics": {"enabled": False}}},
        "destinations": [],
    }
    return Response({"source": source}, headers=_HEADERS)


def _asked(request: Request[Any, Any, Any]) -> tuple[str, str]:
    """Host and protocol that the browser asked, also where a proxy in between ends the encryption."""
    forwarded = request.headers.get("x-forwarded-proto", "")
    protocol = forwarded if forwarded in ("http", "https") else request.url.scheme
    return request.headers.get("host", ""), protocol


TRACKER_SETTINGS_ROUTES: list[HTTPRouteHandler] = [segment_settings, rudderstack_settings]
"""All of them."""
