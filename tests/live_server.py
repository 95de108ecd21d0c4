"""A real server on a real socket, for the tests that speak HTTP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import httpx
import uvicorn
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from penchant.engine import Engine
from penchant.server import create_app

SECONDS = 20.0
"""Longest wait for anything the server does."""


class _Server(uvicorn.Server):
    """Says when it is up."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.up.set()


@contextmanager
def serving(engine: Engine, pages: Sequence[HTTPRouteHandler] = (), key: str | None = None) -> Iterator[httpx.Client]:
    """Serve an engine on a free port of this machine until the block ends.

    Args:
        engine: An open engine.
        pages: Further handlers.
        key: What the client sends with each request; nothing when None.

    Yields:
        A client of the server.
    """
    with running(create_app(engine, pages), key) as client:
        yield client


@contextmanager
def running(app: Litestar, key: str | None = None) -> Iterator[httpx.Client]:
    """Run an application on a free port of this machine until the block ends; gives a client of it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = _Server(uvicorn.Config(app, log_level="critical", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            assert server.up.wait(SECONDS), "the server did not start"
            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            auth = None if key is None else (key, "")
            with httpx.Client(base_url=address, timeout=SECONDS, trust_env=False, auth=auth) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join(SECONDS)
    assert not thread.is_alive(), "the server did not end"
