"""A real server on a real socket, for the tests that speak HTTP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import httpx
import uvicorn
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
def serving(engine: Engine, pages: Sequence[HTTPRouteHandler] = ()) -> Iterator[httpx.Client]:
    """Serve an engine on a free port of this machine until the block ends; gives a client of it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = _Server(uvicorn.Config(create_app(engine, pages), log_level="critical", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            assert server.up.wait(SECONDS), "the server did not start"
            port = listener.getsockname()[1]
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=SECONDS, trust_env=False) as client:
                yield client
        finally:
            server.should_exit = True
            thread.join(SECONDS)
    assert not thread.is_alive(), "the server did not end"
