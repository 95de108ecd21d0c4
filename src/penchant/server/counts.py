"""Requests as they are answered, counted by route, method and status, with the time they took."""

from __future__ import annotations

from collections.abc import Mapping

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from penchant.clock import Clock
from penchant.serving import Times

NOWHERE = "none"
"""The route of a request that no route answers: an address may say anything, so it is not told."""
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_BROKEN_OFF = 499
"""Status of a request that got no answer, as the client was gone or the server ended."""


class Requests:
    """Counts what passes through an application. For the one thread of the event loop; others may read."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        """Count nothing yet.

        Args:
            app: What answers.
            clock: Measures.
        """
        self._app, self._clock = app, clock
        self.answered: dict[tuple[str, str, int], int] = {}
        """How many, by route, method and status."""
        self.times: dict[str, Times] = {}
        """How long they took, by route."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and count."""
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        status, begun = _BROKEN_OFF, self._clock.elapsed()

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            self._add(scope, status, self._clock.elapsed() - begun)

    def _add(self, scope: Scope, status: int, seconds: float) -> None:
        told: Mapping[str, object] = scope
        route, method = str(told.get("path_template") or NOWHERE), str(told["method"])
        key = route, method if method in _METHODS else NOWHERE, status
        self.answered[key] = self.answered.get(key, 0) + 1
        times = self.times.get(route)
        if times is None:
            times = self.times[route] = Times()
        times.add(seconds)
