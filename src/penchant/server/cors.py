"""Leave for web pages of other origins to ask and to read answers (CORS), also answers that are errors.

The origin is said back, not `*`, as browsers want it where credentials are sent; every header and method may be used,
as trackers bring headers of their own. What a page may do is decided by its key, not here.
"""

from __future__ import annotations

from typing import Any, cast

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from penchant.server.origins import Origins

MAX_AGE = 900
"""Seconds that a browser may remember the leave."""

_METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE"
_EXPOSED = b"Retry-After, RateLimit, WWW-Authenticate, X-Experience-API-Version"
_VARY = (b"vary", b"Origin")


class Cors:
    """An ASGI application that puts the leave on another's answers, and answers the browser's question itself."""

    def __init__(self, app: ASGIApp, origins: Origins) -> None:
        """Wrap an application."""
        self._app, self._origins = app, origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        origin = asked = wanted = None
        for name, value in scope["headers"]:
            if name == b"origin":
                origin = value
            elif name == b"access-control-request-method":
                asked = value
            elif name == b"access-control-request-headers":
                wanted = value
        if origin is None:
            if scope["method"] == "POST":  # never kept by a cache, which is what `Vary` speaks to
                await self._app(scope, receive, send)
            else:
                await self._app(scope, receive, _adding(send, [_VARY]))
            return
        allowed = self._origins.admits(origin.decode("latin-1"))
        if scope["method"] == "OPTIONS" and asked is not None:
            await _preflight(send, _leave(origin) if allowed else [_VARY], wanted if allowed else None, allowed)
            return
        added = [*_leave(origin), (b"access-control-expose-headers", _EXPOSED)] if allowed else [_VARY]
        await self._app(scope, receive, _adding(send, added))


def _leave(origin: bytes) -> list[tuple[bytes, bytes]]:
    return [(b"access-control-allow-origin", origin), (b"access-control-allow-credentials", b"true"), _VARY]


def _adding(send: Send, added: list[tuple[bytes, bytes]]) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *added]
        await send(message)

    return sending


async def _preflight(send: Send, headers: list[tuple[bytes, bytes]], wanted: bytes | None, allowed: bool) -> None:
    """The browser asks before it sends: 204 with the leave, or without; it knows what that means."""
    if allowed:
        headers = [
            *headers,
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-max-age", str(MAX_AGE).encode()),
        ]
    if wanted is not None:
        headers = [*headers, (b"access-control-allow-headers", wanted)]
    start: Any = {"type": "http.response.start", "status": 204, "headers": headers}
    await send(cast("Message", start))
    end: Any = {"type": "http.response.body", "body": b"", "more_body": False}
    await send(cast("Message", end))
