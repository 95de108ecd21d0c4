"""Routes that many events a second go through: they answer straight away, beside the framework's way to a handler.

The framework's way (a model of the arguments, conversion, a response object) takes longer than reading, translating and
keeping an event. Such a route is declared like any other, so that the OpenAPI document and the table of scopes know
it; the middleware made here answers in place of its handler, which is never called.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NoReturn, cast

from litestar import Request
from litestar.concurrency import sync_to_thread
from litestar.status_codes import HTTP_204_NO_CONTENT
from litestar.types import ASGIApp, Message, Middleware, Receive, Scope, Send

from penchant.errors import PenchantError
from penchant.events import translate
from penchant.ingest import Sender, Translate, Verdict
from penchant.server.authorize import gate_of
from penchant.server.body import BoundedRequest
from penchant.server.state import engine_of

MOST_AT_ONCE = 200
"""Messages that are read on the event loop; more would keep every other request waiting."""

Headers = Sequence[tuple[bytes, bytes]]
Answering = Callable[[BoundedRequest], Awaitable[tuple[int, bytes, Headers]]]
"""Gives status, JSON and headers."""


def direct(answer: Answering) -> Middleware:
    """Middleware that lets a request in by its key and answers it."""

    def make(app: ASGIApp) -> ASGIApp:
        async def respond(scope: Scope, receive: Receive, send: Send) -> None:
            request = request_of(scope, receive, send)
            await gate_of(request).admit(request)
            status, body, headers = await answer(request)
            told = [*headers]
            if status != HTTP_204_NO_CONTENT:
                told += ((b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)))
            start: Any = {"type": "http.response.start", "status": status, "headers": told}
            await send(cast("Message", start))
            end: Any = {"type": "http.response.body", "body": body, "more_body": False}
            await send(cast("Message", end))

        return respond

    return make


def request_of(scope: Scope, receive: Receive, send: Send) -> BoundedRequest:
    """The request of a connection, as a handler would be given it."""
    made = scope["litestar_app"].request_class(scope, receive, send)
    assert isinstance(made, BoundedRequest)
    return made


def unreached() -> NoReturn:
    """The body of a handler that only describes its route."""
    raise AssertionError("a direct route answers before its handler")


async def submit(
    request: BoundedRequest, messages: Sequence[object], sender: Sender, read: Translate = translate
) -> list[Verdict]:
    """Take messages in; when this returns, they are on disk.

    Raises:
        Overloaded: Too many wait already.
        StorageError: They could not be written.
    """
    collector = engine_of(request.app.state).collector
    answered, done = waiting(request)
    if len(messages) > MOST_AT_ONCE:
        await sync_to_thread(collector.submit, messages, sender, done, translate=read)
    else:
        collector.submit(messages, sender, done, translate=read)
    verdicts: list[Verdict] = await answered
    return verdicts


def waiting(request: Request[Any, Any, Any]) -> tuple[asyncio.Future[Any], Callable[[Any], None]]:
    """Something to wait for on the event loop, and what another thread tells when it has come: answer or error."""
    return _bridge(request).wait()


class _Bridge:
    """Brings answers of the committing thread to the event loop: a group of them wakes it once."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._ready: deque[tuple[asyncio.Future[Any], object]] = deque()
        self._woken = False

    def wait(self) -> tuple[asyncio.Future[Any], Callable[[Any], None]]:
        """Something to wait for, and what to tell when it has come."""
        future: asyncio.Future[Any] = self.loop.create_future()

        def done(answer: object) -> None:
            self._ready.append((future, answer))
            if not self._woken:
                self._woken = True
                self.loop.call_soon_threadsafe(self._wake)

        return future, done

    def _wake(self) -> None:
        # First of all, so that what comes from now on wakes the loop again.
        self._woken = False
        while self._ready:
            future, answer = self._ready.popleft()
            if future.done():  # whoever waited is gone
                continue
            if isinstance(answer, PenchantError):
                future.set_exception(answer)
            else:
                future.set_result(answer)


def _bridge(request: Request[Any, Any, Any]) -> _Bridge:
    state, loop = request.app.state, asyncio.get_running_loop()
    found: _Bridge | None = state.get("bridge")
    if found is None or found.loop is not loop:
        found = state["bridge"] = _Bridge(loop)
    return found
